"""Look at everything that a lesson needs, and say of each what to do when it is not well."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import psycopg2

from migrationlab import paths, server
from migrationlab.errors import LabError
from migrationlab.server import MAJOR, Server

LEAST_FREE = 1_000_000_000  # bytes; a lesson's databases take about 10 MB each
IDLE_TOO_LONG = 60  # seconds in an open transaction without doing anything
PROGRAMS = ("psql", "pg_dump", "pg_restore", "pg_dumpall")


@dataclass(frozen=True)
class Finding:
    """One line: what was looked at, what was found, and what to do when it is red."""

    name: str
    well: bool
    found: str
    todo: str = ""


def examine() -> Iterator[Finding]:
    """Every finding, one after the other. Starts nothing and changes nothing."""
    yield _driver()
    try:
        found = server.running()
    except LabError as error:
        yield Finding("server", False, error.what, error.todo)
        found = None
    else:
        if found is None:
            yield Finding("server", False, "none is running", "python3 lab.py starts one.")
    if found:
        yield from _server(found)
    yield _folder()
    yield _disk()


def _driver() -> Finding:
    found = f"psycopg2 {psycopg2.__version__.split()[0]}, SQLAlchemy {version('sqlalchemy')}"
    return Finding("driver", True, f"{found}; URLs begin with postgresql+psycopg2://")


def _server(found: Server) -> Iterator[Finding]:
    yield Finding("server", True, f"{found.kind}, on {found.host} port {found.port}")
    with closing(found.connect("postgres")) as connection, connection.cursor() as cursor:
        major = connection.server_version // 10000
        cursor.execute("SHOW server_version")
        yield Finding(
            "version",
            major == MAJOR,
            f"PostgreSQL {cursor.fetchone()[0]}",
            f"The lessons are written for PostgreSQL {MAJOR}: unset DATABASE_URL, or name one.",
        )
        yield _place(found, cursor)
        yield from _idle(cursor)
    yield from (_program(found, name) for name in PROGRAMS)


def _place(found: Server, cursor) -> Finding:
    cursor.execute("SHOW data_directory")
    place = cursor.fetchone()[0]
    if found.kind == "embedded":
        return Finding("data directory", True, place)
    if found.kind == "compose":
        return Finding("volume", True, f"docker's, at {place} in the container")
    return Finding("data directory", True, f"on {found.host}; that server is not the lab's")


def _idle(cursor) -> Iterator[Finding]:
    cursor.execute(
        "SELECT pid, application_name, datname, extract(epoch FROM now() - state_change)::int"
        " FROM pg_stat_activity WHERE state LIKE 'idle in transaction%%' AND now() - state_change"
        " > make_interval(secs => %s) ORDER BY state_change",
        (IDLE_TOO_LONG,),
    )
    rows = cursor.fetchall()
    if not rows:
        yield Finding("open transactions", True, "nobody is idle in a transaction")
    for pid, name, database, seconds in rows:
        yield Finding(
            "open transaction",
            False,
            f"session {pid} ({name or 'no name'}) in {database} has been idle for {seconds} s",
            "COMMIT or ROLLBACK there, or end it: "
            f'python3 lab.py psql -c "SELECT pg_terminate_backend({pid})"',
        )


def _program(found: Server, name: str) -> Finding:
    path = shutil.which(name, path=str(found.bin))
    todo = "Delete the folder .venv and run python3 lab.py: it is installed anew."
    if not path:
        return Finding(name, False, f"not in {found.bin}", todo)
    try:
        done = subprocess.run(
            [path, "--version"], capture_output=True, text=True, timeout=20, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        return Finding(name, False, f"does not run: {error}", todo)
    said = done.stdout.strip()  # such as: psql (PostgreSQL) 18.6
    major = said.rpartition(" ")[2].partition(".")[0]
    return Finding(name, major == str(MAJOR), f"{said}, from {Path(path).parent}", todo)


def _folder() -> Finding:
    # alembic.ini's %(here)s is interpolated with the folder's name in it.
    return Finding(
        "folder",
        "%" not in str(paths.home()),
        str(paths.home()),
        "Alembic cannot work in a folder with % in its name: rename the folder.",
    )


def _disk() -> Finding:
    place = paths.home()
    free = shutil.disk_usage(place).free
    return Finding(
        "disk",
        free > LEAST_FREE,
        f"{free / 1e9:.1f} GB free for {place}",
        "Make room; python3 lab.py tidy lists work that was set aside.",
    )
