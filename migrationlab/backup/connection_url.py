"""Where a database is, for programs and for psycopg2; the password stays out of sight."""

import os
import re
from contextlib import closing
from dataclasses import dataclass, field, replace

import psycopg2

from migrationlab.errors import LabError

MAINTENANCE = "postgres"  # the database one connects to in order to make or rename another
# Of the environment, what says how to connect; where to is said by the address alone.
HOW = ("PGSSL", "PGGSS", "PGKRB", "PGREQUIRE", "PGCHANNEL", "PGPASSFILE")
# What a database or role has set for its programs must not stop a backup half-way.
PATIENT = """
SELECT set_config(name, CASE vartype WHEN 'bool' THEN 'off' ELSE '0' END, false) FROM pg_settings
WHERE name IN ('statement_timeout', 'lock_timeout', 'transaction_timeout',
    'idle_in_transaction_session_timeout', 'default_transaction_read_only')
"""


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
    tls: bool = False

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
        connection = _connect(**wanted)
        with connection, connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = 0")
            cursor.execute(PATIENT)
        return connection

    def environment(self) -> dict[str, str]:
        """For pg_dump and its like: a password in the environment is in no list of processes."""
        found = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("PG") or name.startswith(HOW)
        }
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
    with closing(_connect(**{"connect_timeout": 10} | _parameters(url))) as connection:
        return _of(connection, url, connection.info.dbname)


def server_of(url: str) -> Address:
    """The same for a database that need not exist yet. Raises LabError."""
    wanted = _parameters(url)
    name = wanted.get("dbname") or os.environ.get("PGDATABASE") or wanted.get("user", "")
    if not name:
        raise LabError("The address names no database.", expected="postgresql://…/DATABASE")
    wanted = {"connect_timeout": 10} | wanted | {"dbname": MAINTENANCE}
    with closing(_connect(**wanted)) as connection:
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
        info.ssl_in_use,
    )


def _parameters(url: str) -> dict[str, str]:
    """Raises LabError in words of its own: libpq's repeat the address, with the password."""
    plain = re.sub(r"^(postgres(?:ql)?)\+\w+://", r"\1://", url)
    expected = "postgresql://user:password@host:port/database"
    if not re.match(r"postgres(ql)?://", plain):
        raise LabError("This is no address of a PostgreSQL database.", expected=expected)
    try:
        found = psycopg2.extensions.parse_dsn(plain)
    except psycopg2.ProgrammingError:
        found = {"port": "?"}
    if not re.fullmatch(r"[\d,]*", found.get("port", "")):
        raise LabError(
            "This address is not understood.",
            expected=expected,
            todo="Write @ : / % in a password as %40 %3A %2F %25.",
        )
    return found


def _connect(**parameters):
    try:
        # An empty connection string, so that nothing at all means what psql would mean by it.
        return psycopg2.connect("", **parameters)
    except (psycopg2.OperationalError, psycopg2.ProgrammingError) as error:
        lines = str(error).strip().splitlines() or ["no reason was given"]
        raise LabError(
            f"PostgreSQL cannot be reached: {lines[0]}",
            todo="Check the address, the name of the database and the password.",
        ) from None
