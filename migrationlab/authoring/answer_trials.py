"""Prove the checks: every exercise is tried unsolved, solved, answered right and answered wrong.

    python -m migrationlab.authoring.answer_trials 2        all exercises of lesson 2
    python -m migrationlab.authoring.answer_trials 2.3      one exercise

The cells run in a real IPython shell with the notebook's own magics, on a
server and in a home of its own, so nobody's work is touched.
"""

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from migrationlab.course import lessons
from migrationlab.course.lessons import Cell, Exercise, unsolved
from migrationlab.exercises import run_check
from migrationlab.exercises.verdict import NOT_ATTEMPTED, RIGHT, WRONG, Verdict

FEWEST_RIGHT = 1  # besides the reference solution
FEWEST_WRONG = 5
INTENDED_ERROR = "raises-exception"

COMMANDS_IMPORT = (
    "alembic.config",
    "sqlalchemy.dialects.postgresql.psycopg2",
    "migrationlab.transfer.__main__",
)
"""What the programs of %%terminal cells begin with. In trials they are forked from a process that
has it all: how the real command lines start is seen in the lessons, which run as a student's do."""


@dataclass(frozen=True)
class Trial:
    """One way to answer an exercise, and what the check must say of it."""

    exercise: Exercise
    title: str
    cells: tuple[Cell, ...]
    outcome: str
    words: str = ""
    errors_allowed: bool = False


def trials(exercise: Exercise) -> Iterator[Trial]:
    """Every trial of an exercise: untouched, unsolved, its solution, and the answers' files."""
    code = [cell for cell in exercise.cells if cell.kind == "code"]
    empty = tuple(unsolved(cell) for cell in code)
    yield Trial(exercise, "untouched", (), NOT_ATTEMPTED)
    yield Trial(exercise, "unsolved", empty, NOT_ATTEMPTED, errors_allowed=True)
    yield Trial(exercise, "solution", tuple(exercise.solution), RIGHT)
    for answer in exercise.lesson.answers(exercise.id):
        outcome = RIGHT if answer.right else WRONG
        yield Trial(exercise, answer.title, answer.cells, outcome, answer.expected)


def complaints(exercise: Exercise) -> list[str]:
    """What an exercise lacks before it is even tried: hints, reasons, enough answers."""
    answers = exercise.lesson.answers(exercise.id)
    right = sum(answer.right for answer in answers)
    wrong = len(answers) - right
    found = []
    if not exercise.hints or not all(exercise.hints):
        found.append("has no hint, or an empty one")
    if not exercise.why:
        found.append("does not say why its solution is right")
    if right < FEWEST_RIGHT:
        found.append(f"has {right} other right answers, not {FEWEST_RIGHT}")
    if wrong < FEWEST_WRONG:
        found.append(f"has {wrong} wrong answers, not {FEWEST_WRONG}")
    found += [
        f"does not say what “{answer.title}” must be told"
        for answer in answers
        if not answer.right and not answer.expected
    ]
    return found


class Prover:
    """An IPython shell in which trials are run one after the other.

    With `kept`, `alembic …` and `python …` in their cells are forked from a kept process; without
    it they are started as in a notebook, which takes much longer and says the same.
    """

    def __init__(self, kept: bool = True):
        self.kept = kept
        from IPython.core.interactiveshell import InteractiveShell

        self.shell = InteractiveShell.instance()
        self.shell.colors = "nocolor"

    def run(self, trial: Trial) -> tuple[Verdict, str, float]:
        """The verdict on a trial, what went wrong ("" if nothing), the check's own seconds."""
        from migrationlab import lab, server

        here = os.getcwd()
        try:
            errors = self._run_cells(trial)
        finally:
            os.chdir(here)
        began = time.perf_counter()
        verdict = run_check.judge(server.find(), trial.exercise)
        seconds = time.perf_counter() - began
        lab.close()
        if errors and not trial.errors_allowed:
            return verdict, "\n".join(errors), seconds
        return verdict, _mistaken(trial, verdict), seconds

    def _run_cells(self, trial: Trial) -> list[str]:
        from IPython.utils.capture import capture_output

        from migrationlab import lab, server
        from migrationlab.course import workspace
        from migrationlab.notebook.terminal_magic import forked

        workspace.of_exercise(server.find(), trial.exercise).reset()
        self.shell.user_ns["lab"] = lab
        errors = []
        imports = COMMANDS_IMPORT if self.kept else None
        with forked(imports), capture_output() as captured:
            lab.exercise(trial.exercise.id)
            for number, cell in enumerate(trial.cells, 1):
                result = self.shell.run_cell(cell.source, store_history=False)
                error = result.error_before_exec or result.error_in_exec
                if error and INTENDED_ERROR not in cell.tags:
                    errors.append(f"cell {number} failed: {error}")
                if not error and INTENDED_ERROR in cell.tags:
                    errors.append(f"cell {number} was to fail and did not")
        if errors and not trial.errors_allowed:
            errors.append("output: " + captured.stdout[-1500:])
        return errors


def _mistaken(trial: Trial, verdict: Verdict) -> str:
    if verdict.outcome != trial.outcome:
        return f"is {verdict.outcome}, not {trial.outcome}:\n{verdict}"
    said = " ".join(str(verdict).split())
    words = " ".join(trial.words.split())
    if words and words not in said:
        return f"does not say “{words}”:\n{verdict}"
    return ""


def main(wanted: list[str]) -> int:
    """Print a line for every trial; the exit code is the number of failures, at most 100."""
    failures = 0
    prover = Prover()
    for name in wanted or [lesson.number for lesson in lessons.every()]:
        exercises = [lessons.find_exercise(name)] if "." in name else lessons.find(name).exercises
        for exercise in exercises:
            for complaint in complaints(exercise):
                failures += 1
                print(f"✗ {exercise.id} {complaint}")
            for trial in trials(exercise):
                verdict, mistake, seconds = prover.run(trial)
                failures += bool(mistake)
                sign = "✗" if mistake else "✓"
                print(f"{sign} {exercise.id} {trial.title} ({seconds:.2f} s) {mistake}", flush=True)
                if "-v" in sys.argv and not mistake:
                    print("    " + str(verdict).replace("\n", "\n    "))
    print(f"{failures} failures")
    return min(failures, 100)


if __name__ == "__main__":
    names = [name for name in sys.argv[1:] if not name.startswith("-")]
    if os.environ.get("MIGRATIONLAB_HOME"):
        sys.exit(main(names))
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        os.environ["MIGRATIONLAB_HOME"] = str(Path(home))
        os.chmod(home, 0o755)  # as root, PostgreSQL runs as another user
        from migrationlab import server
        from migrationlab.postgres import databases

        with server.hold(progress=print) as found:
            databases.stop_syncing(found)
            code = main(names)
    sys.exit(code)
