"""A schema that nobody reads yet: tables are made whole there, and published all at once."""

import re
import secrets

from psycopg2 import sql

NAME = re.compile(r"transfer_staging_[0-9a-f]{8}")
COMMENT = "Migration Lab: a transfer in progress. When it was killed, the next one removes this."
KEY = "hashtextextended(%s, 1851)"  # an advisory lock that lives as long as the transfer


def make(connection) -> str:
    """Create a staging schema and hold its lock; its name. The connection must stay open."""
    name = f"transfer_staging_{secrets.token_hex(4)}"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_advisory_lock({KEY})", (name,))
        cursor.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(name)))
        cursor.execute(
            sql.SQL("COMMENT ON SCHEMA {} IS {}").format(sql.Identifier(name), sql.Literal(COMMENT))
        )
    connection.commit()
    return name


def drop(connection, name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(name)))
    connection.commit()


def remove_leftovers(connection) -> list[str]:
    """Drop the staging schemas of transfers that are no more; their names."""
    removed = []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'transfer\\_staging\\_%%'"
            " AND obj_description(oid, 'pg_namespace') = %s AND pg_has_role(nspowner, 'USAGE')",
            (COMMENT,),
        )
        for (name,) in cursor.fetchall():
            cursor.execute(f"SELECT pg_try_advisory_lock({KEY})", (name,))
            if NAME.fullmatch(name) and cursor.fetchone()[0]:
                drop(connection, name)
                cursor.execute(f"SELECT pg_advisory_unlock({KEY})", (name,))
                removed.append(name)
    connection.commit()
    return removed


def publish(cursor, staging: str, schema: str, tables: list[str]) -> None:
    """Move the tables, with their indexes and sequences, into the schema."""
    for table in tables:
        cursor.execute(
            sql.SQL("ALTER TABLE {} SET SCHEMA {}").format(
                sql.Identifier(staging, table), sql.Identifier(schema)
            )
        )
    # Without CASCADE: whatever had been left behind in it would stop the transfer here.
    cursor.execute(sql.SQL("DROP SCHEMA {}").format(sql.Identifier(staging)))
