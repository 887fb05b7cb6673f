"""Backups that prove themselves: a dump, and numbers of the same moment to compare it with.

from migrationlab import backup

made = backup.make("postgresql://me:secret@localhost/shop", "backups")
print(backup.verify(made.folder))
"""

from pathlib import Path

from migrationlab.backup import dump, sqlite_backup
from migrationlab.backup.manifest import Backup
from migrationlab.backup.restoration import Restored, restore
from migrationlab.backup.retention import Item, listing, prune
from migrationlab.backup.verification import Verification, verify

__all__ = [
    "Backup",
    "Item",
    "Restored",
    "Verification",
    "listing",
    "make",
    "prune",
    "restore",
    "verify",
]


def make(
    url: str, to: str | Path, *, format: str = "custom", jobs: int = 1, progress=None
) -> Backup:
    """Back up a PostgreSQL database, or a SQLite file when `url` leads to one. Raises LabError."""
    tell = progress or (lambda what, done, total: None)
    if sqlite_backup.is_one(url):
        return sqlite_backup.make(url, to, progress=tell)
    return dump.make(url, to, format=format, jobs=jobs, progress=tell)
