"""The ways to bring the table back, right and wrong."""

from migrationlab.api import LOSSES, NOT_REPAIRED, DrillEnvironment, right, wrong

TO_THE_DROP = """
restore_command = 'cp ../archive/%f %p'
recovery_target_xid = '{xid}'
recovery_target_inclusive = off
recovery_target_action = promote
archive_mode = off
"""


def find_the_drop(env: DrillEnvironment) -> str:
    """The number of the transaction that removed the file of vouchers."""
    env.archive.switch()
    # The file's number is in the base backup, and the dump beside it knows nothing of it: so start
    # the base backup alone and ask.
    env.files.copy("backups/base", "asked")
    env.files.write("asked/postgresql.auto.conf", "archive_mode = off\n", append=True)
    port = env.clusters.start("asked", env.clusters.free_port())
    [(file,)] = env.ask("SELECT pg_relation_filepath('vouchers')", port=port)
    env.clusters.stop("asked")
    first, last = env.archive.first_segment(), env.archive.segments()[-1]
    # It ends with an error where the WAL ends: that is no fault.
    commits = env.run(f"pg_waldump --rmgr=Transaction --path=archive {first} {last}", fails=True)
    [line] = [line for line in commits.splitlines() if "COMMIT" in line and f" {file}" in line]
    return line.replace(",", " ").split("tx:")[1].split()[0]


def recover_to(env: DrillEnvironment, name: str, xid: str, port: int) -> int:
    """A copy of the base backup, recovered to just before a transaction."""
    env.files.copy("backups/base", name)
    env.files.write(f"{name}/postgresql.auto.conf", TO_THE_DROP.format(xid=xid), append=True)
    env.files.write(f"{name}/recovery.signal", "")
    return env.clusters.start(name, port)


@right
def beside(env: DrillEnvironment):
    """Recover beside the live cluster, and copy over only the table."""
    port = recover_to(env, "rescue", find_the_drop(env), env.clusters.free_port())
    env.run(f"pg_dump --port={port} --table=vouchers --file=vouchers.sql shop")
    env.run("psql --set=ON_ERROR_STOP=1 --single-transaction --file=vouchers.sql")
    env.clusters.stop("rescue")


@wrong(LOSSES, "could have been saved")
def last_nights_dump_over_it(env: DrillEnvironment):
    """Restore last night's dump over the database."""
    env.run("psql --dbname=postgres --command='DROP DATABASE shop WITH (FORCE)'")
    env.run("pg_restore --dbname=postgres --create backups/night.dump")


@wrong(LOSSES, "could have been saved")
def only_the_table_from_the_dump(env: DrillEnvironment):
    """Restore only this table from last night's dump: the vouchers sold today are missing."""
    env.run("pg_restore --dbname=shop --table=vouchers backups/night.dump")
    env.ask("ALTER TABLE vouchers ADD PRIMARY KEY (code)")
    env.ask("GRANT SELECT, INSERT, UPDATE ON vouchers TO shop")


@wrong(LOSSES, "could have been saved")
def the_whole_cluster_back(env: DrillEnvironment):
    """Recover the whole cluster to the moment before the DROP, and go on with that."""
    xid = find_the_drop(env)
    env.clusters.stop()
    recover_to(env, "rescue", xid, env.port)


@wrong(NOT_REPAIRED, "120 rows missing")
def an_empty_table(env: DrillEnvironment):
    """Create the table anew, so that the till is content."""
    env.ask("CREATE TABLE vouchers (code text PRIMARY KEY, worth numeric(10, 2) NOT NULL)")
    env.ask("GRANT SELECT, INSERT, UPDATE ON vouchers TO shop")


@wrong(NOT_REPAIRED, "vouchers")
def pull_the_plug(env: DrillEnvironment):
    """Crash the server and start it again, before the DROP gets to the disk."""
    env.clusters.stop(mode="immediate")
    env.clusters.start()


@wrong(NOT_REPAIRED, "permission denied")
def without_the_grants(env: DrillEnvironment):
    """Recover beside, but copy the table without its grants: the till may not use it."""
    port = recover_to(env, "rescue", find_the_drop(env), env.clusters.free_port())
    env.run(f"pg_dump --port={port} --no-acl --table=vouchers --file=vouchers.sql shop")
    env.run("psql --set=ON_ERROR_STOP=1 --single-transaction --file=vouchers.sql")
    env.clusters.stop("rescue")
