"""A small shop and chains of revisions over it, for the tests of the stairway."""

import shutil
from contextlib import closing
from pathlib import Path

CHAINS = Path(__file__).with_name("chains")
PROJECT = CHAINS / "project"


def lay_out(folder: Path, chain: str = "project") -> Path:
    """A student's project: the one that `alembic init` made, with the chain's files over it."""
    (folder / "alembic" / "versions").mkdir(parents=True)
    for source in (PROJECT, CHAINS / chain):
        for file in source.glob("*"):
            if file.name == "env.py":
                shutil.copy(file, folder / "alembic")
            elif file.suffix == ".py":
                shutil.copy(file, folder / "alembic" / "versions")
            elif file.suffix == ".ini":
                shutil.copy(file, folder)
    return folder


def execute(server, database: str, statements: str) -> list[tuple]:
    with closing(server.connect(database)) as connection, connection.cursor() as cursor:
        cursor.execute(statements)
        return cursor.fetchall() if cursor.description else []
