"""The bookshop's own database: at the newest revision, and with rows in it."""

import re
import subprocess
import sys
from contextlib import closing

from migrationlab import paths
from migrationlab.errors import LabError

TIMEOUT = 900
"""Seconds for `alembic upgrade head`, of which another migrator may make us wait 600 (env.py)."""

SET_ASIDE = "python3 lab.py reset sets this database aside and makes the bookshop anew"
ANOTHER = "Name another, empty database in DATABASE_URL"


def prepare(server, progress=print) -> None:
    """Bring the bookshop's database to head and fill it if its tables are empty.

    The migration is the real command, `alembic upgrade head`, in a process of its own. When
    nothing is to be done, nothing is changed or said; two at once do the work once. Raises
    LabError, having changed nothing, when the database holds somebody else's tables or a
    revision that the project does not have.
    """
    heads, known = _revisions()
    versions, tables = _state(server)
    _insist_on_ours(server, versions, tables, known)
    if versions != heads:
        progress(f"Migrating the database {server.database}: alembic upgrade head")
        _upgrade(server, progress)
    if _is_empty(server):
        _seed(server, progress)


def _revisions() -> tuple[set[str], set[str]]:
    """(the newest revisions of the project's chain, all of them)"""
    from alembic.script import ScriptDirectory  # takes 0.3 s to import

    chain = ScriptDirectory(paths.PROJECT / "alembic")
    return set(chain.get_heads()), {script.revision for script in chain.walk_revisions()}


def _state(server) -> tuple[set[str] | None, set[str]]:
    """(what alembic_version holds, None when there is none; the other tables of the schema)"""
    with closing(server.connect()) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace"
            " AND relkind IN ('r', 'p', 'v', 'm', 'f')"
            # What an extension brought along belongs to nobody's schema.
            " AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass"
            " AND objid = pg_class.oid AND deptype = 'e')"
        )
        tables = {name for (name,) in cursor}
        if "alembic_version" not in tables:
            return None, tables
        cursor.execute("SELECT version_num FROM alembic_version")
        return {version for (version,) in cursor}, tables - {"alembic_version"}


def _insist_on_ours(server, versions: set[str] | None, tables: set[str], known: set[str]) -> None:
    if versions is None and tables:
        raise LabError(
            f"The database {server.database} holds tables that the lab did not make: "
            f"{', '.join(sorted(tables)[:5])}.",
            expected="an empty database, or the bookshop at one of its revisions",
            todo=SET_ASIDE if server.owned else f"{ANOTHER}, or unset DATABASE_URL.",
        )
    if unknown := (versions or set()) - known:
        raise LabError(
            f"The database {server.database} is at the revision {', '.join(sorted(unknown))}, "
            "and alembic/versions/ has no file for it.",
            expected=f"one of {', '.join(sorted(known))}",
            todo=f"Put the file back. Or: {SET_ASIDE if server.owned else ANOTHER}.",
        )


def _upgrade(server, progress) -> None:
    try:
        done = subprocess.run(
            [sys.executable, "-m", "alembic", "upgrade", "head"],
            cwd=paths.PROJECT,
            env=server.environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=TIMEOUT,
        )
    except subprocess.TimeoutExpired:
        raise LabError(
            f"`alembic upgrade head` has not ended within {TIMEOUT // 60} minutes.",
            todo="Look for sessions that hold a lock: python3 lab.py doctor",
        ) from None
    if done.returncode:
        raise LabError(
            f"The bookshop's database could not be migrated: {_reason(done.stderr)}",
            todo="Nothing was changed. Run `alembic upgrade head` to see all of the message.",
        )
    for line in done.stderr.splitlines():
        if "Running upgrade" in line:
            progress("  " + line.partition("Running upgrade")[2].strip())


def _reason(printed: str) -> str:
    """The line that tells what went wrong: alembic's own message, or the exception's."""
    lines = printed.strip().splitlines()
    found = [line for line in lines if re.match(r"ERROR +\[|(\w+\.)+\w+: ", line)]
    return re.sub(r"^\S+( +\[\S+\])? +", "", (found or lines or ["it does not say why"])[-1])


def _is_empty(server) -> bool:
    """Whether no table of the bookshop has a row."""
    from bookshop.seeds import TABLES

    _, there = _state(server)
    with closing(server.connect()) as connection, connection.cursor() as cursor:
        for name in TABLES:
            if name in there:
                cursor.execute(f"SELECT EXISTS (SELECT FROM {name})")
                if cursor.fetchone()[0]:
                    return False
    return True


def _seed(server, progress) -> None:
    from sqlalchemy import NullPool, create_engine

    from bookshop.seeds import seed

    with create_engine(server.url(), poolclass=NullPool).begin() as connection:
        inserted = seed(connection)
    if inserted:
        progress(f"Filled the bookshop: {sum(inserted.values())} rows in {len(inserted)} tables.")
