"""What the lab remembers about its server between two commands: files in `.lab/`."""

import errno
import json
import os
import shutil
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from migrationlab import paths
from migrationlab.errors import LabError

ROOM = 150 * 1024 * 1024
"""Bytes that a new data directory needs: 40 MB at first, and more for the WAL of a lesson."""

PATIENCE = 180
"""Seconds to wait for another process of the lab that is starting or stopping the server."""


def read() -> dict:
    """What server.json says; {} when there is none or it cannot be understood."""
    try:
        known = json.loads((paths.state() / "server.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def remember(kind: str, **facts) -> None:
    """Write down that the server in use is of this kind ("embedded", "compose"), and about it.

    What is known of the other kind stays, so each keeps its port. Never a password.
    """
    known = read() | {"kind": kind, kind: facts}
    replace(paths.state() / "server.json", json.dumps(known, indent=2, ensure_ascii=False) + "\n")


def recall(kind: str) -> dict:
    """What was remembered about a kind of server; {} for nothing."""
    facts = read().get(kind)
    return facts if isinstance(facts, dict) else {}


def replace(path: Path, text: str, *, private: bool = False) -> None:
    """Write a file so that a reader sees the old text or the new one, never half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600 if private else 0o644)
        with open(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def password() -> str:
    """The password of the embedded server; "" before there is one."""
    try:
        return (paths.state() / "password").read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return ""


def keep_password(text: str) -> None:
    """Keep the embedded server's password in a file that only its owner may read."""
    replace(paths.state() / "password", text + "\n", private=True)


def trouble(error: OSError, path: Path) -> LabError:
    """The message for a file or folder of the lab that cannot be used."""
    if error.errno == errno.ENOSPC:
        return disk_full(path)
    if isinstance(error, PermissionError):
        return LabError(
            f"{error.filename or path} belongs to another user of this machine.",
            expected="the user who started the lab the first time (perhaps root, with sudo)",
            todo="Start the lab as that user, or give the folders .lab and work to yourself.",
        )
    return LabError(f"The lab's folder cannot be used: {error}", todo=f"Look at {path}.")


def disk_full(path: Path) -> LabError:
    """The message for a disk without room for what is to be written in `path`."""
    free = shutil.disk_usage(path).free // 1024**2
    return LabError(
        f"The disk is full: {free} MB are free where {path} is.",
        expected=f"at least {ROOM // 1024**2} MB",
        todo="Delete what you do not need, then start again. Nothing was lost.",
    )


@contextmanager
def lock(progress=print):
    """Only one process at a time starts or stops the server of this `.lab/`."""
    guard = FileLock(paths.state() / "server.lock")
    try:
        paths.state().mkdir(parents=True, exist_ok=True)
        guard.acquire(timeout=1)
    except Timeout:
        progress("Another command of the lab is starting or stopping the server; waiting for it …")
        try:
            guard.acquire(timeout=PATIENCE)
        except Timeout:
            raise LabError(
                f"Another command of the lab has been busy with the server for {PATIENCE} seconds.",
                todo="Look for it in another terminal and end it, then try again.",
            ) from None
    except OSError as error:  # after Timeout, which is one too
        raise trouble(error, paths.state()) from error
    try:
        yield
    finally:
        guard.release()
