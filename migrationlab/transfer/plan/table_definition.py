"""What a table is going to be in PostgreSQL, down to the names: what ddl and script write out."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ColumnDefinition:
    """`default` and `generated` are PostgreSQL's SQL, "" for none.

    sequence   the name of the identity's sequence, "" for the one that PostgreSQL chooses
    """

    name: str
    type: str
    not_null: bool = False
    default: str = ""
    identity: bool = False
    sequence: str = ""
    generated: str = ""


@dataclass(frozen=True)
class CheckDefinition:
    name: str
    condition: str


@dataclass(frozen=True)
class KeyDefinition:
    """A primary key or a UNIQUE constraint."""

    name: str
    columns: tuple[str, ...]
    primary: bool = False


@dataclass(frozen=True)
class IndexDefinition:
    """`where`: PostgreSQL's SQL, "" for none."""

    name: str
    parts: tuple["IndexPartDefinition", ...]
    unique: bool = False
    where: str = ""


@dataclass(frozen=True)
class IndexPartDefinition:
    """A column's name or, when that is "", an expression in SQL."""

    column: str = ""
    expression: str = ""
    descending: bool = False


@dataclass(frozen=True)
class ForeignKeyDefinition:
    name: str
    columns: tuple[str, ...]
    parent: str
    parent_columns: tuple[str, ...]
    on_update: str = "NO ACTION"
    on_delete: str = "NO ACTION"
    deferred: bool = False


@dataclass(frozen=True)
class TableDefinition:
    """folded: the unique indexes that belong to keys whose collation folds the text."""

    name: str
    columns: tuple[ColumnDefinition, ...]
    checks: tuple[CheckDefinition, ...] = ()
    keys: tuple[KeyDefinition, ...] = ()
    folded: tuple[IndexDefinition, ...] = ()
    indexes: tuple[IndexDefinition, ...] = ()
    foreign_keys: tuple[ForeignKeyDefinition, ...] = ()
