"""A whole drill in the terminal."""

import os
import subprocess
import sys

import pytest

from migrationlab import paths
from migrationlab.drills import definitions, environment, lifecycle

DRILL = "dropped_table"


@pytest.fixture
def lab(home):
    """Run `lab.py …` as the command it is; gives what it said."""

    def run(*arguments, code=0):
        done = subprocess.run(
            [sys.executable, "-m", "migrationlab.cli", "drill", *arguments],
            cwd=paths.PROJECT,
            env=os.environ | {"COLUMNS": "80"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=180,
        )
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout + done.stderr

    yield run
    lifecycle.clear()


@pytest.mark.slow
def test_a_drill_in_the_terminal(lab):
    """Assert that one can begin, ask, fail, repair, look back and clear away."""
    assert DRILL in lab() and "not" not in lab().splitlines()[0]
    said = lab("start", DRILL, "--seed", "5")
    assert "The dropped table" in said and "DROP TABLE" in said and "drill done" in said
    env = environment.running()
    assert "Hint 1 of 4" in lab("hint")
    assert "vouchers" in lab("brief")
    assert "still running" in lab("solution", code=1)
    said = lab("done", code=1)
    assert "Not repaired yet" in said and "Hints       1" in said and "×" in said
    (env.folder / "my_notes.txt").write_text("my own", "utf-8")
    definitions.find(DRILL).rescues[0].perform(environment.running())
    said = lab("done")
    assert "Rescued." in said and "0 of" in said and "Afterwards" not in said
    assert "pg_waldump" in lab("solution") and "It breaks." in lab("replay")
    assert "over" in lab("done", code=1)
    assert "is over" in lab()
    kept = lab("stop")
    assert "cleared away" in kept and not env.folder.exists()
    files = list((paths.work() / "drills").rglob("my_notes.txt"))
    assert [file.read_text("utf-8") for file in files] == ["my own"]
    assert "✓ dropped_table" in lab() and "No drill is running" in lab("brief", code=1)
