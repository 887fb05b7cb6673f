"""Start states: built once as a template database, cloned in an instant ever after.

A template's name carries a hash of everything that goes into it, so a changed
seed or start file makes a new template and an old one is never used by mistake.
"""

import hashlib
import subprocess
from functools import cache
from pathlib import Path

from migrationlab import commands, paths
from migrationlab.course.lessons import Start
from migrationlab.errors import LabError
from migrationlab.file_locks import locked
from migrationlab.postgres import databases

PREFIX = "lab_start_"


def template(server, start: Start) -> str:
    """The name of the template database for this start state, made now if it is not there.

    Raises LabError when a step of the start state fails.
    """
    name = f"{server.prefix}{PREFIX}{_digest(start)}"
    if databases.exists(server, name):
        return name
    with locked(f"start-{name}"):  # two notebooks opened at once must not build it twice
        if not databases.exists(server, name):
            _build(server, start, name)
    return name


def _build(server, start: Start, name: str) -> None:
    unfinished = f"{name}_unfinished"
    databases.drop(server, unfinished)
    databases.create(server, unfinished, note="a start state, not finished")
    try:
        environment = server.environment(unfinished)
        if start.bookshop:
            _run("alembic", "upgrade", start.bookshop, environment=environment)
        if start.seed:
            _run("python", "-m", "bookshop.seeds", environment=environment)
        if start.sql:
            flags = ["--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--file", str(start.sql)]
            _run("psql", *flags, environment=environment)
        databases.rename(server, unfinished, name, note="a start state")
    except BaseException:
        databases.drop(server, unfinished)
        raise


def _run(*command: str, environment: dict) -> None:
    done = subprocess.run(
        [commands.resolve(command[0], environment), *command[1:]],
        cwd=paths.PROJECT,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
    )
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()[-3:]
        raise LabError(
            f"A start state could not be made: {' '.join(command)} failed.\n" + "\n".join(last),
            todo="python3 lab.py doctor tells whether the server is well.",
        )


@cache
def _digest(start: Start) -> str:
    """Twelve hexadecimal digits over all that decides what the template holds."""
    digest = hashlib.sha256(f"1 {start.bookshop} {start.seed}".encode())
    files: list[Path] = [start.sql] if start.sql else []
    if start.bookshop:
        files += sorted((paths.PROJECT / "alembic").rglob("*.py"))
    if start.seed:
        files += sorted(f for f in (paths.PROJECT / "bookshop").rglob("*") if f.is_file())
    for file in files:
        if "__pycache__" not in file.parts:
            digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:12]
