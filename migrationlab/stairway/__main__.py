"""The loss meter: run every revision up, down and up again, and say which values died.

Works in a throw-away database, so nothing of yours is touched. The exit code is 1 when a revision
is broken, or loses values that were there before it and does not say so; otherwise 0.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from migrationlab import paths, server, stop_signals
from migrationlab.errors import LabError
from migrationlab.postgres import databases
from migrationlab.postgres.catalog import VERSION_TABLE
from migrationlab.postgres.fingerprint import fingerprint
from migrationlab.server import database_url, postgres_programs
from migrationlab.server.throwaway import throwaway
from migrationlab.stairway import Step, measure
from migrationlab.stairway.step_descriptions import findings, headline
from migrationlab.stairway.step_result import BROKEN, LOSES, REVERSIBLE

TIMEOUT = 600.0  # seconds for the whole chain
STEM = "lab_stairway"  # the beginning of the throw-away databases' names


def main(arguments: list[str] | None = None, program: str = "python -m migrationlab.stairway"):
    """Print a table; the exit code as the module's docstring says."""
    options = parser(program).parse_args(arguments)
    try:
        with place(options) as (where, database):
            steps = measure(
                options.folder,
                where,
                database,
                seed=options.seed,
                own_rows=bool(options.rows_from),
                timeout=TIMEOUT,
            )
            if len(steps) == 1 and not steps[0].revision:
                raise LabError(f"No revision could be run: {steps[0].error}.")
    except LabError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted. Nothing of yours was touched.", file=sys.stderr)
        return 130
    if options.json:
        facts = [step.to_json() | {"verdict": step.verdict} for step in steps]
        print(json.dumps(facts, ensure_ascii=False, indent=1))
    else:
        # A file or a notebook has no width of its own; words are cut at 80 there without one.
        console = Console(highlight=False, width=None if sys.stdout.isatty() else 110)
        console.print(table(steps))
    return 1 if any(fails(step, options.strict) for step in steps) else 0


def parser(program: str) -> argparse.ArgumentParser:
    found = argparse.ArgumentParser(prog=program, description=__doc__)
    add = found.add_argument
    add("folder", nargs="?", default=".", help="holds alembic.ini or pyproject.toml (default: .)")
    add(
        "--seed",
        metavar="MODULE:FUNCTION",
        help="puts rows in at each revision; called with a SQLAlchemy connection, and it must do "
        "nothing where its rows are. Tables that it leaves empty get invented rows.",
    )
    add(
        "--rows-from",
        metavar="URL",
        help="measure on a copy of this database with its own rows; the database is only read",
    )
    add("--url", help="work in this empty database instead of a throw-away one")
    add("--strict", action="store_true", help="also fail where only a downgrade loses data")
    add("--json", action="store_true", help="print everything that was found as JSON")
    return found


@contextmanager
def place(options) -> Iterator[tuple]:
    """The server and the database to work in."""
    if options.url and options.rows_from:
        raise LabError(
            "--url and --rows-from cannot be used together.",
            todo="--rows-from makes its copy in a throw-away database.",
        )
    if options.url:
        where = database_url.reach(options.url, named="--url")
        insist_on_empty(where)
        yield where, where.database
        return
    origin = (
        database_url.reach(options.rows_from, named="--rows-from") if options.rows_from else None
    )
    with server_of_ours(like=origin) as where:
        with databases.temporary(where, f"{where.prefix}{STEM}") as name:
            if origin:
                databases.copy_by_dump(where, origin.database, name, origin=origin)
            yield where, name


@contextmanager
def server_of_ours(like: server.Server | None) -> Iterator[server.Server]:
    """In a clone the lab's server, with whatever else is there; else one for this run alone.

    It is at least of the version of `like`, whose rows it is to take.
    """

    def tell(text: str) -> None:  # not on stdout: that belongs to the table
        print(text, file=sys.stderr)

    if paths.in_clone():
        with server.hold(progress=tell) as where:
            yield where
        return
    least = postgres_programs.OLDEST
    if like:
        with closing(like.connect()) as connection:
            least = connection.server_version // 10000
    tell("Starting a throw-away PostgreSQL …")
    with throwaway(least=least) as where:
        yield where


def insist_on_empty(where) -> None:
    """Downgrades lose data: an address that was mistyped must not cost any."""
    connection = where.connect()
    try:
        rows = {name: found.count for name, found in fingerprint(connection).items()}
    finally:
        connection.close()
    full = sorted(name for name, count in rows.items() if count and name != VERSION_TABLE)
    if full:
        raise LabError(
            f"The database {where.database} holds rows ({', '.join(full)}), and downgrades lose "
            "data. Nothing was done.",
            expected="an empty database",
            todo="--rows-from with the same address measures on a copy of it.",
        )


def fails(step: Step, strict: bool = False) -> bool:
    lost = step.verdict == LOSES if strict else step.loses_what_was_there
    return step.verdict == BROKEN or lost


def table(steps: list[Step]) -> Table:
    """One row a revision. The words carry the verdict: no colour is needed to read it."""
    grid = Table(box=box.SIMPLE_HEAD, caption=headline(steps), caption_justify="left")
    grid.add_column("revision", vertical="top")
    grid.add_column("answer", no_wrap=True, vertical="top")
    grid.add_column("what is not as it was", vertical="top")
    for step in steps:
        name = f"{step.revision} {step.message}".strip() or "(none)"
        colour = "green" if step.verdict == REVERSIBLE else "red" if fails(step) else "yellow"
        words = "\n".join(findings(step)) or "–"
        grid.add_row(escape(name), f"[{colour}]{step.verdict}[/]", escape(words))
    return grid


if __name__ == "__main__":
    stop_signals.end_in_order()
    sys.exit(main())
