"""Which processes use the server now, so that the last one to leave can stop it."""

import json
import os
import secrets
from pathlib import Path

import psutil

from migrationlab import paths
from migrationlab.server import remembered_server


def enter() -> Path:
    """Register this process; the path to hand to `leave`."""
    mark = paths.state() / "sessions" / f"{os.getpid()}-{secrets.token_hex(4)}.json"
    started = psutil.Process().create_time()
    remembered_server.replace(mark, json.dumps({"pid": os.getpid(), "started": started}))
    return mark


def leave(mark: Path) -> None:
    """Forget what `enter` registered."""
    mark.unlink(missing_ok=True)


def users() -> list[int]:
    """The process numbers of the lab's commands that use the server; dead ones are forgotten."""
    found = []
    for mark in sorted((paths.state() / "sessions").glob("*.json")):
        try:
            known = json.loads(mark.read_text(encoding="utf-8"))
            # The number of a dead process may belong to a new one: its start time tells.
            alive = abs(psutil.Process(known["pid"]).create_time() - known["started"]) < 2
        except (psutil.Error, OSError, ValueError, KeyError, TypeError):
            alive = False
        if alive:
            found.append(known["pid"])
        else:
            mark.unlink(missing_ok=True)
    return found
