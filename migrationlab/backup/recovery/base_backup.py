"""Base backups: a copy of a whole cluster while it works, whole or only what has changed."""

import os
from pathlib import Path

from migrationlab.backup import client_programs
from migrationlab.backup.connection_url import Address
from migrationlab.errors import LabError

MANIFEST = "backup_manifest"


def take(server: Address, to: Path, *, incremental: Path | None = None, wal: bool = True) -> Path:
    """Copy the cluster into the new folder `to`; it, when pg_verifybackup finds it whole.

    incremental   the folder of an earlier base backup: only what has changed since is copied
    wal           with the WAL of the time it took, so that it can be started alone
    Raises LabError; the folder is then not there.
    """
    if to.exists():
        raise LabError(f"{to} exists already.", expected="a new folder")
    draft = to.with_name(f".unfinished-{to.name}")
    tools = client_programs.for_server(server.major)
    command = [tools.program("pg_basebackup"), f"--pgdata={draft}", "--checkpoint=fast"]
    command += [f"--wal-method={'stream' if wal else 'none'}", "--no-password"]
    command += [f"--incremental={incremental / MANIFEST}"] if incremental else []
    client_programs.run(command, server.environment())
    verify(draft, tools, whole=wal and not incremental)
    draft.rename(to)
    return to


def verify(folder: Path, tools=None, *, whole: bool = True) -> None:
    """Compare every file with the manifest. Raises LabError with the first differences."""
    tools = tools or client_programs.newest()
    command = [tools.program("pg_verifybackup"), "--quiet"]
    command += [] if whole else ["--no-parse-wal"]
    client_programs.run([*command, str(folder)], dict(os.environ))


def combine(chain: list[Path], to: Path) -> Path:
    """One full backup from a full one and the incremental ones after it, in this order."""
    tools = client_programs.newest()
    command = [tools.program("pg_combinebackup"), f"--output={to}", *map(str, chain)]
    client_programs.run(command, dict(os.environ))
    return to
