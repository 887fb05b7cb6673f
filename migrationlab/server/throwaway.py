"""A server for a few minutes, in a temporary folder: nothing of it is left."""

import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path

import psutil

from migrationlab.errors import LabError
from migrationlab.server import cluster, postgres_programs, system_account
from migrationlab.server.cluster import Cluster

# It may be lost at any moment, so it need not be safe, only quick.
QUICK = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
PREFIX = "lab-server-"
OWNER = "owner"  # the file that says whose it is: process id, and when that process began


@contextmanager
def throwaway(*, least: int = postgres_programs.OLDEST, **settings: str):
    """A running server of the lessons' major version for the duration of the block.

    It listens on 127.0.0.1 with a password of its own; `settings` go to its configuration.
    Outside of a clone the version may be another, but it is `least` or newer.
    Raises LabError when it cannot be made.
    """
    _sweep()
    folder = cluster.home(PREFIX)
    (folder / OWNER).write_text(f"{os.getpid()} {psutil.Process().create_time()}")
    try:
        made = cluster.create(folder, least=least, **(QUICK | settings))
        try:
            yield made.start()
        finally:
            made.stop("immediate")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _sweep() -> None:
    """Stop and remove the servers of processes that were killed, and of nobody else."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        try:
            pid, began = (folder / OWNER).read_text().split()
            if _lives(int(pid), float(began)):
                continue
            data = folder / "data"
            if data.exists():
                programs = postgres_programs.folder()
                Cluster(data, programs, system_account.choose(data)).stop("immediate")
            shutil.rmtree(folder, ignore_errors=True)
        except (OSError, ValueError, LabError):
            continue  # somebody else's, or being made or removed at this moment


def _lives(pid: int, began: float) -> bool:
    try:
        return abs(psutil.Process(pid).create_time() - began) < 1
    except psutil.Error:
        return False
