"""Have the rows stayed what they were? A fingerprint of each table, in any order of its rows.

A row's text is ROW(columns in name order)::text, hashed to 64 bits, and the hashes are added up.
- In name order, because a column that a downgrade brings back stands last: `t::text` would differ.
- A ROW, because it tells NULL from '' and quotes what needs it; concat_ws() is twice as fast and
  skips NULLs. jsonb has an order of its own as well, and took 2.5 to 3 times as long (500,000 rows
  of seven columns, 18.6: ROW 0.87 s, t::text 0.74 s, jsonb 2.6 s without parallel workers).
- Added up, because xor cancels two equal rows. sum(bigint) counts in 128 bits: no overflow.
The columns get sums of their own in the same pass (1.15 s), to say which values have changed.
"""

import hashlib
from dataclasses import dataclass, field

from psycopg2 import errors

from migrationlab.errors import LabError
from migrationlab.postgres.borrowed_connection import reading
from migrationlab.postgres.catalog import VERSION_TABLE, key

SETTINGS = {
    "TimeZone": "UTC",
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "postgres",
    "extra_float_digits": "1",  # the shortest text that reads back as the same number
    "bytea_output": "hex",
    "lc_monetary": "C",
    "search_path": "public, pg_temp",  # regclass and its like are printed by it
    "row_security": "off",  # an error where a policy would hide rows, not a smaller count
}

TABLES = """
SELECT c.oid, n.nspname, c.relname,
    CASE c.relkind WHEN 'r' THEN 'ONLY ' ELSE '' END || quote_ident(n.nspname) || '.' ||
        quote_ident(c.relname),
    ARRAY(SELECT attname::text FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0
        AND NOT attisdropped ORDER BY attname COLLATE "C")
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence <> 't'
AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass
    AND e.objid = c.oid AND e.deptype = 'e')
ORDER BY 2, 3
"""


@dataclass(frozen=True)
class Fingerprint:
    """Equal for two tables that hold the same rows under the same column names.

    `columns` maps each column to how many values it has (NULL is none) and the sum over them.
    """

    count: int
    sum: int
    columns: dict[str, tuple[int, int]] = field(default_factory=dict)


def fingerprint(connection, tables: list[str] | None = None) -> dict[str, Fingerprint]:
    """The fingerprint of every table, or of `tables` (keys as in Catalog.tables).

    All tables are read in one statement, so they are seen at one moment. Partitions count with
    their parent; views, materialized views and foreign tables have no rows of their own.
    `connection` is psycopg2's, left as it was found. Raises LabError when a table is not there or
    may not be read in full.
    """
    with reading(connection, SETTINGS) as cursor:
        cursor.execute(TABLES)
        found = {
            key(schema, name): (relation, columns)
            for _, schema, name, relation, columns in cursor.fetchall()
        }
        for name in tables or ():
            if name not in found:
                raise LabError(f"There is no table {name}.", expected=f"one of {', '.join(found)}")
        wanted = [name for name in found if tables is None or name in tables]
        if not wanted:
            return {}
        try:
            cursor.execute(
                " UNION ALL ".join(query(n, *found[wanted[n]]) for n in range(len(wanted)))
            )
        except errors.InsufficientPrivilege as error:
            raise LabError(
                f"Not all rows can be read: {error.diag.message_primary}.",
                todo="Take the fingerprint as the owner of the tables, or as a superuser.",
            ) from None
        prints = {}
        for number, count, total, counts, sums in cursor.fetchall():
            name = wanted[number]
            values = zip(counts, (int(s or 0) for s in sums), strict=True)
            columns = dict(zip(found[name][1], values, strict=True))
            prints[name] = Fingerprint(count, int(total or 0), columns)
    return prints


def query(number: int, relation: str, columns: list[str]) -> str:
    """One SELECT: number, rows, sum of the rows, values per column, sum per column.

    Arrays, because a table may have more columns than half a result may have.
    """
    quoted = ['"' + name.replace('"', '""') + '"' for name in columns]
    # The names go into the hash: the same values under another name are not the same rows.
    names = "\0".join(columns).encode()
    seed = int.from_bytes(hashlib.sha256(names).digest()[:8], "big", signed=True)
    counts = ", ".join(f"count({name})" for name in quoted)
    sums = ", ".join(f"sum(hashtextextended({name}::text, 0))" for name in quoted)
    row = f"ROW({', '.join(quoted)})::text"
    return (
        f"SELECT {number}, count(*), sum(hashtextextended({row}, {seed})), "
        f"ARRAY[{counts}]::bigint[], ARRAY[{sums}]::numeric[] FROM {relation}"
    )


def rows_differ(
    before: dict[str, Fingerprint],
    after: dict[str, Fingerprint],
    *,
    ignore: tuple[str, ...] = (VERSION_TABLE,),
) -> list[str]:
    """One line for each table whose rows differ: "accounts: 3 rows before, 2 rows after".

    Empty when no value was lost, added or altered: a table or column that came or went
    without a single value in it is the catalog's business.
    """
    lines = []
    for table in sorted((before.keys() | after.keys()) - set(ignore)):
        old, now = before.get(table), after.get(table)
        if old is None or now is None:
            count = (old or now).count
            if count:
                what = f"the table is {'new, with' if old is None else 'gone, with its'}"
                lines.append(f"{table}: {what} {rows(count)}")
        elif old.count != now.count:
            lines.append(f"{table}: {rows(old.count)} before, {rows(now.count)} after")
        elif old != now and (parts := altered(old, now)):
            lines.append(f"{table} ({rows(now.count)}): {'; '.join(parts)}")
    return lines


def rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count} rows"


def values(count: int) -> str:
    return "1 value" if count == 1 else f"{count} values"


def altered(old: Fingerprint, now: Fingerprint) -> list[str]:
    """What is other in a table that has as many rows as before."""
    parts = []
    for column in sorted(old.columns.keys() | now.columns.keys()):
        one, other = old.columns.get(column), now.columns.get(column)
        if other is None:
            parts += [f"{column} is gone, with its {values(one[0])}"] if one[0] else []
        elif one is None:
            parts += [f"{column} is new, with {values(other[0])}"] if other[0] else []
        elif one[0] != other[0]:
            parts.append(f"{column} had {values(one[0])}, now {other[0]}")
        elif one != other:
            parts.append(f"{column} has other values")
    if not parts and old.columns.keys() == now.columns.keys():
        parts.append("the same values, but not in the same rows")
    return parts
