"""Back up a SQLite file with its online backup API.

Copying the file while a program writes it is no backup: pages of two moments come together, and in
WAL mode the newest rows are not even in that file.
"""

import hashlib
import secrets
import shutil
import sqlite3
import time
from contextlib import closing
from pathlib import Path

from migrationlab.backup import manifest
from migrationlab.backup.manifest import Backup
from migrationlab.errors import LabError

FILE = "database.sqlite3"
PAGES = 1000  # copied in one step
PATIENCE = 60  # seconds for somebody who writes
BESIDE = ("-wal", "-journal", "-shm")  # what SQLite reads together with a file
HEADER = b"SQLite format 3\0"


def is_one(path: str | Path) -> bool:
    """Whether a path leads to a SQLite file."""
    try:
        with open(path, "rb") as file:
            return file.read(16) == HEADER
    except OSError:
        return False


def make(path: str | Path, to: str | Path, *, progress=lambda what, done, total: None) -> Backup:
    """Back a SQLite file up into a new folder below `to`. Raises LabError."""
    path = Path(path)
    moment, began = manifest.now(), time.monotonic()
    with manifest.folder_for(to, manifest.stamp(path.stem, moment)) as (draft, finish):
        target = draft / FILE
        try:
            with (
                closing(sqlite3.connect(_uri(path), uri=True, timeout=PATIENCE)) as source,
                closing(sqlite3.connect(target)) as copy,
            ):
                # One moment for all pages: else the copy begins anew whenever somebody writes.
                source.execute("BEGIN")
                source.execute("SELECT count(*) FROM sqlite_master").fetchone()
                source.backup(
                    copy,
                    pages=PAGES,
                    progress=lambda status, left, total: progress("copying", total - left, total),
                    sleep=0,
                )
            found = facts(target)
        except sqlite3.Error as error:
            if path.with_name(path.name + "-journal").exists():
                raise LabError(
                    f"A program was ended while it wrote {path.name}, and its journal lies there.",
                    todo="Open the file once, with that program or sqlite3: what was not finished "
                    "is then taken back. Keep the journal until then.",
                ) from None
            raise LabError(
                f"{path.name} cannot be backed up: {error}.",
                todo="If a program keeps it locked, close that; else the file may be damaged: "
                "PRAGMA integrity_check.",
            ) from None
        return finish(
            {
                "version": manifest.VERSION,
                "kind": "sqlite",
                "made_at": moment.isoformat(),
                "origin": str(path.resolve().parent),
                "database": path.name,
                "client": f"SQLite {sqlite3.sqlite_version}",
                "format": "sqlite",
                "globals": "a SQLite file has no roles",
                "seconds": round(time.monotonic() - began, 2),
                "facts": found,
                "bytes": target.stat().st_size,
            }
        )


def facts(path: Path) -> dict:
    """Schema, and of every table the rows and a sum over them in any order."""
    with closing(_open(path)) as connection:
        connection.text_factory = bytes  # also texts that are no UTF-8
        found = connection.execute(
            "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
        ).fetchall()
        schema = {f"{kind.decode()} {_text(name)}": _text(sql or b"") for kind, name, sql in found}
        tables = {}
        for kind, name, sql in found:
            if kind == b"table" and not sql.upper().startswith(b"CREATE VIRTUAL"):
                quoted = '"' + name.decode().replace('"', '""') + '"'
                rows = total = 0
                for row in connection.execute(f"SELECT * FROM {quoted}"):
                    digest = hashlib.md5(repr(row).encode(), usedforsecurity=False).digest()
                    rows += 1
                    total += int.from_bytes(digest[:8], "big")
                tables[name.decode()] = {"rows": rows, "fingerprint": str(total)}
    return {"schema": schema, "tables": tables}


def _open(path: Path) -> sqlite3.Connection:
    """A copy that nobody writes to, without files of its own appearing beside it."""
    return sqlite3.connect(_uri(path) + "&immutable=1", uri=True)


def _uri(path: Path) -> str:
    return f"{path.resolve().as_uri()}?mode=ro"


def _text(raw: bytes) -> str:
    return raw.decode(errors="replace")


def prove(backup: Backup, *, quick: bool) -> tuple[str, list[str]]:
    """(what was done, what is not as it should be)."""
    file = backup.folder / FILE
    try:
        with closing(_open(file)) as connection:
            said = [row[0] for row in connection.execute("PRAGMA integrity_check")]
        lines = [] if said == ["ok"] else [f"integrity_check: {line}" for line in said[:5]]
        if quick or lines:
            return "integrity_check of the file.", lines
        now = facts(file)
    except sqlite3.Error as error:
        return "The file was opened.", [str(error)]
    noted = backup.manifest["facts"]
    for name in sorted(noted["tables"].keys() | now["tables"].keys()):
        if noted["tables"].get(name) != now["tables"].get(name):
            lines.append(
                f"table {name}: {noted['tables'].get(name)}, now {now['tables'].get(name)}"
            )
    if noted["schema"] != now["schema"]:
        lines.append("the schema is another one")
    return "integrity_check, and every row compared by fingerprint.", lines


def restore(backup: Backup, into: str) -> None:
    """Copy the file to a new place; a file that is there already is left alone. Raises LabError."""
    target = Path(into)
    if "://" in into:
        raise LabError("This is the backup of a SQLite file.", expected="--into FILE, a new file")
    # An old journal beside it would be played into the new file.
    for path in (target, *(target.with_name(target.name + end) for end in BESIDE)):
        if path.exists():
            raise LabError(
                f"{path} exists already.",
                todo="Give the name of a new file, and change the names when you are sure.",
            )
    draft = target.with_name(f"{target.name}.{secrets.token_hex(4)}{manifest.DRAFT}")
    try:
        try:
            shutil.copyfile(backup.folder / FILE, draft)
            manifest.sync(draft)
            if manifest.digest(draft) != backup.manifest["files"][FILE]["sha256"]:
                raise LabError("The file was copied, and is another one.", todo="Try again.")
            draft.replace(target)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise LabError(
            f"{into} cannot be written: {error.strerror}.", todo="Give another file with --into."
        ) from None
