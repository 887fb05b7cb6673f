"""What the lab remembers about its server between two commands: files in `.lab/`."""

import json
import os
import secrets
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from migrationlab import paths
from migrationlab.errors import LabError

PATIENCE = 180
"""Seconds to wait for another process of the lab that is starting or stopping the server."""


def read() -> dict:
    """What server.json says; {} when there is none or it cannot be understood."""
    try:
        known = json.loads((paths.state() / "server.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def write(known: dict) -> None:
    """Replace server.json. It never holds a password."""
    replace(paths.state() / "server.json", json.dumps(known, indent=2, ensure_ascii=False) + "\n")


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


def new_password() -> str:
    """Make a random password and keep it in a file that only its owner may read."""
    replace(paths.state() / "password", secrets.token_urlsafe(18) + "\n", private=True)
    return password()


@contextmanager
def lock(progress=print):
    """Only one process at a time starts or stops the server of this `.lab/`."""
    paths.state().mkdir(parents=True, exist_ok=True)
    guard = FileLock(paths.state() / "server.lock")
    try:
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
    try:
        yield
    finally:
        guard.release()
