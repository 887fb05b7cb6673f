"""Each nasty file has the outcome that was written down for it beforehand."""

import os
import subprocess
import sys

import pytest

from migrationlab import paths
from migrationlab.postgres import databases
from tests.transfer import judge, reader
from tests.transfer.nasty import CASES
from tests.transfer.nasty.model import Moved, Refused, Stopped


@pytest.fixture(scope="module")
def kept(server):
    """The name of a database that is emptied for each case."""
    with databases.temporary(server, "nasty") as name:
        yield name


@pytest.mark.parametrize("name", CASES)
def test_a_nasty_file(name, server, kept, tmp_path):
    """Assert that a file with one trap is moved, stopped or refused as it should be."""
    assert judge.judge(CASES[name], server, kept, tmp_path) == []


TYPED = [
    "exact_doubles",
    "letters_in_an_integer",
    "an_orphan",
    "one_bad_row_aside",
    "a_tree_in_bad_order",
    "a_trigger_that_changes_rows",
    "a_target_with_rows",
    "a_target_with_rows_appended_to",
    "no_sqlite_file",
    "random_bytes",
    "a_folder",
    "a_file_that_is_not_there",
    "a_damaged_file",
]
CODES = {Moved: 0, Stopped: 3, Refused: 1}


@pytest.mark.parametrize("name", TYPED)
def test_a_nasty_file_by_command(name, server, kept, tmp_path):
    """Assert the exit code, and one short message without a traceback, as a user meets it."""
    case = CASES[name]
    path = judge.write(case, tmp_path)
    words = ["--existing"] * case.existing + ["--quarantine"] * case.quarantine
    words += [word for table in case.append for word in ("--append", table)]
    with judge.place(case, server, kept) as database:
        judge.prepare(case, server, database)
        with reader.target(server, database) as cursor:
            before = reader.state(cursor)
        with case.around(path):
            done = command(str(path), server.url(database), *words)
        with reader.target(server, database) as cursor:
            after = reader.state(cursor)
    said = done.stdout + done.stderr
    expected = 4 if getattr(case.outcome, "aside", ()) else CODES[type(case.outcome)]
    assert done.returncode == expected, said
    assert "Traceback" not in said and "Error:" not in said
    assert (before == after) == (expected in (1, 3))
    if expected == 1:
        assert case.file in said or case.existing
        assert len(done.stderr.strip().splitlines()) <= 6 and done.stderr.strip(), said


@pytest.mark.parametrize("words", [[], ["--append"], ["a.db", "postgresql:///x", "--streams", "9"]])
def test_wrong_usage(words):
    """Assert exit code 2 and how it is used, whatever is missing or wrong."""
    done = command(*words)
    assert done.returncode == 2
    assert "usage" in done.stderr.lower() and "Traceback" not in done.stderr


def command(*words: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "migrationlab.transfer", *words],
        cwd=paths.PROJECT,
        env=dict(os.environ, PYTHONUTF8="1"),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
