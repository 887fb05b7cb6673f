"""Check an exercise: find the author's function, hand it the student's state, tell the verdict."""

import traceback
from collections.abc import Callable
from dataclasses import replace

import psycopg2.errors

from migrationlab import paths
from migrationlab.course import lessons, workspace
from migrationlab.errors import LabError
from migrationlab.exercises import progress
from migrationlab.exercises.attempt import Attempt
from migrationlab.exercises.verdict import (
    CANNOT_CHECK,
    NOT_ATTEMPTED,
    RIGHT,
    WRONG,
    NotAttempted,
    Verdict,
    Wrong,
)
from migrationlab.postgres import databases

CHECKS: dict[str, Callable[[Attempt], str]] = {}


def check(exercise: str) -> Callable:
    """Decorator in a lesson's checks.py: this function judges that exercise.

    It returns the sentence that is shown when the answer is right, and raises
    NotAttempted or Wrong otherwise.
    """

    def register(function):
        CHECKS[exercise] = function
        return function

    return register


def judge(server, exercise: lessons.Exercise) -> Verdict:
    """The verdict on an exercise as the student left it; nothing is recorded.

    Raises LabError only when the exercise itself is not there.
    """
    space = workspace.of_exercise(server, exercise)
    if not (space.exists() and space.folder.is_dir()):
        return Verdict(
            exercise.id,
            NOT_ATTEMPTED,
            "This exercise has not been opened yet.",
            todo=f'Run the cell lab.exercise("{exercise.id}") in its notebook.',
        )
    verdict = _judge(exercise, space)
    if verdict.outcome in (RIGHT, CANNOT_CHECK):
        return verdict
    return _mind_open_transactions(verdict, space)


def _judge(exercise: lessons.Exercise, space: workspace.Workspace) -> Verdict:
    exercise.lesson.load_checks()  # fills CHECKS
    function = CHECKS.get(exercise.id)
    if function is None:
        raise LabError(f"Lesson {exercise.lesson.name} has no check for {exercise.id}.")
    try:
        # Throw-away databases come and go, and a connection takes as long as most of it.
        with databases.one_connection(space.server):
            return Verdict(exercise.id, RIGHT, function(Attempt(space)))
    except NotAttempted as answer:
        return Verdict(exercise.id, NOT_ATTEMPTED, answer.what, todo=answer.todo)
    except Wrong as answer:
        found = (answer.expected, answer.found, answer.todo)
        return Verdict(exercise.id, WRONG, answer.what, *found)
    except LabError as error:
        return Verdict(exercise.id, CANNOT_CHECK, error.what, error.expected, "", error.todo)
    except psycopg2.errors.LockNotAvailable:
        return Verdict(
            exercise.id,
            WRONG,
            "A transaction that is still open locks what the check must look at.",
            expected="your work committed, so that others can see it",
            todo="COMMIT it, or ROLLBACK and begin again.",
        )
    except psycopg2.OperationalError as error:
        return Verdict(
            exercise.id,
            CANNOT_CHECK,
            "The server did not answer the check.",
            found=str(error).strip().splitlines()[0],
            todo="python3 lab.py doctor tells what is wrong with the server.",
        )
    except Exception as error:
        # A mistake of ours, not of the student's: say so and keep the details for a report.
        log = paths.state() / "check-errors.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("a", encoding="utf-8") as file:
            file.write(f"{exercise.id}\n{traceback.format_exc()}\n")
        return Verdict(
            exercise.id,
            CANNOT_CHECK,
            "The check itself failed; this says nothing about your answer.",
            found=f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0]}",
            todo=f"Show {log} to your teacher.",
        )


def _mind_open_transactions(verdict: Verdict, space: workspace.Workspace) -> Verdict:
    """Say so when a session has a transaction open: nobody else sees what it did."""
    sessions = databases.open_transactions(space.server, space.database)
    if not sessions or "transaction is still open" in f"{verdict.what} {verdict.todo}":
        return verdict
    word = f"A transaction is still open ({', '.join(sessions)}): COMMIT it, and check again."
    return replace(verdict, todo=f"{verdict.todo} {word}".strip())


def run(server, exercise_id: str) -> Verdict:
    """Check one exercise and record the outcome. Raises LabError if there is no such exercise."""
    verdict = judge(server, lessons.find_exercise(exercise_id))
    progress.record(verdict)
    return verdict


def run_set(server, lesson: lessons.Lesson) -> list[Verdict]:
    """Check every exercise of a lesson again, in order, and record the outcomes."""
    return [run(server, exercise.id) for exercise in lesson.exercises]
