"""A backup's folder and its manifest: what was in the database, and what each file must be."""

import hashlib
import json
import os
import shutil
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from migrationlab.errors import LabError

NAME, VERIFIED = "manifest.json", "verified.json"
GLOBALS = "globals.sql"
UNFINISHED = ".unfinished-"
DRAFT = ".new"  # the end of a file's name while it is written
FORMATS = {"custom": "dump.custom", "plain": "dump.sql", "directory": "dump"}
VERSION = 1
BLOCK = 1 << 20


class NotGood(LabError):
    """A backup that is not what its manifest says."""


@dataclass(frozen=True)
class Backup:
    """A finished backup. `manifest` is what manifest.json says."""

    folder: Path
    manifest: dict

    @property
    def kind(self) -> str:
        """ "postgresql" or "sqlite"."""
        return self.manifest["kind"]

    @property
    def source(self) -> tuple[str, str]:
        """Where it came from and the database's name: two servers may each have a `shop`."""
        return self.manifest.get("origin", ""), self.manifest["database"]

    @property
    def made(self) -> datetime:
        return datetime.fromisoformat(self.manifest["made_at"])

    @property
    def bytes(self) -> int:
        return sum(file["bytes"] for file in self.manifest["files"].values())

    @property
    def verified(self) -> dict | None:
        """What the last verify has found, None when there was none."""
        try:
            return json.loads((self.folder / VERIFIED).read_text("utf-8"))
        except (OSError, ValueError):
            return None

    def note_verified(self, verdict: dict) -> None:
        """Keep a verdict; a quick look takes nothing away from a real proof.

        Raises LabError when the folder may not be written.
        """
        before = self.verified
        if verdict["ok"] and verdict["quick"] and before and before["ok"] and not before["quick"]:
            return
        try:
            replace(self.folder / VERIFIED, json.dumps(verdict, indent=1, ensure_ascii=False))
        except OSError as error:
            raise LabError(
                f"The verdict cannot be noted in {self.folder}: {error.strerror}.",
                expected="a folder that may be written",
            ) from None

    def dump(self) -> Path:
        return self.folder / FORMATS[self.manifest["format"]]


@contextmanager
def folder_for(to: str | Path, name: str):
    """A new folder that gets its name only at the end of a block that did not fail.

    Yields (the folder to write into, a function that gives it its manifest and its name).
    Whatever ends the block otherwise removes the folder; a killed process leaves one whose name
    tells what it is.
    """
    to = Path(to)
    try:
        to.mkdir(parents=True, exist_ok=True)
        draft = to / f"{UNFINISHED}{name}-{os.getpid()}-{time.monotonic_ns() % 10**8}"
        draft.mkdir(mode=0o700)
    except OSError as error:
        reason = "it is a file" if to.is_file() else error.strerror
        raise LabError(
            f"{to} cannot take a backup: {reason}.", todo="Give another folder with --to."
        ) from None

    def finish(manifest: dict) -> Backup:
        manifest["files"] = {
            file: {"bytes": (draft / file).stat().st_size, "sha256": digest(draft / file)}
            for file in contents(draft)
        }
        manifest["sha256"] = seal(manifest)
        replace(draft / NAME, json.dumps(manifest, indent=1, ensure_ascii=False))
        folders = [path for path in draft.rglob("*") if path.is_dir()]
        for path in [draft / NAME, *(draft / file for file in contents(draft)), *folders, draft]:
            sync(path)
        target = to / name
        number = 1
        while target.exists():  # two in one second
            number += 1
            target = to / f"{name}-{number}"
        draft.rename(target)
        sync(to)
        return Backup(target, manifest)

    try:
        yield draft, finish
    except OSError as error:
        raise LabError(
            f"The backup could not be written: {error.strerror or error}. Nothing is left of it.",
            todo="Look for room on the disk, or give another folder with --to.",
        ) from None
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def stamp(name: str, moment: datetime) -> str:
    """The folder's name: database and time in UTC."""
    plain = "".join(c if c.isalnum() or c in "-_." else "_" for c in name[:63])
    plain = "_" + plain[1:] if plain.startswith(".") else plain  # neither hidden nor unfinished
    return f"{plain}-{moment:%Y%m%dT%H%M%SZ}"


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def load(folder: str | Path) -> Backup:
    """Raises LabError when the folder holds no finished backup, NotGood when it is damaged."""
    folder = Path(folder)
    expected = f"a backup's folder, with a {NAME}"
    if folder.name.startswith(UNFINISHED):
        raise LabError(f"{folder.name} was never finished: it is no backup.", expected=expected)
    try:
        manifest = json.loads((folder / NAME).read_text("utf-8"))
        if manifest["version"] > VERSION:
            raise LabError(
                f"{folder.name} was made by a newer Migration Lab.", todo="Update this one."
            )
        if manifest["sha256"] != seal(manifest):
            raise ValueError("not what was written")
        return Backup(folder, manifest)
    except OSError:
        raise LabError(f"{folder} holds no backup.", expected=expected) from None
    except (ValueError, KeyError, TypeError):
        raise NotGood(
            f"The manifest of {folder} is damaged, so nothing proves this backup.",
            todo="Take another backup; keep the dump in this folder for an emergency.",
        ) from None


def seal(manifest: dict) -> str:
    """The sha256 of what a manifest says; it shows a slip of the disk or the pen, not a forger."""
    said = {name: value for name, value in manifest.items() if name != "sha256"}
    text = json.dumps(said, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


def contents(folder: Path) -> list[str]:
    """All files below a folder but manifest and verdict, as paths with / in a fixed order."""
    found = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return sorted(set(found) - {NAME, VERIFIED, VERIFIED + DRAFT})


def damages(backup: Backup) -> list[str]:
    """Each file that is not as the manifest says; a line each."""
    lines = []
    there = set(contents(backup.folder))
    for name, wanted in backup.manifest["files"].items():
        path = backup.folder / name
        if name not in there:
            lines.append(f"file {name}: missing")
        elif path.stat().st_size != wanted["bytes"]:
            lines.append(f"file {name}: {wanted['bytes']:,} bytes, now {path.stat().st_size:,}")
        elif digest(path) != wanted["sha256"]:
            lines.append(f"file {name}: other content (sha256)")
    lines += [
        f"file {name}: nobody knows it" for name in sorted(there - set(backup.manifest["files"]))
    ]
    return lines


def digest(path: Path) -> str:
    found = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            found.update(block)
    return found.hexdigest()


def replace(path: Path, text: str) -> None:
    """Write a file so that it is always whole."""
    draft = path.with_name(path.name + DRAFT)
    draft.write_text(text, encoding="utf-8")
    os.replace(draft, path)


def sync(path: Path) -> None:
    """Make the disk have it before the name says so."""
    if os.name == "nt" and path.is_dir():
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError:  # some file systems cannot, and then nobody can
        pass
    finally:
        os.close(descriptor)
