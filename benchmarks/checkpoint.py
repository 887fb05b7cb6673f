"""A checkpoint: the database and the folder, kept under a name."""

import secrets
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks import bookshop
from benchmarks.measure import Row, Side, in_turn, seconds
from benchmarks.place import run
from migrationlab.course.workspace import Workspace
from migrationlab.postgres import databases

TIMES = 7


def measure(server, times: int) -> Iterator[Row]:
    space = bookshop.workspace(server, "checkpoint")
    ours, plain = in_turn(times, lambda: _checkpoint(space), lambda: _dump_and_restore(space))
    yield Row(
        Side("checkpoint of a lesson", ours),
        Side("createdb, pg_dump, pg_restore", plain),
    )


def _checkpoint(space: Workspace) -> float:
    name = secrets.token_hex(4)
    taken = seconds(lambda: space.checkpoint(name))
    databases.drop(space.server, space.baseline(name))
    return taken


def _dump_and_restore(space: Workspace) -> float:
    copy = f"benchmark_{secrets.token_hex(4)}"
    environment = space.server.environment(space.database)
    with tempfile.TemporaryDirectory() as folder:
        file = str(Path(folder) / "copy.dump")

        def copied() -> None:
            run("createdb", copy, environment=environment)
            run("pg_dump", "--format=custom", "--file", file, environment=environment)
            run("pg_restore", "--exit-on-error", "--dbname", copy, file, environment=environment)

        taken = seconds(copied)
    run("dropdb", copy, environment=environment)
    return taken
