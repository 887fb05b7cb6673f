"""The data directory is lost, and the archive has a gap: Sunday's backup cannot pass it."""

import shutil

from migrationlab.api import DrillEnvironment, cluster, system_account

SETTINGS = {"wal_recycle": "off"}  # old segments are removed, not renamed: gone is gone
SPECIAL = "backups/before_the_big_sale"


def before(env: DrillEnvironment) -> None:
    env.run("pg_basebackup --pgdata=backups/sunday --checkpoint=fast")
    env.events.note("Sunday's base backup is taken.")
    sell_a_segment(env)
    if env.level > 1:  # younger than Sunday's, and of no more use
        env.run("pg_basebackup --pgdata=backups/monday --checkpoint=fast")
        sell_a_segment(env)
    env.run("pg_dump --format=custom --file=backups/night.dump shop")
    filled = [sell_a_segment(env) for _ in range(2 + env.seed % 3)]
    lost = filled[env.seed // 3 % (len(filled) - 1)]  # never the last one, so that more follows
    wanted = f"pg_basebackup --pgdata={SPECIAL} --checkpoint=fast"
    if env.level > 2:
        wanted += " --incremental=backups/sunday/backup_manifest"
    env.run(wanted)
    env.events.note(f"The base backup {SPECIAL} is taken.")
    sell_a_segment(env)
    lose(env, lost)
    env.events.note(f"The archive loses {lost}.")
    env.remember(lost=lost)
    sell_a_segment(env)
    env.workload.sell_well(10 + env.seed % 20)


def sell_a_segment(env: DrillEnvironment) -> str:
    """Sales, and the name of the WAL file in the archive that holds the last of them."""
    env.workload.sell_well(12)
    env.archive.switch()
    return env.archive.segments()[-1]


def lose(env: DrillEnvironment, name: str) -> None:
    """Remove one file of the archive; at night another one lies in its place."""
    while (env.folder / "data/pg_wal" / name).exists():
        env.ask("CHECKPOINT")
    file = env.folder / "archive" / name
    file.unlink()
    if env.level < 3:
        return
    if env.seed % 2:  # somebody has seen the hole and "closed" it
        names = env.archive.segments()
        neighbour = max(one for one in names if one < name)
        env.files.copy(f"archive/{neighbour}", f"archive/{name}")
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
        env.account.own(file)
    finally:
        shutil.rmtree(folder)


def accident(env: DrillEnvironment) -> None:
    """The disk with the data dies. What pg_wal held could still be copied."""
    env.clusters.stop(mode="immediate")
    shutil.move(env.folder / "data/pg_wal", env.folder / "saved_wal")
    shutil.rmtree(env.folder / "data")
