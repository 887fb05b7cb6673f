"""Find pg_dump and its like in the version that a server needs, and run them."""

import os
import re
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from migrationlab.errors import LabError
from migrationlab.server import postgres_programs


@dataclass(frozen=True)
class Clients:
    """A folder of client programs of one version."""

    folder: Path
    version: str

    @property
    def major(self) -> int:
        return int(self.version.split(".")[0])

    def program(self, name: str) -> str:
        return postgres_programs.program(name, self.folder)

    def __str__(self) -> str:
        return f"{self.version} in {self.folder}"


def for_server(major: int, *, tls: bool = False) -> Clients:
    """The programs of the server's own version, else of the next newer one. Raises LabError.

    An older pg_dump refuses a newer server. A newer one reads it, but what it writes may not load
    into the older server again: that is why the same version comes first. With `tls`, before it
    comes what can encrypt: the wheel's programs cannot.
    """
    usable = sorted(
        (c for c in found() if c.major >= major),
        key=lambda c: (tls and postgres_programs.wheel() in c.folder.parents, c.major),
    )
    if not usable:
        have = ", ".join(str(c) for c in found()) or "none"
        raise LabError(
            f"The server is PostgreSQL {major}, and no client programs are that new: {have}.",
            expected=f"pg_dump of version {major} or newer",
            todo=postgres_programs.how_to_get_clients(),
        )
    return usable[0]


def newest() -> Clients:
    """The newest programs there are. Raises LabError when there are none."""
    if not found():
        raise LabError(
            "There are no client programs of PostgreSQL here.",
            todo=postgres_programs.how_to_get_clients(),
        )
    return max(found(), key=lambda c: c.major)


@cache
def found() -> tuple[Clients, ...]:
    """Every folder with pg_dump: the given one, the wheel, the system's, and those on PATH."""
    clients = []
    for place in postgres_programs.places():
        program = place / ("pg_dump" + postgres_programs.SUFFIX)
        # Debian's /usr/bin/pg_dump chooses a version by itself; its folders are asked instead.
        # Asked with os.path: a folder of PATH that one may not enter is no error there.
        if os.path.exists(program) and program.resolve().name != "pg_wrapper":
            if version := _version(place):
                clients.append(Clients(place, version))
    return tuple(clients)


def _version(folder: Path) -> str:
    try:
        command = [postgres_programs.program("pg_dump", folder), "--version"]
        said = subprocess.run(command, capture_output=True, text=True, timeout=20).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ""
    match = re.search(r"\d+(\.\d+)?", said)
    return match.group() if match else ""


def run(command: list[str], environment: dict[str, str], *, timeout: float | None = None) -> None:
    """Run a client program to its end. Raises LabError with what it said when it fails."""
    with start(command, environment) as process:
        try:
            said = process.communicate(timeout=timeout)[0]
        except subprocess.TimeoutExpired:
            process.kill()
            raise LabError(f"{Path(command[0]).stem} did not end within {timeout:.0f} s.") from None
        except BaseException:
            process.kill()
            raise
    insist(command, process.returncode, said)


def start(command: list[str], environment: dict[str, str]) -> subprocess.Popen:
    try:
        return subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
    except FileNotFoundError:
        raise LabError(
            f"There is no program {command[0]}.",
            expected="all client programs of PostgreSQL in one folder",
            todo=postgres_programs.how_to_get_clients(),
        ) from None


def insist(command: list[str], code: int, said: str) -> None:
    """Raise LabError when a program has failed, with its own words."""
    if code:
        name = Path(command[0]).stem
        lines = [line for line in said.strip().splitlines() if line.strip()]
        lines = [line for line in lines if re.search("error|fatal", line, re.I)] or lines
        told = " ".join(line.removeprefix(f"{name}: ") for line in lines[:3]) or f"exit code {code}"
        raise LabError(f"{name} failed: {told[:400]}")
