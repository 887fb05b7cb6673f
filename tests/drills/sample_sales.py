"""Sales of the till, as the ledger tells them."""

from migrationlab.drills.workload.ledger import OK, Sale


def order(n, said=OK, **values):
    row = {"receipt": f"T-{n}", "price": "99.00"} | values
    return Sale(n, "order", "orders", f"T-{n}", row, True, float(n), float(n), said, worth=99.0)


def price(n, book, amount, said=OK):
    values = {"price": amount}
    return Sale(n, "price", "books", book, values, False, float(n), float(n), said)
