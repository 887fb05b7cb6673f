"""Every drill for real: the reference rescue passes, each tempting one is judged as what it is."""

import pytest

from migrationlab import paths
from migrationlab.drills import definitions, lifecycle
from migrationlab.drills.measurement import rpo_rto

DRILLS = definitions.every()
DAY, ALONE, NIGHT = 1, 2, 3  # the levels


def cases():
    """By drill, and each drill in one worker, so that they work with copies of one drill."""
    for drill in DRILLS:
        alone = pytest.mark.xdist_group(f"drill {drill.name}")
        for number, rescue in enumerate(drill.rescues):
            # The reference by day and by night, the others in between.
            for level in (DAY, NIGHT) if number == 0 else (ALONE,):
                name = f"{drill.name}-{rescue.name}-{level}"
                yield pytest.param(drill, rescue, level, id=name, marks=alone)
        yield pytest.param(drill, None, ALONE, id=f"{drill.name}-nothing-{ALONE}", marks=alone)


@pytest.mark.slow
@pytest.mark.parametrize(("drill", "rescue", "level"), list(cases()))
def test_a_rescue_is_judged_as_what_it_is(begin, begin_copy, drill, rescue, level):
    """Assert that the result of a rescue is the one that its author has written down.

    And that a drill in which nobody has done anything is not called repaired.
    """
    env = (begin_copy if level == ALONE else begin)(drill, level=level, seed=100 + level)
    if rescue is None:
        found = lifecycle.done(env)
        assert found.outcome in (rpo_rto.NOT_REPAIRED, rpo_rto.LOSSES), str(found)
        return
    rescue.perform(env)
    found = lifecycle.done(env)
    assert found.outcome == (rpo_rto.RESCUED if rescue.right else rescue.outcome), str(found)
    assert rescue.says in " ".join(str(found).split())  # its lines are wrapped
    if rescue.right:
        assert found.avoidable == 0


@pytest.mark.parametrize("drill", DRILLS, ids=lambda drill: drill.name)
def test_a_drill_is_whole(drill):
    """Assert that a drill has its texts, a reference, and tempting wrong rescues."""
    assert all(drill.section(name) for name in definitions.SECTIONS)
    assert drill.title and drill.asks.endswith(".") and 5 <= drill.minutes <= 60
    assert drill.rescues[0].right
    assert sum(not rescue.right for rescue in drill.rescues) >= 2
    for rescue in drill.rescues:
        assert rescue.title.endswith("."), rescue.name
        assert rescue.right or rescue.says


def test_the_readme_lists_every_drill():
    """Assert that who reads the README finds each drill by its name."""
    text = (paths.PROJECT / "README.md").read_text("utf-8")
    assert [
        drill.name for drill in DRILLS if f"| `{drill.name}` | {drill.asks} |" not in text
    ] == []
