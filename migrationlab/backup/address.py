"""Where a database is, for programs and for psycopg2; the password stays out of sight."""

import os
import re
from contextlib import closing
from dataclasses import dataclass, field, replace

import psycopg2

from migrationlab.errors import LabError

MAINTENANCE = "postgres"  # the database one connects to in order to make or rename another


@dataclass(frozen=True)
class Address:
    """A database on a server of any version. `major` is the server's."""

    host: str
    port: int
    user: str
    database: str
    major: int
    version: str = ""
    password: str = field(default="", repr=False)
    options: tuple[tuple[str, str], ...] = ()

    def of(self, database: str) -> "Address":
        """Another database on the same server."""
        return replace(self, database=database)

    def connect(self, **parameters):
        """A psycopg2 connection. Raises LabError when nobody answers."""
        wanted = dict(self.options) | {"application_name": "migrationlab backup"} | parameters
        wanted |= {"host": self.host, "port": self.port, "user": self.user}
        wanted |= {"dbname": self.database, "connect_timeout": 10}
        if self.password:
            wanted["password"] = self.password
        return _connect(**wanted)

    def environment(self) -> dict[str, str]:
        """For pg_dump and its like: a password in the environment is in no list of processes."""
        found = {name: value for name, value in os.environ.items() if name[:2] != "PG"}
        found |= {
            "PGHOST": self.host,
            "PGPORT": str(self.port),
            "PGUSER": self.user,
            "PGDATABASE": self.database,
            "PGCLIENTENCODING": "UTF8",
            "LC_ALL": "C",  # messages in English
        }
        if self.password:
            found["PGPASSWORD"] = self.password
        for name, value in self.options:
            if name.startswith("ssl"):
                found["PG" + name.upper()] = value
        return found

    def __str__(self) -> str:
        return f"{self.database} on {self.host}:{self.port}"


def reach(url: str) -> Address:
    """The address behind a URL; `postgresql:///` is where psql would go. Raises LabError.

    A database that does not exist is an error here: see `server_of`.
    """
    with closing(_connect(_plain(url), connect_timeout=10)) as connection:
        return _of(connection, url, connection.info.dbname)


def server_of(url: str) -> Address:
    """The same for a database that need not exist yet. Raises LabError."""
    wanted = _parameters(url)
    name = wanted.get("dbname") or os.environ.get("PGDATABASE") or wanted.get("user", "")
    if not name:
        raise LabError("The address names no database.", expected="postgresql://…/DATABASE")
    with closing(_connect(_plain(url), dbname=MAINTENANCE, connect_timeout=10)) as connection:
        return _of(connection, url, name)


def _of(connection, url: str, database: str) -> Address:
    info = connection.info
    named = ("host", "port", "user", "password", "dbname")
    options = {key: value for key, value in _parameters(url).items() if key not in named}
    return Address(
        info.host or "localhost",
        info.port,
        info.user,
        database,
        info.server_version // 10000,
        connection.get_parameter_status("server_version"),
        info.password or "",
        tuple(sorted(options.items())),
    )


def _parameters(url: str) -> dict[str, str]:
    try:
        return psycopg2.extensions.parse_dsn(_plain(url))
    except psycopg2.ProgrammingError:
        raise LabError(
            "This address is not understood.",
            expected="postgresql://user:password@host:port/database",
        ) from None


def _plain(url: str) -> str:
    plain = re.sub(r"^(postgres(?:ql)?)\+\w+://", r"\1://", url)
    if not re.match(r"postgres(ql)?://", plain):
        raise LabError(
            "This is no address of a PostgreSQL database.",
            expected="postgresql://user:password@host:port/database",
        )
    return plain


def _connect(*dsn, **parameters):
    try:
        return psycopg2.connect(*dsn, **parameters)
    except (psycopg2.OperationalError, psycopg2.ProgrammingError) as error:
        lines = str(error).strip().splitlines() or ["no reason was given"]
        raise LabError(
            f"PostgreSQL cannot be reached: {lines[0]}",
            todo="Check the address, the name of the database and the password.",
        ) from None
