"""A server that the user gives: DATABASE_URL, or MIGRATIONLAB_SERVER inside a lesson."""

import os
from contextlib import closing

import psycopg2
from psycopg2.extensions import parse_dsn

from migrationlab.errors import LabError
from migrationlab.server import ports, postgres_programs, probe
from migrationlab.server.postgres_server import MAJOR, Server

SCHEMES = ("postgresql", "postgres")
OURS = "lab"
"""The value of MIGRATIONLAB_SERVER that means: DATABASE_URL is a lesson's own, ignore it."""

LOCAL_HOSTS = ("127.0.0.1", "localhost", "::1")
NAMED = ("host", "hostaddr", "port", "user", "password", "dbname")
WITHOUT_IT = "Or unset DATABASE_URL: the lab then starts its own server."


def chosen() -> str | None:
    """The URL of the given server, None when the lab is to use its own."""
    name = "MIGRATIONLAB_SERVER" if os.environ.get("MIGRATIONLAB_SERVER") else "DATABASE_URL"
    value = os.environ.get(name, "").strip()
    return None if value in ("", OURS) else value


def reach(url: str, progress=print) -> Server:
    """Connect to the given server and describe it. Raises LabError; changes nothing."""
    wanted = parse(url)
    patient = {"connect_timeout": "10", "application_name": "migrationlab"} | wanted
    try:
        with closing(psycopg2.connect(**patient)) as connection:
            info = connection.info
            answer = probe.judge_version(connection.server_version)
            if not answer:
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
        raise refusal(wanted, str(error)) from None


def running() -> Server | None:
    """The given server if it answers. Raises nothing."""
    try:
        return reach(chosen() or "", progress=lambda text: None)
    except LabError:
        return None


def parse(url: str) -> dict[str, str]:
    """The libpq parameters in a URL of any usual form; LabError when it is not PostgreSQL's.

    postgres://, postgresql://, postgresql+psycopg2:// and libpq's `host=… dbname=…` are
    read by libpq itself. The messages never repeat the URL: it may hold a password.
    """
    scheme, separator, rest = url.partition("://")
    if separator:
        system = scheme.split("+")[0].lower()
        if system not in SCHEMES:
            raise LabError(
                f"DATABASE_URL is for {system}, and the lessons need PostgreSQL {MAJOR}.",
                expected="postgresql+psycopg2://user:password@host:port/database",
                todo="Unset DATABASE_URL: the lab then starts its own server.",
            )
        url = f"postgresql://{rest}"
    try:
        wanted = parse_dsn(url)
    except psycopg2.Error:
        raise _not_understood() from None
    if not wanted.get("port", "5432").isdigit():  # libpq would also take a list of hosts and ports
        raise _not_understood()
    return wanted


def is_local(wanted: dict[str, str]) -> bool:
    """Whether libpq parameters lead to this machine; only then may anything be reset."""
    host = wanted.get("hostaddr") or wanted.get("host") or os.environ.get("PGHOST", "")
    return host in LOCAL_HOSTS or host.startswith("/") or host == ""


def other_major(major: int) -> LabError:
    return LabError(
        f"The given server is PostgreSQL {major}.",
        expected=f"PostgreSQL {MAJOR}, for which the lessons are written",
        todo=f"Give the URL of a PostgreSQL {MAJOR}. {WITHOUT_IT}",
    )


def refusal(wanted: dict[str, str], said: str) -> LabError:
    """The message for a connection that failed, from libpq's words; no password in it."""
    host = wanted.get("host") or "localhost"
    port = int(wanted.get("port") or 5432)
    place = f"{host}:{port}"
    answer = probe.judge_failure(said, not host.startswith("/") and ports.answers(port, host))
    if answer.state == "unreachable":
        return LabError(
            f"No PostgreSQL answers at {place}, which DATABASE_URL names.",
            expected="a running server that this machine can reach",
            todo=f"Start it, or look at host and port in DATABASE_URL. {WITHOUT_IT}",
        )
    if answer.state == "wrong password":
        user = wanted.get("user", "the user of DATABASE_URL")
        return LabError(
            f"The server at {place} refuses the password of {user}.",
            expected="the right password in DATABASE_URL",
            todo="Write @ : / % in a password as %40 %3A %2F %25. " + WITHOUT_IT,
        )
    if answer.state == "no database":
        name = wanted.get("dbname", "")
        return LabError(
            f"The server at {place} has no database {name}.",
            expected="an existing database in DATABASE_URL",
            todo=f"Make it with `createdb {name}`, or name another. {WITHOUT_IT}",
        )
    return LabError(
        f"The server at {place} refuses the connection: {answer.said.splitlines()[-1]}",
        todo=f"Look at DATABASE_URL. {WITHOUT_IT}",
    )


def _not_understood() -> LabError:
    return LabError(
        "DATABASE_URL is not understood.",
        expected="postgresql+psycopg2://user:password@host:port/database",
        todo="Write @ : / % in a password as %40 %3A %2F %25. " + WITHOUT_IT,
    )


def _programs(needs_tls: bool, progress):
    """The wheel's programs were built without TLS; a server that uses it needs others."""
    if not needs_tls:
        return postgres_programs.folder()
    found = postgres_programs.folder_on_path()
    if found is None:
        progress(
            f"The lab's psql and pg_dump cannot encrypt (TLS), as this server does. "
            f"Install the client programs of PostgreSQL {MAJOR} and put them on PATH."
        )
    return found or postgres_programs.folder()
