"""What else moves a SQLite file into PostgreSQL, a small module each, written as people write it.

Each has `move(file, url, schema)`; `schema` is the target's DDL for those that make none
themselves. `available()` says "" or why it cannot be tried on this machine.
"""

import importlib
from dataclasses import dataclass

NAMES = ("pgloader", "pandas_default", "pandas_multi", "executemany", "values", "copy_rows")


@dataclass(frozen=True)
class Schema:
    """SQL that makes the tables, and SQL that makes keys and indexes once they are full."""

    tables: str = ""
    keys: str = ""


def module(name: str):
    """The module of one peer."""
    return importlib.import_module(f"benchmarks.peers.{name}")
