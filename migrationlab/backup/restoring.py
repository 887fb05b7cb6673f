"""Restore beside what is there, prove the restored one, and only then change the names."""

import secrets
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg2
from psycopg2 import sql

from migrationlab.backup import address, loading, manifest, sqlite_file
from migrationlab.backup.address import Address
from migrationlab.errors import LabError

EMPTY = """
SELECT NOT EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema')
"""


@dataclass(frozen=True)
class Restored:
    """`kept` is the name of the database that was there before, "" when there was none."""

    database: str
    kept: str = ""
    notes: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        lines = [f"{self.database} is restored, compared with the backup, and analyzed."]
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
        raise LabError(
            f"{backup.folder.name} is not what it was when it was made:\n  " + "\n  ".join(lines),
            todo="Take another backup. Nothing was changed.",
        )
    if backup.kind == "sqlite":
        sqlite_file.restore(backup, Path(into))
        return Restored(into)
    wanted = address.server_of(into)
    server = wanted.of(address.MAINTENANCE)
    there = _exists(server, wanted.database)
    if there and not _is_empty(wanted) and replace != wanted.database:
        raise LabError(
            f"The database {wanted.database} is not empty.",
            expected="a new database, or an empty one",
            todo=f"--replace {wanted.database} puts the backup in its place; what is there now is "
            "kept under another name.",
        )
    tools = loading.tools_for(backup, wanted.major)
    notes = _prepare_roles(server, backup, owners)
    draft = wanted.of(f"{wanted.database[:40]}__restoring_{secrets.token_hex(4)}")
    try:
        loading.create_database(server, draft.database, backup)
        progress("restoring")
        loading.fill(backup, draft, tools, owners=owners)
        progress("comparing")
        if lines := loading.compare(backup, draft, owners=owners):
            raise LabError(
                "What was restored is not what was backed up:\n  " + "\n  ".join(lines[:20]),
                todo="Nothing was changed; run verify on this backup, and take another one.",
            )
        progress("analyzing")
        loading.analyze(draft)
        kept = _swap(server, draft.database, wanted.database) if there else ""
        if not there:
            _rename(server, draft.database, wanted.database)
    except BaseException:
        with suppress(LabError):
            loading.drop_database(server, draft.database)
        raise
    return Restored(wanted.database, kept, notes)


def _prepare_roles(server: Address, backup, owners: bool) -> list[str]:
    missing = loading.missing_roles(server, backup) if owners else []
    if not missing:
        return [] if owners else ["Owners and grants were left out, as asked."]
    try:
        loading.create_roles(server, missing)
    except LabError:
        raise LabError(
            f"The server lacks the roles {', '.join(missing)}, and {server.user} may not make "
            "them. Nothing was changed.",
            todo="Let a superuser run globals.sql of the backup first, or leave owners and grants "
            "out: --without-owners.",
        ) from None
    return [
        f"Made the roles {', '.join(missing)}, without a password: nobody can log in with them."
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
    """Give `new` the name; the one that has it gets another, which is returned."""
    kept = f"{name[:40]}_before_{manifest.now():%Y%m%d_%H%M%S}"
    if _exists(server, kept):
        kept += f"_{secrets.token_hex(2)}"
    _rename(server, name, kept)
    try:
        _rename(server, new, name)
    except BaseException:
        _rename(server, kept, name)  # back into service
        raise
    return kept


def _rename(server: Address, name: str, new: str) -> None:
    """Rename a database, ending the sessions in it. Nobody may come back between the two."""
    old, now = sql.Identifier(name), sql.Identifier(new)
    with closing(server.connect()) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            allow = sql.SQL("ALTER DATABASE {} WITH ALLOW_CONNECTIONS {}")
            try:
                cursor.execute(allow.format(old, sql.SQL("false")))
                cursor.execute(
                    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                    " WHERE datname = %s AND pid <> pg_backend_pid()",
                    (name,),
                )
                cursor.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(old, now))
                cursor.execute(allow.format(now, sql.SQL("true")))
            except psycopg2.Error as error:
                with suppress(psycopg2.Error):
                    cursor.execute(allow.format(old, sql.SQL("true")))
                raise LabError(
                    f"{name} could not be renamed: {str(error).strip().splitlines()[0]}.",
                    todo="Nothing was changed: end the sessions in it and try again.",
                ) from None
