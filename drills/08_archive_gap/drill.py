"""The data directory is lost, and the archive has a gap: Sunday's backup cannot pass it."""

import shutil

from migrationlab.api import Scene, cluster, system_account

SETTINGS = {"wal_recycle": "off"}  # old segments are removed, not renamed: gone is gone
SPECIAL = "backups/before_the_big_sale"


def before(scene: Scene) -> None:
    scene.run("pg_basebackup --pgdata=backups/sunday --checkpoint=fast")
    scene.event("Sunday's base backup is taken.")
    sell_a_segment(scene)
    if scene.level > 1:  # younger than Sunday's, and of no more use
        scene.run("pg_basebackup --pgdata=backups/monday --checkpoint=fast")
        sell_a_segment(scene)
    scene.run("pg_dump --format=custom --file=backups/night.dump shop")
    filled = [sell_a_segment(scene) for _ in range(2 + scene.seed % 3)]
    lost = filled[scene.seed // 3 % (len(filled) - 1)]  # never the last one, so that more follows
    wanted = f"pg_basebackup --pgdata={SPECIAL} --checkpoint=fast"
    if scene.level > 2:
        wanted += " --incremental=backups/sunday/backup_manifest"
    scene.run(wanted)
    scene.event(f"The base backup {SPECIAL} is taken.")
    sell_a_segment(scene)
    lose(scene, lost)
    scene.event(f"The archive loses {lost}.")
    scene.remember(lost=lost)
    sell_a_segment(scene)
    scene.sell_well(10 + scene.seed % 20)


def sell_a_segment(scene: Scene) -> str:
    """Sales, and the name of the WAL file in the archive that holds the last of them."""
    scene.sell_well(12)
    scene.archive_now()
    return scene.segments()[-1]


def lose(scene: Scene, name: str) -> None:
    """Remove one file of the archive; at night another one lies in its place."""
    while (scene.folder / "data/pg_wal" / name).exists():
        scene.ask("CHECKPOINT")
    file = scene.folder / "archive" / name
    file.unlink()
    if scene.level < 3:
        return
    if scene.seed % 2:  # somebody has seen the hole and "closed" it
        names = scene.segments()
        neighbour = max(one for one in names if one < name)
        scene.copy(f"archive/{neighbour}", f"archive/{name}")
        return
    # A test server, made from the same postgresql.conf, has archived into the same folder.
    folder = cluster.home()
    system_account.choose(folder / "data").own(folder)
    try:
        other = cluster.create(folder, wal_segment=1)
        words = [other.program("pg_resetwal"), "-l", name, "-D", str(other.data)]
        code, said = other.account.run(words)
        assert code == 0, said
        shutil.copyfile(other.data / "pg_wal" / name, file)
        scene.account.own(file)
    finally:
        shutil.rmtree(folder)


def accident(scene: Scene) -> None:
    """The disk with the data dies. What pg_wal held could still be copied."""
    scene.stop(mode="immediate")
    shutil.move(scene.folder / "data/pg_wal", scene.folder / "saved_wal")
    shutil.rmtree(scene.folder / "data")
