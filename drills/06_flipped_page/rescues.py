"""The ways to mend a damaged page, right and wrong."""

import re
from datetime import UTC, datetime

from migrationlab.api import LOSSES, NOT_REPAIRED, DrillEnvironment, right, wrong

LOOK = "pg_basebackup --target=blackhole --wal-method=none --checkpoint=fast"
FROM_BOTH = "restore_command = 'cp ../archive/%f %p || cp ../data/pg_wal/%f %p'\n"
FROM_THE_ARCHIVE = "restore_command = 'cp ../archive/%f %p'\n"


def damaged(env: DrillEnvironment) -> list[tuple[str, int]]:
    """Read everything, write nothing: each damaged page, as table and number."""
    found = []
    for file, page in re.findall(r'/(\d+)", block (\d+)', env.run(LOOK, fails=True)):
        [(table,)] = env.ask("SELECT pg_filenode_relation(0, %s)::text", file)
        found.append((table, int(page)))
    return found


def copy_of_base(env: DrillEnvironment, settings: str, signal: str = "recovery.signal") -> None:
    env.files.copy("backups/base", "rescue")
    env.files.write("rescue/postgresql.auto.conf", settings, append=True)
    env.files.write(f"rescue/{signal}", "")


def rows_of(page: int) -> str:
    return f"ctid >= '({page},0)' AND ctid < '({page + 1},0)'"


@right
def over_to_a_copy(env: DrillEnvironment):
    """Stop the server, recover a copy of the base backup to the very end, and go on with that."""
    copy_of_base(env, FROM_BOTH)
    env.clusters.stop()  # from here on nothing is sold that the copy would not have
    env.clusters.start("rescue")
    # data/ stays as it is, until somebody has found out what is wrong with the disk.


@right
def a_copy_that_follows(env: DrillEnvironment):
    """Let a copy follow the archive while the shop sells; then stop the old server and promote."""
    port = env.clusters.free_port()
    copy_of_base(env, f"{FROM_THE_ARCHIVE}port = {port}\n", "standby.signal")
    env.run("pg_ctl start -D rescue -l rescue.log")
    env.clusters.stop()  # it archives its last segment before it ends
    env.run("pg_ctl promote -D rescue")
    address = (env.folder / "shop.conf").read_text("utf-8")
    env.files.write("shop.conf", address.replace(str(env.port), str(port)))


@right
def only_the_rows_of_the_page(env: DrillEnvironment):
    """Recover beside to now, and bring back only the rows of the damaged page: nobody stops."""
    env.archive.switch()
    port = env.clusters.free_port()
    copy_of_base(env, f"{FROM_THE_ARCHIVE}archive_mode = off\n")
    env.clusters.start("rescue", port)
    for table, page in damaged(env):
        # The copy has the same rows in the same page: the WAL says where each row is.
        rows = f"SELECT * FROM {table} WHERE {rows_of(page)}"
        env.run(f"psql --port={port} --command=\"\\copy ({rows}) TO '{table}.txt'\"")
        env.run(
            "psql --set=ON_ERROR_STOP=1 --command='SET zero_damaged_pages = on' "
            f"--command='VACUUM FULL {table}' --command=\"\\copy {table} FROM '{table}.txt'\""
        )
    env.clusters.stop("rescue")


@wrong(NOT_REPAIRED, "rows missing")
def zeros_instead(env: DrillEnvironment):
    """Let zero_damaged_pages make the error go away, and rewrite the table."""
    for table, _ in damaged(env):
        env.run(
            "psql --command='SET zero_damaged_pages = on' "
            f"--command='VACUUM FULL {table}' --command='REINDEX TABLE {table}'"
        )


@wrong(NOT_REPAIRED, "with another")
def read_it_all_the_same(env: DrillEnvironment):
    """Dump with ignore_checksum_failure, and restore that dump: the error is gone."""
    ignore = "-c ignore_checksum_failure=on"
    env.run("pg_dump --format=custom --file=all.dump shop", PGOPTIONS=ignore)
    env.run("psql --dbname=postgres --command='DROP DATABASE shop WITH (FORCE)'")
    env.run("pg_restore --dbname=postgres --create all.dump")


@wrong(NOT_REPAIRED, "with another")
def new_checksums(env: DrillEnvironment):
    """Switch the checksums off and on again: each page gets a new one, the damaged one too."""
    env.clusters.stop()
    env.run("pg_checksums --disable --pgdata=data\npg_checksums --enable --pgdata=data")
    env.clusters.start()


@wrong(NOT_REPAIRED, "cannot be read")
def reset_the_wal(env: DrillEnvironment):
    """Try pg_resetwal, because somebody on the internet did."""
    env.clusters.stop()
    env.run("pg_resetwal --pgdata=data")
    env.clusters.start()


@wrong(NOT_REPAIRED, "rows missing")
def delete_the_bad_rows(env: DrillEnvironment):
    """Delete the rows of the page by ctid, foreign keys or not."""
    for table, page in damaged(env):
        env.run(
            "psql --command='SET ignore_checksum_failure = on' "
            "--command='SET session_replication_role = replica' "
            f'--command="DELETE FROM {table} WHERE {rows_of(page)}"'
        )


@wrong(NOT_REPAIRED, "cannot be read")
def the_newest_backup(env: DrillEnvironment):
    """Recover from the newest base backup: it was taken after the damage, without the check."""
    env.run("pg_verifybackup backups/newer")  # it fits its manifest, and it is damaged
    env.files.copy("backups/newer", "rescue")
    env.files.write("rescue/postgresql.auto.conf", FROM_BOTH, append=True)
    env.files.write("rescue/recovery.signal", "")
    env.clusters.stop()
    env.clusters.start("rescue")


@wrong(LOSSES, "could have been saved")
def to_before_the_damage(env: DrillEnvironment):
    """Recover the whole cluster to the moment before the damage, as after a wrong DROP."""
    moment = datetime.fromtimestamp(env.broke, UTC)
    copy_of_base(env, f"{FROM_BOTH}recovery_target_time = '{moment}'\n")
    env.files.write(
        "rescue/postgresql.auto.conf", "recovery_target_action = promote\n", append=True
    )
    env.clusters.stop()
    env.clusters.start("rescue")


@wrong(LOSSES, "could have been saved")
def last_nights_dump_over_it(env: DrillEnvironment):
    """Restore last night's dump, the last one that succeeded, over the database."""
    env.run("psql --dbname=postgres --command='DROP DATABASE shop WITH (FORCE)'")
    env.run("pg_restore --dbname=postgres --create backups/night.dump")
