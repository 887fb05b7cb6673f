"""The ways to back up a SQLite file in use, right and wrong."""

import sqlite3
import time
from contextlib import closing, suppress

from migrationlab.api import (
    COLLATERAL,
    LOSSES,
    NOT_REPAIRED,
    DrillEnvironment,
    ledger,
    paths,
    right,
    wrong,
)

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
def the_online_backup(env: DrillEnvironment):
    """SQLite's own online backup: one moment of the whole file, -wal included."""
    env.files.write("backup.py", ONLINE)
    env.run("python3 backup.py")


@right
def vacuum_into(env: DrillEnvironment):
    """VACUUM INTO: a new file, written in one transaction; it must not be there yet."""
    (env.folder / TONIGHT).unlink(missing_ok=True)
    env.files.write("backup.py", VACUUM)
    env.run("python3 backup.py")


@right
def the_labs_own_backup(env: DrillEnvironment):
    """lab.py backup, which makes the online backup and notes what is inside."""
    tool = "python3 -m migrationlab.backup"
    env.run(f"{tool} make {LIVE} --to backups/lab", PYTHONPATH=str(paths.PROJECT))
    [made] = env.folder.glob("backups/lab/*/database.sqlite3")
    env.files.copy(made.relative_to(env.folder).as_posix(), TONIGHT)


@wrong(LOSSES, "could have been saved")
def only_the_file(env: DrillEnvironment):
    """cp of the file alone: the newest sales are in the -wal beside it."""
    copy_the_file(env)


def copy_the_file(env: DrillEnvironment) -> None:
    """cp, at a moment like most: the till has not just moved its sales into the file."""
    file = env.folder / LIVE
    while True:
        moved = file.stat().st_mtime
        sold = [
            one
            for one in ledger.acknowledged(env.workload.sales())
            if moved < one.at < time.time() - 3
        ]
        if len(sold) < 20:
            env.workload.sell(1)
            continue
        env.run(f"cp {LIVE} {TONIGHT}")
        if file.stat().st_mtime == moved:
            return


@wrong(LOSSES, "could have been saved")
def out_of_wal_mode_first(env: DrillEnvironment):
    """Switch the WAL off first, so that one file is all; the shop is open, so it stays on."""
    with closing(sqlite3.connect(env.folder / LIVE, timeout=1)) as connection:
        with suppress(sqlite3.OperationalError):  # database is locked
            connection.execute("PRAGMA journal_mode = DELETE")
    copy_the_file(env)


@wrong(LOSSES, "could have been saved")
def yesterdays_copy(env: DrillEnvironment):
    """Take yesterday's copy under the name of tonight's: it is whole, and old."""
    env.run(f"cp backups/yesterday.sqlite3 {TONIGHT}")


@wrong(NOT_REPAIRED, "different moments")
def both_files_one_after_the_other(env: DrillEnvironment):
    """cp of the file and then of its -wal, while the shop sells: two moments."""
    env.run(f"cp {LIVE} {TONIGHT}")
    copied = (env.folder / LIVE).stat().st_mtime
    while (env.folder / LIVE).stat().st_mtime == copied:  # a slow disk: the till tidies up
        env.workload.sell(1)
    env.workload.sell(10)
    env.run(f"cp {LIVE}-wal {TONIGHT}-wal")
    with closing(sqlite3.connect(env.folder / TONIGHT)) as connection:  # put them together
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


@wrong(NOT_REPAIRED, "Half sales")
def table_by_table(env: DrillEnvironment):
    """Copy each table with a SELECT of its own: each has another moment."""
    (env.folder / TONIGHT).unlink(missing_ok=True)
    with closing(sqlite3.connect(env.folder / LIVE, isolation_level=None)) as connection:
        connection.execute("ATTACH ? AS copy", (str(env.folder / TONIGHT),))
        for table in ("customers", "books", "orders", "order_lines", "cash"):
            connection.execute(f"CREATE TABLE copy.{table} AS SELECT * FROM main.{table}")
            env.workload.sell(3)


@wrong(COLLATERAL, "refused")
def with_the_shop_locked_out(env: DrillEnvironment):
    """Hold the write lock, and copy both files in peace: whole, and nobody can buy anything."""
    with closing(sqlite3.connect(env.folder / LIVE, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        env.run(f"cp {LIVE} {TONIGHT}\ncp {LIVE}-wal {TONIGHT}-wal")
        env.workload.sell(3)  # a bigger file needs so long
        connection.execute("ROLLBACK")
    with closing(sqlite3.connect(env.folder / TONIGHT)) as connection:  # put them together
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
