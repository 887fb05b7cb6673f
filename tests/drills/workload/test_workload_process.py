"""The process that sells is started anew when somebody has killed it."""

import time

import psutil
import pytest

from migrationlab.drills import definitions, lifecycle
from migrationlab.drills.measurement import rpo_rto

DRILL = "dropped_table"


@pytest.mark.slow
def test_a_till_that_was_killed_sells_again(begin):
    """Assert that `done` starts a dead till anew, with the next number, and counts all of it."""
    env = begin(definitions.find(DRILL), seed=4)
    psutil.Process(env.workload.pid).kill()
    deadline = time.monotonic() + 20
    while env.workload.is_running() and time.monotonic() < deadline:
        time.sleep(0.02)
    definitions.find(DRILL).rescues[0].perform(env)
    assert lifecycle.done(env).outcome == rpo_rto.RESCUED
    numbers = [sale.n for sale in env.workload.sales()]
    assert numbers == sorted(set(numbers))
