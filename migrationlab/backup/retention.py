"""What backups there are, which of them retention keeps, and putting the others away."""

import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from migrationlab.backup import manifest
from migrationlab.backup.manifest import UNFINISHED, Backup
from migrationlab.errors import LabError

DAILY, WEEKLY, MONTHLY = 7, 4, 12
REMOVED = f"{UNFINISHED}removed-"


@dataclass(frozen=True)
class Item:
    """A backup on the shelf; `kept_as` says why retention keeps it, "" when it does not."""

    backup: Backup
    kept_as: str

    @property
    def verified(self) -> str:
        found = self.backup.verified
        if not found:
            return "never"
        how = " (quick)" if found["quick"] else ""
        return f"{found['at'][:16].replace('T', ' ')}{how}" if found["ok"] else "NOT GOOD"


def listing(folder: str | Path) -> list[Item]:
    """All finished backups of a folder, the newest first. Raises LabError when it is none."""
    folder = Path(folder)
    if not folder.is_dir():
        raise LabError(f"There is no folder {folder}.", expected="the folder given with --to")
    found = []
    for path in folder.iterdir():
        if (path / manifest.NAME).exists() and not path.name.startswith(UNFINISHED):
            try:
                found.append(manifest.load(path))
            except LabError:
                continue  # `damaged` tells of it
    found.sort(key=lambda backup: backup.made, reverse=True)
    reasons = retention(found)
    return [Item(backup, reasons.get(backup.folder, "")) for backup in found]


def damaged(folder: str | Path) -> list[Path]:
    """Folders that look like a backup and are none: unfinished, or with a broken manifest."""
    known = {item.backup.folder for item in listing(folder)}
    return sorted(
        path
        for path in Path(folder).iterdir()
        if path.is_dir()
        and path not in known
        and (path.name.startswith(UNFINISHED) or (path / manifest.NAME).exists())
    )


def retention(backups: list[Backup]) -> dict[Path, str]:
    """Folder -> why it is kept: the newest of each of the last 7 days, 4 weeks and 12 months.

    Days, weeks and months without a backup do not count. Each database for itself. A backup that
    was found not good keeps no place, unless it is the newest: nothing may be better than it.
    """
    reasons: dict[Path, list[str]] = {}
    for source in {backup.source for backup in backups}:
        all_of_it = [backup for backup in backups if backup.source == source]
        mine = [b for b in all_of_it if not _is_bad(b)]
        mine.sort(key=lambda backup: backup.made, reverse=True)
        for word, most, period in (
            ("daily", DAILY, lambda made: made.date()),
            ("weekly", WEEKLY, lambda made: made.isocalendar()[:2]),
            ("monthly", MONTHLY, lambda made: (made.year, made.month)),
        ):
            for backup in _newest_of_each(mine, most, period):
                reasons.setdefault(backup.folder, []).append(word)
        for proved in [backup for backup in mine if _is_proved(backup)][:1]:
            reasons.setdefault(proved.folder, []).append("last verified")
        newest = max(all_of_it, key=lambda backup: backup.made)
        reasons.setdefault(newest.folder, ["newest"])
    return {folder: ", ".join(words) for folder, words in reasons.items()}


def _is_proved(backup: Backup) -> bool:
    found = backup.verified
    return found is not None and found["ok"] and not found["quick"]


def _is_bad(backup: Backup) -> bool:
    return backup.verified is not None and not backup.verified["ok"]


def _newest_of_each(backups: list[Backup], most: int, period) -> list[Backup]:
    found: dict[object, Backup] = {}
    for backup in backups:
        found.setdefault(period(backup.made), backup)
    return list(found.values())[:most]


def prune(folder: str | Path, *, really: bool = False) -> list[Path]:
    """The folders that retention does not keep; with `really` they are removed.

    The newest backup of each database and the last verified one are always kept. Raises LabError
    when one cannot be removed.
    """
    doomed = [item.backup.folder for item in listing(folder) if not item.kept_as]
    if really:
        try:
            for path in doomed:
                # Its name first: a removal that is interrupted must not leave half a backup.
                path.rename(path.with_name(REMOVED + path.name))
                _sweep(folder)
            _sweep(folder)  # also after a removal that was interrupted
        except OSError as error:
            raise LabError(
                f"A backup cannot be removed: {error.strerror}: {error.filename}.",
                todo="Look whose folder it is; those before it are gone.",
            ) from None
    return doomed


def _sweep(folder: str | Path) -> None:
    for half in Path(folder).glob(f"{REMOVED}*"):
        shutil.rmtree(half)


def age(made: datetime) -> str:
    """ "3 hours", "2 days": how long ago."""
    seconds = int((manifest.now() - made).total_seconds())
    for size, word in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            count = seconds // size
            return f"{count} {word}{'' if count == 1 else 's'}"
    return "just now"
