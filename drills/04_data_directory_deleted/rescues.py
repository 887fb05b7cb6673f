"""The ways to bring the cluster back, right and wrong."""

from migrationlab.api import LOSSES, NOT_REPAIRED, DrillEnvironment, right, wrong

FROM_THE_ARCHIVE = "restore_command = 'cp ../archive/%f %p'\n"
FROM_BOTH = "restore_command = 'cp ../archive/%f %p || cp ../wal_safe/%f %p'\n"


def newest_whole_backup(env: DrillEnvironment) -> None:
    """data/ out of the newest base backup that is whole."""
    names = [name for name in ("newer", "base") if (env.folder / "backups" / name).exists()]
    for name in names:
        said = env.run(f"pg_verifybackup backups/{name}", fails=True)
        if "successfully verified" in said:
            break
    label = (env.folder / "backups" / name / "backup_label").read_text("utf-8")
    if "INCREMENTAL" in label:  # no cluster yet: only what has changed since the first one
        env.run(f"pg_combinebackup --output=data backups/base backups/{name}")
    else:
        env.files.copy(f"backups/{name}", "data")


def recover(env: DrillEnvironment, settings: str = FROM_THE_ARCHIVE) -> None:
    """Make a recovery of it, to the end of the WAL, on the usual port."""
    env.files.write("data/postgresql.auto.conf", settings, append=True)
    env.files.write("data/recovery.signal", "")
    env.clusters.start()


@right
def with_the_tail(env: DrillEnvironment):
    """Keep the WAL safe, recover the base backup, and give it the surviving WAL as its pg_wal."""
    env.files.copy("wal", "wal_safe")  # first of all: this exists only once
    newest_whole_backup(env)
    env.run("rm -r data/pg_wal")
    env.files.copy("wal_safe", "data/pg_wal")
    # A segment that the archive does not have is looked for in pg_wal.
    recover(env)


@right
def on_its_disk_again(env: DrillEnvironment):
    """The same, with pg_wal as a link to the old disk again, and a copy kept aside."""
    env.files.copy("wal", "wal_safe")
    newest_whole_backup(env)
    env.run("rm -r data/pg_wal\nln -s ../wal data/pg_wal")
    recover(env)


@right
def look_in_both_places(env: DrillEnvironment):
    """A restore_command that looks into the archive, and then into the surviving WAL."""
    env.files.copy("wal", "wal_safe")
    newest_whole_backup(env)
    recover(env, FROM_BOTH)


@wrong(LOSSES, "could have been saved")
def without_the_tail(env: DrillEnvironment):
    """Recover from the base backup and the archive, and forget the surviving WAL."""
    newest_whole_backup(env)
    recover(env)


@wrong(LOSSES, "could have been saved")
def make_room_first(env: DrillEnvironment):
    """Delete the old WAL to have room on the disk, then recover."""
    env.run("rm -r wal")
    newest_whole_backup(env)
    recover(env)


@wrong(LOSSES, "could have been saved")
def the_backup_alone(env: DrillEnvironment):
    """Start the base backup as it is, without recovery.signal and restore_command."""
    newest_whole_backup(env)
    env.clusters.start()


@wrong(LOSSES, "could have been saved")
def reset_the_wal(env: DrillEnvironment):
    """Throw away backup_label and the WAL that “do not fit”, and make it start: pg_resetwal."""
    newest_whole_backup(env)
    env.run("rm data/backup_label\nrm -r data/pg_wal\nln -s ../wal data/pg_wal")
    env.run("pg_resetwal --force --pgdata=data")
    env.clusters.start()


@wrong(NOT_REPAIRED, "orders cannot be read")
def the_newest_unproven(env: DrillEnvironment):
    """Take the newest base backup without asking pg_verifybackup."""
    env.files.copy("wal", "wal_safe")
    env.files.copy("backups/newer", "data")
    recover(env, FROM_BOTH)


def new_cluster(env: DrillEnvironment) -> None:
    env.run("initdb --pgdata=data --username=postgres --auth=trust --encoding=UTF8 --no-locale")
    env.clusters.start("data", env.port)


@wrong(NOT_REPAIRED, 'role "shop" does not exist')
def last_nights_dump(env: DrillEnvironment):
    """A new cluster with initdb, and last night's dump: the dump has no roles."""
    new_cluster(env)
    env.run("pg_restore --dbname=postgres --create backups/night.dump", fails=True)


@wrong(LOSSES, "could have been saved")
def last_nights_dump_and_the_role(env: DrillEnvironment):
    """The same, with the role made by hand from shop.conf: what was sold today is gone."""
    new_cluster(env)
    env.run("psql --dbname=postgres --command=\"CREATE ROLE shop LOGIN PASSWORD 'receipts'\"")
    env.run("pg_restore --dbname=postgres --create backups/night.dump")
