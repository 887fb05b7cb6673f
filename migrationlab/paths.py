"""Where things are: the project's own files, and this person's work beside them."""

import os
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
LESSONS = PROJECT / "lessons"
NOTEBOOKS = PROJECT / "notebooks"
EXERCISES = PROJECT / "exercises"
SOLUTIONS = PROJECT / "solutions"
DRILLS = PROJECT / "drills"


def home() -> Path:
    """The folder that holds `.lab/` and `work/`: the project, or MIGRATIONLAB_HOME.

    Tests and a second server on the same clone set MIGRATIONLAB_HOME.
    """
    return Path(os.environ.get("MIGRATIONLAB_HOME") or PROJECT).resolve()


def state() -> Path:
    """`.lab/`: the server's data, its state, the progress file. Never committed."""
    return home() / ".lab"


def work() -> Path:
    """`work/`: the student's own folders, visible in JupyterLab. Never committed."""
    return home() / "work"
