"""What customers want: drawn by chance, the same for the same seed; and the statements for it."""

import random

from migrationlab.drills.workload import ledger

STATEMENTS = {
    "order": (
        "INSERT INTO orders (receipt, customer_id, book_id, price)"
        " VALUES (%(receipt)s, %(customer_id)s, %(book_id)s, %(price)s)"
        " RETURNING id::text, ordered_at::text",
        ("id", "ordered_at"),
    ),
    "voucher": ("INSERT INTO vouchers (code, worth) VALUES (%(code)s, %(worth)s)", ()),
    "address": ("UPDATE customers SET email = %(email)s WHERE id = %(id)s", ()),
    "price": ("UPDATE books SET price = %(price)s WHERE id = %(id)s", ()),
}
"""What the till says to the database for each type of sale, and the columns of the answer."""

SALE_TYPES = tuple(STATEMENTS)


def draw(n: int, chance: random.Random) -> dict:
    """The sale number n: what, table, key, values, new, worth."""
    what = chance.choices(SALE_TYPES, [70, 14, 10, 6])[0]
    price = f"{chance.randrange(49, 349)}.00"
    customer, book = str(chance.randrange(1, 201)), str(chance.randrange(1, 301))
    if what == "order":
        key, values = f"T-{n}", {"customer_id": customer, "book_id": book, "price": price}
        return _sale(what, "orders", key, {"receipt": key} | values, True, float(price))
    if what == "voucher":
        values = {"code": f"GAVE-{n}", "worth": price}
        return _sale(what, "vouchers", f"GAVE-{n}", values, True, float(price))
    if what == "address":
        return _sale(what, "customers", customer, {"email": f"new{n}@example.dk"}, False)
    return _sale(what, "books", book, {"price": price}, False)


def _sale(what, table, key, values, new, worth=0.0) -> dict:
    return {"what": what, "table": table, "key": key, "values": values, "new": new, "worth": worth}


def parameters(sold: dict) -> dict[str, str]:
    """Of the statement of a sale."""
    return {ledger.KEYS[sold["table"]]: sold["key"]} | sold["values"]
