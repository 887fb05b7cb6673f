"""What the two scripts by hand have in common: tables first, keys last, rows between them."""

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing

import psycopg2

from benchmarks.peers import Schema

ROWS = 10_000


def move(file, url: str, schema: Schema, load: Callable) -> None:
    """Call load(cursor, table, rows, columns) for every table, in one transaction."""
    with closing(sqlite3.connect(file)) as source, closing(psycopg2.connect(plain(url))) as target:
        with target, target.cursor() as cursor:
            cursor.execute(schema.tables)
            for (table,) in source.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
            ).fetchall():
                columns = source.execute(f"PRAGMA table_info({table})").fetchall()
                booleans = [at for at, column in enumerate(columns) if column[2] == "BOOLEAN"]
                names = [column[1] for column in columns]
                load(cursor, table, names, _rows(source, table, booleans))
            cursor.execute(schema.keys)


def plain(url: str) -> str:
    """The address as psycopg2 wants it: without SQLAlchemy's +psycopg2."""
    return re.sub(r"\+\w+://", "://", url)


def _rows(source, table: str, booleans: list[int]):
    found = source.execute(f"SELECT * FROM {table}")
    while rows := found.fetchmany(ROWS):
        for row in rows:
            if booleans:
                row = list(row)
                for at in booleans:
                    row[at] = None if row[at] is None else bool(row[at])
            yield row
