"""What a rescue has cost: without a server."""

import pytest

from migrationlab.drills.measurement import rpo_rto
from migrationlab.drills.measurement.comparison import Differences
from migrationlab.drills.measurement.evidence import DrillRecord
from migrationlab.drills.workload.ledger import NO, OK, UNKNOWN
from tests.drills.sample_sales import order


@pytest.mark.parametrize(
    ("answers", "seconds"),
    [((OK, OK, OK), 0.0), ((OK, NO, OK), 1.0), ((OK, NO, UNKNOWN), 3.0), ((NO, OK, NO), 3.0)],
)
def test_outage(answers, seconds):
    """Assert that each refusal counts until the next try, the last one until the end."""
    sales = [order(n, said) for n, said in enumerate(answers, 1)]
    assert rpo_rto.outage(sales, since=1.0, until=5.0) == seconds


@pytest.mark.parametrize(
    ("found", "unavoidable", "outcome", "avoidable"),
    [
        (Differences(), (), rpo_rto.RESCUED, 0),
        (Differences(collateral=["a table is new"]), (), rpo_rto.COLLATERAL, 0),
        (Differences(lost=[order(1), order(3)]), {1}, rpo_rto.LOSSES, 1),
        (Differences(lost=[order(1)]), {1, 3}, rpo_rto.RESCUED, 0),
        (Differences(lost=[order(1)], collateral=["…"]), {1}, rpo_rto.COLLATERAL, 0),
        (Differences(faults=["The till cannot sell."]), (), rpo_rto.NOT_REPAIRED, 0),
        (
            Differences(faults=["The till cannot sell."], lost=[order(1)]),
            (),
            rpo_rto.NOT_REPAIRED,
            1,
        ),
    ],
)
def test_the_outcome(found, unavoidable, outcome, avoidable):
    """Assert that a fault decides, then a loss that could have been avoided, then collateral."""
    cost = rpo_rto.price(DrillRecord("a_drill", 1, 7, 1.0, 9.0), found, unavoidable)
    assert (cost.outcome, cost.avoidable) == (outcome, avoidable)
    assert cost.unavoidable == len(found.lost) - avoidable


def test_no_customer_since_the_accident():
    """Assert that an outage which nobody has met is none."""
    assert rpo_rto.outage([order(1)], since=2.0, until=5.0) == 0


def test_the_numbers():
    """Assert that RTO runs from the accident to the measurement, and sales are counted."""
    sales = (order(1), order(2, NO), order(3, UNKNOWN), order(4))
    record = DrillRecord("a_drill", 2, 7, broke=1.5, measured_at=9.0, hints=2, sales=sales)
    cost = rpo_rto.price(record, Differences(), given_up=True)
    assert (cost.seconds, cost.outage) == (7.5, 2.0)
    assert (cost.acknowledged, cost.refused, cost.hints, cost.given_up) == (2, 1, 2, True)
