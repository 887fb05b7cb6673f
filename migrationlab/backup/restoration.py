"""Restore beside what is there, prove the restored one, and only then change the names."""

import secrets
from contextlib import closing, suppress
from dataclasses import dataclass, field

import psycopg2
from psycopg2 import sql

from migrationlab.backup import connection_url, load_dump, manifest, sqlite_backup
from migrationlab.backup.connection_url import Address
from migrationlab.backup.manifest import NotGood
from migrationlab.errors import LabError

# Everything that somebody has made in it has an object id from 16384 on.
EMPTY = """
SELECT NOT EXISTS (SELECT FROM pg_class WHERE oid >= 16384 AND relnamespace NOT IN
        (SELECT oid FROM pg_namespace WHERE nspname ~ '^pg_'))
    AND NOT EXISTS (SELECT FROM pg_proc WHERE oid >= 16384)
    AND NOT EXISTS (SELECT FROM pg_type WHERE oid >= 16384 AND typnamespace NOT IN
        (SELECT oid FROM pg_namespace WHERE nspname ~ '^pg_'))
    AND NOT EXISTS (SELECT FROM pg_namespace WHERE oid >= 16384 AND nspname !~ '^pg_')
    AND NOT EXISTS (SELECT FROM pg_largeobject_metadata)
"""
RESTORING, BEFORE = "__restoring_", "_before_"
TRIES = 3  # to be alone in a database for a moment


@dataclass(frozen=True)
class Restored:
    """`kept` is the name of the database that was there before, "" when there was none."""

    database: str
    kept: str = ""
    notes: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        lines = [f"{self.database} is restored, and compared with the backup."]
        if self.kept:
            lines.append(f"What was there before is kept as {self.kept}.")
        return "\n".join(lines + self.notes)


def restore(
    folder,
    into: str,
    *,
    replace: str | None = None,
    owners: bool = True,
    progress=lambda text: None,
) -> Restored:
    """Restore a backup into the database that `into` names.

    It is made when it does not exist. One that is not empty is refused unless `replace` is its
    name; it is kept under another name. Raises LabError; whatever was there is then in service
    as before.
    """
    backup = manifest.load(folder)
    if lines := manifest.damages(backup):
        raise NotGood(
            f"{backup.folder.name} is not what it was when it was made:\n  "
            + "\n  ".join(lines[:20]),
            todo="Take another backup. Nothing was changed.",
        )
    if backup.kind == "sqlite":
        sqlite_backup.restore(backup, into)
        return Restored(into)
    wanted = connection_url.server_of(into)
    if wanted.database == connection_url.MAINTENANCE:
        raise LabError(
            f"{wanted.database} is the database from which the others are renamed.",
            expected="another database's name, which need not exist yet",
        )
    server = wanted.of(connection_url.MAINTENANCE)
    there = _exists(server, wanted.database)
    if there and not _is_empty(wanted) and replace != wanted.database:
        raise LabError(
            f"The database {wanted.database} is not empty.",
            expected="a new database, or an empty one",
            todo=f"--replace {wanted.database} puts the backup in its place; what is there now is "
            "kept under another name.",
        )
    tools = load_dump.tools_for(backup, wanted.major)
    notes = [] if owners else ["Owners and grants were left out, as asked."]
    made = _prepare_roles(server, backup) if owners else []
    if made:
        roles = ", ".join(made)
        notes.append(f"Made the roles {roles}, without a password: nobody can log in with them.")
    draft = wanted.of(_name(wanted.database, RESTORING + secrets.token_hex(4)))
    try:
        note = load_dump.create_database(server, draft.database, backup)
        progress("restoring")
        load_dump.fill(backup, draft, tools, owners=owners)
        progress("comparing")
        if lines := load_dump.compare(backup, draft, owners=owners):
            raise NotGood(
                "What was restored is not what was backed up:\n  " + "\n  ".join(lines[:20]),
                todo="Nothing was changed; run verify on this backup, and take another one.",
            )
        progress("analyzing")
        load_dump.analyze(draft)
        kept = _swap(server, draft.database, wanted.database)
    except BaseException:
        with suppress(LabError):
            load_dump.drop_database(server, draft.database)
            load_dump.drop_roles(server, made)
        raise
    notes += [note] if note else []
    return Restored(wanted.database, kept, notes + _leftovers(server))


def _prepare_roles(server: Address, backup) -> list[str]:
    """Make the roles that the server lacks; their names."""
    missing = load_dump.missing_roles(server, backup)
    try:
        load_dump.create_roles(server, missing)
    except LabError:
        raise LabError(
            f"The server lacks the roles {', '.join(missing)}, and {server.user} may not make "
            "them. Nothing was changed.",
            todo="Let a superuser run globals.sql of the backup first, or leave owners and grants "
            "out: --without-owners.",
        ) from None
    return missing


def _name(database: str, ending: str) -> str:
    """PostgreSQL cuts names after 63 bytes: cut before the ending instead."""
    return database.encode()[: 63 - len(ending)].decode(errors="ignore") + ending


def _leftovers(server: Address) -> list[str]:
    """A line for each database that a killed restore has left, if nobody is at work in it."""
    with closing(server.connect()) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT datname FROM pg_database d WHERE strpos(datname, %s) > 0 AND NOT EXISTS"
            " (SELECT FROM pg_stat_activity a WHERE a.datid = d.oid) ORDER BY 1",
            (RESTORING,),
        )
        return [
            f"{name} is left from a restore that was interrupted: it can be dropped."
            for (name,) in cursor.fetchall()
        ]


def _exists(server: Address, name: str) -> bool:
    with closing(server.connect()) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT FROM pg_database WHERE datname = %s", (name,))
        return cursor.fetchone() is not None


def _is_empty(where: Address) -> bool:
    with closing(where.connect()) as connection, connection.cursor() as cursor:
        cursor.execute(EMPTY)
        return cursor.fetchone()[0]


def _swap(server: Address, new: str, name: str) -> str:
    """Give `new` the name; who has it gets another, which is returned ("" when nobody has it).

    One transaction: whatever happens, one of the two is in service under the name.
    """
    there = _exists(server, name)
    kept = _name(name, f"{BEFORE}{manifest.now():%Y%m%d_%H%M%S}") if there else ""
    if kept and _exists(server, kept):
        kept = _name(kept, f"_{secrets.token_hex(2)}")
    end = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname IN (%s, %s)"
        " AND pid <> pg_backend_pid();"
    )
    rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
    steps = [rename.format(sql.Identifier(name), sql.Identifier(kept))] if there else []
    steps.append(rename.format(sql.Identifier(new), sql.Identifier(name)))
    with closing(server.connect()) as connection, connection.cursor() as cursor:
        for _ in range(TRIES):
            try:
                # In one message: who reconnects at once finds the name locked, waits, and then
                # gets the new database.
                cursor.execute(sql.SQL(end) + sql.SQL("; ").join(steps), (name, new))
                connection.commit()
                return kept
            except psycopg2.errors.ObjectInUse as error:
                connection.rollback()
                trouble = error
            except psycopg2.Error as error:
                trouble = error
                break
    raise LabError(
        f"{name} could not be renamed: {trouble.diag.message_primary or trouble}.",
        todo="Nothing was changed. End the sessions in it, as its owner or a superuser; try again.",
    )
