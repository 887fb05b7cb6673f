"""Make, clone, rename and drop databases, and never one that the lab did not make.

Every database that the lab makes carries a mark in its comment
(`COMMENT ON DATABASE`), so that one glance at `\\l+` tells whose it is. What
has no mark is refused by every function that would change it.
"""

import os
import secrets
import subprocess
import tempfile
import threading
import time
from contextlib import closing, contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path

import psycopg2
from psycopg2 import errors, sql

from migrationlab.errors import LabError

MARK = "made by Migration Lab"
SCRATCH = "__try_"  # stands in the names of throw-away databases
RUN = "MIGRATIONLAB_RUN"  # environment variable: the run that this process is a part of
MAINTENANCE = "postgres"  # the database one connects to in order to work on another
PATIENCE = 5  # seconds for a session to end

_held = ContextVar("held", default=(None, None))  # (server, connection) of one_connection()


@contextmanager
def one_connection(server):
    """Within the block, the functions of this module that work on `server` share a connection.

    Opening one takes 5 to 20 ms, as long as most of what they do with it.
    """
    if _held.get()[0] == server:
        yield
        return
    with closing(server.connect(MAINTENANCE)) as connection:
        token = _held.set((server, connection))
        try:
            yield
        finally:
            _held.reset(token)


def exists(server, name: str) -> bool:
    """Whether the server has a database of this name, marked or not."""
    with _maintenance(server) as cursor:
        return _exists(cursor, name)


def listing(server, beginning: str = "") -> dict[str, str]:
    """The lab's own databases whose names begin so: name -> note, in name order."""
    with _maintenance(server) as cursor:
        cursor.execute(
            "SELECT datname, shobj_description(oid, 'pg_database') FROM pg_database"
            " WHERE starts_with(datname, %s) ORDER BY datname",
            (beginning,),
        )
        return {
            name: comment.removeprefix(MARK).lstrip(": ")
            for name, comment in cursor.fetchall()
            if (comment or "").startswith(MARK)
        }


def create(server, name: str, *, template: str = "template1", note: str = "") -> None:
    """Create a marked database, empty or as a copy of `template`.

    Raises LabError when the name is taken, when somebody works in the
    template, or when the role may not create databases.
    """
    statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
    with _maintenance(server) as cursor:
        try:
            cursor.execute(statement.format(sql.Identifier(name), sql.Identifier(template)))
        except errors.DuplicateDatabase:
            raise LabError(f"The database {name} exists already.") from None
        except errors.ObjectInUse:
            raise LabError(
                f"The database {template} cannot be copied while others are connected to it.",
                todo="Close the other sessions (psql, notebooks) and try again.",
            ) from None
        except errors.InsufficientPrivilege:
            raise LabError(
                f"The role {server.user} may not create databases on this server.",
                expected="a role with the CREATEDB attribute",
                todo=f"Ask the server's owner for ALTER ROLE {server.user} CREATEDB, "
                "or unset DATABASE_URL: the lab then starts its own server.",
            ) from None
        cursor.execute(_comment(name, note))


def clone(server, source: str, name: str, *, note: str = "") -> None:
    """Copy a database as it is now, while nobody is in the middle of a transaction there.

    CREATE DATABASE … TEMPLATE wants the source for itself, so idle sessions
    are closed (psql connects again by itself). Raises LabError when a session
    has a transaction open: its work would be lost.
    """
    insist_on_no_transaction(server, source)
    with _maintenance(server) as cursor:
        _end_sessions(cursor, source)
    create(server, name, template=source, note=note)


def open_transactions(server, name: str) -> list[str]:
    """The names of the sessions that are in the middle of a transaction in this database."""
    with _maintenance(server) as cursor:
        cursor.execute(
            "SELECT application_name FROM pg_stat_activity WHERE datname = %s"
            " AND backend_type = 'client backend' AND state IS DISTINCT FROM 'idle'",
            (name,),
        )
        return sorted({row[0] or "a session without a name" for row in cursor.fetchall()})


def insist_on_no_transaction(server, name: str) -> None:
    """Raise LabError when a session has a transaction open in this database."""
    if busy := open_transactions(server, name):
        raise LabError(
            f"{name} cannot be copied: a transaction is open there ({', '.join(busy)}).",
            todo="End it with COMMIT or ROLLBACK, then try again.",
        )


def in_use(server, name: str) -> bool:
    """Whether anybody is connected to this database."""
    with _maintenance(server) as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = %s"
            " AND backend_type = 'client backend')",
            (name,),
        )
        return cursor.fetchone()[0]


def end_sessions(server, name: str) -> None:
    """End everybody's sessions in a marked database. Raises LabError when it has no mark."""
    with _maintenance(server) as cursor:
        _insist_on_mark(cursor, name)
        _end_sessions(cursor, name)


def stop_syncing(server) -> None:
    """For servers of tests, whose data nobody wants after a power cut: DROP DATABASE makes a
    checkpoint, and syncing hundreds of files takes seconds on a busy disk.
    """
    with _maintenance(server) as cursor:
        cursor.execute("ALTER SYSTEM SET fsync = off")
        cursor.execute("SELECT pg_reload_conf()")


