"""Load a backup's dump into an empty database, and compare what came with what was noted."""

import os
import re
from contextlib import closing

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import make_dsn

from migrationlab.backup import client_programs, inventory
from migrationlab.backup.client_programs import Clients
from migrationlab.backup.connection_url import Address
from migrationlab.backup.manifest import Backup
from migrationlab.errors import LabError
from migrationlab.server import postgres_programs

MOST_JOBS = 4  # tables and indexes that are restored at once
# Settings that are lists of names: as one literal they would be one long name.
LISTS = (
    "search_path",
    "temp_tablespaces",
    "local_preload_libraries",
    "session_preload_libraries",
)


def tools_for(backup: Backup, major: int | None = None) -> Clients:
    """Programs that read the dump, of a server's version if possible.

    Raises LabError when there are none, or the server is older than what wrote the dump.
    """
    made_by = int(backup.manifest["client"].split(".")[0])
    if major is not None and major < made_by:
        raise LabError(
            f"The dump was written by pg_dump {made_by}, and the server is PostgreSQL {major}.",
            expected=f"PostgreSQL {made_by} or newer: an older one does not know all its words",
            todo=f"Restore into a newer server, or make the backup with pg_dump {major}.",
        )
    usable = [c for c in client_programs.found() if c.major >= made_by]
    same = [c for c in usable if c.major == major]
    if not usable:
        raise LabError(
            f"There is no pg_restore {made_by} or newer here.",
            todo=postgres_programs.how_to_get_clients(),
        )
    return (same or sorted(usable, key=lambda c: c.major))[0]


def create_database(server: Address, name: str, backup: Backup) -> str:
    """An empty database, from template0: what somebody has put into template1 is not ours.

    It sorts as the one that was backed up, where the server can; else the answer says how it does.
    """
    noted = backup.manifest["facts"]["database"]
    made = sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING {}").format(
        sql.Identifier(name), sql.Literal(noted["encoding"])
    )
    plain = sql.SQL(" LC_COLLATE 'C' LC_CTYPE 'C'")
    if server.major >= 15:
        plain = sql.SQL(" LOCALE_PROVIDER libc") + plain
    try:
        _run(server, made + _locale(server, noted["locale"]))
        return ""
    except LabError as error:
        first = error
    for locale, word in ((sql.SQL(""), "as the server does"), (plain, "by code point (C)")):
        try:
            _run(server, made + locale)
        except LabError:
            continue
        wanted = noted["locale"]["name"] or noted["locale"]["collate"]
        return f"This server does not know the locale {wanted}: texts are sorted {word}."
    raise first


def _locale(server: Address, noted: dict) -> sql.Composable:
    parts = [("LC_COLLATE", noted["collate"]), ("LC_CTYPE", noted["ctype"])]
    words = {"c": "libc", "i": "icu", "b": "builtin"}
    provider = sql.SQL("")
    if server.major >= 15:
        provider = sql.SQL(" LOCALE_PROVIDER {}").format(sql.SQL(words[noted["provider"]]))
        if noted["provider"] != "c":
            word = words[noted["provider"]].upper() + "_LOCALE"
            parts += [(word, noted["name"]), ("ICU_RULES", noted["rules"])]
    return sql.Composed(
        [provider]
        + [
            sql.SQL(" {} {}").format(sql.SQL(word), sql.Literal(value))
            for word, value in parts
            if value
        ]
    )


def drop_database(server: Address, name: str) -> None:
    _run(server, sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def missing_roles(server: Address, backup: Backup) -> list[str]:
    """Roles that own something in the backup, or have a right there, and are not on the server."""
    wanted = backup.manifest["facts"]["roles"]
    with closing(server.connect()) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT rolname FROM pg_roles")
        there = {name for (name,) in cursor.fetchall()}
    return [name for name in wanted if name not in there]


def create_roles(server: Address, names: list[str]) -> None:
    """As groups that nobody can log in with: rights and passwords are the server's business."""
    for name in names:
        _run(server, sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(name)))


def drop_roles(server: Address, names: list[str]) -> None:
    for name in names:
        _run(server, sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(name)))


