"""%sql and %%sql: ipython-sql, mended so that a lesson can rely on it.

ipython-sql 0.5 commits after every statement, refuses BEGIN, fails with
today's prettytable, and prints an SQL error without failing the cell. Here
the same magic gets one psycopg2 connection in autocommit mode. BEGIN and
ROLLBACK then work across cells, VACUUM and CREATE DATABASE work, and errors
raise. Everything else (connection strings, `name << SELECT …`, options) is
still ipython-sql's.
"""

import re

import sql.connection
import sql.run
import sqlalchemy
import sqlparse
from IPython.core.magic import no_var_expand
from sql.magic import SqlMagic
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError, OperationalError, StatementError

from migrationlab.errors import LabError

ROWS_SHOWN = 20
STATUS = "migrationlab status"
NOTICES = "migrationlab notices"
# The pattern by which sqlalchemy.text() finds bind parameters, and a cast directly after one.
# \b: in [[:alpha:]] there is none, and :alph is not one either.
BIND = re.compile(r"(?<![:\w\\]):(\w+)\b(::)?(?!:)")


class SqlError(LabError):
    """What PostgreSQL answered to a statement that failed."""


def run(connection, text, config, user_namespace):
    """Take the place of sql.run.run: no commit of its own, BEGIN welcome, what was done is said.

    Raises SqlError with the server's own words.
    """
    if not text.strip():
        return f"Connected: {connection.name}"
    session = live_session(connection)
    result = None
    for statement in sqlparse.split(text):
        if not sqlparse.format(statement, strip_comments=True).strip(" ;\n"):
            continue
        try:
            result = session.execute(*bound(statement, user_namespace))
        except StatementError as error:
            raise SqlError(tell(error.orig or error)) from None
        finally:
            for notice in notices(session):
                print(notice)
        if not result.returns_rows:
            print(session.info.pop(STATUS, None) or "Done.")
    if result is None or not result.returns_rows:
        return None
    rows = sql.run.ResultSet(result, config)
    show_null(rows.pretty)
    return rows.DataFrame() if config.autopandas else rows


def show_null(pretty) -> None:
    """Let a prettytable show NULL as NULL; its own none_format does not reach HTML."""

    def shown(_, value) -> str:
        return "NULL" if value is None else str(value)

    pretty.custom_format = dict.fromkeys(pretty.field_names, shown)


def live_session(connection):
    """The magic's SQLAlchemy connection; a new one if the server has closed it (after a reset)."""
    try:
        connection.internal_connection.exec_driver_sql("SELECT 1")
    except OperationalError:
        print("The session had been closed; this is a new one.")
        connection.internal_connection.close()
        connection.internal_connection = connection.internal_connection.engine.connect()
    except DBAPIError:
        pass  # alive, in a transaction that has failed: the next statement says so
    return connection.internal_connection


def bound(statement: str, namespace: dict) -> tuple:
    """The statement for SQLAlchemy, with values for those `:names` that are variables.

    Any other colon, as in '{"a":1}' or at 10:30, stays what it is.
    """
    values = {}

    def keep_or_bind(match):
        name, cast = match[1], match[2] or ""
        if name.isidentifier() and name in namespace:
            values[name] = namespace[name]
            return f":{name} {cast}"
        return f"\\:{name}{cast}"

    return sqlalchemy.text(BIND.sub(keep_or_bind, statement)), values


def notices(session) -> list[str]:
    """The server's notices (such as “table does not exist, skipping”) since the last call."""
    if session.invalidated:
        return []
    said = session.info.pop(NOTICES, [])
    # those of a statement that failed are still where psycopg2 keeps them
    waiting = getattr(session.connection.dbapi_connection, "notices", [])
    said += [notice.strip() for notice in waiting]
    waiting.clear()
    return said


def tell(error) -> str:
    """An error of psycopg2 in the server's own words, with its SQLSTATE."""
    code = getattr(error, "pgcode", None)
    text = str(error).strip()
    return f"{text}\nSQLSTATE {code} ({type(error).__name__})" if code else text


def connect(url: str) -> None:
    """Point %sql at a database; connections to earlier ones are closed."""
    disconnect()
    engine_url = sqlalchemy.engine.make_url(url)
    sql.connection.Connection.set(
        engine_url.render_as_string(hide_password=False), displaycon=False
    )


def disconnect() -> None:
    """Close %sql's connections, so that a database can be renamed or copied."""
    for connection in sql.connection.Connection.connections.values():
        connection.internal_connection.close()
        connection.internal_connection.engine.dispose()
    sql.connection.Connection.connections.clear()
    sql.connection.Connection.current = None


def _autocommitting_engine(*args, **options):
    """sqlalchemy.create_engine for ipython-sql: autocommit where the system is PostgreSQL."""
    url = sqlalchemy.engine.make_url(args[0])
    if url.get_backend_name() == "postgresql":
        options |= {"isolation_level": "AUTOCOMMIT"}
        options["connect_args"] = {"application_name": "%sql", **options.get("connect_args", {})}
    engine = sqlalchemy.create_engine(*args, **options)
    event.listen(engine, "after_cursor_execute", _remember_status)
    return engine


def _remember_status(connection, cursor, *_):
    # SQLAlchemy closes the cursor before one can ask it for psql's “INSERT 0 1”, and it moves
    # the server's notices into its log.
    connection.info[STATUS] = getattr(cursor, "statusmessage", None)
    said = getattr(cursor.connection, "notices", [])
    connection.info[NOTICES] = [notice.strip() for notice in said]


class _SqlAlchemyForIpythonSql:
    """What ipython-sql's connection module sees as `sqlalchemy`: only create_engine differs."""

    create_engine = staticmethod(_autocommitting_engine)

    def __getattr__(self, name):
        return getattr(sqlalchemy, name)


class _NoExpansion:
    """An IPython shell that leaves a text as it was typed."""

    def __init__(self, shell):
        self._shell = shell

    def var_expand(self, text, *_):
        return text

    def __getattr__(self, name):
        return getattr(self._shell, name)


def load(shell) -> None:
    """Register the magic in an IPython shell."""
    sql.connection.sqlalchemy = _SqlAlchemyForIpythonSql()
    sql.run.run = run
    # IPython and ipython-sql would put Python values into '[0-9]{8}', $1 and JSON's braces, and
    # change the student's SQL without a word. Values go in by :name.
    no_var_expand(SqlMagic.execute)
    magic = SqlMagic(shell)
    magic.shell = _NoExpansion(shell)
    magic.style = "_DEPRECATED_DEFAULT"  # prettytable 3.12 renamed its default style
    magic.displaylimit = ROWS_SHOWN
    magic.displaycon = False
    shell.register_magics(magic)
