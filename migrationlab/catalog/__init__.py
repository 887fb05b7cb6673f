"""A snapshot of a schema, and the difference of two snapshots in words."""

from migrationlab.catalog.difference import VERSION_TABLE, difference
from migrationlab.catalog.model import (
    Catalog,
    Change,
    Column,
    Constraint,
    Index,
    Sequence,
    Table,
)
from migrationlab.catalog.snapshot import key, key_parts, snapshot
from migrationlab.catalog.words import PossibleRename, as_fault, in_words, possible_renames

__all__ = [
    "VERSION_TABLE",
    "Catalog",
    "Change",
    "Column",
    "Constraint",
    "Index",
    "PossibleRename",
    "Sequence",
    "Table",
    "as_fault",
    "difference",
    "in_words",
    "key",
    "key_parts",
    "possible_renames",
    "snapshot",
]
