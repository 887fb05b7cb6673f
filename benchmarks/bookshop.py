"""The state on which most rows are measured: the whole bookshop, with its rows."""

from migrationlab.course.lessons import Start
from migrationlab.course.workspace import Workspace

START = Start(bookshop="head", seed=True)


def workspace(server, name: str) -> Workspace:
    """A lesson's place to work in, as `lab.open` would make it, opened at its start state."""
    space = Workspace(server, name, name, START)
    space.open()
    return space
