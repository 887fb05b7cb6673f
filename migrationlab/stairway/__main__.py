"""Run a chain of revisions in an empty database, up, down and up again, and print a table."""

import argparse
import os
import sys

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from migrationlab.catalog import VERSION_TABLE, in_words
from migrationlab.errors import LabError
from migrationlab.fingerprint import fingerprint
from migrationlab.server import given
from migrationlab.stairway import Step, climb

YES, NO, NOT_RUN = "yes", "NO", "–"


def main(arguments: list[str] | None = None) -> int:
    """Print the table; the exit code is 0 when every revision came back as it was, else 1."""
    parser = argparse.ArgumentParser(prog="python -m migrationlab.stairway", description=__doc__)
    parser.add_argument("folder", help="the folder that holds alembic.ini or pyproject.toml")
    parser.add_argument(
        "--url",
        default=os.environ.get("DATABASE_URL"),
        help="an empty PostgreSQL database to work in (default: DATABASE_URL)",
    )
    parser.add_argument("--seed", metavar="MODULE:FUNCTION", help="puts rows in at each revision")
    parser.add_argument(
        "--on-these-rows",
        action="store_true",
        help="work in a database that is not empty: a copy, as downgrades lose data",
    )
    options = parser.parse_args(arguments)
    try:
        if not options.url:
            raise LabError("No database to work in.", todo="Give --url, or set DATABASE_URL.")
        server = given.reach(options.url)
        if not options.on_these_rows:
            insist_on_empty(server)
        steps = climb(options.folder, server, server.database, seed=options.seed)
    except LabError as error:
        print(error, file=sys.stderr)
        return 1
    Console().print(table(steps))
    return 0 if all(step.ok and not step.rows_after_down for step in steps) else 1


def insist_on_empty(server) -> None:
    connection = server.connect()
    try:
        rows = {name: found.count for name, found in fingerprint(connection).items()}
    finally:
        connection.close()
    full = sorted(name for name, count in rows.items() if count and name != VERSION_TABLE)
    if full:
        raise LabError(
            f"The database {server.database} holds rows ({', '.join(full)}), and downgrades lose "
            "data. Nothing was done.",
            expected="an empty database",
            todo=f"Make a copy (createdb --template {server.database} copy), give its address, "
            "and add --on-these-rows.",
        )


def table(steps: list[Step]) -> Table:
    """One row a revision. The words carry the verdict: no colour is needed to read it."""
    grid = Table(box=box.SIMPLE_HEAD, caption=f"{sum(s.ok for s in steps)} of {len(steps)} well")
    for title in ("revision", "up", "down", "up again", "what is not as it was"):
        grid.add_column(title, no_wrap=title != "what is not as it was", vertical="top")
    for step in steps:
        name = f"{step.revision} {step.message}".strip() or "(none)"
        grid.add_row(escape(name), *verdicts(step), escape("\n".join(faults(step))))
    return grid


def verdicts(step: Step) -> list[str]:
    words = []
    for done in (step.upgraded, step.downgraded, step.again):
        words.append(YES if done else NOT_RUN if NO in words else NO)
    return words


def faults(step: Step) -> list[str]:
    lines = [step.error] if step.error else []
    for when, changes, rows in (
        ("after downgrade", step.schema_after_down, step.rows_after_down),
        ("after the second upgrade", step.schema_after_again, step.rows_after_again),
    ):
        found = in_words(changes).splitlines() + rows
        lines += [f"{when}: {line}" for line in found]
    return lines + ([step.down_with_new_rows] if step.down_with_new_rows else [])


if __name__ == "__main__":
    sys.exit(main())
