"""A time line drawn from plain data: without a server."""

from dataclasses import replace

import pytest

from migrationlab.drills.environment.event_log import CALL
from migrationlab.drills.measurement import drill_timeline
from migrationlab.drills.measurement.evidence import DrillHistory
from migrationlab.drills.workload.ledger import NO, OK
from tests.drills.sample_sales import order

EVENTS = ((0.5, "The till opens."), (3.5, "It breaks."), (6.5, CALL), (9.5, "Rescued."))


def bar(history):
    text = str(drill_timeline.draw(history))
    [line] = [line for line in text.splitlines() if "│" in line and "the call" not in line]
    return line


def test_each_sale_is_where_it_was_tried():
    """Assert that sales, refusals and losses have signs of their own, before and after the call."""
    sales = (order(1), order(2), order(4, NO), order(8, NO), order(9))
    history = DrillHistory(EVENTS, sales, broke=3.5, ended=9.5, lost=frozenset({2}))
    before, after = bar(history).split("│")
    assert len(before) == len(after) == drill_timeline.COLUMNS
    assert before.split() == ["█", "×", "░"] and after.split() == ["░", "█"]


@pytest.mark.parametrize(
    ("answers", "lost", "sign"),
    [((OK, OK), {}, "█"), ((OK, OK), {2}, "×"), ((OK, NO), {}, "▒"), ((NO, NO), {}, "░")],
)
def test_sales_at_nearly_the_same_time(answers, lost, sign):
    """Assert that one lost sale is seen among others, and so is a refusal."""
    sales = tuple(
        replace(order(n, said), tried_at=2 + n / 1000) for n, said in enumerate(answers, 1)
    )
    before, _ = bar(DrillHistory(EVENTS, sales, broke=3.5, lost=frozenset(lost))).split("│")
    assert before.split() == [sign]


def test_events_are_told_from_the_accident_on():
    """Assert that each event has its distance from the accident, and the picture has them too."""
    replay = drill_timeline.draw(DrillHistory(EVENTS, (order(1),), broke=3.5))
    assert "-3.0 s  The till opens." in str(replay) and "+6.0 s  Rescued." in str(replay)
    assert replay._repr_html_().startswith("<svg") and "It breaks." in replay._repr_html_()


def test_a_drill_in_which_nothing_was_sold():
    """Assert that an empty ledger is drawn as an empty bar."""
    assert set(bar(DrillHistory(EVENTS, (), broke=3.5))) == {" ", "│"}
