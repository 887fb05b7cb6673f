"""Work that was set aside: list it, and delete what its owner names."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from migrationlab import paths
from migrationlab.course.workspace import ASIDE, SET_ASIDE
from migrationlab.errors import LabError
from migrationlab.postgres import databases


@dataclass(frozen=True)
class Kept:
    """One thing that was set aside: a database, a folder or a notebook."""

    name: str
    what: str


def listing(server) -> list[Kept]:
    """Everything that was set aside, in name order."""
    found = [
        Kept(name, "database")
        for name in databases.listing(server, server.prefix)
        if ASIDE in name or databases.SCRATCH in name  # scratch: its check was killed
    ]
    found += [Kept(path.name, "files") for path in sorted(_folder().glob("*"))]
    return found


def delete(server, names: list[str]) -> None:
    """Delete things that were set aside, by their names. Raises LabError for any other name."""
    known = {kept.name: kept.what for kept in listing(server)}
    for name in names:
        if name not in known:
            raise LabError(
                f"Nothing was set aside as {name!r}.", todo="python3 lab.py tidy lists the names."
            )
    for name in names:
        if known[name] == "database":
            databases.drop(server, name)
            continue
        path = _folder() / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def _folder() -> Path:
    return paths.work() / SET_ASIDE
