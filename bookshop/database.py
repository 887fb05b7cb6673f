"""Where the bookshop's database is. The one place that decides it, for Alembic and the seeds."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import psycopg2
import psycopg2.errors
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from migrationlab.api import LabError


def url() -> URL:
    """DATABASE_URL if it is set, otherwise the lab's own server (which is started if need be).

    `postgres://` and `postgresql://` become `postgresql+psycopg2://`: without the driver's name
    SQLAlchemy 2.1 would look for another one. Raises LabError when the address is not one of
    PostgreSQL, or when no server can be had.
    """
    given = os.environ.get("DATABASE_URL", "").strip()
    if not given:
        # Imported here: who has DATABASE_URL needs no lab. Messages go to stderr, because
        # stdout belongs to what the command prints.
        from migrationlab.api import server

        return make_url(server.find(partial(print, file=sys.stderr)).url())
    try:
        address = make_url(given)
    except (ArgumentError, ValueError):
        address = None
    if address is None or address.get_backend_name() not in ("postgres", "postgresql"):
        raise LabError(
            "DATABASE_URL is not the address of a PostgreSQL database.",
            expected="postgresql://user:password@host:port/database",
            todo="Correct DATABASE_URL, or remove it to use the lab's own server. In a password "
            "write %40 for @, %2F for / and %25 for %.",
        )
    return address.set(drivername="postgresql+psycopg2")


def connect():
    """A psycopg2 connection: for COPY, and where the SQL is written by hand."""
    address = url().set(drivername="postgresql")
    return psycopg2.connect(address.render_as_string(hide_password=False))


@contextmanager
def plain_messages() -> Iterator[None]:
    """For a program's main(): end with one short message where a traceback would help nobody."""
    try:
        yield
    except LabError as error:
        sys.exit(str(error))
    except (psycopg2.errors.UndefinedTable, psycopg2.errors.UndefinedColumn) as error:
        sys.exit(f"{error.diag.message_primary}\nWhat to do: alembic upgrade head")
    except psycopg2.OperationalError as error:
        sys.exit(str(error).strip())
    except psycopg2.InterfaceError as error:
        # The rollback of a connection that is lost fails too; what happened first says why.
        sys.exit(str(error.__context__ or error).strip())
    except KeyboardInterrupt:
        sys.exit(130)
