"""A drill that is cleared away after the test."""

import pytest

from migrationlab.drills import lifecycle
from migrationlab.errors import LabError
from tests.drills.copied_drills import CopiedDrills


@pytest.fixture
def begin(home):
    """Begins a drill without a word; gives its environment. Skips what cannot be fetched here."""

    def start(drill, **how):
        _fetch(drill)
        return lifecycle.begin(drill, progress=_quiet, **how)

    yield start
    lifecycle.clear()


@pytest.fixture(scope="session")
def copied_drills(home):
    drills = CopiedDrills()
    yield drills
    drills.remove()


@pytest.fixture
def begin_copy(copied_drills):
    """The same, as a copy of the drill that was begun last when that is the same one."""

    def start(drill, *, level, seed):
        _fetch(drill)
        return copied_drills.begin(drill, level, seed)

    yield start
    lifecycle.clear()


def _fetch(drill) -> None:
    try:
        drill.hook("needs", _quiet)
    except LabError as error:
        pytest.skip(str(error))


def _quiet(text: str) -> None:
    pass
