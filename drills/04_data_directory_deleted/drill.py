"""The data directory is deleted. The WAL lay on another disk, and is still there."""

import shutil

from migrationlab.api import LabError, Scene

ONE = "one base backup, `backups/base`, from this morning"
TWO = (
    "two base backups: `backups/base` from yesterday evening, and `backups/newer` from this morning"
)
PAGE = 8192


def build(scene: Scene) -> None:
    """Put the WAL on another disk: `initdb --waldir=../wal` makes the same link.

    On Windows a link needs the administrator's rights. There initdb makes a junction instead, and
    so does this line in cmd.exe, after the folder was moved: mklink /J data\\pg_wal wal
    """
    scene.stop()
    scene.run("mv data/pg_wal wal\nln -s ../wal data/pg_wal")
    scene.start()


def before(scene: Scene) -> None:
    scene.run("pg_dump --format=custom --file=backups/night.dump shop")
    scene.sell_well(30)
    scene.run("pg_basebackup --pgdata=backups/base --checkpoint=fast --no-sync")
    scene.event("The base backup is taken.")
    scene.sell_well(15 + scene.seed % 20)
    if scene.level > 1:
        _second_backup(scene, incremental=scene.level > 2 and scene.seed % 2 == 1)
    scene.remember(backups=ONE if scene.level == 1 else TWO)
    scene.archive_now()  # what is sold from here on is in wal/ and nowhere else
    scene.sell_well(20 + scene.seed % 25)


def _second_backup(scene: Scene, incremental: bool) -> None:
    """One that needs the first, or one that is damaged: then the first is needed as well."""
    words = "pg_basebackup --pgdata=backups/newer --checkpoint=fast --no-sync"
    if incremental:
        scene.run(f"{words} --incremental=backups/base/backup_manifest")
        # The archive is tidied up, so the first one alone does not lead to the end any more.
        scene.run(f"pg_archivecleanup archive {scene.first_segment('backups/newer')}")
    else:
        scene.run(words)
        [(file,)] = scene.ask("SELECT pg_relation_filepath('orders')")
        _damage(scene.folder / "backups" / "newer" / file, page=2 + scene.seed % 8)
    scene.event("A second base backup is taken.")
    scene.sell_well(15)


def _damage(path, page: int) -> None:
    """Turn over one bit near the end of a page, where its oldest row is."""
    content = bytearray(path.read_bytes())
    content[(page + 1) * PAGE - 20] ^= 1
    path.write_bytes(content)


def accident(scene: Scene) -> None:
    # The disk dies under the server: nothing more is archived. But the process must be gone
    # before the directory goes: else it lingers for a while, and keeps the port.
    scene.stop(mode="immediate")
    shutil.rmtree(scene.folder / "data")  # removes the link in it, not what the link leads to
    if not scene.segments("wal"):
        raise LabError("The drill has deleted the WAL as well.")
