"""A SQLite file's schema as plain values: tables, columns, keys, indexes, and how names compare."""

from dataclasses import dataclass, field
from enum import StrEnum


class Affinity(StrEnum):
    """How SQLite treats a column's values. Source: https://www.sqlite.org/datatype3.html#affname"""

    TEXT = "TEXT"
    NUMERIC = "NUMERIC"
    INTEGER = "INTEGER"
    REAL = "REAL"
    BLOB = "BLOB"  # also: no declared type


@dataclass(frozen=True)
class Column:
    """A column of a SQLite table, as declared.

    declared    the type as written, "" when there is none
    default     the DEFAULT as SQL text, None when there is none
    generated   "", "stored" or "virtual"; `expression` is then its SQL text
    collation   "BINARY", "NOCASE", "RTRIM" or the name of an application's own
    """

    name: str
    declared: str = ""
    affinity: Affinity = Affinity.BLOB
    not_null: bool = False
    default: str | None = None
    generated: str = ""
    expression: str = ""
    collation: str = "BINARY"


@dataclass(frozen=True)
class ForeignKey:
    """`parent_columns` are resolved: an implicit `REFERENCES parent` names its primary key.

    number   as in PRAGMA foreign_key_list and foreign_key_check
    fault    why PostgreSQL could not have it ("" when it could): the parent does not exist, …
    """

    number: int
    columns: tuple[str, ...]
    parent: str
    parent_columns: tuple[str, ...]
    on_update: str = "NO ACTION"
    on_delete: str = "NO ACTION"
    deferred: bool = False
    name: str = ""
    fault: str = ""


@dataclass(frozen=True)
class IndexPart:
    """`column` or, when that is "", `expression`."""

    column: str = ""
    expression: str = ""
    collation: str = "BINARY"
    descending: bool = False


@dataclass(frozen=True)
class Index:
    """origin: "c" made by CREATE INDEX, "u" by a UNIQUE constraint, "pk" by the primary key.

    constraint   the name that the CREATE TABLE gives a UNIQUE or PRIMARY KEY, "" when none
    """

    name: str
    parts: tuple[IndexPart, ...]
    unique: bool = False
    origin: str = "c"
    where: str = ""
    sql: str = ""
    constraint: str = ""


@dataclass(frozen=True)
class Check:
    expression: str
    name: str = ""


@dataclass(frozen=True)
class Table:
    """A table of the SQLite file.

    primary_key    names in key order; () when there is none
    key_name       the name that the CREATE TABLE gives the primary key, "" when none
    rowid          a name by which the rowid can be reached ("rowid", "_rowid_", "oid"); "" for
                   WITHOUT ROWID tables, and where columns hide all three
    integer_key    the column that is the rowid (INTEGER PRIMARY KEY), "" when there is none
    autoincrement  ids are never used twice
    counter        sqlite_sequence's value for an AUTOINCREMENT table, else None
    """

    name: str
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...] = ()
    rowid: str = "rowid"
    integer_key: str = ""
    autoincrement: bool = False
    counter: int | None = None
    strict: bool = False
    foreign_keys: tuple[ForeignKey, ...] = ()
    indexes: tuple[Index, ...] = ()
    checks: tuple[Check, ...] = ()
    sql: str = ""
    key_name: str = ""

    def column(self, name: str) -> Column:
        """By name, without regard to ASCII case, as SQLite does. Raises KeyError."""
        for column in self.columns:
            if fold(column.name) == fold(name):
                return column
        raise KeyError(name)


@dataclass(frozen=True)
class Schema:
    """All of a SQLite file. views, triggers, virtual: name -> CREATE statement; not moved.

    unread   what could not be read from a CREATE text and may therefore be lost, a sentence each
    """

    tables: tuple[Table, ...]
    views: dict[str, str] = field(default_factory=dict)
    triggers: dict[str, str] = field(default_factory=dict)
    virtual: dict[str, str] = field(default_factory=dict)
    unread: tuple[str, ...] = ()


def fold(name: str) -> str:
    """Lower the ASCII letters and no others: how SQLite and PostgreSQL compare names."""
    return "".join(chr(ord(c) + 32) if "A" <= c <= "Z" else c for c in name)
