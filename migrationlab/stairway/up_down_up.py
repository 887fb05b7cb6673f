"""Up, down and up again, revision by revision, with a look at the database in between."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace

from alembic.script import Script
from psycopg2 import errors, sql

from migrationlab.postgres.catalog import difference, key, snapshot
from migrationlab.postgres.fingerprint import fingerprint, rows_differ
from migrationlab.stairway.alembic_chain import Chain, Irreversible, Stop
from migrationlab.stairway.step_result import Step

# Sessions of this process that a student's code has left in a transaction. The end of a real
# `alembic` process would end them too, and with them what they did not commit.
END_LEFT_OPEN = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
AND application_name = current_setting('application_name') AND state <> 'idle'
"""


class Climb:
    """`watcher` is a psycopg2 connection to the same database, autocommit, which only looks on.

    `fill(heads)` puts rows in where the database stands at `heads`, or is None. `note(at=…)` and
    `note(step=…)` tell what is being done and what was found.
    """

    def __init__(self, chain: Chain, watcher, fill: Callable | None, note: Callable):
        self.chain, self.watcher, self.fill, self.note = chain, watcher, fill, note
        self.left = None  # how the last revision left the database; None: nobody has looked

    def run(self) -> None:
        """Raises Stop when the chain cannot be run at all."""
        for revision in self.chain.missing():
            self.note(step=self.step(revision).to_json())
            # Where the second upgrade failed, the next revision has nothing to stand on.
            if revision.revision not in self.heads():
                return

    def step(self, revision: Script, findings: Callable | None = None) -> Step:
        began = time.perf_counter()
        step = Step(revision.revision, (revision.doc or "").strip())
        try:
            for found in (findings or self.findings)(revision):
                step = replace(step, **found)
        except Irreversible as stop:
            step = replace(step, error=str(stop), irreversible=stop.reason)
        except Stop as stop:
            step = replace(step, error=str(stop))
        return replace(step, seconds=round(time.perf_counter() - began, 3))

    def findings(self, revision: Script) -> Iterator[dict]:
        """Bit by bit, so that a failure keeps what was found before it."""
        self.seed()
        start = self.as_left()
        self.first_up(revision, start)
        top = self.look()
        changes, rows = self.compare(start, top)
        yield {"upgraded": True, "changes": changes, "rows_changed": rows}
        self.down(revision, "downgrade")
        changes, rows = self.compare(start, self.look())
        yield {"downgraded": True, "schema_after_down": changes, "rows_after_down": rows}
        self.up(revision, "second upgrade")
        again = self.look()
        changes, rows = self.compare(top, again)
        yield {"again": True, "schema_after_again": changes, "rows_after_again": rows}
        if not self.fill:
            self.left = again
        else:
            self.seed()
            try:
                self.down(revision, "downgrade with new rows")
            except Stop as stop:
                yield {"down_with_new_rows": str(stop)}
            else:
                self.up(revision, "upgrade after a downgrade with new rows")

    def first_up(self, revision: Script, start: tuple) -> None:
        """The first upgrade; where it fails, what remains of it is told too."""
        try:
            self.up(revision, "upgrade")
        except Stop as stop:
            left, _ = self.compare(start, self.look())
            if left:
                raise Stop(f"{stop}. It left behind: {'; '.join(map(str, left))}") from None
            raise

    def up(self, revision: Script, doing: str) -> None:
        self.alembic(revision, doing, lambda: self.chain.upgrade(revision.revision))
        if revision.revision not in self.heads():
            raise Stop(
                f"{doing}: no error, but nothing was committed: the database does not "
                f"stand at {revision.revision}"
            )

    def down(self, revision: Script, doing: str) -> None:
        self.alembic(revision, doing, lambda: self.chain.back(revision))
        if revision.revision in self.heads():
            raise Stop(
                f"{doing}: no error, but nothing was committed: the database still "
                f"stands at {revision.revision}"
            )

    def alembic(self, revision: Script, doing: str, action: Callable) -> None:
        """One command, and then the database as it would be had the process ended."""
        self.note(at=[revision.revision, doing])
        try:
            action()
        except Stop as stop:
            stop.args = (f"{doing}: {stop}",)
            raise
        finally:
            with self.watcher.cursor() as cursor:
                cursor.execute(END_LEFT_OPEN)

    def heads(self) -> set[str]:
        """The revisions that the database stands at, as committed."""
        table = sql.Identifier(*self.chain.version_table)
        with self.watcher.cursor() as cursor:
            try:
                cursor.execute(sql.SQL("SELECT version_num FROM {}").format(table))
            except (errors.UndefinedTable, errors.InvalidSchemaName):
                return set()
            return {row[0] for row in cursor.fetchall()}

    def seed(self) -> None:
        if self.fill:
            self.fill(self.heads())

    def as_left(self) -> tuple:
        """look(), or what the last revision's look has found when nothing was done since."""
        left, self.left = self.left, None
        return left or self.look()

    def look(self) -> tuple:
        return snapshot(self.watcher), fingerprint(self.watcher)

    def compare(self, before: tuple, after: tuple) -> tuple[list, list[str]]:
        """The Changes of the schema, and in words those of the rows; Alembic's table apart."""
        return (
            difference(before[0], after[0], ignore=self.ours),
            rows_differ(before[1], after[1], ignore=self.ours),
        )

    @property
    def ours(self) -> tuple[str]:
        """Alembic's own table."""
        return (key(*self.chain.version_table),)
