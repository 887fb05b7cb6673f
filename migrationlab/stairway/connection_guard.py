"""Let a student's migrations connect to the scratch database only.

Runs in the stairway's own process. An env.py may hold any address: the one of the student's
database, where a downgrade would destroy the work that is being checked.
"""

import psycopg2
import sqlalchemy
from psycopg2.extensions import parse_dsn

LOOPBACK = {"127.0.0.1", "localhost", "::1"}


class Refused(Exception):
    """A connection to another place than the scratch database."""


def connect_only_to(environment: dict[str, str]) -> None:
    """From now on this process refuses every other database than PGHOST, PGPORT, PGDATABASE."""
    allowed = place(environment["PGHOST"], environment["PGPORT"], environment["PGDATABASE"])
    real = psycopg2.connect

    def check(parameters: dict) -> None:
        wanted = place(
            parameters.get("host") or allowed[0],
            parameters.get("port") or allowed[1],
            parameters.get("dbname") or parameters.get("database") or allowed[2],
        )
        if wanted != allowed:
            host, port, name = wanted
            there = "" if wanted[:2] == allowed[:2] else f" on {host}:{port}"
            raise Refused(
                f"it connects to the database {name}{there} by itself. This run uses a database "
                'of its own: take the address from DATABASE_URL or from "sqlalchemy.url"'
            )

    def connect(dsn=None, connection_factory=None, cursor_factory=None, **parameters):
        check((parse_dsn(dsn) if dsn else {}) | parameters)
        return real(dsn, connection_factory, cursor_factory, **parameters)

    # For who connects without SQLAlchemy; and for SQLAlchemy's other dialects:
    psycopg2.connect = connect

    @sqlalchemy.event.listens_for(sqlalchemy.Engine, "do_connect")
    def do_connect(dialect, record, arguments, parameters):
        if dialect.name != "postgresql":
            raise Refused(
                f"it connects to {dialect.name}, and this run has a PostgreSQL database: take "
                'the address from DATABASE_URL or from "sqlalchemy.url"'
            )
        if dialect.driver != "psycopg2":
            check(parameters)


def place(host: str, port, name: str) -> tuple[str, int, str]:
    """What makes two addresses the same database; all names of this machine are one."""
    return ("localhost" if host in LOOPBACK else host, int(port), name)
