"""A server that the user gives: DATABASE_URL, or MIGRATIONLAB_SERVER inside a lesson."""

import os
import sysconfig
from contextlib import closing
from pathlib import Path

import psycopg2
from psycopg2.extensions import parse_dsn

from migrationlab import paths
from migrationlab.errors import LabError
from migrationlab.server import connection_check, ports, postgres_programs
from migrationlab.server.postgres_server import MAJOR, Server

SCHEMES = ("postgresql", "postgres")
OURS = "lab"
"""The value of MIGRATIONLAB_SERVER that means: DATABASE_URL is a lesson's own, ignore it."""

LOCAL_HOSTS = ("127.0.0.1", "localhost", "::1")
NAMED = ("host", "hostaddr", "port", "user", "password", "dbname")
VARIABLE = "DATABASE_URL"


def chosen() -> str | None:
    """The URL of the given server, None when the lab is to use its own."""
    name = "MIGRATIONLAB_SERVER" if os.environ.get("MIGRATIONLAB_SERVER") else "DATABASE_URL"
    value = os.environ.get(name, "").strip()
    return None if value in ("", OURS) else value


def reach(url: str, progress=print, *, named: str = VARIABLE) -> Server:
    """Connect to the given server and describe it. Raises LabError; changes nothing.

    `named` is where the user has written the URL, for instance the option "--url": what is given
    to a tool may be of another major version than the lessons'.
    """
    wanted = parse(url, named)
    patient = {"connect_timeout": "10", "application_name": "migrationlab"} | wanted
    try:
        with closing(psycopg2.connect(**patient)) as connection:
            info = connection.info
            answer = connection_check.judge_version(connection.server_version)
            if named != VARIABLE:
                insist_on_known_major(answer.major)
            elif not answer:
                raise other_major(answer.major)
            options = {name: value for name, value in wanted.items() if name not in NAMED}
            return Server(
                kind="given",
                host=info.host or wanted.get("host", "localhost"),
                port=info.port,
                user=info.user,
                password=info.password or "",
                database=info.dbname,
                bin=_programs(info.ssl_in_use, progress),
                owned=False,
                local=is_local(wanted),
                prefix=f"{info.dbname}_",
                options=tuple(sorted(options.items())),
            )
    except psycopg2.OperationalError as error:
        raise refusal(wanted, str(error), named) from None


def insist_on_known_major(major: int) -> None:
    """Raise LabError for a server that is older than what the tools are tried with."""
    if major < postgres_programs.OLDEST:
        raise LabError(
            f"The server is PostgreSQL {major}.", expected=f"{postgres_programs.OLDEST} or newer"
        )


def without(named: str) -> str:
    """How to do without the URL: an option is simply left out, and nobody need be told."""
    return f" Or unset {VARIABLE}: the lab then starts its own server." * (named == VARIABLE)


def running() -> Server | None:
    """The given server if it answers. Raises nothing."""
    try:
        return reach(chosen() or "", progress=lambda text: None)
    except LabError:
        return None


def parse(url: str, named: str = VARIABLE) -> dict[str, str]:
    """The libpq parameters in a URL of any usual form; LabError when it is not PostgreSQL's.

    postgres://, postgresql://, postgresql+psycopg2:// and libpq's `host=… dbname=…` are
    read by libpq itself. The messages never repeat the URL: it may hold a password.
    """
    scheme, separator, rest = url.partition("://")
    if separator:
        system = scheme.split("+")[0].lower()
        if system not in SCHEMES:
            ours = named == VARIABLE
            needed = f"the lessons need PostgreSQL {MAJOR}" if ours else "this needs PostgreSQL"
            raise LabError(
                f"{named} is for {system}, and {needed}.",
                expected="postgresql+psycopg2://user:password@host:port/database",
                todo=f"Unset {VARIABLE}: the lab then starts its own server." if ours else "",
            )
        url = f"postgresql://{rest}"
    try:
        wanted = parse_dsn(url)
    except psycopg2.Error:
        raise _not_understood(named) from None
    if not wanted.get("port", "5432").isdigit():  # libpq would also take a list of hosts and ports
        raise _not_understood(named)
    return wanted


def is_local(wanted: dict[str, str]) -> bool:
    """Whether libpq parameters lead to this machine; only then may anything be reset."""
    host = wanted.get("hostaddr") or wanted.get("host") or os.environ.get("PGHOST", "")
    return host in LOCAL_HOSTS or host.startswith("/") or host == ""


def other_major(major: int) -> LabError:
    return LabError(
        f"The given server is PostgreSQL {major}.",
        expected=f"PostgreSQL {MAJOR}, for which the lessons are written",
        todo=f"Give the URL of a PostgreSQL {MAJOR}.{without(VARIABLE)}",
    )


def refusal(wanted: dict[str, str], said: str, named: str = VARIABLE) -> LabError:
    """The message for a connection that failed, from libpq's words; no password in it."""
    host = wanted.get("host") or "localhost"
    port = int(wanted.get("port") or 5432)
    place = f"{host}:{port}"
    answer = connection_check.judge_failure(
        said, not host.startswith("/") and ports.answers(port, host)
    )
    if answer.state == "unreachable":
        return LabError(
            f"No PostgreSQL answers at {place}, which {named} names.",
            expected="a running server that this machine can reach",
            todo=f"Start it, or look at host and port in {named}.{without(named)}",
        )
    if answer.state == "wrong password":
        user = wanted.get("user", f"the user of {named}")
        return LabError(
            f"The server at {place} refuses the password of {user}.",
            expected=f"the right password in {named}",
            todo="Write @ : / % in a password as %40 %3A %2F %25." + without(named),
        )
    if answer.state == "no database":
        name = wanted.get("dbname", "")
        return LabError(
            f"The server at {place} has no database {name}.",
            expected=f"an existing database in {named}",
            todo=f"Make it with `createdb {name}`, or name another.{without(named)}",
        )
    return LabError(
        f"The server at {place} refuses the connection: {answer.said.splitlines()[-1]}",
        todo=f"Look at {named}.{without(named)}",
    )


def _not_understood(named: str) -> LabError:
    return LabError(
        f"{named} is not understood.",
        expected="postgresql+psycopg2://user:password@host:port/database",
        todo="Write @ : / % in a password as %40 %3A %2F %25." + without(named),
    )


def _programs(needs_tls: bool, progress):
    """The wheel's programs were built without TLS; a server that uses it needs others."""
    try:
        own = postgres_programs.folder()
    except LabError:
        if paths.in_clone():
            raise
        return Path(sysconfig.get_path("scripts"))  # there are none, and perhaps none is needed
    if not needs_tls or postgres_programs.wheel() not in own.parents:
        return own
    found = postgres_programs.folder_on_path()
    if found is None:
        progress(
            "The psql and pg_dump of pip's package cannot encrypt (TLS), as this server does. "
            f"Install the client programs of PostgreSQL {MAJOR} and put them on PATH."
        )
    return found or own
