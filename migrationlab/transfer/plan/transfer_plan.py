"""The plan for each table and column, and the problems that stand in the way."""

from dataclasses import dataclass, field

from migrationlab.transfer.plan.table_definition import TableDefinition
from migrationlab.transfer.sqlite.sqlite_schema import Column, ForeignKey, Table, fold


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
    kind     the family of `type`, a key of `value_conversion.KINDS`: "integer", "boolean", "text" …
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
    definition: TableDefinition | None = (
        None  # by decide(): its keys, rules and names in PostgreSQL
    )

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
