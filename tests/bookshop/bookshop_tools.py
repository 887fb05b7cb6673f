"""What the tests of the bookshop share: real command lines, and the state of a database."""

import shutil
import subprocess
from contextlib import closing, contextmanager

import pytest
from alembic import command
from alembic.config import Config

from migrationlab import paths
from migrationlab.postgres import databases
from migrationlab.postgres.catalog import snapshot
from migrationlab.postgres.fingerprint import fingerprint

HEAD = "0009"


def run(server, database, *command, folder=paths.PROJECT, **variables):
    """Run a command line as typed in a terminal of the lab; what it printed and its exit code."""
    environment = server.environment(database) | variables
    return subprocess.run(
        [shutil.which(command[0], path=environment["PATH"]), *command[1:]],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
    )


def alembic(server, database, *words, **options):
    """The standard output of an `alembic` command that must succeed."""
    done = run(server, database, "alembic", *words, **options)
    assert done.returncode == 0, done.stderr
    return done.stdout


def migrate(server, database, revision, direction=command.upgrade):
    """What `alembic` does, without the second that a process of its own takes to start."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", server.url(database))
        direction(Config(paths.PROJECT / "alembic.ini"), revision)


def query(server, database, statement, *parameters):
    with closing(server.connect(database)) as connection, connection.cursor() as cursor:
        cursor.execute(statement, parameters or None)
        return cursor.fetchall() if cursor.description else []


def state(server, database):
    """(schema, rows) of a database."""
    with closing(server.connect(database)) as connection:
        return snapshot(connection), fingerprint(connection)


@contextmanager
def another(server, database, template="template1"):
    """A second database beside `database`, gone at the end."""
    name = f"{database}_b"
    databases.create(server, name, template=template)
    try:
        yield name
    finally:
        databases.drop(server, name)
