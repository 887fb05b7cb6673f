"""Find the transaction that did the damage, in the WAL itself."""

import os
import re
import subprocess
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from migrationlab.backup import client_programs
from migrationlab.backup.recovery import wal_archive
from migrationlab.errors import LabError

COMMIT = re.compile(
    r"tx:\s*(?P<xid>\d+), lsn: (?P<lsn>[0-9A-F]+/[0-9A-F]+).*?"
    r"desc: COMMIT (?P<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+ \w+)(?P<rest>.*)"
)
RELATIONS = re.compile(r"rels:((?: [^ ;]+)+)")


@dataclass(frozen=True)
class Commit:
    """One committed transaction. `dropped`: files of relations that it removed (DROP, TRUNCATE)."""

    xid: int
    lsn: str
    time: datetime
    dropped: tuple[str, ...]


def commits(folder: Path, start: str = "") -> list[Commit]:
    """The committed transactions in a folder of WAL files, in their order.

    `start` is the name of the first segment to read; without it the oldest of the newest timeline.
    What stands behind a gap is not read. Raises LabError when there is nothing to read.
    """
    found = wal_archive.segments(folder)
    if not found:
        raise LabError(f"{folder} holds no WAL.", expected="an archive, or a cluster's pg_wal")
    newest = [one for one in found if one.timeline == found[-1].timeline]
    first = start or newest[0].path.name
    tools = client_programs.newest()
    ends = [first, newest[-1].path.name]  # with one name it would read that file alone
    command = [tools.program("pg_waldump"), "--rmgr=Transaction", f"--path={folder}", *ends]
    # It ends with an error where the WAL ends; what it has read until then is what we want.
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        env=dict(os.environ, LC_ALL="C", TZ="UTC", PGTZ="UTC"),
        stdin=subprocess.DEVNULL,
    )
    lines = [COMMIT.search(line) for line in done.stdout.splitlines()]
    if not any(lines) and done.returncode and not done.stdout:
        raise LabError(f"pg_waldump cannot read {first}: {done.stderr.strip()[:300]}")
    return [_commit(match) for match in lines if match]


def _commit(match: re.Match) -> Commit:
    moment, zone = match["time"].rsplit(" ", 1)
    relations = RELATIONS.search(match["rest"])
    return Commit(
        int(match["xid"]),
        match["lsn"],
        datetime.fromisoformat(f"{moment}+00:00" if zone in ("UTC", "GMT") else moment),
        tuple(relations[1].split()) if relations else (),
    )
