"""What is lost, what is damaged, what is too much: without a server."""

from migrationlab.drills.measurement.comparison import (
    Differences,
    RowDifferences,
    compare,
    compare_rows,
    count_damage,
    inventory_changes,
)
from migrationlab.drills.measurement.evidence import Findings, Inventory, ShopReading
from migrationlab.drills.workload.ledger import NO, UNKNOWN
from tests.drills.sample_sales import order, price

EMPTY = {"orders": {}, "vouchers": {}, "customers": {}, "books": {}}


def rows(**tables):
    return EMPTY | tables


def test_an_acknowledged_order_that_is_not_there_is_lost():
    """Assert that RPO counts receipts, and nothing that was refused."""
    found = compare_rows(EMPTY, EMPTY, [order(1), order(2, NO), order(3)])
    assert [sale.n for sale in found.lost] == [1, 3]
    assert found.damaged == {} and found.extra == {}


def test_an_order_whose_answer_never_came_may_be_there_or_not():
    """Assert that a connection which broke at COMMIT is held against nobody."""
    sale = order(1, UNKNOWN)
    assert compare_rows(EMPTY, EMPTY, [sale]) == RowDifferences()
    there = rows(orders={"T-1": sale.values})
    assert compare_rows(EMPTY, there, [sale]) == RowDifferences()


def test_the_last_acknowledged_price_counts():
    """Assert that an older price in its place is a lost sale, and one from before damage."""
    must = rows(books={"1": {"id": "1", "price": "50.00"}, "2": {"id": "2", "price": "60.00"}})
    sales = [price(1, "1", "70.00"), price(2, "1", "80.00")]
    now = rows(books={"1": {"id": "1", "price": "70.00"}, "2": {"id": "2", "price": "49.00"}})
    found = compare_rows(must, now, sales)
    assert [sale.n for sale in found.lost] == [2]
    assert count_damage(found.damaged) == {"books": "1 row with another price"}
    unanswered = [*sales, price(3, "1", "70.00", UNKNOWN)]
    assert compare_rows(must, now, unanswered).lost == []


def test_rows_that_nobody_has_sold():
    """Assert that a row too much is told, and a column that is gone is damage."""
    must = rows(customers={"7": {"id": "7", "phone": None}})
    now = rows(customers={"7": {"id": "7"}}, orders={"T-9": {"receipt": "T-9"}})
    found = compare_rows(must, now, [])
    assert found.extra == {"orders": 1}
    assert count_damage(found.damaged) == {"customers": "1 row without phone"}


def test_a_row_that_is_gone_takes_its_changes_along():
    """Assert that a missing old row is damage, and the change that was sold on it a lost sale."""
    must = rows(books={"1": {"id": "1", "price": "50.00"}})
    found = compare_rows(must, EMPTY, [price(1, "1", "70.00")])
    assert [sale.n for sale in found.lost] == [1]
    assert count_damage(found.damaged) == {"books": "1 row missing"}


def test_a_row_that_is_not_as_it_was_sold_tells_its_column():
    """Assert that a new order with another price is a lost sale, and says what is another."""
    there = rows(orders={"T-1": {"receipt": "T-1", "price": "1.00"}})
    [sale] = compare_rows(EMPTY, there, [order(1)]).lost
    assert str(sale) == "the order T-1 (there, but with another price)"


def facts(**changes):
    """The inventory of a database with nothing in it."""
    database = {"comment": None, "encoding": "UTF8", "settings": {}}
    database |= {"owner": "postgres", "grants": None, "role_settings": {}}
    return {
        "major": 18,
        "tables": {},
        "schema": {"tables": {}},
        "sequences": {},
        "large_objects": {"count": 0, "fingerprint": "0"},
        "owners": {},
        "database": database,
    } | changes


def reading(**changes):
    """A shop in which all is well."""
    return ShopReading(
        **{
            "expected": EMPTY,
            "rows": EMPTY,
            "unreadable": (),
            "refusals": (),
            "before": facts(),
            "inventory": Inventory(facts()),
            "findings": Findings(),
        }
        | changes
    )


def test_a_shop_that_is_as_it_must_be():
    """Assert that nothing is found where nothing is wrong."""
    assert compare(reading(), []) == Differences()


def test_faults_come_in_the_order_in_which_one_looks():
    """Assert that what the till says comes first, then damage, then what the drill has found."""
    shop = reading(
        refusals=("The till cannot sell.",),
        unreadable=("orders cannot be read.",),
        expected={"books": {"1": {"id": "1"}}},
        rows={"books": {}},
        findings=Findings(("The index is missing.",), ("a door is open",)),
        inventory=None,
    )
    assert compare(shop, [order(1)]) == Differences(
        [
            "The till cannot sell.",
            "orders cannot be read.",
            "books: 1 row missing",
            "The index is missing.",
        ],
        [],  # a table that cannot be read costs no sale
        ["a door is open"],
    )


def test_a_drill_decides_what_counts_as_collateral():
    """Assert that only changes of the inventory are asked about, with what the drill has found."""
    extra = facts(tables={"import": {"rows": 5, "fingerprint": "1"}})
    shop = reading(inventory=Inventory(extra), findings=Findings(collateral=("trust",)))
    shop_rows = rows(orders={"T-9": {"receipt": "T-9"}})
    assert compare(shop, []).collateral == ["table import is new", "trust"]
    asked = []

    def counts(line, findings):
        asked.append((line, findings))
        return False

    shop = reading(rows=shop_rows, inventory=Inventory(extra), findings=shop.findings)
    told = compare(shop, [], counts).collateral
    assert told == ["trust", "orders: 1 rows that nobody has sold"]
    assert asked == [("table import is new", shop.findings)]


def test_a_counter_that_hands_out_a_number_twice():
    """Assert that a counter behind its column is told, and one that is ahead is not."""
    told = "the counter of orders.id stands at 7, the highest id is 9"
    assert inventory_changes(facts(), Inventory(facts(), counter=7, highest=9)) == [told]
    assert inventory_changes(facts(), Inventory(facts(), counter=9, highest=9)) == []
    assert inventory_changes(facts(), Inventory(facts(), counter=1, highest=None)) == []


def test_an_inventory_that_nobody_could_read():
    """Assert that it is told, and nothing is said to be unchanged."""
    assert inventory_changes(facts(), Inventory(None, "not compared")) == ["not compared"]
