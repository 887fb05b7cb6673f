"""The reset of a lesson in which something was changed."""

import os
from collections.abc import Iterator
from contextlib import closing

from benchmarks import bookshop
from benchmarks.measure import UNDER_A_TENTH, Row, Side, in_turn, seconds
from benchmarks.place import run
from migrationlab import paths
from migrationlab.course import lessons, workspace
from migrationlab.course.workspace import Workspace
from migrationlab.postgres import databases

TIMES = 7
ANEW = "benchmark_anew"
CHANGE = """
UPDATE accounts SET email = 'changed@example.dk' WHERE id = 1;
CREATE TABLE wishes (id int PRIMARY KEY, title text)
"""


def measure(server, times: int) -> Iterator[Row]:
    space = bookshop.workspace(server, "reset")
    ours, plain = in_turn(times, lambda: _reset(space), lambda: _anew(server, "head"))
    yield Row(
        Side("reset of a changed lesson, in a notebook", ours),
        Side("drop and create the database, alembic upgrade head, seeds", plain),
        UNDER_A_TENTH,
    )
    lesson = next(x for x in lessons.every() if x.start.bookshop and x.start.seed)
    space = workspace.of_lesson(server, lesson)
    space.open()
    ours, plain = in_turn(
        min(times, 3),
        lambda: _reset_by_command(space, lesson.number),
        lambda: _anew(server, lesson.start.bookshop),
    )
    yield Row(
        Side(f"the same typed: lab.py reset {int(lesson.number)}", ours),
        Side(f"the same with alembic upgrade {lesson.start.bookshop}", plain),
    )


def _reset(space: Workspace) -> float:
    _change(space)
    taken = seconds(space.reset)
    _forget_what_was_set_aside(space)
    return taken


def _reset_by_command(space: Workspace, where: str) -> float:
    _change(space)
    command = ("python", str(paths.PROJECT / "lab.py"), "reset", where)
    taken = seconds(lambda: run(*command, environment=dict(os.environ)))
    _forget_what_was_set_aside(space)
    return taken


def _change(space: Workspace) -> None:
    """What a student leaves behind: other rows, another table, a file."""
    with closing(space.server.connect(space.database)) as connection:
        connection.cursor().execute(CHANGE)
    (space.folder / "notes.txt").write_text("mine", "utf-8")


def _forget_what_was_set_aside(space: Workspace) -> None:
    for name in space.set_aside():
        databases.drop(space.server, f"{space.database}{workspace.ASIDE}{name}")


def _anew(server, target: str) -> float:
    environment, maintenance = server.environment(ANEW), server.environment("postgres")

    def anew() -> None:
        steps = (f"DROP DATABASE IF EXISTS {ANEW} WITH (FORCE)", f"CREATE DATABASE {ANEW}")
        options = [word for step in steps for word in ("-c", step)]
        run("psql", "--no-psqlrc", *options, environment=maintenance)
        run("alembic", "upgrade", target, environment=environment)
        run("python", "-m", "bookshop.seeds", environment=environment)

    return seconds(anew)
