"""The command line, as it is typed: one short message for bad input, exit codes for scripts."""

import subprocess
import sys

import pytest

from migrationlab import paths


@pytest.fixture
def lab(server, tmp_path):
    """Run `lab.py …` as the command it is, on the test's own home; gives the finished process."""
    import os

    def run(*arguments, code=0, **environment):
        done = subprocess.run(
            [sys.executable, "-m", "migrationlab.cli", *arguments],
            cwd=paths.PROJECT,
            env=os.environ | environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=120,
        )
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout + done.stderr

    return run


def test_status_and_doctor(lab):
    """Assert that both answer on a healthy lab, and the doctor is content."""
    assert "embedded" in lab("status")
    said = lab("doctor")
    for name in ("driver", "server", "version", "data directory", "psql", "pg_dump", "disk"):
        assert f"✓ {name}:" in said
    assert "All is well." in said


def test_doctor_names_a_session_idle_in_a_transaction(lab, server, monkeypatch):
    """Assert that the doctor finds who blocks everybody else, and says how to end it."""
    from contextlib import closing

    from migrationlab.cli import doctor

    monkeypatch.setattr(doctor, "IDLE_TOO_LONG", -1)
    with closing(server.connect("postgres", application_name="forgetful")) as connection:
        connection.autocommit = False
        connection.cursor().execute("SELECT 1")
        red = [finding for finding in doctor.examine() if not finding.well]
    assert [finding.name for finding in red] == ["open transaction"]
    assert "forgetful" in red[0].found
    assert "pg_terminate_backend" in red[0].todo


def test_doctor_without_a_server(lab, tmp_path):
    """Assert that the doctor starts nothing, is red, and says what to do."""
    said = lab("doctor", code=1, MIGRATIONLAB_HOME=str(tmp_path), LAB_PORT="1")
    assert "✗ server: none is running" in said
    assert "python3 lab.py" in said


def test_psql_hands_over(lab):
    """Assert that psql gets its own options and the exit code comes back."""
    assert "40" in lab("psql", "-Atc", "SELECT count(*) FROM accounts")
    assert "lab_00" in lab("psql", "0", "-Atc", "SELECT current_database()")
    lab("psql", "-v", "ON_ERROR_STOP=1", "-c", "SELECT 1/0", code=1)


def test_check_progress_and_reset(lab):
    """Assert that the terminal gives the same verdicts as the notebook, and exit codes."""
    lab("reset", "0.1")
    said = lab("check", "0.1", code=1)
    assert "0.1 not attempted" in said
    assert "0.1" in lab("progress")
    lab("reset", "0")


def test_progress_travels(lab, tmp_path):
    """Assert that progress can be carried to another machine and merged there."""
    file = tmp_path / "progress.txt"
    file.write_text("9.9 right 3 1 2026-11-22T18:00:00+00:00\n", "utf-8")
    lab("progress", "--import", str(file))
    assert "9.9 right 3 1 2026-11-22T18:00:00+00:00" in lab("progress", "--export", "-")


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["check", "99.1"], "no lesson 99"),
        (["check", "0.99"], "no exercise 0.99"),
        (["check", "x.y"], "not the number of an exercise"),
        (["check", "nonsense"], "no lesson nonsense"),
        (["hint", "0"], "not the number of an exercise"),
        (["reset", "77"], "no lesson 77"),
        (["reopen", "0", "never"], "was set aside"),
        (["restore", "0", "never"], "was set aside"),
        (["goto", "0", "never"], "no checkpoint"),
        (["tidy", "bookshop"], "Nothing was set aside"),
        (["progress", "--import", "/nonexistent"], "cannot be read"),
    ],
)
def test_bad_input_gets_one_message(lab, arguments, words):
    """Assert exit code 1, the reason in words, and no traceback."""
    assert words in lab(*arguments, code=1)


def test_progress_that_is_none_changes_nothing(lab, tmp_path):
    """Assert that a wrong file is refused as a whole."""
    before = lab("progress", "--export", "-")
    file = tmp_path / "wrong.txt"
    file.write_text("0.1 right 1 0 2026-11-22T18:00:00+00:00\nhello\n", "utf-8")
    assert "Line 2" in lab("progress", "--import", str(file), code=1)
    assert lab("progress", "--export", "-") == before


def test_reset_of_the_bookshop_sets_it_aside(lab, server):
    """Assert that the bookshop comes back whole and the old one is kept under another name."""
    from migrationlab.postgres import databases

    lab("psql", "-c", "DELETE FROM reviews")
    said = lab("reset")
    assert "set aside as the database bookshop__aside_" in said
    assert lab("psql", "-Atc", "SELECT count(*) > 0 FROM reviews").strip() == "t"
    aside = [name for name in databases.listing(server) if name.startswith("bookshop__aside_")]
    assert len(aside) == 1
    assert aside[0] in lab("tidy")
    lab("tidy", aside[0])
    assert not databases.exists(server, aside[0])


def test_a_given_server_elsewhere_is_not_reset(lab, server):
    """Assert that DATABASE_URL's own database is never reset by a bare `reset`."""
    given = server.url("postgres")
    assert "given by DATABASE_URL" in lab("reset", code=1, DATABASE_URL=given)
