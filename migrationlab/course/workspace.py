"""A student's folder and database for one lesson or exercise.

Nothing that a student made is ever deleted here: a reset renames the database
and moves the files into `work/set_aside/`, from where `restore` brings them back.
"""

import filecmp
import re
import shutil
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from pathlib import Path

import psycopg2

from migrationlab import paths
from migrationlab.course import start_states
from migrationlab.course.lessons import Exercise, Lesson, Start
from migrationlab.errors import LabError
from migrationlab.postgres import catalog, databases, fingerprint

SET_ASIDE = "set_aside"
ASIDE = "__aside_"  # stands in the names of databases that were set aside
LONGEST_NAME = 30  # PostgreSQL cuts names at 63 bytes; ours have a beginning and a time stamp too
MADE_BY_PROGRAMS = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints")


def _on_one_connection(method):
    """All that a method of Workspace asks of `databases`, it asks on one connection."""

    @wraps(method)
    def wrapper(self, *arguments):
        with databases.one_connection(self.server):
            return method(self, *arguments)

    return wrapper


@dataclass(frozen=True)
class Workspace:
    """One place to work in: `key` is "02" for a lesson and "2.3" for an exercise."""

    server: object
    key: str
    folder_name: str
    start: Start

    @property
    def database(self) -> str:
        return f"{self.server.prefix}lab_{_slug(self._padded)}"

    @property
    def folder(self) -> Path:
        return paths.work() / self.folder_name

    @property
    def url(self) -> str:
        return self.server.url(self.database)

    @property
    def _padded(self) -> str:
        lesson, *rest = self.key.split(".")
        return ".".join([lesson.zfill(2), *rest])

    def exists(self) -> bool:
        """Whether somebody has worked here before."""
        return databases.exists(self.server, self.database)

    @_on_one_connection
    def open(self) -> bool:
        """Make the folder and the database if they are not there. True when they are new.

        A folder that has lost its database, or the other way round (the volume
        was deleted), counts as new: what is left is set aside first.
        """
        whole = self.folder.is_dir() and self.exists()
        if not whole:
            self.reset()
        return not whole

    @_on_one_connection
    def reset(self) -> str | None:
        """Back to the start state. Returns the name under which the work was set aside.

        None when there was nothing to keep. Raises LabError when the server is
        not on this machine.
        """
        self._insist_on_local()
        self._end_sessions()
        if self._untouched():
            return None
        source = start_states.template(self.server, self.start)  # if this fails, nothing has moved
        kept = self._keep()
        self._fill(source, self.start.files)
        return kept

    @_on_one_connection
    def checkpoint(self, name: str) -> None:
        """Keep the present state under a name, in the place of an older one of that name."""
        target = self._checkpoint(name)
        self._insist_on_open()
        self._insist_on_local()
        copy = self._checkpoint_folder(name)
        # The older one goes when the new one is whole: a copy that is refused changes nothing.
        new_database, new_copy = f"{target}__new", copy.with_name(f"{copy.name}__new")
        databases.discard(self.server, new_database)
        shutil.rmtree(new_copy, ignore_errors=True)
        databases.clone(self.server, self.database, new_database, note="a checkpoint, not finished")
        shutil.copytree(self.folder, new_copy, ignore=MADE_BY_PROGRAMS)
        databases.discard(self.server, target)
        databases.rename(self.server, new_database, target, note=f"checkpoint “{name}”")
        if copy.exists():
            shutil.rmtree(copy)
        new_copy.rename(copy)

    @_on_one_connection
    def goto(self, name: str) -> str | None:
        """Back to a checkpoint. Returns the name under which the work was set aside."""
        target = self._checkpoint(name)
        if not databases.exists(self.server, target):
            there = ", ".join(f"“{n}”" for n in self.checkpoints()) or "none yet"
            raise LabError(f"There is no checkpoint “{name}” here.", expected=f"one of: {there}")
        return self._replace(target, self._checkpoint_folder(name))

    def checkpoints(self) -> list[str]:
        """The names of the checkpoints of this workspace."""
        notes = databases.listing(self.server, f"{self.database}__cp_").values()
        return [m[1] for note in notes if (m := re.fullmatch(r"checkpoint “(.*)”", note))]

    def baseline(self, name: str) -> str:
        """The database that holds the checkpoint of this name, or the start state for "start"."""
        if name == "start":
            return start_states.template(self.server, self.start)
        target = self._checkpoint(name)
        if not databases.exists(self.server, target):
            there = ", ".join(f"“{n}”" for n in ["start", *self.checkpoints()])
            raise LabError(f"There is no checkpoint “{name}” here.", expected=f"one of: {there}")
        return target

    def set_aside(self) -> list[str]:
        """The names of the work that was set aside here, oldest first."""
        beginning = f"{self.database}{ASIDE}"
        return [name.removeprefix(beginning) for name in databases.listing(self.server, beginning)]

    @_on_one_connection
    def restore(self, name: str) -> str | None:
        """Bring work that was set aside back; the present work is set aside instead."""
        aside = f"{self.database}{ASIDE}{name}"
        if name not in self.set_aside():
            there = ", ".join(self.set_aside()) or "none"
            raise LabError(f"No work of {self.key} was set aside as {name}.", expected=there)
        return self._replace(aside, self._aside_folder(name))

    def _replace(self, source: str, files: Path | None) -> str | None:
        """Put a copy of `source` and `files` in the place of what is here, which is kept."""
        self._insist_on_local()
        self._end_sessions()
        if self._untouched():  # it can be made again at any time
            databases.discard(self.server, self.database)
            for child in self.folder.iterdir():
                shutil.rmtree(child) if child.is_dir() else child.unlink()
        kept = self._keep()
        self._fill(source, files)
        return kept

    def _end_sessions(self) -> None:
        # First of all: what they hold is uncommitted, and comparing would wait for their locks.
        if self.exists():
            databases.end_sessions(self.server, self.database)

    def _fill(self, source: str, files: Path | None) -> None:
        kind = "exercise" if "." in self.key else "lesson"
        databases.create(self.server, self.database, template=source, note=f"{kind} {self.key}")
        self.folder.mkdir(parents=True, exist_ok=True)
        if files and files.exists():
            shutil.copytree(files, self.folder, ignore=MADE_BY_PROGRAMS, dirs_exist_ok=True)

    def _keep(self) -> str | None:
        """Move the present state out of the way, under a new name; None if there is nothing."""
        there = self.exists()
        files = self.folder.is_dir() and any(self.folder.iterdir())
        if not (there or files):
            return None
        name = self._free_name()
        if there:
            databases.rename(
                self.server, self.database, f"{self.database}{ASIDE}{name}", note="set aside"
            )
        if files:
            _move_children(self.folder, self._aside_folder(name))
        return name

    def _untouched(self) -> bool:
        """Whether everything is as it was at the start, so that there is nothing to keep."""
        if not (self.folder.is_dir() and _same_files(self.start.files, self.folder)):
            return False
        return self.exists() and _same_databases(
            self.server, self.database, start_states.template(self.server, self.start)
        )

    def _checkpoint(self, name: str) -> str:
        return f"{self.database}__cp_{_slug(name)}"

    def _checkpoint_folder(self, name: str) -> Path:
        return paths.state() / "checkpoints" / self.database / _slug(name)

    def _aside_folder(self, name: str) -> Path:
        return paths.work() / SET_ASIDE / f"{self.folder_name} {name}"

    def _free_name(self) -> str:
        name, taken = now(), set(self.set_aside())
        number = 2
        free = name
        while free in taken or self._aside_folder(free).exists():
            free, number = f"{name}_{number}", number + 1
        return free

    def _insist_on_open(self) -> None:
        if not self.exists():
            raise LabError(f"Nobody has opened {self.key} yet.", todo="Open it in its notebook.")

    def _insist_on_local(self) -> None:
        if not self.server.local:
            raise LabError(
                f"The server {self.server.host} is not on this machine: nothing is reset there.",
                expected="a server on this machine",
                todo="Unset DATABASE_URL to work on the lab's own server.",
            )


