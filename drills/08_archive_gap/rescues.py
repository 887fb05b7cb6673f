"""The ways to come back from a lost data directory, when the archive has a gap."""

import re
import shutil
from datetime import UTC, datetime

from migrationlab.api import LOSSES, DrillEnvironment, LabError, right, wrong

SUNDAY, SPECIAL = "backups/sunday", "backups/before_the_big_sale"
SETTINGS = "restore_command = 'cp ../archive/%f %p'\n"


def last_good_segment(env: DrillEnvironment) -> str:
    """Read the whole archive from Sunday on. Where pg_waldump stops, a recovery stops too."""
    first, last = env.archive.first_segment(SUNDAY), env.archive.segments()[-1]
    said = env.run(f"pg_waldump --quiet --path=archive {first} {last}", fails=True)
    if missing := re.search(r'could not find file "(\w+)"', said):
        return max(name for name in env.archive.segments() if name < missing[1])
    # A file of another cluster, or a renamed one: the last record before it is in the message.
    high, low = re.search(r"error in WAL record at (\w+)/(\w+)", said).groups()
    return f"00000001{int(high, 16):08X}{int(low, 16) // 2**20:08X}"  # segments of 1 MB


def put_there(env: DrillEnvironment, backup: str) -> None:
    """rescue/: a copy of a base backup; an incremental one needs Sunday's under it."""
    if (env.folder / backup / "base").exists() and "INCREMENTAL" not in label(env, backup):
        env.files.copy(backup, "rescue")
    else:
        env.run(f"pg_combinebackup {SUNDAY} {backup} --output=rescue")


def label(env: DrillEnvironment, backup: str) -> str:
    return (env.folder / backup / "backup_label").read_text("utf-8")


def recover(
    env: DrillEnvironment, settings: str = SETTINGS, tail: bool = True, port: int = 0
) -> None:
    """Recover rescue/ to the end of the WAL, and go on with it."""
    if tail:  # what had not come into the archive yet
        shutil.rmtree(env.folder / "rescue/pg_wal")
        env.files.copy("saved_wal", "rescue/pg_wal")
    env.files.write("rescue/postgresql.auto.conf", settings, append=True)
    env.files.write("rescue/recovery.signal", "")
    env.clusters.start("rescue", port)


@right
def the_backup_behind_the_gap(env: DrillEnvironment):
    """Begin with the base backup that was taken behind the gap, and recover to the end."""
    good = last_good_segment(env)
    backups = [place.parent.name for place in env.folder.glob("backups/*/backup_label")]
    [behind] = [name for name in backups if env.archive.first_segment(f"backups/{name}") > good]
    put_there(env, f"backups/{behind}")
    recover(env)


@right
def the_tail_into_the_archive(env: DrillEnvironment):
    """The same backup, with the saved WAL copied into the archive, where it is missing."""
    put_there(env, SPECIAL)
    for name in env.archive.segments("saved_wal"):
        if name not in env.archive.segments():
            env.files.copy(f"saved_wal/{name}", f"archive/{name}")
    recover(env, tail=False)


@right
def after_a_first_try(env: DrillEnvironment):
    """Sunday's backup, tried where the till does not see it; then the right one."""
    put_there(env, SUNDAY)
    recover(env, port=env.clusters.free_port())
    env.clusters.stop("rescue")
    shutil.move(env.folder / "rescue", env.folder / "first_try")
    put_there(env, SPECIAL)
    # The first try has begun timeline 2, and put it into the archive.
    recover(env, SETTINGS + "recovery_target_timeline = 'current'\n")


@wrong(LOSSES, "could have been saved")
def sundays_backup_to_the_end(env: DrillEnvironment):
    """Recover Sunday's backup to the end: it ends at the gap, and nothing says so."""
    put_there(env, SUNDAY)
    recover(env)


@wrong(LOSSES, "could have been saved")
def the_neighbour_under_the_missing_name(env: DrillEnvironment):
    """Close the gap with a copy of the segment before it, and recover Sunday's backup."""
    neighbour = last_good_segment(env)
    env.files.copy(f"archive/{neighbour}", f"archive/{env.facts['lost']}")
    put_there(env, SUNDAY)
    recover(env)


@wrong(LOSSES, "could have been saved")
def a_target_and_then_none(env: DrillEnvironment):
    """Give Sunday's backup a time as its target; when it refuses, take the target away."""
    put_there(env, SUNDAY)
    moment = datetime.fromtimestamp(env.broke, UTC).isoformat(" ", "seconds")
    try:
        recover(env, SETTINGS + f"recovery_target_time = '{moment}'\n")
    except LabError:
        assert "recovery ended before configured recovery target" in env.clusters.log("rescue")
        env.files.write("rescue/postgresql.auto.conf", "recovery_target_time = ''\n", append=True)
        env.clusters.start("rescue")


@wrong(LOSSES, "could have been saved")
def reset_the_wal(env: DrillEnvironment):
    """Make a copy of Sunday's backup start with pg_resetwal, without its WAL."""
    put_there(env, SUNDAY)
    (env.folder / "rescue/backup_label").unlink()
    env.run("pg_resetwal --force --pgdata=rescue")
    env.clusters.start("rescue")


@wrong(LOSSES, "could have been saved")
def last_nights_dump(env: DrillEnvironment):
    """Make a new cluster from Sunday's backup, and restore last night's dump into it."""
    put_there(env, SUNDAY)
    env.clusters.start("rescue")
    env.run("psql --dbname=postgres --command='DROP DATABASE shop WITH (FORCE)'")
    env.run("pg_restore --dbname=postgres --create backups/night.dump")


@wrong(LOSSES, "could have been saved")
def the_right_backup_alone(env: DrillEnvironment):
    """Start the backup from before the big sale as it is, without the archive."""
    put_there(env, SPECIAL)
    env.clusters.start("rescue")


@wrong(LOSSES, "could have been saved")
def without_the_tail(env: DrillEnvironment):
    """The right backup and the archive, but not the saved WAL: the last minutes are missing."""
    put_there(env, SPECIAL)
    recover(env, tail=False)
