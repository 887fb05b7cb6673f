"""Databases to back up, and what one asks of them afterwards."""

import json
import shutil
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import psycopg2

from migrationlab import paths
from migrationlab.backup import manifest
from migrationlab.errors import LabError

FOLDER = Path(__file__).parent
ODD_NAME = 'Æske "æ" 100% = 🥚\\'
OWNER, READER = "ejer af æbler", "læser"


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def run(server, database: str, *statements: str, user: str | None = None) -> list[tuple]:
    """Run statements, each in a transaction of its own; the rows of the last."""
    with closing(server.connect(database)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            if user:
                cursor.execute(f"SET ROLE {quoted(user)}")
            for statement in statements:
                cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []


def url(server, database: str, user: str = "", password: str = "") -> str:
    """The address of a database, also for another role."""
    who = quote(user or server.user, safe="")
    secret = quote(password or server.password, safe="")
    return f"postgresql://{who}:{secret}@{server.host}:{server.port}/{quote(database, safe='')}"


def names(server, beginning: str = "") -> set[str]:
    found = run(server, "postgres", "SELECT datname FROM pg_database WHERE NOT datistemplate")
    return {name for (name,) in found if name.startswith(beginning)}


def drop(server, *databases: str) -> None:
    for name in databases:
        run(server, "postgres", f"DROP DATABASE IF EXISTS {quoted(name)} WITH (FORCE)")


def copy_of(backup, place: Path) -> Path:
    """A backup's folder to be damaged, without a verdict."""
    unproved = shutil.ignore_patterns(manifest.VERIFIED)
    return Path(shutil.copytree(backup.folder, place / backup.folder.name, ignore=unproved))


def reseal(folder: Path, change=lambda noted: None) -> None:
    """Make manifest.json fit to its files, and to itself, as a forger would."""
    path = folder / manifest.NAME
    noted = json.loads(path.read_text("utf-8"))
    noted["files"] = {
        name: {"bytes": (folder / name).stat().st_size, "sha256": manifest.digest(folder / name)}
        for name in manifest.contents(folder)
    }
    change(noted)
    noted["sha256"] = manifest.seal(noted)
    path.write_text(json.dumps(noted), "utf-8")


def lab(*words: str, environment: dict | None = None) -> subprocess.CompletedProcess:
    """The command as a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "migrationlab.backup", *map(str, words)],
        cwd=paths.PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )


def message(error: LabError, *secrets: str) -> str:
    """The message of an error, which must be short, without a traceback, and tell no secret."""
    text = str(error)
    assert len(text) < 700 and "Traceback" not in text and "  File " not in text, text
    assert not any(secret in text for secret in secrets), text
    return text


def connects(address: str) -> bool:
    try:
        psycopg2.connect(address).close()
        return True
    except psycopg2.OperationalError:
        return False
