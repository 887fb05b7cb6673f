"""The stairway: every revision up, down and up again, on rows."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.measure import Row, Side, in_turn, seconds
from benchmarks.place import run
from migrationlab import databases, paths, stairway, starts
from migrationlab.errors import LabError
from migrationlab.lessons import Start

TIMES = 3
START = Start(bookshop="0003", seed=True)
"""All tables that the later revisions change are there, with their rows."""

MOVES = (("upgrade", "+1"), ("downgrade", "-1"), ("upgrade", "+1"))


def measure(server, times: int) -> Iterator[Row]:
    with _scratch(server) as database:
        steps = stairway.climb(paths.PROJECT, server, database)
    if wrong := [step for step in steps if not step.ok]:
        raise LabError(f"The stairway was not measured, the chain is broken: {wrong[0]}")
    ours, plain = in_turn(times, lambda: _climb(server), lambda: _by_hand(server, len(steps)))
    yield Row(
        Side(f"stairway of {len(steps)} revisions on rows, schema and rows compared", ours),
        Side(f"alembic upgrade +1, downgrade -1, upgrade +1: {3 * len(steps)} processes", plain),
    )


def _climb(server) -> float:
    with _scratch(server) as database:
        return seconds(lambda: stairway.climb(paths.PROJECT, server, database))


def _by_hand(server, revisions: int) -> float:
    with _scratch(server) as database:
        environment = server.environment(database)

        def trip() -> None:
            for move in MOVES * revisions:
                run("alembic", *move, environment=environment)

        return seconds(trip)


@contextmanager
def _scratch(server) -> Iterator[str]:
    name = f"benchmark_{secrets.token_hex(4)}"
    databases.create(server, name, template=starts.template(server, START), note="a benchmark")
    try:
        yield name
    finally:
        databases.drop(server, name)
