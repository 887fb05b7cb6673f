"""The benchmarks run, and what they print can be read."""

import pytest

from benchmarks import bookshop, checkpoint, report
from benchmarks.__main__ import main
from benchmarks.measure import UNDER_A_TENTH, WITHIN_A_SECOND, Row, Side, in_turn
from migrationlab.course.lessons import Start
from migrationlab.postgres import databases


def test_a_case_measures_both_sides(server, monkeypatch):
    """Assert that a case runs on a real server, and leaves no copy behind."""
    monkeypatch.setattr(bookshop, "START", Start())  # an empty database is made the quickest
    (row,) = checkpoint.measure(server, 1)
    assert row.ours.median > 0 and row.plain.median > 0
    assert list(databases.listing(server, "lab_checkpoint")) == ["lab_checkpoint"]
    databases.drop(server, "lab_checkpoint")


def test_the_sides_take_turns():
    """Assert that neither side always goes first."""
    order = []

    def side(name):
        return lambda: order.append(name) or float(len(order))

    ours, plain = in_turn(3, side("ours"), side("plain"))
    assert order == ["ours", "plain", "plain", "ours", "ours", "plain"]
    assert (ours, plain) == ((1, 4, 5), (2, 3, 6))


def test_the_report_says_whether_an_aim_is_met():
    """Assert medians, the spread, the ratio and the aim, in Markdown."""
    plain = Side("by hand", (10.0,))
    rows = [
        Row(Side("quick", (0.4, 0.5, 0.9)), plain, UNDER_A_TENTH),
        Row(Side("slow", (1.5,)), plain, WITHIN_A_SECOND),
    ]
    lines = report.markdown(rows, ["a machine"]).splitlines()
    assert "- a machine" in lines
    assert lines[-2] == (
        "| quick | 0.50 (0.40–0.90) | by hand | 10.00 | 0.050 | ✓ ratio under 0.1 |"
    )
    assert lines[-1] == "| slow | 1.50 | by hand | 10.00 | 0.15 | ✗ within 1 s |"


def test_an_unknown_name_is_refused():
    """Assert one message with the names there are, before any server is started."""
    with pytest.raises(SystemExit, match="There is no rest. Expected: some of start, reset, "):
        main(["rest"])
