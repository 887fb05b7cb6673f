"""The ledger: what the till has tried and what PostgreSQL has answered, outside the database."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

FILE = "ledger.txt"
TRY, OK, NO, UNKNOWN = "try", "ok", "no", "unknown"
KEYS = {"orders": "receipt", "vouchers": "code", "customers": "id", "books": "id"}
"""The tables that the till writes to, and the column by which it knows a row."""


@dataclass(frozen=True)
class Sale:
    """One thing that the till has done: a row that it wrote, or columns that it changed.

    what      "order", "voucher", "address" or "price"; by hand: the column that was changed
    values    column -> value as text; what PostgreSQL itself has set (id) comes with the answer
    new       a new row (INSERT), not a change of one (UPDATE)
    said      "ok": acknowledged, so it must never be lost; "no": refused; "unknown": the
              connection broke between COMMIT and its answer, both are possible
    tried_at, at   when, in seconds since 1970
    """

    n: int
    what: str
    table: str
    key: str
    values: dict[str, str]
    new: bool
    tried_at: float
    at: float = 0.0
    said: str = UNKNOWN
    why: str = ""
    worth: float = 0.0  # kroner, for the sum of what was lost
    altered: str = ""  # the column of a new row that is there, but not as it was sold

    def __str__(self) -> str:
        told = {
            "order": "the order {key}",
            "voucher": "the voucher {key}",
            "address": "the new address of customer {key}",
            "price": "the new price of book {key}",
            "phone": "the new telephone number of customer {key}",
            "newsletter": "the newsletter for customer {key}",
        }
        other = f"the new {self.what} in row {{key}} of {self.table}"
        words = told.get(self.what, other).format(key=self.key)
        return words + (f" (there, but with another {self.altered})" if self.altered else "")


def note(file, **line) -> None:
    """Append one line; on the disk before the customer gets the receipt."""
    file.write(json.dumps(line, ensure_ascii=False) + "\n")
    file.flush()


def read(path: Path) -> list[Sale]:
    """Every sale in the order in which it was tried. A last line that is only half there waits."""
    sales: dict[int, Sale] = {}
    for line in _lines(path):
        said = line.pop("said")
        if said == TRY:
            sales[line["n"]] = Sale(**line)
            continue
        sale = sales[line["n"]]
        values = sale.values | line.get("values", {})
        answer = {"said": said, "at": line["at"], "why": line.get("why", ""), "values": values}
        sales[line["n"]] = replace(sale, **answer)
    return list(sales.values())


def _lines(path: Path) -> Iterator[dict]:
    if path.exists():
        for text in path.read_text("utf-8").split("\n")[:-1]:
            yield json.loads(text)


def acknowledged(sales: Iterable[Sale]) -> list[Sale]:
    return [sale for sale in sales if sale.said == OK]
