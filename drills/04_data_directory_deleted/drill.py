"""The data directory is deleted. The WAL lay on another disk, and is still there."""

import shutil

from migrationlab.api import DrillEnvironment, LabError

ONE = "one base backup, `backups/base`, from this morning"
TWO = (
    "two base backups: `backups/base` from yesterday evening, and `backups/newer` from this morning"
)
PAGE = 8192


def build(env: DrillEnvironment) -> None:
    """Put the WAL on another disk: `initdb --waldir=../wal` makes the same link.

    On Windows a link needs the administrator's rights. There initdb makes a junction instead, and
    so does this line in cmd.exe, after the folder was moved: mklink /J data\\pg_wal wal
    """
    env.clusters.stop()
    env.run("mv data/pg_wal wal\nln -s ../wal data/pg_wal")
    env.clusters.start()


def before(env: DrillEnvironment) -> None:
    env.run("pg_dump --format=custom --file=backups/night.dump shop")
    env.workload.sell_well(30)
    env.run("pg_basebackup --pgdata=backups/base --checkpoint=fast --no-sync")
    env.events.note("The base backup is taken.")
    env.workload.sell_well(15 + env.seed % 20)
    if env.level > 1:
        _second_backup(env, incremental=env.level > 2 and env.seed % 2 == 1)
    env.remember(backups=ONE if env.level == 1 else TWO)
    env.archive.switch()  # what is sold from here on is in wal/ and nowhere else
    env.workload.sell_well(20 + env.seed % 25)


def _second_backup(env: DrillEnvironment, incremental: bool) -> None:
    """One that needs the first, or one that is damaged: then the first is needed as well."""
    words = "pg_basebackup --pgdata=backups/newer --checkpoint=fast --no-sync"
    if incremental:
        env.run(f"{words} --incremental=backups/base/backup_manifest")
        # The archive is tidied up, so the first one alone does not lead to the end any more.
        env.run(f"pg_archivecleanup archive {env.archive.first_segment('backups/newer')}")
    else:
        env.run(words)
        [(file,)] = env.ask("SELECT pg_relation_filepath('orders')")
        _damage(env.folder / "backups" / "newer" / file, page=2 + env.seed % 8)
    env.events.note("A second base backup is taken.")
    env.workload.sell_well(15)


def _damage(path, page: int) -> None:
    """Turn over one bit near the end of a page, where its oldest row is."""
    content = bytearray(path.read_bytes())
    content[(page + 1) * PAGE - 20] ^= 1
    path.write_bytes(content)


def accident(env: DrillEnvironment) -> None:
    # The disk dies under the server: nothing more is archived. But the process must be gone
    # before the directory goes: else it lingers for a while, and keeps the port.
    env.clusters.stop(mode="immediate")
    shutil.rmtree(env.folder / "data")  # removes the link in it, not what the link leads to
    if not env.archive.segments("wal"):
        raise LabError("The drill has deleted the WAL as well.")