@contextmanager
def temporary(server, stem: str, *, template: str = "template1", copy_of: str | None = None):
    """The name of a throw-away database for the duration of a block.

    It is made from `template`, or holds what is committed in `copy_of`, whose sessions stay as
    they are.
    """
    name = f"{stem}{SCRATCH}{secrets.token_hex(4)}"
    try:
        # CREATE DATABASE would wait five seconds for a template's sessions to end.
        if copy_of and in_use(server, copy_of):
            create(server, name, note=_scratch_note())
            copy_by_dump(server, copy_of, name)
        else:
            create(server, name, template=copy_of or template, note=_scratch_note())
        yield name
    finally:
        discard(server, name)


def drop_scratch(server, run: str) -> None:
    """Drop the throw-away databases that a run (see server/watchdog.py) could not drop itself."""
    for name, note in listing(server).items():
        if SCRATCH in name and note.endswith(f" of {run}"):
            drop(server, name)


def _scratch_note() -> str:
    run = os.environ.get(RUN)
    return f"scratch of {run}" if run else "scratch"


def copy_by_dump(server, source: str, target: str, *, origin=None) -> None:
    """Copy the committed content of `source` into an empty database, disturbing nobody.

    Slower than `clone`, but the sessions in `source` stay as they are. With `origin`, `source` is
    on that other server; its roles are not taken along. Raises LabError.
    """
    foreign = ["--no-owner", "--no-privileges"] if origin else []
    with tempfile.TemporaryDirectory() as folder:
        dump = str(Path(folder) / "copy.dump")
        for at, program, *arguments in (
            (origin or server, "pg_dump", "--format=custom", "--file", dump, source),
            (server, "pg_restore", "--exit-on-error", *foreign, "--dbname", target, dump),
        ):
            done = subprocess.run(
                [at.bin / program, *arguments],
                env=at.environment(source if program == "pg_dump" else target),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
            )
            if done.returncode:
                raise LabError(f"{source} could not be copied: {done.stderr.strip()[-300:]}")


def rename(server, name: str, new: str, *, note: str | None = None) -> None:
    """Give a marked database another name, ending the sessions in it first.

    Raises LabError when it has no mark.
    """
    old_name, new_name = sql.Identifier(name), sql.Identifier(new)
    open_to_all = sql.SQL("ALTER DATABASE {} WITH ALLOW_CONNECTIONS true")
    with _maintenance(server) as cursor:
        _insist_on_mark(cursor, name)
        # Closed first, else a program that waits for it reconnects between the two steps.
        close = sql.SQL("ALTER DATABASE {} WITH ALLOW_CONNECTIONS false")
        cursor.execute(close.format(old_name))
        try:
            _end_sessions(cursor, name)
            cursor.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(old_name, new_name))
        except BaseException:
            cursor.execute(open_to_all.format(old_name))
            raise
        cursor.execute(open_to_all.format(new_name))
        if note is not None:
            cursor.execute(_comment(new, note))


def drop(server, name: str) -> None:
    """Drop a marked database, ending the sessions in it. Nothing happens if it is not there.

    Raises LabError when it has no mark.
    """
    with _maintenance(server) as cursor:
        if _exists(cursor, name):
            _insist_on_mark(cursor, name)
            statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
            cursor.execute(statement.format(sql.Identifier(name)))


def discard(server, name: str) -> None:
    """Drop a marked database without waiting for it; its name is free at once.

    DROP DATABASE makes a checkpoint, which takes seconds on a slow disk. The
    process waits for it at its very end. Raises LabError when it has no mark.
    """
    if exists(server, name):
        doomed = f"{name[:40]}{SCRATCH}{secrets.token_hex(4)}"
        rename(server, name, doomed)
        threading.Thread(target=_drop_quietly, args=(server, doomed)).start()


def _drop_quietly(server, name: str) -> None:
    with suppress(psycopg2.OperationalError):  # the server has been stopped: lab.py tidy lists it
        drop(server, name)


@contextmanager
def _maintenance(server):
    """A cursor on the maintenance database, each statement a transaction of its own."""
    with one_connection(server), _held.get()[1].cursor() as cursor:
        yield cursor


def _exists(cursor, name: str) -> bool:
    cursor.execute("SELECT FROM pg_database WHERE datname = %s", (name,))
    return cursor.fetchone() is not None


def _insist_on_mark(cursor, name: str) -> None:
    cursor.execute(
        "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s", (name,)
    )
    row = cursor.fetchone()
    if row is None or not (row[0] or "").startswith(MARK):
        raise LabError(
            f"The lab did not make the database {name}, so it leaves it alone.",
            expected=f"a database whose comment begins with “{MARK}”",
        )


def _comment(name: str, note: str) -> sql.Composed:
    text = f"{MARK}: {note}" if note else MARK
    return sql.SQL("COMMENT ON DATABASE {} IS {}").format(sql.Identifier(name), sql.Literal(text))


def _end_sessions(cursor, name: str) -> None:
    """End them and wait until they have really gone: they are counted by what comes next."""
    there = "pg_stat_activity WHERE datname = %s AND backend_type = 'client backend'"
    cursor.execute(f"SELECT pg_terminate_backend(pid) FROM {there}", (name,))
    # Not pg_terminate_backend's own wait: it looks again only after 100 ms.
    deadline = time.monotonic() + PATIENCE
    while cursor.rowcount and time.monotonic() < deadline:
        time.sleep(0.002)
        cursor.execute(f"SELECT pid FROM {there}", (name,))
