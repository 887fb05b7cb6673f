"""Lesson 00's proofs: they ask the database itself, on a connection of their own."""

from contextlib import closing
from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory
from IPython.display import display
from sqlalchemy import make_url

from migrationlab.api import catalog, databases
from migrationlab import lab
from migrationlab.api import LabError, RIGHT, Verdict, server, tables

# As new, without the checkpoint that DROP DATABASE makes: on a slow disk that takes seconds.
EMPTY = """
DROP SCHEMA public CASCADE;
CREATE SCHEMA public AUTHORIZATION pg_database_owner;
GRANT USAGE ON SCHEMA public TO public;
"""


def first_migration() -> Verdict:
    """A green box when the open database stands at the newest revision of the open folder.

    Raises LabError when it does not.
    """
    newest = ScriptDirectory.from_config(Config("alembic.ini")).get_current_head()
    made = _catalog(_open_database()).tables
    noted = value("SELECT version_num FROM alembic_version") if "alembic_version" in made else None
    if noted != newest:
        raise LabError(
            "This database is not at the newest revision.",
            expected=newest,
            todo="Run the cell above: alembic upgrade head",
        )
    names = ", ".join(name for name in made if name != "alembic_version")
    system = value("SHOW server_version").split()[0]
    return Verdict(
        "Your first migration is",
        RIGHT,
        f"Your PostgreSQL {system} now has the tables {names}. "
        f"It has noted the revision {noted}, the newest one in your folder.",
    )


def value(query: str, database: str | None = None):
    """The first value of a query on the open database, or on another one."""
    with _connect(database or _open_database()) as connection, connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchone()[0]


def developers(*people: str) -> list[str]:
    """Give each person an empty database. Returns the databases' names."""
    names = [f"{_open_database()}_{person}" for person in people]
    for person, name in zip(people, names, strict=True):
        if databases.exists(server.find(), name):
            databases.end_sessions(server.find(), name)  # refused if the lab has not made it
            with _connect(name) as connection, connection.cursor() as cursor:
                cursor.execute(EMPTY)
        else:
            databases.create(server.find(), name, note=f"lesson 00, {person}")
        print(f"{person.title()} works on the empty database {name}.")
    return names


def compare(first: str, second: str) -> list[catalog.Change]:
    """Show what the second database has more (+), less (−) or otherwise (~) than the first."""
    before, after = _catalog(first), _catalog(second)
    changes = catalog.difference(before, after, ignore=())
    print(f"{second} in comparison with {first} (− is missing, + is more, ~ is different):")
    print(catalog.in_words(changes) or "no difference")
    if changes:
        display(tables(after, before=before))
    return changes


def show(file: str) -> None:
    """Print a text file of the open folder."""
    print(Path(file).read_text("utf-8"))


def _open_database() -> str:
    return make_url(lab.url).database


def _connect(database: str):
    return closing(server.find().connect(database))


def _catalog(database: str) -> catalog.Catalog:
    with _connect(database) as connection:
        return catalog.snapshot(connection)
