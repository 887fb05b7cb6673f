"""The PostgreSQL side: reach the database, and look at what is in a schema."""

import re
from contextlib import contextmanager
from dataclasses import dataclass, field

import psycopg2
import psycopg2.sql
from psycopg2 import errors

from migrationlab.errors import LabError

SETTINGS = {
    "TimeZone": "UTC",
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "postgres",
    "extra_float_digits": "1",  # the shortest text that reads back as the same number
    "bytea_output": "hex",
    "row_security": "off",  # an error where a policy would hide rows
    "lock_timeout": "10s",  # somebody who holds a table must not make the transfer wait for ever
    "idle_in_transaction_session_timeout": "0",
    "statement_timeout": "0",
    "maintenance_work_mem": "128MB",  # for this session: building the indexes
    "synchronous_commit": "on",
}

COLUMNS = """
SELECT c.relname, a.attname,
    format_type(CASE b.typtype WHEN 'd' THEN b.typbasetype ELSE a.atttypid END,
                CASE b.typtype WHEN 'd' THEN b.typtypmod ELSE a.atttypmod END),
    a.attnotnull OR b.typnotnull, a.atthasdef OR a.attidentity <> '', a.attgenerated <> '',
    ARRAY(SELECT enumlabel FROM pg_enum WHERE enumtypid = a.atttypid ORDER BY enumsortorder)::text[]
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid JOIN pg_type b ON b.oid = a.atttypid
WHERE c.relnamespace = %s::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
AND a.attnum > 0 AND NOT a.attisdropped ORDER BY c.relname, a.attnum
"""

KEYS = """
SELECT conname, c.relname, p.relname, condeferrable, condeferred,
    %s = p.relnamespace::regnamespace::text,
    ARRAY(SELECT attname FROM unnest(conkey) WITH ORDINALITY k(n, i)
          JOIN pg_attribute ON attrelid = conrelid AND attnum = n ORDER BY i)::text[],
    ARRAY(SELECT attname FROM unnest(confkey) WITH ORDINALITY k(n, i)
          JOIN pg_attribute ON attrelid = confrelid AND attnum = n ORDER BY i)::text[]
FROM pg_constraint JOIN pg_class c ON c.oid = conrelid JOIN pg_class p ON p.oid = confrelid
WHERE contype = 'f' AND conparentid = 0 AND c.relnamespace = %s::regnamespace ORDER BY conname
"""


@dataclass(frozen=True)
class TargetColumn:
    name: str
    type: str
    not_null: bool
    has_default: bool
    generated: bool
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class TargetKey:
    """A foreign key; `parent` is None when it is in another schema."""

    name: str
    table: str
    parent: str | None
    columns: tuple[str, ...]
    parent_columns: tuple[str, ...]
    deferrable: bool
    deferred: bool


@dataclass(frozen=True)
class TargetTable:
    name: str
    columns: dict[str, TargetColumn] = field(default_factory=dict)
    keys: tuple[TargetKey, ...] = ()


@contextmanager
def connected(url: str):
    """A psycopg2 connection for the duration of the block, rolled back at its end.

    Raises LabError when the database cannot be reached, or is not in UTF-8.
    """
    connection = connect(url)
    try:
        yield connection
    finally:
        connection.close()


def connect(url: str):
    dsn = re.sub(r"^(postgres(?:ql)?)\+\w+://", r"\1://", url)
    if not re.match(r"postgres(ql)?://", dsn):
        raise LabError(
            "This is no address of a PostgreSQL database: " + _without_password(url),
            expected="postgresql://user:password@host:port/database",
        )
    try:
        connection = psycopg2.connect(
            dsn, connect_timeout=10, fallback_application_name="migrationlab transfer"
        )
    except (psycopg2.OperationalError, psycopg2.ProgrammingError, UnicodeDecodeError) as error:
        raise LabError(
            f"PostgreSQL cannot be reached: {_first_line(error)}",
            todo="Check the address, the name of the database and the password.",
        ) from None
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('server_encoding'), current_database()")
            encoding, database = cursor.fetchone()
            if encoding != "UTF8":
                raise LabError(
                    f"The database {database} has the encoding {encoding}.",
                    expected="UTF8: it alone holds every text that SQLite can hold",
                    todo="createdb --encoding=UTF8 --template=template0 NAME, then transfer there.",
                )
            connection.set_client_encoding("UTF8")
            for setting, value in SETTINGS.items():
                cursor.execute("SELECT set_config(%s, %s, false)", (setting, value))
        connection.commit()
    except BaseException:
        connection.close()
        raise
    return connection


