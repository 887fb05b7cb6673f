"""A drill that is cleared away after the test."""

import pytest

from migrationlab.drills import directing


@pytest.fixture
def begin(home):
    """Begins a drill without a word; gives its scene."""
    yield lambda drill, **how: directing.begin(drill, progress=lambda text: None, **how)
    directing.clear()
