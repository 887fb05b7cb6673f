"""The arithmetic of a verdict: what is lost, what is damaged, what is too much."""

import json

import pytest

from migrationlab.drills import best_results, comparison, ledger, rescue_result
from migrationlab.drills.ledger import NO, OK, UNKNOWN, Sale
from migrationlab.drills.rescue_result import Verdict
from migrationlab.exercises import progress
from migrationlab.exercises.verdict import RIGHT

EMPTY = {"orders": {}, "vouchers": {}, "customers": {}, "books": {}}


def order(n, said=OK, **values):
    row = {"receipt": f"T-{n}", "price": "99.00"} | values
    return Sale(n, "order", "orders", f"T-{n}", row, True, float(n), float(n), said, worth=99.0)


def price(n, book, amount, said=OK):
    values = {"price": amount}
    return Sale(n, "price", "books", book, values, False, float(n), float(n), said)


def rows(**tables):
    return EMPTY | tables


def test_an_acknowledged_order_that_is_not_there_is_lost():
    """Assert that RPO counts receipts, and nothing that was refused."""
    found = comparison.compare(EMPTY, EMPTY, [order(1), order(2, NO), order(3)])
    assert [sale.n for sale in found.lost] == [1, 3]
    assert found.older == {} and found.extra == {}


def test_an_order_whose_answer_never_came_may_be_there_or_not():
    """Assert that a connection which broke at COMMIT is held against nobody."""
    sale = order(1, UNKNOWN)
    assert comparison.compare(EMPTY, EMPTY, [sale]) == comparison.Losses()
    there = rows(orders={"T-1": sale.values})
    assert comparison.compare(EMPTY, there, [sale]) == comparison.Losses()


def test_the_last_acknowledged_price_counts():
    """Assert that an older price in its place is a lost sale, and one from before damage."""
    must = rows(books={"1": {"id": "1", "price": "50.00"}, "2": {"id": "2", "price": "60.00"}})
    sales = [price(1, "1", "70.00"), price(2, "1", "80.00")]
    now = rows(books={"1": {"id": "1", "price": "70.00"}, "2": {"id": "2", "price": "49.00"}})
    found = comparison.compare(must, now, sales)
    assert [sale.n for sale in found.lost] == [2]
    assert comparison.words(found.older) == {"books": "1 row with another price"}
    unanswered = [*sales, price(3, "1", "70.00", UNKNOWN)]
    assert comparison.compare(must, now, unanswered).lost == []


def test_rows_that_nobody_has_sold():
    """Assert that a row too much is told, and a column that is gone is damage."""
    must = rows(customers={"7": {"id": "7", "phone": None}})
    now = rows(customers={"7": {"id": "7"}}, orders={"T-9": {"receipt": "T-9"}})
    found = comparison.compare(must, now, [])
    assert found.extra == {"orders": 1}
    assert comparison.words(found.older) == {"customers": "1 row without phone"}


def test_a_row_that_is_gone_takes_its_changes_along():
    """Assert that a missing old row is damage, and the change that was sold on it a lost sale."""
    must = rows(books={"1": {"id": "1", "price": "50.00"}})
    found = comparison.compare(must, EMPTY, [price(1, "1", "70.00")])
    assert [sale.n for sale in found.lost] == [1]
    assert comparison.words(found.older) == {"books": "1 row missing"}


@pytest.mark.parametrize(
    ("answers", "seconds"),
    [((OK, OK, OK), 0.0), ((OK, NO, OK), 1.0), ((OK, NO, UNKNOWN), 3.0), ((NO, OK, NO), 3.0)],
)
def test_outage(answers, seconds):
    """Assert that each refusal counts until the next try, the last one until the end."""
    sales = [order(n, said) for n, said in enumerate(answers, 1)]
    assert comparison.outage(sales, since=1.0, until=5.0) == seconds


def test_a_ledger_is_read_while_it_is_written(tmp_path):
    """Assert that the half last line of a till that writes is left for later."""
    told = dict(what="order", table="orders", key="T-1", values={"price": "9.00"}, new=True)
    path = tmp_path / "ledger.txt"
    with path.open("w", encoding="utf-8") as file:
        ledger.note(file, n=1, tried_at=1.0, said=ledger.TRY, **told)
        ledger.note(file, n=1, at=2.0, said=OK, values={"id": "5"})
        file.write(json.dumps({"n": 2, "said": "try"})[:9])
    (sale,) = ledger.read(path)
    assert (sale.said, sale.values) == (OK, {"price": "9.00", "id": "5"})
    assert str(sale) == "the order T-1"


def measured(**what):
    return Verdict(
        "dropped_table", 2, 7, **({"outcome": rescue_result.RESCUED, "seconds": 74.4} | what)
    )


def test_a_verdict_fits_a_terminal():
    """Assert that no line of a long verdict is wider than 80 characters, and all is told."""
    found = measured(
        outcome=rescue_result.LOSSES,
        lost=[order(n) for n in range(1, 60)],
        unavoidable=9,
        faults=["The till cannot sell (a new voucher): " + "permission denied " * 9],
        collateral=["owner and grants of public.vouchers " * 6, "a table more"],
        acknowledged=1234,
        hints=2,
    )
    text = str(found)
    assert max(map(len, text.splitlines())) <= 80
    for words in ("50 sales are lost", "59 of 1,234", "9 of them nobody", "1 min 14 s", "54 more"):
        assert words in " ".join(text.split()), text


def test_results_travel_with_the_progress(home):
    """Assert that a drill's result is exported and imported with the exercises, and once."""
    book = progress.file()
    before = book.read_text("utf-8") if book.exists() else None
    try:
        book.unlink(missing_ok=True)
        best_results.record(measured(outcome=rescue_result.LOSSES, lost=[order(1)]))
        best_results.record(measured(hints=1))
        best = best_results.best("dropped_table")
        assert (best.outcome, best.level, best.seed, best.hints) == (rescue_result.RESCUED, 2, 7, 1)
        text = progress.export()
        assert progress.merge(text) == 0
        book.unlink()
        assert progress.merge(text + "2.3 right 1 0 -\n") == 3
        assert len(best_results.read()) == 2 and progress.read()["2.3"].outcome == RIGHT
    finally:
        book.unlink(missing_ok=True)
        if before is not None:
            book.write_text(before, "utf-8")
