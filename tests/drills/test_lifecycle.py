"""A drill is begun, ended and cleared away."""

import pytest

from migrationlab.drills import briefing, definitions, environment, lifecycle
from migrationlab.drills.measurement import rpo_rto
from migrationlab.errors import LabError

DRILL = "dropped_table"


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda: definitions.find("nonsense"), "There is no drill 'nonsense'"),
        (lambda: lifecycle.begin(definitions.find(DRILL), level=4), "no level 4"),
        (lambda: lifecycle.running(), "No drill is running"),
        (lambda: briefing.solution(), "No drill is running"),
    ],
)
def test_wrong_input(home, act, words):
    """Assert that bad input gets one short message."""
    with pytest.raises(LabError, match=words):
        act()


@pytest.mark.slow
def test_the_same_seed_is_the_same_drill(begin):
    """Assert that what the till wants to sell is decided by the seed."""
    drill = definitions.find(DRILL)
    sold = []
    for seed in (11, 11, 12):
        env = begin(drill, seed=seed)
        sold.append([(sale.what, sale.key, sale.worth) for sale in env.workload.sales()[:60]])
    assert sold[0] == sold[1] != sold[2]


@pytest.mark.slow
def test_a_wrong_option_ends_no_drill(begin):
    """Assert that a drill which runs is cleared away only for one that can begin."""
    env = begin(definitions.find(DRILL), seed=2)
    with pytest.raises(LabError, match="no level"):
        lifecycle.begin(definitions.find(DRILL), level=9)
    assert environment.running().seed == 2 and env.workload.is_running()


@pytest.mark.slow
def test_one_can_always_leave(begin):
    """Assert that a spoilt catalog is a fault with its reason, and that `stop` clears it away."""
    env = begin(definitions.find(DRILL), seed=2)
    env.ask("SET allow_system_table_mods = on; DROP VIEW pg_catalog.pg_sequences CASCADE")
    env.ask("SET allow_system_table_mods = on; ALTER TABLE pg_catalog.pg_proc RENAME TO gone")
    measured = lifecycle.done(env)
    assert measured.outcome == rpo_rto.NOT_REPAIRED
    env.files.write("shop.conf", "nonsense")
    (env.notes / "baseline.json").unlink()
    assert "cleared away" in lifecycle.stop()[-1]
    assert not env.folder.exists()
