"""Prove a backup: restore it where nobody is hurt, and compare everything."""

import os
import re
import secrets
import time
from contextlib import contextmanager
from dataclasses import dataclass, field

from migrationlab.backup import client_programs, connection_url, load_dump, manifest, sqlite_backup
from migrationlab.backup.connection_url import Address
from migrationlab.backup.manifest import GLOBALS, Backup
from migrationlab.errors import LabError
from migrationlab.server.throwaway import throwaway

READ_SECONDS = 3600  # pg_restore can read a damaged archive for ever
# What a restore can die of that says nothing about the backup.
NOT_ITS_FAULT = re.compile(
    r"extension \S+ is not available|collation \S+ .*does not exist|tablespace \S+ does not exist"
    r"|No space left|could not extend|[Oo]ut of memory|shared memory|too many (clients|connections)"
    r"|connection to server|server closed the connection|terminating connection|cannot be reached"
)


@dataclass(frozen=True)
class Verification:
    """`how` says what was done, `lines` what is not as it should be; empty when all is well."""

    backup: Backup
    how: str
    lines: list[str] = field(default_factory=list)
    compared: str = ""
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        return not self.lines

    def __str__(self) -> str:
        name = self.backup.folder.name
        if self.ok:
            return f"{name}: good. {self.how} {self.compared}".strip()
        return "\n".join([f"{name}: NOT GOOD. {self.how}", *(f"  {line}" for line in self.lines)])


def verify(folder, *, quick: bool = False, on: str | None = None, progress=lambda text: None):
    """The verdict on a backup; it is noted in its folder.

    quick   only files and structure: that every byte is there, not that it can be restored
    on      the URL of a server to use instead of a throw-away one; a scratch database is made there
    Raises LabError when nothing could be tried, for instance because the server does not answer.
    """
    backup = manifest.load(folder)
    began = time.monotonic()
    progress("checking the files")
    lines = manifest.damages(backup)
    how = "Files and structure only: that it can be restored is not shown."
    compared = ""
    if not lines and backup.kind == "postgresql":
        if quick or backup.manifest["format"] == "plain":
            lines = _structure(backup, progress)  # a restore reads an archive to its end anyway
        if not quick and not lines:
            how, lines = _restored(backup, on, progress)
            compared = _compared(backup)
    elif not lines:
        how, lines = sqlite_backup.prove(backup, quick=quick)
    verdict = Verification(backup, how, lines, compared, round(time.monotonic() - began, 2))
    backup.note_verified(
        {
            "at": manifest.now().isoformat(),
            "ok": verdict.ok,
            "quick": quick,
            "how": how,
            "lines": lines[:50],
            "seconds": verdict.seconds,
        }
    )
    return verdict


def _structure(backup: Backup, progress) -> list[str]:
    """Whether the dump can be read from end to end."""
    progress("reading the archive")
    if backup.manifest["format"] == "plain":
        text = backup.dump().read_bytes()[-4096:].decode(errors="replace")
        return [] if "database dump complete" in text else ["the dump has no end"]
    tools = load_dump.tools_for(backup)
    try:
        read = [tools.program("pg_restore"), f"--file={os.devnull}", str(backup.dump())]
        client_programs.run(read, dict(os.environ), timeout=READ_SECONDS)
    except LabError as error:
        return [error.what]
    return []


def _restored(backup: Backup, on: str | None, progress) -> tuple[str, list[str]]:
    with _scratch(backup, on, progress) as (target, how):
        tools = load_dump.tools_for(backup, target.major)
        progress("restoring")
        try:
            load_dump.fill(backup, target, tools)
        except LabError as error:
            if NOT_ITS_FAULT.search(error.what):
                raise LabError(
                    f"The backup could not be tried: {error.what}",
                    todo="Verify it on a server that can take it: --on URL.",
                ) from None
            return how, [error.what]
        progress("comparing")
        was = backup.manifest["facts"]["major"]
        if target.major != was:
            how += f" It is PostgreSQL {target.major}, not {was}: views are compared by columns."
        return how, load_dump.compare(backup, target)


@contextmanager
def _scratch(backup: Backup, on: str | None, progress):
    """An empty database for a while, with the roles that the backup needs."""
    name = f"lab_verify_{secrets.token_hex(4)}"
    if on:
        server = connection_url.reach(on).of(connection_url.MAINTENANCE)
        if missing := load_dump.missing_roles(server, backup):
            raise LabError(
                f"The server lacks the roles {', '.join(missing)}, so owners cannot be compared.",
                todo="Verify on a throw-away server: leave out --on.",
            )
        load_dump.create_database(server, name, backup)
        try:
            yield server.of(name), f"Restored into a scratch database on {server.host}."
        finally:
            load_dump.drop_database(server, name)
        return
    progress("starting a throw-away server")
    written_by = int(backup.manifest["client"].split(".")[0])
    with throwaway(least=written_by) as made:
        server = connection_url.reach(made.url())
        _roles(backup, server)
        load_dump.create_database(server, name, backup)
        yield server.of(name), "Restored on a throw-away server."


def _roles(backup: Backup, server: Address) -> None:
    """The backup's own roles; where it could not have them, roles of the same names."""
    file = backup.folder / GLOBALS
    if file.exists():
        tools = load_dump.tools_for(backup, server.major)
        command = [tools.program("psql"), "--no-psqlrc", "--quiet", "--no-password"]
        client_programs.run([*command, f"--file={file}"], server.environment())
    if missing := load_dump.missing_roles(server, backup):
        load_dump.create_roles(server, missing)


def _compared(backup: Backup) -> str:
    noted = backup.manifest["facts"]
    rows = sum(table["rows"] for table in noted["tables"].values())
    return (
        f"Compared: {rows:,} rows in {len(noted['tables'])} tables by fingerprint, the schema, "
        f"{len(noted['sequences'])} sequences, {noted['large_objects']['count']:,} large objects, "
        "owners and grants."
    )
