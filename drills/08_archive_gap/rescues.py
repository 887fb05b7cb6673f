"""The ways to come back from a lost data directory, when the archive has a gap."""

import re
import shutil
from datetime import UTC, datetime

from migrationlab.api import LOSSES, LabError, Scene, right, wrong

SUNDAY, SPECIAL = "backups/sunday", "backups/before_the_big_sale"
SETTINGS = "restore_command = 'cp ../archive/%f %p'\n"


def last_good_segment(scene: Scene) -> str:
    """Read the whole archive from Sunday on. Where pg_waldump stops, a recovery stops too."""
    first, last = scene.first_segment(SUNDAY), scene.segments()[-1]
    said = scene.run(f"pg_waldump --quiet --path=archive {first} {last}", fails=True)
    if missing := re.search(r'could not find file "(\w+)"', said):
        return max(name for name in scene.segments() if name < missing[1])
    # A file of another cluster, or a renamed one: the last record before it is in the message.
    high, low = re.search(r"error in WAL record at (\w+)/(\w+)", said).groups()
    return f"00000001{int(high, 16):08X}{int(low, 16) // 2**20:08X}"  # segments of 1 MB


def put_there(scene: Scene, backup: str) -> None:
    """rescue/: a copy of a base backup; an incremental one needs Sunday's under it."""
    if (scene.folder / backup / "base").exists() and "INCREMENTAL" not in label(scene, backup):
        scene.copy(backup, "rescue")
    else:
        scene.run(f"pg_combinebackup {SUNDAY} {backup} --output=rescue")


def label(scene: Scene, backup: str) -> str:
    return (scene.folder / backup / "backup_label").read_text("utf-8")


def recover(scene: Scene, settings: str = SETTINGS, tail: bool = True, port: int = 0) -> None:
    """Recover rescue/ to the end of the WAL, and go on with it."""
    if tail:  # what had not come into the archive yet
        shutil.rmtree(scene.folder / "rescue/pg_wal")
        scene.copy("saved_wal", "rescue/pg_wal")
    scene.write("rescue/postgresql.auto.conf", settings, append=True)
    scene.write("rescue/recovery.signal", "")
    scene.start("rescue", port)


@right
def the_backup_behind_the_gap(scene: Scene):
    """Begin with the base backup that was taken behind the gap, and recover to the end."""
    good = last_good_segment(scene)
    backups = [place.parent.name for place in scene.folder.glob("backups/*/backup_label")]
    [behind] = [name for name in backups if scene.first_segment(f"backups/{name}") > good]
    put_there(scene, f"backups/{behind}")
    recover(scene)


@right
def the_tail_into_the_archive(scene: Scene):
    """The same backup, with the saved WAL copied into the archive, where it is missing."""
    put_there(scene, SPECIAL)
    for name in scene.segments("saved_wal"):
        if name not in scene.segments():
            scene.copy(f"saved_wal/{name}", f"archive/{name}")
    recover(scene, tail=False)


@right
def after_a_first_try(scene: Scene):
    """Sunday's backup, tried where the till does not see it; then the right one."""
    put_there(scene, SUNDAY)
    recover(scene, port=scene.free_port())
    scene.stop("rescue")
    shutil.move(scene.folder / "rescue", scene.folder / "first_try")
    put_there(scene, SPECIAL)
    # The first try has begun timeline 2, and put it into the archive.
    recover(scene, SETTINGS + "recovery_target_timeline = 'current'\n")


@wrong(LOSSES, "could have been saved")
def sundays_backup_to_the_end(scene: Scene):
    """Recover Sunday's backup to the end: it ends at the gap, and nothing says so."""
    put_there(scene, SUNDAY)
    recover(scene)


@wrong(LOSSES, "could have been saved")
def the_neighbour_under_the_missing_name(scene: Scene):
    """Close the gap with a copy of the segment before it, and recover Sunday's backup."""
    neighbour = last_good_segment(scene)
    scene.copy(f"archive/{neighbour}", f"archive/{scene.facts['lost']}")
    put_there(scene, SUNDAY)
    recover(scene)


@wrong(LOSSES, "could have been saved")
def a_target_and_then_none(scene: Scene):
    """Give Sunday's backup a time as its target; when it refuses, take the target away."""
    put_there(scene, SUNDAY)
    moment = datetime.fromtimestamp(scene.broke, UTC).isoformat(" ", "seconds")
    try:
        recover(scene, SETTINGS + f"recovery_target_time = '{moment}'\n")
    except LabError:
        assert "recovery ended before configured recovery target" in scene.log("rescue")
        scene.write("rescue/postgresql.auto.conf", "recovery_target_time = ''\n", append=True)
        scene.start("rescue")


@wrong(LOSSES, "could have been saved")
def reset_the_wal(scene: Scene):
    """Make a copy of Sunday's backup start with pg_resetwal, without its WAL."""
    put_there(scene, SUNDAY)
    (scene.folder / "rescue/backup_label").unlink()
    scene.run("pg_resetwal --force --pgdata=rescue")
    scene.start("rescue")


@wrong(LOSSES, "could have been saved")
def last_nights_dump(scene: Scene):
    """Make a new cluster from Sunday's backup, and restore last night's dump into it."""
    put_there(scene, SUNDAY)
    scene.start("rescue")
    scene.run("psql --dbname=postgres --command='DROP DATABASE shop WITH (FORCE)'")
    scene.run("pg_restore --dbname=postgres --create backups/night.dump")


@wrong(LOSSES, "could have been saved")
def the_right_backup_alone(scene: Scene):
    """Start the backup from before the big sale as it is, without the archive."""
    put_there(scene, SPECIAL)
    scene.start("rescue")


@wrong(LOSSES, "could have been saved")
def without_the_tail(scene: Scene):
    """The right backup and the archive, but not the saved WAL: the last minutes are missing."""
    put_there(scene, SPECIAL)
    recover(scene, tail=False)
