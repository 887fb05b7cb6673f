"""Foreign keys in SQLite: which rows point to a row that does not exist."""

from migrationlab.transfer.plan import value_profile
from migrationlab.transfer.plan.transfer_plan import TablePlan
from migrationlab.transfer.sqlite.quoting import name
from migrationlab.transfer.sqlite.sqlite_schema import ForeignKey


def orphan(child: TablePlan, parent: TablePlan, key: ForeignKey, good: str = "") -> str:
    """SQL: whether a row of `child` points to nothing. NULL in a key points nowhere, and may.

    Compared byte by byte, as PostgreSQL will: SQLite's NOCASE would find 'a' for 'A'. `good` is a
    further condition on the parent's rows, which are called "p" there.
    """
    own = [value_profile.value(child.column(column)) for column in key.columns]
    theirs = [name(column) for column in key.parent_columns]
    filled = " AND ".join(f"{x} IS NOT NULL" for x in own)
    binary = [
        "" if parent.column(column).source.collation == "BINARY" else " COLLATE BINARY"
        for column in key.parent_columns
    ]
    table = name(child.source.name)
    pairs = " AND ".join(
        f"p.{other}{collate} = {qualified(table, child.column(column))}"
        for column, other, collate in zip(key.columns, theirs, binary, strict=True)
    )
    also = f" AND {good}" if good else ""
    return (
        f"{filled} AND NOT EXISTS"
        f" (SELECT 1 FROM {name(parent.source.name)} AS p WHERE {pairs}{also})"
    )


def qualified(table: str, column) -> str:
    x = name(column.source.name)
    return value_profile.value(column).replace(x, f"{table}.{x}")


def broken(connection, child: TablePlan, parent: TablePlan, key: ForeignKey):
    """(how many rows point to nothing, the first three as (row key, value))."""
    value_profile.Looker(connection)
    source = name(child.source.name)
    condition = orphan(child, parent, key)
    count = connection.execute(f"SELECT count(*) FROM {source} WHERE {condition}").fetchone()[0]
    if not count:
        return 0, ()
    shown = " || ', ' || ".join(value_profile.printed(name(column)) for column in key.columns)
    query = f"SELECT {value_profile.key_text(child.source)}, {shown} FROM {source}"
    return count, tuple(connection.execute(f"{query} WHERE {condition} LIMIT 3"))
