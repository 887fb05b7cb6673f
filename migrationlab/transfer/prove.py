"""The proof: a fingerprint of every table, from SQLite's values and from PostgreSQL's.

A row becomes a text on each side by that side's own means: SQLite prints what it stores, not what
was sent, and PostgreSQL prints what it holds. The md5 of the text gives a number of 64 bits, and
the numbers are added up, so the order of the rows does not matter and equal rows count. (Where a
type has more than one way to print a value, both sides agree on one: see kinds.py.)
"""

import hashlib
from dataclasses import dataclass
from itertools import islice
from struct import unpack

from psycopg2 import sql

from migrationlab.transfer import kinds
from migrationlab.transfer.kinds import KINDS
from migrationlab.transfer.model import ColumnPlan, TablePlan
from migrationlab.transfer.profile import value
from migrationlab.transfer.quoting import name
from migrationlab.transfer.stream import join

NULL = "~"  # no value looks so: texts begin with their length
POSTGRES_ARGUMENTS = 90  # of one concat_ws; PostgreSQL's limit is 100
BATCH = 4096  # rows


@dataclass(frozen=True)
class Sum:
    """A table's rows in any order."""

    rows: int
    sum: int


def in_sqlite(connection, table: TablePlan, where: str = "", columns=None) -> Sum:
    """The fingerprint of what SQLite stores."""
    kinds.register(connection)
    fields = []
    for column in table.columns if columns is None else columns:
        x = value(column)
        text = KINDS[column.kind].here(x, column)
        fields.append(f"CASE WHEN {x} IS NULL THEN '{NULL}' ELSE {text} END")
    utf8 = connection.pragma("encoding") == "UTF-8"
    row = join(fields, "'|'")
    row = f"CAST({row} AS BLOB)" if utf8 else row
    clause = f" WHERE {where}" if where else ""
    cursor = connection.execute(f"SELECT {row} FROM {name(table.source.name)}{clause}")
    rows = total = 0
    md5 = hashlib.md5
    while batch := list(islice(cursor, BATCH)):
        if utf8:
            digests = [md5(text, usedforsecurity=False).digest() for (text,) in batch]
        else:
            digests = [md5(text.encode(), usedforsecurity=False).digest() for (text,) in batch]
        rows += len(digests)
        total += sum(unpack(f">{2 * len(digests)}q", b"".join(digests))[::2])
    return Sum(rows, total)


def in_postgres(cursor, table: TablePlan, schema: str, columns=None) -> Sum:
    """The fingerprint of what PostgreSQL holds."""
    fields = []
    for column in table.columns if columns is None else columns:
        y = sql.Identifier(column.name).as_string(cursor)
        text = KINDS[column.kind].there(y, column)
        fields.append(f"coalesce(({text})::text, '{NULL}')")
    cursor.execute(
        f"SELECT count(*), coalesce(sum(('x' || left(md5({_row(fields)}), 16))::bit(64)::bigint), 0)"
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
