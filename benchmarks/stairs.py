"""The stairway: every revision up, down and up again, on rows."""

from collections.abc import Iterator

from benchmarks.measure import Row, Side, in_turn, seconds
from benchmarks.place import run
from migrationlab import paths, stairway
from migrationlab.course import start_states
from migrationlab.course.lessons import Start
from migrationlab.errors import LabError
from migrationlab.postgres import databases

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
    meter, climb = in_turn(times, lambda: _measure(server), lambda: _climb(server))
    yield Row(
        Side(f"loss meter on the same {len(steps)} revisions: every value remembered", meter),
        Side("the stairway, which only compares", climb),
    )


def _climb(server) -> float:
    with _scratch(server) as database:
        return seconds(lambda: stairway.climb(paths.PROJECT, server, database))


def _measure(server) -> float:
    with _scratch(server) as database:
        return seconds(lambda: stairway.measure(paths.PROJECT, server, database))


def _by_hand(server, revisions: int) -> float:
    with _scratch(server) as database:
        environment = server.environment(database)

        def trip() -> None:
            for move in MOVES * revisions:
                run("alembic", *move, environment=environment)

        return seconds(trip)


def _scratch(server):
    """The name of a database at START, for the duration of a block."""
    template = start_states.template(server, START)
    return databases.temporary(server, "benchmark", template=template)
