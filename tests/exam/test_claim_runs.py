"""What the bank claims is what the server does: every run is run, and compared."""

import pytest

from migrationlab.exam.bank import load_questions
from migrationlab.exam.claim_runs import differences, play

RUNS = [
    pytest.param(question, run, id=f"{question.id} run {number}")
    for question in load_questions.every()
    for number, run in enumerate(question.runs, 1)
]


@pytest.mark.parametrize("question, run", RUNS)
def test_what_is_claimed_happens(server, question, run):
    """Assert that each step gives the rows, the error and the text that the bank says."""
    found = [
        text for outcome in play(server, question, run) for text in differences(question, outcome)
    ]
    assert found == []
