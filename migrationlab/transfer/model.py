"""What a transfer speaks of: the SQLite file's schema, and the plan for each table and column."""

from dataclasses import dataclass, field
from enum import StrEnum

from migrationlab.transfer.shapes import TableShape


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


@dataclass(frozen=True)
class Problem:
    """Values that PostgreSQL cannot hold faithfully, or a rule that it cannot keep.

    kind      a short stable word for programs: "not_a_number", "broken_foreign_key" …
    count     rows concerned; 0 for what concerns no single row
    examples  (row key, value) pairs as text, the first few
    todo      what the user can decide
    """

    table: str
    column: str
    kind: str
    reason: str
    count: int = 0
    examples: tuple[tuple[str, str], ...] = ()
    todo: str = ""

    def __str__(self) -> str:
        place = f"{self.table}.{self.column}" if self.column else self.table
        rows = f" ({self.count:,} {'row' if self.count == 1 else 'rows'})" if self.count else ""
        shown = "; ".join(f"{key}: {value}" for key, value in self.examples)
        return f"{place}: {self.reason}{rows}" + (f", for example {shown}" if shown else "")


@dataclass
class ColumnPlan:
    """What becomes of one column.

    name     in PostgreSQL
    type     as PostgreSQL writes it: "bigint", "numeric(10,2)", "timestamp without time zone" …
    kind     the family of `type`, a key of `kinds.KINDS`: "integer", "boolean", "text" …
    why      one sentence: why this type
    notes    what is converted, each a sentence
    convert  a conversion's name, "" for none; null_for, true_for, false_for: the user's decisions
    stored   storage class -> count, as found ("null", "integer", "real", "text", "blob")
    identity PostgreSQL gives out the next number, as SQLite did
    """

    source: Column
    name: str
    type: str = ""
    kind: str = ""
    why: str = ""
    notes: list[str] = field(default_factory=list)
    convert: str = ""
    null_for: tuple[str, ...] = ()
    true_for: tuple[str, ...] = ()
    false_for: tuple[str, ...] = ()
    stored: dict[str, int] = field(default_factory=dict)
    examples: tuple[str, ...] = ()
    escape: bool = True  # whether some text holds a character that COPY must escape
    longest: int = 0  # bytes of the longest text or blob
    identity: bool = False
    generated: str = ""  # the expression in PostgreSQL's words; the column is then not copied
    nullable: bool = True  # in the target
    labels: tuple[str, ...] = ()  # of an enum in the target


@dataclass
class TablePlan:
    """What becomes of one table. `columns` are those that are moved, in order."""

    source: Table
    schema: str
    name: str
    columns: list[ColumnPlan]
    rows: int = 0
    foreign_keys: list[ForeignKey] = field(default_factory=list)  # those that PostgreSQL keeps
    problems: list[Problem] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)  # columns left behind by decision
    notes: list[str] = field(default_factory=list)
    shape: TableShape | None = None  # by decide(): its keys, rules and names in PostgreSQL

    def column(self, name: str) -> ColumnPlan | None:
        """The plan of a source column, None when it is left behind."""
        return next((c for c in self.columns if fold(c.source.name) == fold(name)), None)


@dataclass
class Plan:
    """The whole: nothing has been changed yet.

    existing   rows go into tables that are there already
    by_hand    what the tool does not move, a sentence each: views, triggers, …
    skipped    tables left behind by decision
    texts      name -> CREATE text of the views, triggers and virtual tables
    """

    file: str
    schema: str
    existing: bool
    tables: list[TablePlan]
    by_hand: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)

    def table(self, name: str) -> TablePlan | None:
        """The plan of a source table, None when it is left behind."""
        return next((t for t in self.tables if fold(t.source.name) == fold(name)), None)

    def every_problem(self) -> list[Problem]:
        return self.problems + [problem for table in self.tables for problem in table.problems]


def fold(name: str) -> str:
    """Lower the ASCII letters and no others: how SQLite and PostgreSQL compare names."""
    return "".join(chr(ord(c) + 32) if "A" <= c <= "Z" else c for c in name)
