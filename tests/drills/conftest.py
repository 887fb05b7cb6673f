"""A drill that is cleared away after the test."""

import pytest

from migrationlab.drills import lifecycle
from migrationlab.errors import LabError


@pytest.fixture
def begin(home):
    """Begins a drill without a word; gives its environment. Skips what cannot be fetched here."""

    def quiet(text: str) -> None:
        pass

    def start(drill, **how):
        try:
            drill.hook("needs", quiet)
        except LabError as error:
            pytest.skip(str(error))
        return lifecycle.begin(drill, progress=quiet, **how)

    yield start
    lifecycle.clear()
