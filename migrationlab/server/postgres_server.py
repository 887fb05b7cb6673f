"""What every lesson needs to know about its PostgreSQL server, wherever that comes from."""

import os
import sys
import sysconfig
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlencode

import psycopg2

MAJOR = 18
"""The major version that the lessons are written for."""

ROLE = "lab"
DATABASE = "bookshop"
LOCALHOST = "127.0.0.1"

LIBPQ_NAMES = {
    "sslmode": "PGSSLMODE",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcrl": "PGSSLCRL",
    "channel_binding": "PGCHANNELBINDING",
    "gssencmode": "PGGSSENCMODE",
    "connect_timeout": "PGCONNECT_TIMEOUT",
    "options": "PGOPTIONS",
    "target_session_attrs": "PGTARGETSESSIONATTRS",
}
"""Connection parameters of libpq that also have an environment variable.

Source: https://www.postgresql.org/docs/18/libpq-envars.html
"""


@dataclass(frozen=True)
class Server:
    """A PostgreSQL server that answers; the three kinds behave alike for every lesson.

    kind      "embedded", "compose" or "given"
    database  the bookshop's database
    bin       folder of psql, pg_dump … of the right major version
    owned     made by the lab: databases may be made and dropped freely
    local     on this machine
    prefix    comes before the name of every database that a lesson makes; "" when owned
    options   further libpq parameters as (name, value) pairs, for instance sslmode
    """

    kind: str
    host: str
    port: int
    user: str
    password: str = field(repr=False)
    database: str
    bin: Path
    owned: bool
    local: bool
    prefix: str
    options: tuple[tuple[str, str], ...] = ()

    def url(self, database: str | None = None) -> str:
        """The URL of one database for SQLAlchemy: `postgresql+psycopg2://user:pw@host:port/db`."""
        login = quote(self.user, safe="")
        if self.password:
            login += ":" + quote(self.password, safe="")
        options = list(self.options)
        if self.host.startswith("/"):  # a Unix socket's folder cannot stand where a host name does
            place = f":{self.port}"
            options.insert(0, ("host", self.host))
        else:
            host = f"[{self.host}]" if ":" in self.host else self.host
            place = f"{host}:{self.port}"
        query = "?" + urlencode(options) if options else ""
        name = quote(database or self.database, safe="")
        return f"postgresql+psycopg2://{login}@{place}/{name}{query}"

    def connect(self, database: str | None = None, **parameters):
        """A psycopg2 connection with autocommit on; `parameters` go to libpq.

        Raises psycopg2.OperationalError when the server or the database is not there.
        """
        wanted = {"connect_timeout": 10, "application_name": "migrationlab", **dict(self.options)}
        if self.owned:  # a PGSSLMODE or PGHOSTADDR of the student's shell must not lead elsewhere
            wanted |= {"sslmode": "disable", "gssencmode": "disable", "hostaddr": self.host}
        wanted |= {"host": self.host, "port": self.port, "user": self.user}
        if self.password:
            wanted["password"] = self.password
        wanted |= {"dbname": database or self.database, **parameters}
        connection = psycopg2.connect(**wanted)
        connection.autocommit = True
        return connection

    def environment(self, database: str | None = None) -> dict[str, str]:
        """The environment for a command (psql, alembic …) that works on one database.

        A copy of os.environ in which PG… variables of the student's own are replaced, so
        that no command reaches another server than the lesson's.
        """
        variables = {name: value for name, value in os.environ.items() if name[:2] != "PG"}
        variables |= {
            "PGHOST": self.host,
            "PGPORT": str(self.port),
            "PGUSER": self.user,
            "PGDATABASE": database or self.database,
            "PGCLIENTENCODING": "UTF8",
            "DATABASE_URL": self.url(database),
            "MIGRATIONLAB_SERVER": "lab" if self.owned else self.url(),
            # A revision that is rewritten within a second, at the same size, would otherwise be
            # taken from its older .pyc.
            "PYTHONDONTWRITEBYTECODE": "1",
            "PAGER": "",
            "PSQL_PAGER": "",
        }
        if self.password:
            variables["PGPASSWORD"] = self.password
        if self.owned:
            variables |= {"PGSSLMODE": "disable", "PGGSSENCMODE": "disable"}
        for name, value in self.options:
            if name in LIBPQ_NAMES:
                variables[LIBPQ_NAMES[name]] = value
        if sys.prefix != sys.base_prefix:  # as `activate` does: Poetry looks for it
            variables["VIRTUAL_ENV"] = sys.prefix
        first = [sysconfig.get_path("scripts"), str(self.bin)]
        variables["PATH"] = os.pathsep.join([*first, variables.get("PATH", os.defpath)])
        return variables
