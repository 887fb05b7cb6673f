"""What a check may look at: the state that a student left behind, never the text typed."""

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import psycopg2

from migrationlab import stairway
from migrationlab.course.workspace import Workspace
from migrationlab.postgres import databases
from migrationlab.postgres.catalog import Catalog, Change, difference, snapshot
from migrationlab.postgres.fingerprint import fingerprint, rows_differ

ANSWERS = "answers.json"
LOCK_TIMEOUT = "2s"


@dataclass(frozen=True)
class Database:
    """A database to look at, or for a scratch one also to work in."""

    server: object
    database: str
    read_only: bool = False

    @contextmanager
    def connect(self):
        """A new psycopg2 connection for the duration of a block."""
        # A student's forgotten transaction may hold a lock: a check must not wait for ever.
        patience = f"-c lock_timeout={LOCK_TIMEOUT}"
        with closing(self.server.connect(self.database, options=patience)) as connection:
            if self.read_only:
                connection.set_session(readonly=True, autocommit=True)
            yield connection

    def rows(self, query: str, *params) -> list[tuple]:
        """The rows of a query; an empty list for a statement without any."""
        with self.connect() as connection, connection.cursor() as cursor:
            cursor.execute(query, params or None)
            return cursor.fetchall() if cursor.description else []

    def value(self, query: str, *params):
        """The first value of the first row, or None."""
        rows = self.rows(query, *params)
        return rows[0][0] if rows else None

    def execute(self, statements: str) -> None:
        """Run SQL. Raises psycopg2.Error, and so fails in a read-only database."""
        with self.connect() as connection, connection.cursor() as cursor:
            cursor.execute(statements)

    def refuses(self, statement: str) -> psycopg2.Error | None:
        """The error with which the database refuses a statement, or None if it took it.

        For scratch databases; what was taken is rolled back.
        """
        with self.connect() as connection, connection.cursor() as cursor:
            cursor.execute("BEGIN")
            try:
                cursor.execute(statement)
            except psycopg2.Error as error:
                return error
            finally:
                cursor.execute("ROLLBACK")
        return None

    def catalog(self) -> Catalog:
        with self.connect() as connection:
            return snapshot(connection)

    def fingerprint(self) -> dict:
        with self.connect() as connection:
            return fingerprint(connection)


class Attempt:
    """One student's state in one exercise, seen on new connections."""

    def __init__(self, workspace: Workspace):
        self.workspace = workspace
        self.server = workspace.server
        self.folder: Path = workspace.folder
        self.now = Database(self.server, workspace.database, read_only=True)

    def rows(self, query: str, *params) -> list[tuple]:
        """The rows of a query on the student's database."""
        return self.now.rows(query, *params)

    def value(self, query: str, *params):
        """The first value of a query on the student's database."""
        return self.now.value(query, *params)

    def catalog(self) -> Catalog:
        """The schema of the student's database as it is now."""
        return self.now.catalog()

    @cached_property
    def start(self) -> Database:
        """The database that holds the exercise's start state, read-only."""
        return Database(self.server, self.workspace.baseline("start"), read_only=True)

    def start_catalog(self) -> Catalog:
        return self.start.catalog()

    def changes(self) -> list[Change]:
        """How the schema differs from the start state; alembic_version is left out."""
        return difference(self.start_catalog(), self.catalog())

    def rows_changed(self) -> list[str]:
        """In words, the tables whose rows differ from the start state."""
        return rows_differ(self.start.fingerprint(), self.now.fingerprint())

    def changed(self) -> bool:
        """Whether the student's database differs from its start in schema, rows or version."""
        return bool(
            difference(self.start_catalog(), self.catalog(), ignore=())
            or rows_differ(self.start.fingerprint(), self.now.fingerprint(), ignore=())
        )

    @property
    def answers(self) -> dict:
        """What the student gave to lab.answer(name=value) in this exercise."""
        file = self.folder / ANSWERS
        return json.loads(file.read_text("utf-8")) if file.exists() else {}

    def text(self, name: str) -> str | None:
        """The text of a file in the student's folder, or None if there is none."""
        file = self.folder / name
        return file.read_text("utf-8", errors="replace") if file.is_file() else None

    def version(self) -> set[str]:
        """The revisions in alembic_version; empty if there is no such table."""
        if not self.value("SELECT to_regclass('alembic_version')"):
            return set()
        return {row[0] for row in self.rows("SELECT version_num FROM alembic_version")}

    @contextmanager
    def scratch(self) -> Iterator[Database]:
        """A throw-away database at the exercise's start state."""
        with self._temporary(template=self.workspace.baseline("start")) as database:
            yield database

    @contextmanager
    def empty(self) -> Iterator[Database]:
        """A throw-away database with nothing in it."""
        with self._temporary() as database:
            yield database

    @contextmanager
    def copy(self) -> Iterator[Database]:
        """A throw-away copy of the student's database as it is now (what is committed)."""
        with self._temporary(copy_of=self.workspace.database) as database:
            yield database

    @contextmanager
    def _temporary(self, **source) -> Iterator[Database]:
        with databases.temporary(self.server, self.workspace.database, **source) as name:
            yield Database(self.server, name)

    def climb(self, scratch: Database, **options) -> list[stairway.Step]:
        """The student's chain, revision by revision: up, down, up (see stairway.climb)."""
        return stairway.climb(self.folder, self.server, scratch.database, **options)

    def measure(self, scratch: Database, **options) -> list[stairway.Step]:
        """The loss meter on the student's chain (see stairway.measure)."""
        return stairway.measure(self.folder, self.server, scratch.database, **options)

    def upgrade(self, scratch: Database, target: str = "head") -> str:
        """Run the student's chain in a scratch database; the error's text, or ""."""
        return stairway.upgrade(self.folder, self.server, scratch.database, target)

    def downgrade(self, scratch: Database, target: str) -> str:
        """Run the student's downgrades in a scratch database; the error's text, or ""."""
        return stairway.downgrade(self.folder, self.server, scratch.database, target)
