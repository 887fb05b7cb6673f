"""After given ids the next free one: PostgreSQL's sequences learn of what was copied."""

from dataclasses import dataclass

from psycopg2 import sql

LARGEST = 2**63 - 1
# The sequence that belongs to a column, or one that only its default takes numbers from. A table
# of the target may be named pg_class or text.
SEQUENCE = """
SELECT coalesce(
    pg_get_serial_sequence(quote_ident(%(schema)s) || '.' || quote_ident(%(table)s), %(column)s),
    (SELECT c.oid::pg_catalog.regclass::pg_catalog.text
     FROM pg_catalog.pg_attribute a
     JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
     JOIN pg_catalog.pg_depend p ON p.objid = d.oid
         AND p.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass
     JOIN pg_catalog.pg_class c ON c.oid = p.refobjid AND c.relkind = 'S'
         AND p.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
     WHERE a.attname = %(column)s AND a.attrelid
         = (quote_ident(%(schema)s) || '.' || quote_ident(%(table)s))::pg_catalog.regclass
     LIMIT 1))
"""


@dataclass(frozen=True)
class Counter:
    """`next` is the id that the next insert gets, None when the numbers are used up."""

    column: str
    next: int | None


def set_next(cursor, schema: str, table, counter: int | None) -> list[Counter]:
    """Set every sequence of a table behind its largest id, and behind SQLite's own counter.

    ALTER SEQUENCE, not setval(): it is undone with the transaction.
    """
    found = []
    for column in table.columns:
        named = {"schema": schema, "table": table.name, "column": column.name}
        cursor.execute(SEQUENCE, named)
        [sequence] = cursor.fetchone()
        if sequence is None:
            continue
        place = sql.SQL("SELECT max({}) FROM {}").format(
            sql.Identifier(column.name), sql.Identifier(schema, table.name)
        )
        cursor.execute(place)
        largest = cursor.fetchone()[0] or 0
        cursor.execute(f"SELECT last_value, is_called FROM {sequence}")
        last, called = cursor.fetchone()
        own = counter if column.source.name == table.source.integer_key else None
        wanted = max(largest + 1, (own or 0) + 1, last + called)
        if wanted > LARGEST:
            cursor.execute(f"ALTER SEQUENCE {sequence} RESTART WITH {LARGEST}")
            cursor.execute("SELECT nextval(%s)", (sequence,))
            found.append(Counter(column.name, None))
        else:
            if wanted != last + called:
                cursor.execute(f"ALTER SEQUENCE {sequence} RESTART WITH {wanted}")
            found.append(Counter(column.name, wanted))
    return found
