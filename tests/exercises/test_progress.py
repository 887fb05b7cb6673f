"""Progress and verdicts: what survives, what is counted, how an answer looks."""

import threading

import pytest

from migrationlab.errors import LabError
from migrationlab.exercises import hints_and_solutions, progress, progress_board, run_check
from migrationlab.exercises.verdict import CANNOT_CHECK, NOT_ATTEMPTED, RIGHT, WRONG, Verdict


@pytest.fixture(autouse=True)
def own_home(tmp_path, monkeypatch):
    monkeypatch.setenv("MIGRATIONLAB_HOME", str(tmp_path))
    return tmp_path


def verdict(outcome, exercise="2.3"):
    return Verdict(exercise, outcome, "said", "expected", "found", "todo")


def test_right_stays_right():
    """Assert that a later wrong answer takes nothing away."""
    progress.record(verdict(WRONG))
    progress.record(verdict(RIGHT))
    first = progress.read()["2.3"]
    progress.record(verdict(WRONG))
    assert first.outcome == RIGHT
    assert progress.read()["2.3"].outcome == RIGHT
    assert progress.read()["2.3"].right_at == first.right_at != "-"
    assert progress.read()["2.3"].checks == 3


def test_cannot_check_is_not_counted():
    """Assert that a server that is down costs the student nothing."""
    progress.record(verdict(CANNOT_CHECK))
    assert progress.read() == {}


def test_text_comes_back_as_it_went():
    """Assert that export and import lose nothing."""
    for outcome in (NOT_ATTEMPTED, WRONG, RIGHT):
        progress.record(verdict(outcome, f"1.{len(outcome)}"))
    progress.record_hint("1.5", 2)
    assert progress.parse(progress.export()) == progress.read()


def test_merge_keeps_the_better_of_two():
    """Assert that importing an older progress takes nothing away, and a newer one adds."""
    progress.record(verdict(RIGHT, "1.1"))
    progress.record(verdict(WRONG, "1.2"))
    progress.merge(
        "1.1 wrong 9 2 -\n1.2 right 1 0 2026-01-01T00:00:00+00:00\n1.10 not-attempted 1 0 -\n"
    )
    found = progress.read()
    assert [found[key].outcome for key in ("1.1", "1.2", "1.10")] == [RIGHT, RIGHT, NOT_ATTEMPTED]
    assert found["1.1"].checks == 9
    assert list(found) == ["1.1", "1.2", "1.10"]  # 10 comes after 2


@pytest.mark.parametrize(
    "line",
    ["hello", "1.1 good 1 0 -", "1.1 right x 0 -", "1.1 right 1 0 yesterday", "1.1 right 1 0 - -"],
)
def test_a_wrong_line_is_refused(line):
    """Assert one message that shows a right line."""
    with pytest.raises(LabError, match="Line 1"):
        progress.parse(line)


def test_two_at_once_lose_no_count():
    """Assert that a notebook and a terminal may check at the same time."""
    threads = [
        threading.Thread(target=lambda: [progress.record(verdict(WRONG)) for _ in range(10)])
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert progress.read()["2.3"].checks == 30


def test_hints_come_one_at_a_time():
    """Assert that each call shows the next hint, and after the last all of them again."""
    first, second = str(hints_and_solutions.hint("0.1")), str(hints_and_solutions.hint("0.1"))
    assert first != second
    assert first.startswith("**Hint 1 of") and second.startswith("**Hint 2 of")
    while "That was every hint" not in (last := str(hints_and_solutions.hint("0.1"))):
        pass
    assert first in last and second in last


def test_solution_after_a_pass_or_when_asked_twice():
    """Assert that it is not shown at the first call without a pass."""
    assert "ask once more" in str(hints_and_solutions.solution("0.1"))
    assert "**Solution 0.1" in str(hints_and_solutions.solution("0.1"))
    assert "ask once more" in str(hints_and_solutions.solution("0.2"))
    progress.record(verdict(RIGHT, "0.3"))
    assert "**Solution 0.3" in str(hints_and_solutions.solution("0.3"))


def test_a_verdict_tells_everything_and_is_escaped():
    """Assert that what was expected and found is there, in text and in HTML."""
    found = Verdict("2.3", WRONG, "a < b", "<b>x</b>", 'y"', "do & go")
    for word in ("2.3 wrong", "Expected", "Found", "Next"):
        assert word in str(found)
        assert word in found._repr_html_()
    assert "<b>x</b>" not in found._repr_html_()
    assert "&lt;b&gt;x&lt;/b&gt;" in found._repr_html_()


def test_a_mistake_in_a_check_is_not_the_students(server, monkeypatch):
    """Assert that a check that crashes says so, without a traceback, and counts for nothing."""
    from migrationlab.course import lessons, workspace

    exercise = lessons.find_exercise("0.1")
    workspace.of_exercise(server, exercise).open()
    monkeypatch.setattr(run_check, "Attempt", lambda space: 1 / 0)
    found = run_check.run(server, "0.1")
    assert found.outcome == CANNOT_CHECK
    assert "says nothing about your answer" in str(found)
    assert "Traceback" not in str(found)
    assert progress.read() == {}


def test_the_board_counts():
    """Assert the headline, and that every exercise has its row."""
    progress.record(verdict(RIGHT, "0.1"))
    found = progress_board.of_progress()
    assert found.headline.startswith("1 of ")
    assert found.rows[0].exercise == "0.1"
    assert "✓" in str(found) and "✓" in found._repr_html_()
