"""What the server tests have in common: commands in other processes, one-line SQL."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from migrationlab import paths


def lab_process(code: str, home: Path, **keywords) -> subprocess.Popen:
    """A command of the lab in a process of its own: Python code with `server` imported."""
    environment = dict(os.environ, MIGRATIONLAB_HOME=str(home), PYTHONPATH=str(paths.PROJECT))
    return subprocess.Popen(
        [sys.executable, "-c", "from migrationlab import server\n" + code],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        **keywords,
    )


def copy_with_owners(source: Path, target: Path) -> None:
    """Copy a folder as `cp -a` does: as root the data belong to the server's user."""

    def copy(one: str, other: str) -> None:
        shutil.copy2(one, other)
        _same_owner(one, other)

    shutil.copytree(source, target, copy_function=copy)
    for folder, _, _ in os.walk(source):
        _same_owner(folder, target / Path(folder).relative_to(source))


def _same_owner(one, other) -> None:
    if os.name != "nt":
        os.chown(other, os.stat(one).st_uid, os.stat(one).st_gid)


def remove(path: Path) -> None:
    """Delete a file or folder that may not be there."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def make_note(server) -> None:
    """A table `note` with the number 42, committed."""
    do(server, "DROP TABLE IF EXISTS note")
    do(server, "CREATE TABLE note AS SELECT 42 AS n")


def value(server, query: str, database: str | None = None):
    """The first value that a query gives, on a connection of its own."""
    connection = server.connect(database)
    try:
        with connection.cursor() as cursor:
            cursor.execute(query)
            return cursor.fetchone()[0]
    finally:
        connection.close()


def do(server, statement: str, database: str | None = None) -> None:
    """Run one statement on a connection of its own."""
    connection = server.connect(database)
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement)
    finally:
        connection.close()
