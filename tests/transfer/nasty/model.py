"""The words in which a nasty file and its right outcome are written down."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Refuses:
    """A statement that PostgreSQL must refuse after the transfer: a rule came along.

    told   a word; it is enough that the report says this rule has to be made by hand
    """

    statement: str
    state: str
    told: str = ""


@dataclass(frozen=True)
class Gives:
    """A statement and the rows that it must give after the transfer."""

    statement: str
    rows: tuple[tuple, ...]


@dataclass(frozen=True)
class Rows:
    """A table as it must stand in PostgreSQL.

    columns   name -> type as format_type() writes it; None where the trap is another one
    rows      as psycopg2 gives them, in any order
    """

    columns: dict[str, str | None]
    rows: list[tuple]


@dataclass(frozen=True)
class Moved:
    """The transfer must succeed, and leave exactly these tables with exactly these rows.

    told     words that must stand in what the report says is left for the hand
    aside    with quarantine: (source table, what the row key must name) for each row set aside
    """

    tables: dict[str, Rows]
    rules: tuple[Refuses | Gives, ...] = ()
    told: tuple[str, ...] = ()
    aside: tuple[tuple[str, str], ...] = ()
    also: Callable | None = None  # (connection, report): raises AssertionError


@dataclass(frozen=True)
class Found:
    """A problem that must be named.

    kind     one kind, or several with | where the words for it are a matter of taste; "" any
    column   None where the problem is the table's
    rows     row key -> a piece of the value that must be shown
    """

    kind: str
    table: str
    column: str | None = None
    rows: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Stopped:
    """The transfer must stop before it changes anything, with exactly these problems."""

    problems: tuple[Found, ...]


@dataclass(frozen=True)
class Refused:
    """The transfer must end with one short message that has these words, and change nothing."""

    words: tuple[str, ...] = ()


Outcome = Moved | Stopped | Refused


def undisturbed(path: Path) -> AbstractContextManager:
    """Nobody else uses the file."""
    return nullcontext()


@dataclass(frozen=True)
class Case:
    """One SQLite file with one trap.

    name      the trap, in words with underscores
    source    SQL that makes the file, or a function that writes it
    outcome   what must happen; several where more than one is faithful
    target    SQL that is run in the target database before
    file      the file's name
    around    what another program does with the file meanwhile
    changes   the file itself may be different afterwards (a journal that is rolled back)
    """

    name: str
    source: str | Callable[[Path], None]
    outcome: Outcome | tuple[Outcome, ...]
    target: str = ""
    mapping: dict | None = None
    existing: bool = False
    schema: str = "public"
    quarantine: bool = False
    append: tuple[str, ...] = ()
    file: str = "old.sqlite3"
    around: Callable[[Path], AbstractContextManager] = undisturbed
    changes: bool = False

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        return self.outcome if isinstance(self.outcome, tuple) else (self.outcome,)


def stops(*problems: tuple) -> Stopped:
    """Stopped by (kind, table, column, rows), the last two may be left out."""
    return Stopped(tuple(Found(*problem) for problem in problems))


def one_table(columns: dict, rows: list, name: str = "t", **keywords) -> Moved:
    """Moved, and there is one table."""
    return Moved({name: Rows(columns, rows)}, **keywords)
