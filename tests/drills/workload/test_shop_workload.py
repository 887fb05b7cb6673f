"""The till sells whatever happens to the server, and tells what the server has answered."""

import pytest

from migrationlab.drills import definitions
from migrationlab.drills.workload.ledger import OK, UNKNOWN


@pytest.mark.slow
def test_the_till_comes_back_after_a_restart(begin):
    """Assert that one connection that breaks leaves at most one sale without an answer."""
    env = begin(definitions.find("dropped_table"), level=1, seed=7)
    before = len(env.workload.sales())
    env.clusters.stop(mode="immediate")
    env.clusters.start()
    env.workload.sell_well(5)
    # The sale that is under way at this moment has no answer yet: `at` is 0.
    said = [sale.said for sale in env.workload.sales()[before:] if sale.at]
    assert said.count(OK) >= 5
    assert said.count(UNKNOWN) <= 1
