"""Has everything arrived? Reads the SQLite file and PostgreSQL, and compares value by value.

It trusts no tool that moved the rows: it reads both sides itself.
"""

import re
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path


@dataclass
class Found:
    """What became of the values of one table, or of several."""

    rows_old: int = 0
    rows_new: int = 0
    kept: int = 0
    as_text: int = 0  # a number that has become a text with the same digits
    changed: int = 0
    lost: int = 0
    examples: list[tuple] = field(default_factory=list)  # (table.column, key, old, new)

    def __add__(self, other: "Found") -> "Found":
        numbers = (a + b for a, b in zip(self._numbers(), other._numbers(), strict=True))
        return Found(*numbers, self.examples + other.examples)

    def _numbers(self):
        return (self.rows_old, self.rows_new, self.kept, self.as_text, self.changed, self.lost)


def plain(name: str) -> str:
    """ "Order Details", order details and order_details are one name."""
    return re.sub(r"\W+", "_", name).strip("_").lower()


def old_tables(file: str | Path) -> dict[str, tuple[list[str], list[str]]]:
    """table -> (its columns, those of its primary key), generated columns included."""
    tables = {}
    with opened(file) as old:
        names = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
        for (table,) in old.execute(names).fetchall():
            info = old.execute(f'PRAGMA table_xinfo("{table}")').fetchall()
            key = sorted((place, name) for _, name, _, _, _, place, _ in info if place)
            tables[table] = [row[1] for row in info], [name for _, name in key]
    return tables


def opened(file: str | Path):
    """The SQLite file, read-only. A byte that is no UTF-8 becomes a sign that no text can hold."""
    old = sqlite3.connect(f"{Path(file).resolve().as_uri()}?mode=ro", uri=True)
    old.text_factory = lambda raw: raw.decode("utf-8", errors="surrogateescape")
    return closing(old)


def same(old, new) -> bool:
    """Whether a value from SQLite and one from PostgreSQL mean the same."""
    if old is None or new is None:
        return old is new
    if isinstance(old, bytes):
        return isinstance(new, memoryview) and bytes(new) == old
    if isinstance(old, int):
        return isinstance(new, (bool, int, float, Decimal)) and new == old  # exact, no rounding
    if isinstance(old, float):
        return isinstance(new, (int, float, Decimal)) and float(new) == old
    if isinstance(new, (date, datetime, time)):
        return str(new) == old  # 2024-01-31, 2024-01-31 09:00:00; with a zone: not the same
    return new == old


def compare(file: str | Path, connection, schema: str) -> dict[str, Found]:
    """table -> what became of it in a schema of PostgreSQL. `connection` is psycopg2's."""
    there = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns"
            " WHERE table_schema = %s ORDER BY ordinal_position",
            (schema,),
        )
        for table, column in cursor.fetchall():
            there.setdefault(plain(table), (table, {}))[1][plain(column)] = column
    result = {}
    for table, (columns, key) in old_tables(file).items():
        found = result[table] = Found()
        name, new_columns = there.get(plain(table), ("", {}))
        new_rows = {}
        wanted = [new_columns.get(plain(c)) for c in columns]
        if name and all(new_columns.get(plain(k)) for k in key):
            listed = ", ".join("NULL" if c is None else f'"{c}"' for c in wanted)
            with connection.cursor() as cursor:
                cursor.execute(f'SELECT {listed} FROM "{schema}"."{name}"')
                for row in cursor:
                    at = tuple(str(row[columns.index(k)]) for k in key)
                    new_rows[at] = row
                    found.rows_new += 1
        with opened(file) as old:
            listed = ", ".join(f'"{c}"' for c in columns)
            for row in old.execute(f'SELECT {listed} FROM "{table}"'):
                found.rows_old += 1
                at = tuple(str(row[columns.index(k)]) for k in key)
                new = new_rows.get(at)
                for place, column in enumerate(columns):
                    if new is None or wanted[place] is None:
                        found.lost += 1
                    elif same(row[place], new[place]):
                        found.kept += 1
                    elif isinstance(row[place], (int, float)) and str(row[place]) == new[place]:
                        found.as_text += 1
                    else:
                        found.changed += 1
                        found.examples.append(
                            (f"{table}.{column}", ", ".join(at), row[place], new[place])
                        )
    return result


# The table that our tool makes for what stays behind is not counted.
RULES = """
SELECT kind, count(*) FROM (
    SELECT CASE contype WHEN 'p' THEN 'primary keys' WHEN 'f' THEN 'foreign keys'
                        WHEN 'c' THEN 'checks' END AS kind
    FROM pg_constraint LEFT JOIN pg_class ON pg_class.oid = conrelid
    WHERE connamespace = %(schema)s::regnamespace AND relname <> 'transfer_quarantine'
    UNION ALL
    SELECT 'unique' FROM pg_index JOIN pg_class c ON c.oid = indexrelid
    WHERE indisunique AND NOT indisprimary AND c.relnamespace = %(schema)s::regnamespace
    UNION ALL
    SELECT CASE WHEN attidentity <> '' OR pg_get_expr(adbin, adrelid) LIKE 'nextval%%'
                THEN 'own numbers' WHEN attgenerated <> '' THEN 'generated' ELSE 'defaults' END
    FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid
    LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
    WHERE c.relnamespace = %(schema)s::regnamespace AND relkind = 'r' AND attnum > 0
    AND relname <> 'transfer_quarantine'
    AND (adbin IS NOT NULL OR attidentity <> '')
) AS rules WHERE kind IS NOT NULL GROUP BY kind
"""
KINDS = ("primary keys", "foreign keys", "unique", "checks", "defaults", "own numbers", "generated")


def rules(connection, schema: str) -> dict[str, int]:
    """How many rules of each kind the tables of a schema have."""
    with connection.cursor() as cursor:
        cursor.execute(RULES, {"schema": schema})
        return dict.fromkeys(KINDS, 0) | dict(cursor.fetchall())


def old_rules(file: str | Path) -> dict[str, int]:
    """The same of the SQLite file."""
    found = dict.fromkeys(KINDS, 0)
    with opened(file) as old:
        for table in old_tables(file):
            [(sql,)] = old.execute("SELECT sql FROM sqlite_schema WHERE name = ?", (table,))
            columns = old.execute(f'PRAGMA table_xinfo("{table}")').fetchall()
            indexes = old.execute(f'PRAGMA index_list("{table}")').fetchall()
            foreign = old.execute(f'PRAGMA foreign_key_list("{table}")').fetchall()
            found["primary keys"] += any(place for *_, place, _ in columns)
            found["foreign keys"] += len({row[0] for row in foreign})
            found["unique"] += sum(row[2] for row in indexes if row[3] != "pk")
            found["checks"] += len(re.findall(r"\bCHECK\b", sql, re.I))
            found["defaults"] += sum(row[4] is not None for row in columns)
            found["own numbers"] += bool(re.search(r"\bINTEGER PRIMARY KEY\b", sql, re.I))
            found["generated"] += sum(row[6] in (2, 3) for row in columns)
    return found
