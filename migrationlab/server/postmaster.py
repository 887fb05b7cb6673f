"""Reading postmaster.pid: is the server of a data directory running, and where?"""

import os
from dataclasses import dataclass
from pathlib import Path

import psutil


@dataclass(frozen=True)
class Postmaster:
    """The running server of a data directory. status: "starting", "ready", "stopping" …"""

    pid: int
    port: int
    status: str


def running(data: Path) -> Postmaster | None:
    """The server that works in `data`, None when there is none.

    postmaster.pid outlives a power cut, and its process number may by then belong to any
    other program. So the process must be a PostgreSQL whose current folder is `data`.
    Lines of the file: https://github.com/postgres/postgres/blob/REL_18_STABLE/src/include/utils/pidfile.h
    """
    try:
        lines = (data / "postmaster.pid").read_text(encoding="utf-8", errors="replace").split("\n")
        pid = int(lines[0])
    except (OSError, ValueError):  # no such file, or the data of another user
        return None
    if not _is_postgres(pid, data):
        return None
    lines += [""] * 8
    port = int(lines[3]) if lines[3].strip().isdigit() else 0
    return Postmaster(pid, port, lines[7].strip())


def forget_stale(data: Path) -> bool:
    """Remove the postmaster.pid of a server that is gone; whether there was one."""
    if running(data) is not None or not (data / "postmaster.pid").exists():
        return False
    (data / "postmaster.pid").unlink(missing_ok=True)
    return True


def _is_postgres(pid: int, data: Path) -> bool:
    try:
        process = psutil.Process(pid)
        return process.name().startswith("postgres") and os.path.samefile(process.cwd(), data)
    except (psutil.Error, OSError, ValueError):
        return False
