"""Demonstrations at the oral: asked for on the student's own database, judged by its state."""

import secrets
from dataclasses import dataclass

from migrationlab.exam.asking.live_questions import Standing, tables
from migrationlab.exam.examiner_texts import say
from migrationlab.postgres import databases
from migrationlab.postgres.fingerprint import rows_differ

NOTED_BY_ALEMBIC = "alembic_"  # how the names of its tables begin


@dataclass(frozen=True)
class Shown:
    """What the state says: whether it was shown, and a sentence."""

    right: bool
    words: str


class BackupDemonstration:
    """Back up, and restore into a new database: every table must be the same."""

    topic = "backup"

    def __init__(self, standing: Standing):
        self._standing = standing
        self.copy = f"oral_{secrets.token_hex(3)}"

    def question(self, language: str) -> str:
        return say(language, "show_backup", self.copy)

    def judge(self, language: str) -> Shown:
        here = self._standing
        if not databases.exists(here.server, self.copy):
            return Shown(False, say(language, "no_such_database", self.copy))
        original, restored = here.prints(), here.prints(self.copy)
        lines = rows_differ(original, restored, ignore=())
        lines += [name for name in original if name not in restored and name not in str(lines)]
        if lines:
            return Shown(False, say(language, "not_alike", "; ".join(lines[:3])))
        return Shown(True, say(language, "alike", len(original), self.copy))


class MigrationDemonstration:
    """Add a column by a revision: the column, alembic_version, and the rows are looked at."""

    topic = "migrate"

    def __init__(self, standing: Standing):
        self._standing = standing
        self.table = min(tables(standing))
        self.column = f"remark_{secrets.token_hex(2)}"
        self._revision, self._rows = standing.revision(), standing.prints()

    def question(self, language: str) -> str:
        return say(language, "show_migration", self.table, self.column)

    def judge(self, language: str) -> Shown:
        here = self._standing
        table = tables(here).get(self.table)
        column = table.columns.get(self.column) if table else None
        if column is None or column.type != "text" or column.not_null:
            return Shown(False, say(language, "no_column", self.table, self.column))
        if here.revision() == self._revision:
            return Shown(False, say(language, "no_revision", self._revision or "–"))
        lines = rows_differ(self._rows, here.prints())
        # What Alembic and its hooks note of a migration (a ledger, as in lesson 03) is no loss.
        if lines := [line for line in lines if not line.startswith(NOTED_BY_ALEMBIC)]:
            return Shown(False, say(language, "rows_changed", "; ".join(lines[:3])))
        return Shown(True, say(language, "migrated", here.revision()))


def choose(standing: Standing, topic: str):
    """What is asked for on a topic; a migration only in a project of the student's own, at head.

    Below head, `upgrade` would run other revisions too, and they may do anything to the rows.
    """
    own = standing.where and standing.folder and standing.revision()
    at_head = own and "(head)" in standing.run("alembic current")
    if topic == "migrate" and at_head and tables(standing):
        return MigrationDemonstration(standing)
    return BackupDemonstration(standing)
