"""A snapshot of a schema, and the difference of two snapshots in words."""

from migrationlab.catalog.model import (
    Catalog,
    Change,
    Column,
    Constraint,
    Index,
    Sequence,
    Table,
)
from migrationlab.catalog.snapshot import key, snapshot

__all__ = [
    "Catalog",
    "Change",
    "Column",
    "Constraint",
    "Index",
    "Sequence",
    "Table",
    "key",
    "snapshot",
]