def fill(backup: Backup, target: Address, tools: Clients, *, owners: bool = True) -> None:
    """Load the dump into an empty database. Raises LabError at the first error."""
    dump = str(backup.dump())
    if backup.manifest["format"] == "plain":
        if not owners:
            raise LabError(
                "A plain dump has its owners and grants among everything else.",
                todo="Let a superuser run globals.sql of the backup first, then restore with them.",
            )
        command = [tools.program("psql"), "--no-psqlrc", "--quiet", "--no-password"]
        command += ["--set=ON_ERROR_STOP=1", "--single-transaction", f"--file={dump}"]
    else:
        command = [tools.program("pg_restore"), "--exit-on-error", "--no-password"]
        command += [f"--jobs={min(MOST_JOBS, os.cpu_count() or 1)}"]
        command += ["--dbname=" + make_dsn(dbname=target.database)]
        command += [] if owners else ["--no-owner", "--no-privileges"]
        command += [dump]
    try:
        client_programs.run(command, target.environment())
    except LabError as error:
        if re.search(r"must be |permission denied", error.what):
            raise LabError(
                error.what,
                todo="Use a superuser, or leave owners and grants out: --without-owners.",
            ) from None
        raise
    _dress(backup, target, owners)


def _dress(backup: Backup, target: Address, owners: bool) -> None:
    """What belongs to the database as a whole: a dump has it only for the database's old name."""
    noted = backup.manifest["facts"]["database"]
    name = sql.Identifier(target.database)
    comment = sql.SQL("COMMENT ON DATABASE {} IS {}")
    _run(target, comment.format(name, sql.Literal(noted["comment"])))
    database = sql.SQL("DATABASE {}").format(name)
    for line in noted["settings"] or ():
        _run(target, sql.SQL("ALTER {} SET {}").format(database, _setting(line)))
    if not owners:
        return
    for role, lines in noted["role_settings"].items():
        who = sql.SQL("ROLE {} IN {}").format(sql.Identifier(role), database)
        for line in lines:
            _run(target, sql.SQL("ALTER {} SET {}").format(who, _setting(line)))
    owner = sql.Identifier(noted["owner"])
    _run(target, sql.SQL("ALTER {} OWNER TO {}").format(database, owner))
    _run(target, sql.SQL("REVOKE ALL ON {} FROM PUBLIC, {}").format(database, owner))
    for who, right, may_pass_on in noted["grants"]:
        grant = sql.SQL("GRANT {} ON {} TO {}").format(
            sql.SQL(right), database, sql.Identifier(who) if who else sql.SQL("PUBLIC")
        )
        further = may_pass_on == "true" and who != noted["owner"]
        _run(target, grant + sql.SQL(" WITH GRANT OPTION" if further else ""))


def _setting(line: str) -> sql.Composed:
    """ "name=value" as SET wants it; a list of names is one literal for each of them."""
    name, _, value = line.partition("=")
    values = [value]
    if name in LISTS:
        found = re.findall(r'"((?:[^"]|"")*)"|([^\s,"]+)', value)
        values = [quoted.replace('""', '"') or bare for quoted, bare in found] or [""]
    parts = sql.SQL(".").join(map(sql.Identifier, name.split(".")))
    return sql.SQL("{} TO {}").format(parts, sql.SQL(", ").join(map(sql.Literal, values)))


def analyze(target: Address) -> None:
    """A restored database has no statistics: without them the planner guesses."""
    _run(target, sql.SQL("ANALYZE"))


def compare(backup: Backup, target: Address, *, owners: bool = True) -> list[str]:
    """One line for each difference between the database and what the backup had noted.

    Raises LabError when it cannot be read.
    """
    with closing(target.connect()) as connection:
        try:
            now = inventory.gather(connection)
        except psycopg2.Error as error:
            reason = str(error).strip().splitlines()[0]
            raise LabError(f"What was restored cannot be read: {reason}.") from None
    return inventory.differences(backup.manifest["facts"], now, owners=owners)


def _run(where: Address, statement) -> None:
    with closing(where.connect()) as connection:
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement)
        except psycopg2.errors.InsufficientPrivilege as error:
            raise LabError(
                f"The role {where.user} may not do that: {error.diag.message_primary}.",
                todo="Use a role with the right CREATEDB (and CREATEROLE), or a superuser.",
            ) from None
        except psycopg2.Error as error:
            raise LabError(f"PostgreSQL refuses: {str(error).strip().splitlines()[0]}.") from None
