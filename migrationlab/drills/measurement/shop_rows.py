"""Read every row of the tables that the till knows."""

import psycopg2

from migrationlab.drills.measurement.evidence import Rows
from migrationlab.drills.workload.ledger import KEYS

COLUMNS = """
SELECT attname::text FROM pg_attribute
WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped
"""


def read(connection) -> Rows:
    """A table that is not there has no rows. Raises psycopg2.Error."""
    with connection.cursor() as cursor:
        return {table: _rows(cursor, table, _columns(cursor, table)) for table in KEYS}


def read_what_can_be_read(connection) -> tuple[Rows, list[str]]:
    """The same, and a sentence for each table that cannot be read (a damaged page).

    Such a table is left out. Raises psycopg2.Error when the catalog cannot be read.
    """
    found, unreadable = {}, []
    with connection.cursor() as cursor:
        for table in KEYS:
            columns = _columns(cursor, table)
            try:
                found[table] = _rows(cursor, table, columns)
            except psycopg2.Error as error:
                why = str(error).splitlines()[0]
                unreadable.append(f"{table} cannot be read, its sales are not counted: {why}")
    return found, unreadable


def _columns(cursor, table: str) -> list[str]:
    cursor.execute(COLUMNS, (f"public.{table}",))
    return [name for (name,) in cursor.fetchall()]


def _rows(cursor, table: str, columns: list[str]) -> dict[str, dict[str, str]]:
    key = KEYS[table]
    if key not in columns:
        return {}
    texts = ", ".join(f'"{name}"::text' for name in columns)
    cursor.execute(f"SELECT {texts} FROM public.{table}")
    rows = [dict(zip(columns, values, strict=True)) for values in cursor.fetchall()]
    return {row[key]: row for row in rows}
