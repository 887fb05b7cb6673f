"""The ways to back up a SQLite file in use, right and wrong."""

import sqlite3
import time
from contextlib import closing, suppress

from migrationlab.api import COLLATERAL, LOSSES, NOT_REPAIRED, Scene, ledger, paths, right, wrong

LIVE, TONIGHT = "data/shop.sqlite3", "backups/tonight.sqlite3"
ONLINE = """\
import sqlite3

source = sqlite3.connect("file:data/shop.sqlite3?mode=ro", uri=True)
target = sqlite3.connect("backups/tonight.sqlite3")
source.backup(target)
print(target.execute("PRAGMA integrity_check").fetchone(), "is in the backup")
target.close()
"""
VACUUM = """\
import sqlite3

source = sqlite3.connect("file:data/shop.sqlite3?mode=ro", uri=True)
source.execute("VACUUM INTO 'backups/tonight.sqlite3'")
"""


@right
def the_online_backup(scene: Scene):
    """SQLite's own online backup: one moment of the whole file, -wal included."""
    scene.write("backup.py", ONLINE)
    scene.run("python3 backup.py")


@right
def vacuum_into(scene: Scene):
    """VACUUM INTO: a new file, written in one transaction; it must not be there yet."""
    (scene.folder / TONIGHT).unlink(missing_ok=True)
    scene.write("backup.py", VACUUM)
    scene.run("python3 backup.py")


@right
def the_labs_own_backup(scene: Scene):
    """lab.py backup, which makes the online backup and notes what is inside."""
    tool = "python3 -m migrationlab.backup"
    scene.run(f"{tool} make {LIVE} --to backups/lab", PYTHONPATH=str(paths.PROJECT))
    [made] = scene.folder.glob("backups/lab/*/database.sqlite3")
    scene.copy(made.relative_to(scene.folder).as_posix(), TONIGHT)


@wrong(LOSSES, "could have been saved")
def only_the_file(scene: Scene):
    """cp of the file alone: the newest sales are in the -wal beside it."""
    copy_the_file(scene)


def copy_the_file(scene: Scene) -> None:
    """cp, at a moment like most: the till has not just moved its sales into the file."""
    file = scene.folder / LIVE
    while True:
        moved = file.stat().st_mtime
        sold = [
            one for one in ledger.acknowledged(scene.sales()) if moved < one.at < time.time() - 3
        ]
        if len(sold) < 20:
            scene.sell(1)
            continue
        scene.run(f"cp {LIVE} {TONIGHT}")
        if file.stat().st_mtime == moved:
            return


@wrong(LOSSES, "could have been saved")
def out_of_wal_mode_first(scene: Scene):
    """Switch the WAL off first, so that one file is all; the shop is open, so it stays on."""
    with closing(sqlite3.connect(scene.folder / LIVE, timeout=1)) as connection:
        with suppress(sqlite3.OperationalError):  # database is locked
            connection.execute("PRAGMA journal_mode = DELETE")
    copy_the_file(scene)


@wrong(LOSSES, "could have been saved")
def yesterdays_copy(scene: Scene):
    """Take yesterday's copy under the name of tonight's: it is whole, and old."""
    scene.run(f"cp backups/yesterday.sqlite3 {TONIGHT}")


@wrong(NOT_REPAIRED, "different moments")
def both_files_one_after_the_other(scene: Scene):
    """cp of the file and then of its -wal, while the shop sells: two moments."""
    scene.run(f"cp {LIVE} {TONIGHT}")
    copied = (scene.folder / LIVE).stat().st_mtime
    while (scene.folder / LIVE).stat().st_mtime == copied:  # a slow disk: the till tidies up
        scene.sell(1)
    scene.sell(10)
    scene.run(f"cp {LIVE}-wal {TONIGHT}-wal")
    with closing(sqlite3.connect(scene.folder / TONIGHT)) as connection:  # put them together
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


@wrong(NOT_REPAIRED, "Half sales")
def table_by_table(scene: Scene):
    """Copy each table with a SELECT of its own: each has another moment."""
    (scene.folder / TONIGHT).unlink(missing_ok=True)
    with closing(sqlite3.connect(scene.folder / LIVE, isolation_level=None)) as connection:
        connection.execute("ATTACH ? AS copy", (str(scene.folder / TONIGHT),))
        for table in ("customers", "books", "orders", "order_lines", "cash"):
            connection.execute(f"CREATE TABLE copy.{table} AS SELECT * FROM main.{table}")
            scene.sell(3)


@wrong(COLLATERAL, "refused")
def with_the_shop_locked_out(scene: Scene):
    """Hold the write lock, and copy both files in peace: whole, and nobody can buy anything."""
    with closing(sqlite3.connect(scene.folder / LIVE, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        scene.run(f"cp {LIVE} {TONIGHT}\ncp {LIVE}-wal {TONIGHT}-wal")
        scene.sell(3)  # a bigger file needs so long
        connection.execute("ROLLBACK")
    with closing(sqlite3.connect(scene.folder / TONIGHT)) as connection:  # put them together
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