def _without_password(url: str) -> str:
    return re.sub(r"(:/*[^:/@]*):[^@]*@", r"\1:***@", url)


def _first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).strip().splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__


@contextmanager
def explained():
    """Turn what PostgreSQL refuses within the block into a LabError of one short message."""
    try:
        yield
    except errors.LockNotAvailable:
        raise LabError(
            "Another session holds a table that the transfer needs; it waited 10 seconds.",
            todo="End that session's transaction and try again. Nothing was changed.",
        ) from None
    except errors.InsufficientPrivilege as error:
        raise LabError(
            f"The role may not do that: {_first_line(error)}.",
            todo="Ask the owner of the database for the right, or use another role. "
            "Nothing was changed.",
        ) from None
    except (errors.DiskFull, errors.OutOfMemory) as error:
        raise LabError(
            f"The server has no room: {_first_line(error)}. Nothing was changed."
        ) from None
    except (
        errors.UniqueViolation,
        errors.CheckViolation,
        errors.ForeignKeyViolation,
        errors.NotNullViolation,
        errors.ExclusionViolation,
    ) as error:
        detail = error.diag.message_detail or ""
        raise LabError(
            f"{error.diag.message_primary} (table {error.diag.table_name}). {detail}".strip(),
            expected="rows that keep the rules of the target",
            todo="Mend the rows in the SQLite file, or the rule. Nothing was changed.",
        ) from None
    except (errors.ProgramLimitExceeded, errors.InsufficientResources) as error:
        raise LabError(
            f"PostgreSQL refuses: {_first_line(error)}.", todo="Nothing was changed."
        ) from None
    except (psycopg2.OperationalError, psycopg2.InterfaceError) as error:
        raise LabError(
            f"The connection to PostgreSQL was lost: {_first_line(error)}",
            todo="Start the server and run the transfer again. What was not published is thrown "
            "away; the target is as before.",
        ) from None
    except psycopg2.Error as error:
        raise LabError(
            f"PostgreSQL refuses: {_first_line(error)}.", todo="Nothing was changed."
        ) from None


def work_in(cursor, schema: str, *, first: bool = False) -> None:
    """Let names without a schema be those of this one, until the end of the transaction.

    pg_catalog is searched before it, so that a table called text hides no type; with `first` it is
    searched after it, so that a table called pg_class can be reached.
    """
    path = psycopg2.sql.Identifier(schema).as_string(cursor) + (", pg_catalog" if first else "")
    cursor.execute("SELECT set_config('search_path', %s, true)", (path,))


def tables(connection, schema: str) -> dict[str, TargetTable]:
    """The tables of a schema by name. Raises LabError when the schema is not there."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regnamespace(quote_ident(%s))::text", (schema,))
        quoted = cursor.fetchone()[0]
        if quoted is None:
            raise LabError(
                f"The target has no schema {schema}.", todo=f"CREATE SCHEMA {schema}; first."
            )
        cursor.execute(COLUMNS, (quoted,))
        columns: dict[str, dict] = {}
        for table, name, type_, not_null, default, generated, labels in cursor.fetchall():
            columns.setdefault(table, {})[name] = TargetColumn(
                name, type_, not_null, default, generated, tuple(labels)
            )
        cursor.execute(KEYS, (quoted, quoted))
        keys: dict[str, list] = {}
        for name, table, parent, deferrable, deferred, near, own, theirs in cursor.fetchall():
            keys.setdefault(table, []).append(
                TargetKey(
                    name,
                    table,
                    parent if near else None,
                    tuple(own),
                    tuple(theirs),
                    deferrable,
                    deferred,
                )
            )
    return {
        name: TargetTable(name, found, tuple(keys.get(name, ()))) for name, found in columns.items()
    }


def relations(connection, schema: str) -> set[str]:
    """The names of all tables, views, indexes and sequences of a schema, and of its types."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = to_regnamespace(quote_ident(%s))"
            " UNION SELECT typname FROM pg_type"
            " WHERE typnamespace = to_regnamespace(quote_ident(%s))",
            (schema, schema),
        )
        return {row[0] for row in cursor.fetchall()}


def has_rows(connection, schema: str, table: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            psycopg2.sql.SQL("SELECT EXISTS (SELECT FROM {})").format(
                psycopg2.sql.Identifier(schema, table)
            )
        )
        return cursor.fetchone()[0]
