"""The proof: a fingerprint of every table, from SQLite's values and from PostgreSQL's.

A row becomes a text on each side by that side's own means: SQLite prints what it stores, not what
was sent, and PostgreSQL prints what it holds. The md5 of the text gives a number of 64 bits, and
the numbers are added up, so the order of the rows does not matter and equal rows count. (Where a
type has more than one way to print a value, both sides agree on one: value_conversion.py.)
"""

import hashlib
from dataclasses import dataclass
from struct import unpack

from psycopg2 import sql

from migrationlab.transfer.load.copy_stream import join, rendered
from migrationlab.transfer.plan.transfer_plan import ColumnPlan, TablePlan
from migrationlab.transfer.plan.value_profile import value
from migrationlab.transfer.sqlite.quoting import name
from migrationlab.transfer.sqlite.value_conversion import KINDS

NULL = "~"  # no value looks so: before a text stands its length
POSTGRES_ARGUMENTS = 90  # of one concat_ws; PostgreSQL's limit is 100
END = "\x1e"  # behind each row; the "record separator" is hardly ever in a text


@dataclass(frozen=True)
class Sum:
    """A table's rows in any order."""

    rows: int
    sum: int

    def __add__(self, other: "Sum") -> "Sum":
        return Sum(self.rows + other.rows, self.sum + other.sum)

    def __sub__(self, other: "Sum") -> "Sum":
        return Sum(self.rows - other.rows, self.sum - other.sum)


def in_sqlite(connection, table: TablePlan, where: str = "", columns=None) -> Sum:
    """The fingerprint of what SQLite stores."""
    fields = []
    for column in table.columns if columns is None else columns:
        x = value(column)
        *before, text = KINDS[column.kind].here(x, column)
        first = before[0] if before else text
        if "null" in column.stored or column.null_for:
            first = f"CASE WHEN {x} IS NULL THEN '{NULL}' ELSE {first} END"
        fields += [first, text] if before else [first]
    row = join(fields, "'|'")
    rows = total = 0
    for chunk, count in rendered(connection, table, row, f"'{END}'", where):
        texts = chunk.split(END.encode())
        if len(texts) != count + 1:  # somebody's text holds our END: ask for each row alone
            return _row_by_row(connection, table, row, where)
        del texts[-1]
        rows += count
        total += _sum(texts)
    return Sum(rows, total)


def _sum(texts: list[bytes]) -> int:
    digests = [hashlib.md5(text, usedforsecurity=False).digest() for text in texts]
    return sum(unpack(f">{2 * len(digests)}q", b"".join(digests))[::2])


def _row_by_row(connection, table: TablePlan, row: str, where: str) -> Sum:
    clause = f" WHERE {where}" if where else ""
    rows = total = 0
    for (text,) in connection.execute(f"SELECT {row} FROM {name(table.source.name)}{clause}"):
        rows += 1
        total += _sum([text.encode()])
    return Sum(rows, total)


def in_postgres(cursor, table: TablePlan, schema: str, columns=None) -> Sum:
    """The fingerprint of what PostgreSQL holds."""
    fields = []
    for column in table.columns if columns is None else columns:
        y = sql.Identifier(column.name).as_string(cursor)
        first, *after = KINDS[column.kind].there(y, column)
        fields += [f"coalesce(({first})::text, '{NULL}')", *after]
    cursor.execute(
        "SELECT count(*),"
        f" coalesce(sum(('x' || left(md5({_row(fields)}), 16))::bit(64)::bigint), 0)"
        f" FROM {sql.Identifier(schema, table.name).as_string(cursor)}"
    )
    rows, total = cursor.fetchone()
    return Sum(rows, int(total))


def _row(fields: list[str]) -> str:
    if len(fields) <= POSTGRES_ARGUMENTS:
        return f"concat_ws('|', {', '.join(fields)})"
    parts = range(0, len(fields), POSTGRES_ARGUMENTS)
    return _row([_row(fields[n : n + POSTGRES_ARGUMENTS]) for n in parts])


def differing(connection, cursor, table: TablePlan, schema: str, where: str) -> list[ColumnPlan]:
    """The columns whose values are not the same on both sides; for the message."""
    return [
        column
        for column in table.columns
        if in_sqlite(connection, table, where, [column])
        != in_postgres(cursor, table, schema, [column])
    ]
