"""Load a backup's dump into an empty database, and compare what came with what was noted."""

from contextlib import closing

import psycopg2
from psycopg2 import sql

from migrationlab.backup import clients, facts
from migrationlab.backup.address import Address
from migrationlab.backup.clients import Clients
from migrationlab.backup.manifest import Backup
from migrationlab.errors import LabError


def tools_for(backup: Backup, major: int) -> Clients:
    """Programs that read the dump; LabError when the server is older than what wrote it."""
    made_by = int(backup.manifest["client"].split(".")[0])
    if major < made_by:
        raise LabError(
            f"The dump was written by pg_dump {made_by}, and the server is PostgreSQL {major}.",
            expected=f"PostgreSQL {made_by} or newer: an older one does not know all its words",
            todo=f"Restore into a newer server, or make the backup with pg_dump {major}.",
        )
    usable = [c for c in clients.found() if c.major >= made_by]
    same = [c for c in usable if c.major == major]
    if not usable:
        raise LabError(f"There is no pg_restore {made_by} or newer here.")
    return (same or sorted(usable, key=lambda c: c.major))[0]


def create_database(server: Address, name: str, backup: Backup) -> None:
    """An empty database, from template0: what somebody has put into template1 is not ours."""
    encoding = backup.manifest["facts"]["database"]["encoding"]
    _run(
        server,
        sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING {}").format(
            sql.Identifier(name), sql.Literal(encoding)
        ),
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


def fill(backup: Backup, target: Address, tools: Clients, *, owners: bool = True) -> None:
    """Load the dump into an empty database. Raises LabError at the first error."""
    dump = str(backup.dump())
    if backup.manifest["format"] == "plain":
        command = [tools.program("psql"), "--no-psqlrc", "--quiet", "--no-password"]
        command += ["--set=ON_ERROR_STOP=1", "--single-transaction", f"--file={dump}"]
    else:
        command = [tools.program("pg_restore"), "--exit-on-error", "--no-password"]
        command += [f"--dbname={target.database}"]
        command += [] if owners else ["--no-owner", "--no-privileges"]
        command += [dump]
    clients.run(command, target.environment())
    _keep_settings(backup, target)


def _keep_settings(backup: Backup, target: Address) -> None:
    """What ALTER DATABASE … SET and COMMENT had said: pg_restore leaves it out."""
    noted = backup.manifest["facts"]["database"]
    for line in noted["settings"] or ():
        name, _, value = line.partition("=")
        _run(
            target,
            sql.SQL("ALTER DATABASE {} SET {} TO {}").format(
                sql.Identifier(target.database), sql.Identifier(name), sql.Literal(value)
            ),
        )


def analyze(target: Address) -> None:
    """A restored database has no statistics: without them the planner guesses."""
    _run(target, sql.SQL("ANALYZE"))


def compare(backup: Backup, target: Address, *, owners: bool = True) -> list[str]:
    """One line for each difference between the database and what the backup had noted."""
    with closing(target.connect()) as connection:
        return facts.differences(backup.manifest["facts"], facts.gather(connection), owners=owners)


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
