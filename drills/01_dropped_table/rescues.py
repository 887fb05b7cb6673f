"""The ways to bring the table back, right and wrong."""

from migrationlab.api import LOSSES, NOT_REPAIRED, Scene, right, wrong

TO_THE_DROP = """
restore_command = 'cp ../archive/%f %p'
recovery_target_xid = '{xid}'
recovery_target_inclusive = off
recovery_target_action = promote
archive_mode = off
"""


def find_the_drop(scene: Scene) -> str:
    """The number of the transaction that removed the file of vouchers."""
    scene.archive_now()
    # The file's number is in the base backup, and the dump beside it knows nothing of it: so start
    # the base backup alone and ask.
    scene.copy("backups/base", "asked")
    scene.write("asked/postgresql.auto.conf", "archive_mode = off\n", append=True)
    port = scene.start("asked", scene.free_port())
    [(file,)] = scene.ask("SELECT pg_relation_filepath('vouchers')", port=port)
    scene.stop("asked")
    first, last = scene.first_segment(), scene.segments()[-1]
    # It ends with an error where the WAL ends: that is no fault.
    commits = scene.run(f"pg_waldump --rmgr=Transaction --path=archive {first} {last}", fails=True)
    [line] = [line for line in commits.splitlines() if "COMMIT" in line and f" {file}" in line]
    return line.replace(",", " ").split("tx:")[1].split()[0]


def recover_to(scene: Scene, name: str, xid: str, port: int) -> int:
    """A copy of the base backup, recovered to just before a transaction."""
    scene.copy("backups/base", name)
    scene.write(f"{name}/postgresql.auto.conf", TO_THE_DROP.format(xid=xid), append=True)
    scene.write(f"{name}/recovery.signal", "")
    return scene.start(name, port)


@right
def beside(scene: Scene):
    """Recover beside the live cluster, and copy over only the table."""
    port = recover_to(scene, "rescue", find_the_drop(scene), scene.free_port())
    scene.run(f"pg_dump --port={port} --table=vouchers --file=vouchers.sql shop")
    scene.run("psql --set=ON_ERROR_STOP=1 --single-transaction --file=vouchers.sql")
    scene.stop("rescue")


@wrong(LOSSES, "could have been saved")
def last_nights_dump_over_it(scene: Scene):
    """Restore last night's dump over the database."""
    scene.run("psql --dbname=postgres --command='DROP DATABASE shop WITH (FORCE)'")
    scene.run("pg_restore --dbname=postgres --create backups/night.dump")


@wrong(LOSSES, "could have been saved")
def only_the_table_from_the_dump(scene: Scene):
    """Restore only this table from last night's dump: the vouchers sold today are missing."""
    scene.run("pg_restore --dbname=shop --table=vouchers backups/night.dump")
    scene.ask("ALTER TABLE vouchers ADD PRIMARY KEY (code)")
    scene.ask("GRANT SELECT, INSERT, UPDATE ON vouchers TO shop")


@wrong(LOSSES, "could have been saved")
def the_whole_cluster_back(scene: Scene):
    """Recover the whole cluster to the moment before the DROP, and go on with that."""
    xid = find_the_drop(scene)
    scene.stop()
    recover_to(scene, "rescue", xid, scene.port)


@wrong(NOT_REPAIRED, "120 rows missing")
def an_empty_table(scene: Scene):
    """Create the table anew, so that the till is content."""
    scene.ask("CREATE TABLE vouchers (code text PRIMARY KEY, worth numeric(10, 2) NOT NULL)")
    scene.ask("GRANT SELECT, INSERT, UPDATE ON vouchers TO shop")


@wrong(NOT_REPAIRED, "vouchers")
def pull_the_plug(scene: Scene):
    """Crash the server and start it again, before the DROP gets to the disk."""
    scene.stop(mode="immediate")
    scene.start()


@wrong(NOT_REPAIRED, "permission denied")
def without_the_grants(scene: Scene):
    """Recover beside, but copy the table without its grants: the till may not use it."""
    port = recover_to(scene, "rescue", find_the_drop(scene), scene.free_port())
    scene.run(f"pg_dump --port={port} --no-acl --table=vouchers --file=vouchers.sql shop")
    scene.run("psql --set=ON_ERROR_STOP=1 --single-transaction --file=vouchers.sql")
    scene.stop("rescue")
