"""One at a time, also between processes: a file lock for each name."""

from contextlib import contextmanager

from filelock import FileLock, Timeout

from migrationlab import paths
from migrationlab.errors import LabError


@contextmanager
def locked(name: str, timeout: float = 120):
    """Hold the lock `name` for the duration of a block; wait `timeout` seconds for it.

    Raises LabError when another process still holds it then. The lock of a
    process that died is free at once.
    """
    folder = paths.state() / "locks"
    if not paths.in_clone():  # a folder of the user's own; in a clone the server's user passes here
        paths.state().mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / f"{name}.lock")
    try:
        lock.acquire(timeout=timeout)
    except Timeout:
        raise LabError(
            f"Another process of the lab has been busy with {name} for {timeout:.0f} seconds.",
            todo="Wait for it, or close it, then try again.",
        ) from None
    try:
        yield
    finally:
        lock.release()
