"""A snapshot of a schema, and the difference of two snapshots in words."""

from migrationlab.postgres.catalog.change_descriptions import (
    PossibleRename,
    as_fault,
    in_words,
    possible_renames,
)
from migrationlab.postgres.catalog.difference import VERSION_TABLE, difference
from migrationlab.postgres.catalog.schema_objects import (
    Catalog,
    Change,
    Column,
    Constraint,
    Index,
    Sequence,
    Table,
)
from migrationlab.postgres.catalog.snapshot import key, key_parts, snapshot

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