def of_lesson(server, lesson: Lesson) -> Workspace:
    """Where the notebook of a lesson works."""
    return Workspace(server, lesson.number, lesson.name, lesson.start)


def of_exercise(server, exercise: Exercise) -> Workspace:
    """Where one exercise is worked on."""
    lesson, number = exercise.id.split(".")
    return Workspace(server, exercise.id, f"{lesson.zfill(2)}.{number}", exercise.start)


def _same_databases(server, one: str, other: str) -> bool:
    """Whether two databases hold the same schema and rows, and their sequences stand alike.

    One that cannot be read is not the same: a program is at work in it again, or a student has
    broken it (an UPDATE of pg_index is enough). A reset must help then, too.
    """
    looks = (_numbers, fingerprint.fingerprint, catalog.snapshot)  # the quickest first
    try:
        with (
            closing(server.connect(one, options="-c lock_timeout=2s")) as first,
            closing(server.connect(other)) as second,
        ):
            return all(look(first) == look(second) for look in looks)
    except (psycopg2.Error, LabError):
        return False


def _numbers(connection) -> list[tuple]:
    """Where every sequence stands."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT schemaname, sequencename, last_value FROM pg_sequences ORDER BY 1, 2"
        )
        return cursor.fetchall()


def _same_files(start: Path | None, folder: Path) -> bool:
    """Whether the folder holds just the files it began with, unchanged."""
    if start is None or not start.exists():
        return not any(_kept(folder))
    if {p.relative_to(start) for p in _kept(start)} != {
        p.relative_to(folder) for p in _kept(folder)
    }:
        return False
    return all(
        filecmp.cmp(p, folder / p.relative_to(start), shallow=False)
        for p in _kept(start)
        if p.is_file()
    )


def _kept(folder: Path) -> list[Path]:
    made = {"__pycache__", ".ipynb_checkpoints"}
    return [p for p in folder.rglob("*") if not made & set(p.relative_to(folder).parts)]


def _move_children(folder: Path, target: Path) -> None:
    # The folder itself stays: a notebook or a terminal may stand in it, and
    # Windows does not let the current folder be renamed.
    target.mkdir(parents=True)
    for child in folder.iterdir():
        shutil.move(str(child), str(target / child.name))


def _slug(text: str) -> str:
    slug = re.sub(r"\W+", "_", text.lower()).strip("_")
    if not slug or len(slug.encode()) > LONGEST_NAME:
        raise LabError(
            f"“{text}” cannot be a name here.",
            expected=f"some letters or digits, {LONGEST_NAME} bytes at most",
        )
    return slug


def now() -> str:
    return datetime.now().strftime("%Y%m%d_%H%M%S")
