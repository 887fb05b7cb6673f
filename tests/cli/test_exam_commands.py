"""The examiner as it is typed: in a terminal of 60 columns without colour, and in a notebook."""

import os
import subprocess
import sys

import pytest

from migrationlab import paths
from migrationlab.exam.asking import graded_answers, learn
from migrationlab.exam.examiner_texts import say
from migrationlab.exercises import progress
from tests.exam.asking.test_learn import empty_progress  # noqa: F401 - a fixture

pexpect = pytest.importorskip("pexpect", reason="a pseudo-terminal needs Linux or macOS")
WIDTH = 60


@pytest.fixture
def typed(home):
    """Start `lab.py exam …` in a pseudo-terminal; gives the pexpect child."""
    children = []

    def start(*arguments):
        child = pexpect.spawn(
            sys.executable,
            ["-m", "migrationlab.cli", "exam", *arguments],
            cwd=str(paths.PROJECT),
            env=os.environ | {"NO_COLOR": "1", "TERM": "dumb", "COLUMNS": str(WIDTH)},
            dimensions=(40, WIDTH),
            encoding="utf-8",
            timeout=60,
        )
        child.logfile_read = open(os.devnull, "w")
        children.append(child)
        return child

    yield start
    for child in children:
        child.close(force=True)


def prompt(language, name):
    """The beginning of a prompt, as much as fits in one line."""
    return say(language, name)[:30]


def test_a_session_with_keys(typed):
    """Assert that wrong keys are told, right ones taken, and Ctrl-C keeps what was answered."""
    child = typed("learn", "00", "--lang", "da")
    child.expect_exact(prompt("da", "write"))
    child.sendline("en migration er en fil med upgrade")
    child.expect_exact(prompt("da", "sure"))
    child.sendline("måske")
    child.expect_exact("Mulige svar")
    child.expect_exact(prompt("da", "sure"))
    child.sendline("2")
    child.expect_exact(prompt("da", "had"))
    child.sendline("alle")
    child.expect_exact(prompt("da", "write"))
    child.sendintr()
    child.expect_exact("er gemt")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    (review,) = graded_answers.read()
    assert (review.question, review.share) == (learn.chosen("00")[0].id, 1.0)


def test_a_narrow_terminal_without_colour(typed):
    """Assert that no line is wider than the terminal, and that there is no escape sequence."""
    child = typed("learn", "01", "--lang", "en")
    child.expect_exact(prompt("en", "write"))
    child.sendline("")
    child.expect_exact(prompt("en", "sure"))
    seen = child.before
    child.sendline("1")
    child.expect_exact(prompt("en", "had"))
    seen += child.before
    child.sendline("q")
    child.expect(pexpect.EOF)
    assert "\x1b[" not in seen
    assert [line for line in seen.split("\n") if len(line.rstrip()) > WIDTH] == []


def test_closed_input_and_bad_options(home):
    """Assert that an empty standard input ends a session well, and bad options get one message."""

    def run(*arguments):
        return subprocess.run(
            [sys.executable, "-m", "migrationlab.cli", "exam", *arguments],
            cwd=paths.PROJECT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=120,
        )

    done = run("learn")
    assert done.returncode == 0 and "is kept" in done.stdout
    for arguments, words in ((("learn", "--lang", "sv"), "language"), (("learn", "99"), "'99'")):
        done = run(*arguments)
        assert done.returncode == 1 and words in done.stderr and "Traceback" not in done.stderr
    assert "questions are due" in run().stdout


def test_in_a_notebook(server, monkeypatch, capsys):
    """Assert that the same session runs in a cell, with the notebook's own input field."""
    from migrationlab import lab

    answers = iter(["", "2", "all", "q"])
    monkeypatch.setattr("builtins.input", lambda prompt="": next(answers))
    lab.learn("00")
    assert len(graded_answers.read()) == 1
    assert "1 of" in str(lab.readiness())
    assert progress.file().read_text("utf-8").count("\nexam learn ") == 1
