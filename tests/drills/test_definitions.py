"""What a drill's own rules say about what was read: without a server."""

import pytest

from migrationlab.drills import definitions
from migrationlab.drills.measurement.evidence import Findings
from migrationlab.drills.workload.ledger import NO
from tests.drills.sample_sales import order


@pytest.mark.parametrize("name", ["1", "01_dropped_table", "dropped-table", "dropped_t"])
def test_a_drill_is_found_by_what_one_types(name):
    """Assert that number, folder, name and the beginning of the name lead to it."""
    assert definitions.find(name).name == "dropped_table"


def test_a_drill_without_a_hook_has_no_opinion():
    """Assert that what drill.py does not define leaves everything as it was read."""
    drill = definitions.find("dropped_table")
    assert drill.hook("is_collateral", "a line", Findings(), default=True)
    assert drill.hook("differences", None) is None


def test_the_schema_is_judged_by_its_migrations():
    """Assert that in `dropped_column` a change of the schema alone is no damage."""
    counts = definitions.find("dropped_column").script.is_collateral
    assert not counts("schema tables › customers is gone", Findings())
    assert not counts("table alembic_version: other values in its 1 rows", Findings())
    assert counts("owner and grants of public.orders", Findings())


def test_what_is_a_fault_is_not_told_twice():
    """Assert that in `killed_migration` a line that a fault has told is left out."""
    counts = definitions.find("killed_migration").script.is_collateral
    line = "schema tables › orders › columns › vat is gone"
    assert counts(line, Findings())
    assert not counts(line, Findings(faults=("There is no column orders.vat.",)))
    assert counts("table import is new", Findings(faults=("There is no column orders.vat.",)))


def test_nobody_can_save_what_came_after_the_last_good_dump():
    """Assert that in `five_dumps` only acknowledged sales after it are unavoidable."""
    unavoidable = definitions.find("five_dumps").script.unavoidable
    assert unavoidable([order(1), order(5), order(6, NO), order(7)], {"inside": 4}) == {5, 7}


def test_at_night_the_script_has_done_good_things_too():
    """Assert that `update_without_where` expects them at level 3, and the baseline is untouched."""
    expected = definitions.find("update_without_where").script.expected
    rows = {
        "vouchers": {"JUL-001": {"worth": "100.00"}, "JUL-002": {"worth": "200.00"}},
        "books": {"7": {"title": "Bind 7"}, "8": {"title": "Bind 8"}},
    }
    assert expected(rows, 2, {"hardback": 1}) == rows
    night = expected(rows, 3, {"hardback": 1})
    assert night["vouchers"] == {"JUL-001": {"worth": "150.00"}, "JUL-002": {"worth": "200.00"}}
    assert night["books"]["8"]["title"] == "Bind 8 (hardback)"
    assert rows["books"]["8"]["title"] == "Bind 8"
