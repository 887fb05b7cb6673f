"""Where things are: the project's own files, and this person's work beside them."""

import os
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
LESSONS = PROJECT / "lessons"
NOTEBOOKS = PROJECT / "notebooks"
EXERCISES = PROJECT / "exercises"
SOLUTIONS = PROJECT / "solutions"
DRILLS = PROJECT / "drills"


def in_clone() -> bool:
    """Whether this is the course; else the tools alone, which pip has put into site-packages."""
    return (PROJECT / "lab.py").is_file() and LESSONS.is_dir()


def home() -> Path:
    """The folder that holds `.lab/` and `work/`: the project, or MIGRATIONLAB_HOME.

    Tests and a second server on the same clone set MIGRATIONLAB_HOME. Outside of a clone it is
    the user's own folder for state, for instance ~/.local/state/migrationlab: nothing is ever
    written beside an installed package.
    """
    if given := os.environ.get("MIGRATIONLAB_HOME"):
        return Path(given).resolve()
    return PROJECT if in_clone() else _of_the_user()


def state() -> Path:
    """`.lab/`: the server's data, its state, the progress file. Never committed.

    Outside of a clone the user's own folder for state is all there is.
    """
    alone = not (in_clone() or os.environ.get("MIGRATIONLAB_HOME"))
    return home() if alone else home() / ".lab"


def _of_the_user() -> Path:
    """Where this system keeps a program's state. It need not exist."""
    import platformdirs  # not at the top: a clone's commands start without it

    return platformdirs.user_state_path("migrationlab", appauthor=False)


def work() -> Path:
    """`work/`: the student's own folders, visible in JupyterLab. Never committed."""
    return home() / "work"
