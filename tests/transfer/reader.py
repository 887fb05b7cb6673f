"""Both sides of a transfer, read by other means than the tool's own: sqlite3 and psycopg2."""

import re
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import psycopg2.extras

Cell = tuple[str, bytes | None]  # storage class and value


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def source_tables(file: Path) -> list[str]:
    """The names of the tables, without SQLite's own and those of virtual tables."""
    query = "SELECT name FROM pragma_table_list WHERE type = 'table' AND schema = 'main'"
    with closing(sqlite3.connect(file)) as connection:
        return [n for (n,) in connection.execute(query) if not n.startswith("sqlite_")]


def source_count(file: Path, table: str) -> int:
    # NOT INDEXED: an index may be damaged, and is not what is moved.
    with closing(sqlite3.connect(file)) as connection:
        query = f"SELECT count(*) FROM {quoted(table)} NOT INDEXED"
        return connection.execute(query).fetchone()[0]


def source_rows(file: Path, table: str) -> list[dict[str, Cell]]:
    """Every row, each value as (storage class, its bytes or its digits)."""
    with closing(sqlite3.connect(file)) as connection:
        connection.text_factory = bytes
        names = [
            row[0].decode()
            for row in connection.execute(
                "SELECT name FROM pragma_table_xinfo(?) WHERE hidden <> 1", (table,)
            )
        ]
        cells = ", ".join(exact(quoted(name)) for name in names)
        found = []
        for row in connection.execute(f"SELECT {cells} FROM {quoted(table)} NOT INDEXED"):
            found.append(dict(zip(names, pairs(row), strict=True)))
        return found


def exact(expression: str) -> str:
    """SQL for a value's storage class and the value.

    No printf: that of older SQLite versions is wrong in the last digit of some doubles.
    """
    return f"typeof({expression}), {expression}"


def evaluated(literals: dict[str, str]) -> dict[str, Cell]:
    """What SQLite makes of the literals that a quarantine holds."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.text_factory = bytes
        query = "SELECT {} FROM (SELECT {} AS v)"
        found = {}
        for name, literal in literals.items():
            if re.fullmatch(r"-?\d+\.\d+(e[+-]?\d+)?|-?\d+e[+-]?\d+", literal):
                # Older SQLite versions read some doubles wrongly, too.
                found[name] = ("real", repr(float(literal)).encode())
            else:
                row = connection.execute(query.format(exact("v"), literal)).fetchone()
                found[name] = pairs(row)[0]
        return found


def pairs(row: tuple) -> list[Cell]:
    values = [value if isinstance(value, bytes) else written(value) for value in row[1::2]]
    return [(kind.decode(), value) for kind, value in zip(row[::2], values, strict=True)]


def written(value: int | float | None) -> bytes | None:
    """A number in Python's words, which read back as the same number."""
    return None if value is None else repr(value).encode()


@contextmanager
def target(server, database: str) -> Iterator:
    """A cursor in one transaction that is rolled back, with no setting left to the server."""
    options = "-c search_path=public -c datestyle=ISO,YMD -c extra_float_digits=1"
    options += " -c bytea_output=hex"
    connection = server.connect(database, options=options, client_encoding="UTF8")
    connection.autocommit = False
    psycopg2.extras.register_default_json(connection, loads=lambda text: text)
    psycopg2.extras.register_default_jsonb(connection, loads=lambda text: text)
    try:
        with connection.cursor() as cursor:
            yield cursor
    finally:
        connection.rollback()
        connection.close()


def target_tables(cursor, schema: str = "public") -> set[str]:
    cursor.execute(
        "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND"
        " relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = %s)",
        (schema,),
    )
    return {name for (name,) in cursor.fetchall()}


def target_types(cursor, table: str, schema: str = "public") -> dict[str, str]:
    """Column name -> type as PostgreSQL writes it, in order."""
    cursor.execute(
        "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute"
        " JOIN pg_class c ON c.oid = attrelid JOIN pg_namespace n ON n.oid = relnamespace"
        " WHERE nspname = %s AND relname = %s AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
        (schema, table),
    )
    return dict(cursor.fetchall())


