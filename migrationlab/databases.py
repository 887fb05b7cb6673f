"""Make, clone, rename and drop databases, and never one that the lab did not make.

Every database that the lab makes carries a mark in its comment
(`COMMENT ON DATABASE`), so that one glance at `\\l+` tells whose it is. What
has no mark is refused by every function that would change it.
"""

import subprocess
import tempfile
from contextlib import closing
from pathlib import Path

from psycopg2 import errors, sql

from migrationlab.errors import LabError

MARK = "made by Migration Lab"
MAINTENANCE = "postgres"  # the database one connects to in order to work on another


def exists(server, name: str) -> bool:
    """Whether the server has a database of this name, marked or not."""
    query = "SELECT 1 FROM pg_database WHERE datname = %s"
    return bool(_ask(server, query, name))


def listing(server, beginning: str = "") -> dict[str, str]:
    """The lab's own databases whose names begin so: name -> note, in name order."""
    rows = _ask(
        server,
        "SELECT datname, shobj_description(oid, 'pg_database') FROM pg_database"
        " WHERE starts_with(datname, %s) ORDER BY datname",
        beginning,
    )
    return {
        name: comment.removeprefix(MARK).lstrip(": ")
        for name, comment in rows
        if (comment or "").startswith(MARK)
    }


def create(server, name: str, *, template: str = "template1", note: str = "") -> None:
    """Create a marked database, empty or as a copy of `template`.

    Raises LabError when the name is taken, when somebody works in the
    template, or when the role may not create databases.
    """
    statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
    try:
        _do(server, statement.format(sql.Identifier(name), sql.Identifier(template)))
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
    _do(server, _comment(name, note))


def clone(server, source: str, name: str, *, note: str = "") -> None:
    """Copy a database as it is now, while nobody is in the middle of a transaction there.

    CREATE DATABASE … TEMPLATE wants the source for itself, so idle sessions
    are closed (psql connects again by itself). Raises LabError when a session
    has a transaction open: its work would be lost.
    """
    busy = _ask(
        server,
        "SELECT application_name, state FROM pg_stat_activity WHERE datname = %s"
        " AND backend_type = 'client backend' AND state IS DISTINCT FROM 'idle'",
        source,
    )
    if busy:
        who = ", ".join(sorted({name or "a session without a name" for name, _ in busy}))
        raise LabError(
            f"{source} cannot be copied: a transaction is open there ({who}).",
            todo="End it with COMMIT or ROLLBACK, then try again.",
        )
    _end_sessions(server, source)
    create(server, name, template=source, note=note)


def copy_by_dump(server, source: str, target: str) -> None:
    """Copy the committed content of `source` into an empty database, disturbing nobody.

    Slower than `clone`, but the sessions in `source` stay as they are. Raises LabError.
    """
    with tempfile.TemporaryDirectory() as folder:
        dump = str(Path(folder) / "copy.dump")
        for program, *arguments in (
            ("pg_dump", "--format=custom", "--file", dump, source),
            ("pg_restore", "--exit-on-error", "--dbname", target, dump),
        ):
            done = subprocess.run(
                [server.bin / program, *arguments],
                env=server.environment(source),
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
    _insist_on_mark(server, name)
    _set_open(server, name, False)  # else a waiting program reconnects between the two steps
    try:
        _end_sessions(server, name)
        _do(
            server,
            sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
                sql.Identifier(name), sql.Identifier(new)
            ),
        )
    except BaseException:
        _set_open(server, name, True)
        raise
    _set_open(server, new, True)
    if note is not None:
        _do(server, _comment(new, note))


def drop(server, name: str) -> None:
    """Drop a marked database, ending the sessions in it. Nothing happens if it is not there.

    Raises LabError when it has no mark.
    """
    if exists(server, name):
        _insist_on_mark(server, name)
        _do(server, sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _insist_on_mark(server, name: str) -> None:
    if name not in listing(server, name):
        raise LabError(
            f"The lab did not make the database {name}, so it leaves it alone.",
            expected=f"a database whose comment begins with “{MARK}”",
        )


def _comment(name: str, note: str) -> sql.Composed:
    text = f"{MARK}: {note}" if note else MARK
    return sql.SQL("COMMENT ON DATABASE {} IS {}").format(sql.Identifier(name), sql.Literal(text))


def _set_open(server, name: str, allowed: bool) -> None:
    word = sql.SQL("true" if allowed else "false")
    _do(
        server,
        sql.SQL("ALTER DATABASE {} WITH ALLOW_CONNECTIONS {}").format(sql.Identifier(name), word),
    )


def _end_sessions(server, name: str) -> None:
    # The second argument makes the server wait (milliseconds) until the session has really gone.
    _ask(
        server,
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
        " WHERE datname = %s AND backend_type = 'client backend'",
        name,
    )


def _ask(server, query: str, *params) -> list[tuple]:
    with closing(server.connect(MAINTENANCE)) as connection, connection.cursor() as cursor:
        cursor.execute(query, params)
        return cursor.fetchall()


def _do(server, statement: sql.Composable) -> None:
    with closing(server.connect(MAINTENANCE)) as connection, connection.cursor() as cursor:
        cursor.execute(statement)
