"""What is told during a drill."""

import pytest

from migrationlab.drills import briefing
from migrationlab.drills.environment import DrillEnvironment
from migrationlab.errors import LabError


def test_a_worked_answer_has_no_wrong_rescue():
    """Assert that it names what its code uses, and leaves the tempting ones out."""
    text = briefing.solution("dropped_table")
    assert "def beside(env: DrillEnvironment)" in text and "@wrong" not in text
    for name in ("env.run", "env.clusters.start", "env.files.copy"):
        assert f"`{name}` is" in text or f"`{name}` runs" in text
        assert f"{name}(" in text


def test_at_night_there_are_no_hints(tmp_path):
    """Assert that a hint at level 3 is refused, and not counted."""
    env = DrillEnvironment(tmp_path, "dropped_table", 3, 1, 5432, "secret")
    with pytest.raises(LabError, match="no hints"):
        briefing.next_hint(env)
    assert env.hints == 0
