"""One check of an exercise."""

import os
from collections.abc import Iterator

from benchmarks import bookshop
from benchmarks.measure import Aim, Row, Side, in_turn, seconds
from benchmarks.place import run
from migrationlab import paths
from migrationlab.authoring.answer_trials import Prover, Trial, trials
from migrationlab.course import lessons
from migrationlab.course.lessons import Exercise
from migrationlab.errors import LabError
from migrationlab.exercises import run_check

TIMES = 3
PLAIN = "alembic current, one process"
AS_QUICK = Aim("ratio at most 1", lambda row: row.ratio <= 1)  # of issue 12, section 3


def measure(server, times: int) -> Iterator[Row]:
    space = bookshop.workspace(server, "check")
    environment = server.environment(space.database)

    def current() -> float:
        return seconds(lambda: run("alembic", "current", environment=environment))

    prover = Prover()
    sides, plain = [], []
    for lesson in lessons.every():
        for exercise in lesson.exercises:
            first = _solve(prover, exercise)
            ours, others = in_turn(
                times - 1, lambda e=exercise: seconds(lambda: run_check.judge(server, e)), current
            )
            sides.append((exercise.id, Side(exercise.id, (first, *ours))))
            plain += [current(), *others]
    exercise, slowest = max(sides, key=lambda found: found[1].median)
    plain = Side(PLAIN, tuple(plain))
    above = [name for name, side in sides if side.median > plain.median]
    told = f"; above 1: {', '.join(above)}" if above else ""
    yield Row(
        Side(f"a check, the slowest of {len(sides)} ({exercise}){told}", slowest.seconds),
        plain,
        AS_QUICK,
    )
    medians = tuple(side.median for _, side in sides)
    yield Row(Side(f"a check, the median of {len(sides)} exercises", medians), plain)

    lab = str(paths.PROJECT / "lab.py")
    ours, others = in_turn(
        times,
        lambda: seconds(
            lambda: run("python", lab, "check", exercise, environment=dict(os.environ))
        ),
        current,
    )
    yield Row(Side(f"the slowest one typed: lab.py check {exercise}", ours), Side(PLAIN, others))


def _solve(prover: Prover, exercise: Exercise) -> float:
    """Solve it as the reference solution does; the seconds of the check that follows."""
    trial: Trial = next(t for t in trials(exercise) if t.title == "solution")
    verdict, mistake, taken = prover.run(trial)
    if mistake:
        raise LabError(f"{exercise.id} was not measured, its solution fails: {mistake}")
    return taken
