"""The WAL archive: what a cluster must be told to fill one, and whether one is whole."""

import re
import struct
from dataclasses import dataclass, field
from pathlib import Path

SEGMENT = re.compile(r"[0-9A-F]{24}")
HISTORY = re.compile(r"[0-9A-F]{8}\.history")
EXTRA = re.compile(r"[0-9A-F]{24}\.(partial|[0-9A-F]{8}\.backup)|archtemp\..*")
LONG_HEADER = struct.Struct("<HHIQI4xQII")
"""The beginning of every WAL file: magic, flags, timeline, address of the page, length of what is
left of a record, system identifier, size of a segment, size of a page.

Source: src/include/access/xlog_internal.h, XLogLongPageHeaderData.
"""


@dataclass(frozen=True)
class Segment:
    """One file of WAL. `number` counts from the beginning of the cluster's life."""

    path: Path
    timeline: int
    number: int


@dataclass
class Health:
    """`lines` says what is wrong, a sentence each; empty when the archive is whole."""

    first: str = ""
    last: str = ""
    segments: int = 0
    lines: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        if not self.segments:
            return "\n".join(["The archive holds no WAL.", *self.lines])
        head = f"{self.segments} segments, {self.first} to {self.last}"
        if not self.lines:
            return f"{head}: whole."
        return "\n".join([f"{head}: NOT WHOLE.", *(f"  {line}" for line in self.lines)])


def settings(folder: Path) -> dict[str, str]:
    """What makes a cluster archive into `folder`, which must belong to the server's user.

    basic_archive copies without a shell, and writes a file under another name first.
    """
    return {
        "wal_level": "replica",
        "archive_mode": "on",
        "archive_library": "basic_archive",
        "basic_archive.archive_directory": str(folder),
        "summarize_wal": "on",  # for incremental backups
    }


def segments(folder: Path) -> list[Segment]:
    """The WAL files of a folder by timeline and number, whatever is in them."""
    found = []
    for path in folder.iterdir():
        if SEGMENT.fullmatch(path.name):
            size = _segment_size(path)
            timeline, high, low = (int(path.name[n : n + 8], 16) for n in (0, 8, 16))
            found.append(Segment(path, timeline, high * (2**32 // size) + low))
    return sorted(found, key=lambda one: (one.timeline, one.number))


def _header(path: Path) -> tuple | None:
    with path.open("rb") as file:
        head = file.read(LONG_HEADER.size)
    return LONG_HEADER.unpack(head) if len(head) == LONG_HEADER.size else None


def _segment_size(path: Path) -> int:
    head = _header(path)
    size = head[6] if head else 0
    return size if size and size & (size - 1) == 0 and 2**20 <= size <= 2**30 else 16 * 2**20


def health(folder: Path, connection=None) -> Health:
    """Look at every file: gaps, cut files, files of another cluster, and a failing archiver.

    `connection` leads to the live cluster (psycopg2); without it the archive is compared with
    itself. Recovery stops at the first gap, whatever comes behind it.
    """
    found = segments(folder)
    report = Health(segments=len(found))
    system = _system(connection) if connection is not None else None
    if found:
        report.first, report.last = found[0].path.name, found[-1].path.name
    for segment in found:
        head, size = _header(segment.path), segment.path.stat().st_size
        name = segment.path.name
        if head is None or head[0] == 0:
            report.lines.append(f"{name}: empty, or not WAL")
            continue
        wanted = _segment_size(segment.path)
        if size != wanted:
            report.lines.append(f"{name}: {size:,} bytes, a segment has {wanted:,}")
        if head[3] != segment.number * wanted:
            report.lines.append(f"{name}: holds the WAL of another place; somebody renamed it")
        system = system or head[5]
        if head[5] != system:
            report.lines.append(f"{name}: of another cluster (system identifier {head[5]})")
    for one, other in zip(found, found[1:], strict=False):
        missing = other.number - one.number - 1
        if missing > 0 and other.timeline == one.timeline:
            files = "1 segment is" if missing == 1 else f"{missing} segments are"
            report.lines.append(
                f"after {one.path.name} {files} missing: recovery cannot pass this point"
            )
    for path in sorted(folder.iterdir()):
        known = (SEGMENT, HISTORY, EXTRA)
        if path.is_file() and not any(pattern.fullmatch(path.name) for pattern in known):
            report.lines.append(f"{path.name}: no file of an archive")
    if connection is not None:
        report.lines += _archiver(connection)
    return report


def _system(connection) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT system_identifier FROM pg_control_system()")
        return cursor.fetchone()[0]


def _archiver(connection) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT last_failed_wal, failed_count, last_failed_time::text,"
            " coalesce(last_failed_time > last_archived_time, last_failed_time IS NOT NULL),"
            " current_setting('archive_mode') FROM pg_stat_archiver"
        )
        wal, count, moment, failing, mode = cursor.fetchone()
    if mode == "off":
        return ["archive_mode is off: nothing new comes in"]
    if failing:
        return [f"the archiver fails: {count} times, last with {wal} at {moment[:19]}"]
    return []