def target_rows(cursor, table: str, columns: list[str], schema: str = "public") -> list[tuple]:
    cells = ", ".join(quoted(name) for name in columns)
    cursor.execute(f"SELECT {cells} FROM {quoted(schema)}.{quoted(table)}")
    return cursor.fetchall()


def target_text(cursor, table: str, columns: list[str], schema: str = "public") -> list[tuple]:
    """Rows as PostgreSQL writes them: no Python type is in between."""
    cells = ", ".join(f"{quoted(name)}::text" for name in columns)
    cursor.execute(f"SELECT {cells} FROM {quoted(schema)}.{quoted(table)}")
    return cursor.fetchall()


def state(cursor) -> dict[str, object]:
    """All that anybody could notice in a database: objects, and the rows of every table."""
    found: dict[str, object] = {}
    mine = "nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'"
    for what, query in {
        "schemas": f"SELECT nspname FROM pg_namespace WHERE {mine}",
        "relations": "SELECT nspname, relname, relkind, relpersistence FROM pg_class"
        f" JOIN pg_namespace n ON n.oid = relnamespace WHERE {mine}",
        "types": "SELECT nspname, typname FROM pg_type"
        f" JOIN pg_namespace n ON n.oid = typnamespace WHERE {mine}",
        "functions": "SELECT nspname, proname FROM pg_proc"
        f" JOIN pg_namespace n ON n.oid = pronamespace WHERE {mine}",
        "collations": "SELECT nspname, collname FROM pg_collation"
        f" JOIN pg_namespace n ON n.oid = collnamespace WHERE {mine}",
        "constraints": "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(c.oid),"
        " convalidated FROM pg_constraint c JOIN pg_namespace n ON n.oid = connamespace"
        f" WHERE {mine}",
        "triggers": "SELECT tgrelid::regclass::text, tgname, tgenabled FROM pg_trigger",
        "sequences": "SELECT schemaname, sequencename, last_value FROM pg_sequences",
        "extensions": "SELECT extname FROM pg_extension",
    }.items():
        cursor.execute(query)
        found[what] = sorted(map(repr, cursor.fetchall()))
    cursor.execute(
        "SELECT nspname, relname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace"
        f" WHERE relkind IN ('r', 'p') AND {mine}"
    )
    for schema, table in cursor.fetchall():
        cursor.execute(f"SELECT t::text FROM {quoted(schema)}.{quoted(table)} t")
        found[f"rows of {schema}.{table}"] = sorted(cursor.fetchall())
    return found


def plain(value) -> str:
    """A value with its type, so that 1, 1.0, Decimal(1), True and '1' are five things."""
    if isinstance(value, memoryview):
        value = bytes(value)
    if isinstance(value, Decimal) and value.is_finite():
        sign, digits, exponent = value.as_tuple()
        digits = "".join(map(str, digits)).lstrip("0")
        kept = digits.rstrip("0")
        exponent += len(digits) - len(kept)
        return f"Decimal {'-' if sign and kept else ''}{kept or 0}e{exponent if kept else 0}"
    if isinstance(value, datetime) and value.tzinfo:
        value = value.astimezone(UTC)
        return f"datetime {value.isoformat()}"
    return f"{type(value).__name__} {value!r}"


def difference(expected: list[tuple], found: list[tuple]) -> str:
    """What is wrong with the rows, "" when they are the same; the order does not matter."""
    wanted = Counter(tuple(map(plain, row)) for row in expected)
    there = Counter(tuple(map(plain, row)) for row in found)
    if wanted == there:
        return ""
    missing, more = wanted - there, there - wanted
    shown = f"{missing.total()} rows missing, {more.total()} unexpected"
    for what, rows in (("missing", missing), ("unexpected", more)):
        for row in list(rows)[:2]:
            shown += f"; {what}: {', '.join(cell[:80] for cell in row[:8])}"
    return shown
