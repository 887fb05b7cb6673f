"""What the bank claims is what the server does: every run is run, and compared."""

import pytest

from migrationlab.exam import bank
from migrationlab.exam.running import differences, play

RUNS = [
    pytest.param(question, run, id=f"{question.id} run {number}")
    for question in bank.every()
    for number, run in enumerate(question.runs, 1)
]


@pytest.mark.parametrize("question, run", RUNS)
def test_what_is_claimed_happens(server, question, run):
    """Assert that each step gives the rows, the error and the text that the bank says."""
    found = [
        text for outcome in play(server, question, run) for text in differences(question, outcome)
    ]
    assert found == []
