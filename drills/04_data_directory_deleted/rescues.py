"""The ways to bring the cluster back, right and wrong."""

from migrationlab.api import LOSSES, NOT_REPAIRED, Scene, right, wrong

FROM_THE_ARCHIVE = "restore_command = 'cp ../archive/%f %p'\n"
FROM_BOTH = "restore_command = 'cp ../archive/%f %p || cp ../wal_safe/%f %p'\n"


def newest_whole_backup(scene: Scene) -> None:
    """data/ out of the newest base backup that is whole."""
    names = [name for name in ("newer", "base") if (scene.folder / "backups" / name).exists()]
    for name in names:
        said = scene.run(f"pg_verifybackup backups/{name}", fails=True)
        if "successfully verified" in said:
            break
    label = (scene.folder / "backups" / name / "backup_label").read_text("utf-8")
    if "INCREMENTAL" in label:  # no cluster yet: only what has changed since the first one
        scene.run(f"pg_combinebackup --output=data backups/base backups/{name}")
    else:
        scene.copy(f"backups/{name}", "data")


def recover(scene: Scene, settings: str = FROM_THE_ARCHIVE) -> None:
    """Make a recovery of it, to the end of the WAL, on the usual port."""
    scene.write("data/postgresql.auto.conf", settings, append=True)
    scene.write("data/recovery.signal", "")
    scene.start()


@right
def with_the_tail(scene: Scene):
    """Keep the WAL safe, recover the base backup, and give it the surviving WAL as its pg_wal."""
    scene.copy("wal", "wal_safe")  # first of all: this exists only once
    newest_whole_backup(scene)
    scene.run("rm -r data/pg_wal")
    scene.copy("wal_safe", "data/pg_wal")
    # A segment that the archive does not have is looked for in pg_wal.
    recover(scene)


@right
def on_its_disk_again(scene: Scene):
    """The same, with pg_wal as a link to the old disk again, and a copy kept aside."""
    scene.copy("wal", "wal_safe")
    newest_whole_backup(scene)
    scene.run("rm -r data/pg_wal\nln -s ../wal data/pg_wal")
    recover(scene)


@right
def look_in_both_places(scene: Scene):
    """A restore_command that looks into the archive, and then into the surviving WAL."""
    scene.copy("wal", "wal_safe")
    newest_whole_backup(scene)
    recover(scene, FROM_BOTH)


@wrong(LOSSES, "could have been saved")
def without_the_tail(scene: Scene):
    """Recover from the base backup and the archive, and forget the surviving WAL."""
    newest_whole_backup(scene)
    recover(scene)


@wrong(LOSSES, "could have been saved")
def make_room_first(scene: Scene):
    """Delete the old WAL to have room on the disk, then recover."""
    scene.run("rm -r wal")
    newest_whole_backup(scene)
    recover(scene)


@wrong(LOSSES, "could have been saved")
def the_backup_alone(scene: Scene):
    """Start the base backup as it is, without recovery.signal and restore_command."""
    newest_whole_backup(scene)
    scene.start()


@wrong(LOSSES, "could have been saved")
def reset_the_wal(scene: Scene):
    """Throw away backup_label and the WAL that “do not fit”, and make it start: pg_resetwal."""
    newest_whole_backup(scene)
    scene.run("rm data/backup_label\nrm -r data/pg_wal\nln -s ../wal data/pg_wal")
    scene.run("pg_resetwal --force --pgdata=data")
    scene.start()


@wrong(NOT_REPAIRED, "orders cannot be read")
def the_newest_unproven(scene: Scene):
    """Take the newest base backup without asking pg_verifybackup."""
    scene.copy("wal", "wal_safe")
    scene.copy("backups/newer", "data")
    recover(scene, FROM_BOTH)


def new_cluster(scene: Scene) -> None:
    scene.run("initdb --pgdata=data --username=postgres --auth=trust --encoding=UTF8 --no-locale")
    scene.start("data", scene.port)


@wrong(NOT_REPAIRED, 'role "shop" does not exist')
def last_nights_dump(scene: Scene):
    """A new cluster with initdb, and last night's dump: the dump has no roles."""
    new_cluster(scene)
    scene.run("pg_restore --dbname=postgres --create backups/night.dump", fails=True)


@wrong(LOSSES, "could have been saved")
def last_nights_dump_and_the_role(scene: Scene):
    """The same, with the role made by hand from shop.conf: what was sold today is gone."""
    new_cluster(scene)
    scene.run("psql --dbname=postgres --command=\"CREATE ROLE shop LOGIN PASSWORD 'receipts'\"")
    scene.run("pg_restore --dbname=postgres --create backups/night.dump")
