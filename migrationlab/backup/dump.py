"""Make a backup: the dump and the numbers that prove it, both of one moment."""

import time
from contextlib import closing
from pathlib import Path
from threading import Thread

import psycopg2
from psycopg2.extensions import make_dsn

from migrationlab.backup import client_programs, connection_url, inventory, manifest
from migrationlab.backup.manifest import FORMATS, GLOBALS, Backup
from migrationlab.errors import LabError

LOCK_SECONDS = 30  # for a table that somebody is altering
TRAILER = "-- PostgreSQL database dump complete"


def make(
    url: str,
    to: str | Path,
    *,
    format: str = "custom",
    jobs: int = 1,
    progress=lambda what, done, total: None,
) -> Backup:
    """Back one database up into a new folder below `to`.

    The dump and the fingerprints see the same snapshot, so the proof is exact while others write.
    `progress` is called with (what, bytes written, bytes of the database). Raises LabError; then
    nothing is left that looks like a backup.
    """
    if format not in FORMATS:
        raise LabError(f"There is no format {format}.", expected=", ".join(FORMATS))
    if jobs > 1 and format != "directory":
        raise LabError("Only the format directory has several jobs.", todo="--format directory")
    where = connection_url.reach(url)
    tools = client_programs.for_server(where.major, tls=where.tls)
    moment = manifest.now()
    began = time.monotonic()
    with manifest.folder_for(to, manifest.stamp(where.database, moment)) as (draft, finish):
        with closing(where.connect()) as connection:
            found = _dump(where, tools, connection, draft, format, jobs, progress)
        progress("roles and grants", 0, 0)
        globals_ = _globals(where, tools, draft)
        progress("checking the files", 0, 0)
        return finish(
            {
                "version": manifest.VERSION,
                "kind": "postgresql",
                "made_at": moment.isoformat(),
                "origin": f"{where.host}:{where.port}",
                "database": where.database,
                "server_version": where.version,
                "client": tools.version,
                "format": format,
                "globals": globals_,
                "seconds": round(time.monotonic() - began, 2),
                "facts": found,
                "alembic_revision": found["alembic_revision"],
                "bytes": found["bytes"],
            }
        )


def _dump(where, tools, connection, draft: Path, format: str, jobs: int, progress) -> dict:
    target = draft / FORMATS[format]
    try:
        with connection.cursor() as cursor:
            inventory.hold(cursor, LOCK_SECONDS)
            cursor.execute("SELECT pg_export_snapshot(), pg_database_size(current_database())")
            snapshot, size = cursor.fetchone()
        before = inventory.sequences(connection)
        command = [
            tools.program("pg_dump"),
            f"--format={format}",
            f"--file={target}",
            f"--snapshot={snapshot}",
            "--lock-wait-timeout=2s",  # we hold them: somebody waits for us, and it for them
            "--no-password",
        ]
        command += [f"--jobs={jobs}"] if jobs > 1 else []
        with client_programs.start(command, where.environment()) as process:
            said: list[str] = []
            reader = Thread(target=lambda: said.append(process.stdout.read()))
            reader.start()
            watcher = Thread(target=_watch, args=(process, target, size, progress), daemon=True)
            watcher.start()
            try:
                found = inventory.gather(connection)  # meanwhile, in the snapshot's own transaction
            except BaseException:
                process.kill()
                raise
            finally:
                process.wait()
                reader.join()
                watcher.join()
        told = said[0] if said else ""
        if process.returncode and "LOCK TABLE" in told and "timeout" in told:
            raise LabError(
                "Somebody came to change a table at the very moment when the backup began.",
                todo="Nothing is left of it: make it again.",
            )
        client_programs.insist(command, process.returncode, told)
        after = inventory.sequences(connection)
        found["sequences"] = before
        found["sequences_after"] = {
            name: after[name] for name in before if before[name] != after.get(name, before[name])
        }
    except psycopg2.errors.LockNotAvailable:
        raise LabError(
            f"Somebody has been changing a table for {LOCK_SECONDS} s, so no backup was made.",
            todo="Wait until that transaction has ended (pg_stat_activity names it), then again.",
        ) from None
    except psycopg2.errors.InsufficientPrivilege as error:
        raise LabError(
            f"The role {where.user} may not read all of it: {error.diag.message_primary}.",
            todo="Use the owner of the database, or a superuser.",
        ) from None
    except psycopg2.Error as error:
        raise LabError(
            f"The database cannot be read: {str(error).strip().splitlines()[0]}."
        ) from None
    if format == "plain" and TRAILER not in _tail(target):
        raise LabError("pg_dump ended well, but the dump has no end.", todo="Try again.")
    return found


def _watch(process, target: Path, size: int, progress) -> None:
    while process.poll() is None:
        progress("dumping", _bytes(target), size)
        time.sleep(0.1)


def _bytes(path: Path) -> int:
    try:
        if path.is_dir():
            return sum(file.stat().st_size for file in path.iterdir())
        return path.stat().st_size
    except OSError:
        return 0


def _tail(path: Path, size: int = 4096) -> str:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - size))
        return file.read().decode(errors="replace")


def _globals(where, tools, draft: Path) -> str:
    """ "included", or why the roles and grants are not there.

    Without passwords: whoever gets hold of a backup must not get those too.
    """
    target = draft / GLOBALS
    command = [
        tools.program("pg_dumpall"),
        "--globals-only",
        "--no-role-passwords",
        f"--file={target}",
        "--database=" + make_dsn(dbname=where.database),  # a bare name with = would be read as one
        "--no-password",
    ]
    try:
        client_programs.run(command, where.environment(), timeout=300)
    except LabError as error:
        target.unlink(missing_ok=True)
        return f"not included: {error.what}"
    return "included"
