"""No check can lie: every exercise is tried unsolved, solved, answered right and answered wrong."""

import pytest

from migrationlab.authoring import answer_trials
from migrationlab.course import lessons

EXERCISES = [exercise for lesson in lessons.every() for exercise in lesson.exercises]
TRIALS = [trial for exercise in EXERCISES for trial in answer_trials.trials(exercise)]


@pytest.fixture(scope="session")
def prover(server):
    return answer_trials.Prover()


def test_there_are_exercises():
    """Assert that an empty folder of lessons does not pass for proof."""
    assert len(EXERCISES) >= 15


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.id)
def test_exercise_is_complete(exercise):
    """Assert that it has hints, a reason, another right answer and five wrong ones."""
    assert answer_trials.complaints(exercise) == []


@pytest.mark.parametrize("lesson", lessons.every(), ids=lambda lesson: lesson.name)
def test_nothing_in_a_lesson_is_left_over(lesson):
    """Assert that every answer file and every check belongs to an exercise."""
    known = {exercise.id for exercise in lesson.exercises}
    assert {file.stem for file in (lesson.folder / "answers").glob("*")} == known
    from migrationlab.exercises.run_check import CHECKS

    lesson.load_checks()
    number = str(int(lesson.number))
    assert {id for id in CHECKS if id.split(".")[0] == number} == known


@pytest.mark.parametrize("trial", TRIALS, ids=lambda trial: f"{trial.exercise.id} {trial.title}")
def test_check_says_what_it_must(trial, prover):
    """Assert the outcome and, for a wrong answer, the words that help."""
    verdict, mistake, _ = prover.run(trial)
    assert not mistake, mistake
    assert verdict.exercise == trial.exercise.id
