"""The ledger is read while the till writes it."""

import json

from migrationlab.drills.workload import ledger
from migrationlab.drills.workload.ledger import OK


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
