"""Somebody changes a value of the shop by hand, without the till."""

import time
from collections.abc import Callable
from pathlib import Path

from migrationlab.drills.workload import ledger


def enter(ledger_file: Path, ask: Callable, table: str, key: str, column: str, value: str) -> None:
    """It stands in the ledger like a sale of the till's. `ask` runs a statement.

    When the till changes the same column too, do it while the till is paused.
    """
    n = min([sale.n for sale in ledger.read(ledger_file)] + [0]) - 1  # the till counts upwards
    told = {"what": column, "table": table, "key": key, "values": {column: value}}
    statement = f"UPDATE {table} SET {column} = %s WHERE {ledger.KEYS[table]} = %s"
    with ledger_file.open("a", encoding="utf-8") as book:
        ledger.note(book, n=n, said=ledger.TRY, tried_at=time.time(), new=False, **told)
        ask(statement, value, key)
        ledger.note(book, n=n, said=ledger.OK, at=time.time())
