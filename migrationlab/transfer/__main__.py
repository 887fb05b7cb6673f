"""Move a SQLite file into PostgreSQL: everything, or nothing; every value is looked at first.

Exit codes: 0 moved and proved, or a plan without problems; 1 it could not start or it failed, and
the target is as before; 3 values or rules stand in the way, nothing was loaded; 4 moved and proved,
with some rows in quarantine.
"""

import argparse
import sys
import time
from contextlib import nullcontext
from pathlib import Path

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from migrationlab import stop_signals
from migrationlab.errors import LabError
from migrationlab.transfer import Stopped, make_plan, report, transfer
from migrationlab.transfer.plan import mapping_file
from migrationlab.transfer.plan.transfer_plan import Plan

STOPPED = 3


def main(arguments: list[str] | None = None, program: str = "python -m migrationlab.transfer"):
    """Print the plan, what happens, and a report; the exit code as the module's docstring says."""
    options = parser(program).parse_args(arguments)
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 110)
    try:
        if options.plan or options.sql or options.revision:
            return _only_look(options, console)
        if not options.url:
            raise LabError(
                "Where to? The address of the PostgreSQL database is missing.",
                expected="postgresql://user:password@host:port/database, or postgresql:/// for "
                "where psql would go",
                todo="--plan looks at the file without a target.",
            )
        return _move(options, console)
    except LabError as error:
        print(error, file=sys.stderr)
        return STOPPED if isinstance(error, Stopped) else 1
    except KeyboardInterrupt:
        print("Interrupted. The target is as before.", file=sys.stderr)
        return 130


def parser(program: str) -> argparse.ArgumentParser:
    found = argparse.ArgumentParser(prog=program, description=__doc__)
    add = found.add_argument
    add("file", help="the SQLite file; it is only read")
    add("url", nargs="?", help="postgresql://user:password@host:port/database")
    add("--plan", action="store_true", help="only look: what would become of each column")
    add("--write", metavar="FILE.toml", help="with --plan: write the decisions, to be changed")
    add("--mapping", metavar="FILE.toml", help="your decisions: types, names, conversions")
    add("--existing", action="store_true", help="into the tables that your migrations have made")
    add("--schema", default="public", help="the target's schema (default: public)")
    add("--quarantine", action="store_true", help="leave out rows that cannot go, in a table")
    add(
        "--append",
        action="append",
        default=[],
        metavar="TABLE",
        help="with --existing: this target table may have rows already",
    )
    add("--sql", metavar="FILE.sql", help="write the schema as SQL; nothing is loaded")
    add("--revision", metavar="FILE.py", help="write the schema as an Alembic revision")
    add("--no-proof", action="store_true", help="do not compare the two sides at the end")
    add("--report", metavar="FILE", help="write the whole report, as .md or .html")
    add("--streams", type=int, choices=(1, 2), default=0, help="how many at once")
    add("--quiet", action="store_true", help="print only the result")
    return found


def _only_look(options, console: Console) -> int:
    plan = make_plan(
        options.file,
        options.url,
        mapping=options.mapping,
        existing=options.existing,
        schema=options.schema,
        append=tuple(options.append),
    )
    if not options.quiet:
        show(plan, console)
    if options.write:
        mapping_file.write(plan, options.write)
        console.print(
            f"The decisions are in {escape(options.write)}: change them, and use them "
            "with --mapping."
        )
    if options.sql or options.revision:
        from migrationlab.transfer.translate import sql_script
    if options.sql:
        _save(options.sql, sql_script.sql_script(plan))
    if options.revision:
        _save(options.revision, sql_script.alembic_revision(plan, Path(options.revision).stem[:12]))
    if options.report:
        _save_report(options.report, report.plan_markdown(plan), f"Plan for {plan.file}")
    problems = plan.every_problem()
    if problems:
        _print_problems(plan, console)
    else:
        console.print("No problem: everything can go.")
    return STOPPED if problems else 0


def _move(options, console: Console) -> int:
    with _progress(console, options.quiet) as tell:
        done = transfer(
            options.file,
            options.url,
            mapping=options.mapping,
            existing=options.existing,
            schema=options.schema,
            quarantine=options.quarantine,
            append=tuple(options.append),
            prove=not options.no_proof,
            streams=options.streams,
            progress=tell,
            shown=None if options.quiet else lambda plan: show(plan, console),
        )
    if not options.quiet:
        grid = Table(*report.HEADINGS, box=box.SIMPLE)
        for row in done.rows():
            grid.add_row(*map(escape, row))
        console.print(grid)
    print(done)
    if options.report:
        _save_report(options.report, done.markdown(), f"Transfer of {options.file}")
    return done.exit_code


def show(plan: Plan, console: Console) -> None:
    """Every table and column: what is declared, what is stored, what it becomes and why."""
    for table in plan.tables:
        grid = Table(
            *report.COLUMN_HEADINGS,
            box=box.SIMPLE,
            title=escape(report.headline(table)),
            title_justify="left",
        )
        for column in table.columns:
            grid.add_row(*map(escape, report.column_row(column)))
        console.print(grid)
        for sentence in report.about(table):
            console.print(f"  {escape(sentence)}")
    for sentence in plan.skipped + plan.by_hand:
        console.print(f"- {escape(sentence)}")


def _print_problems(plan: Plan, console: Console) -> None:
    found = plan.every_problem()
    console.print(
        f"\n[bold]{len(found)} in the way:[/]" if len(found) > 1 else "\n[bold]In the way:[/]"
    )
    for problem in found:
        console.print(f"- {escape(str(problem))}")
        console.print(f"    {escape(problem.todo)}", style="dim")


class _Teller:
    """Shows what happens: a bar with the rate and the time left."""

    def __init__(self, progress: Progress):
        self.progress, self.task, self.what, self.began = progress, None, "", 0.0

    def __call__(self, what: str, done: int, total: int) -> None:
        if self.task is None:
            self.task = self.progress.add_task("", total=max(total, 1), rate="")
        if what != self.what:
            self.what, self.began = what, time.monotonic()
        spent = time.monotonic() - self.began
        rate = f"{done / spent:,.0f} rows/s" if what == "copying" and spent > 0.2 else ""
        self.progress.update(
            self.task, description=escape(what), completed=done, total=max(total, 1), rate=rate
        )


def _progress(console: Console, quiet: bool):
    if quiet or not sys.stderr.isatty():
        return nullcontext(None)
    shown = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,}/{task.total:,}"),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )

    class Shown:
        def __enter__(self):
            shown.start()
            return _Teller(shown)

        def __exit__(self, *_):
            shown.stop()

    return Shown()


def _save(path: str, text: str) -> None:
    try:
        with open(path, "x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise LabError(f"{path} exists already.", todo="Give another name.") from None
    except OSError as error:
        raise LabError(f"{path} cannot be written: {error.strerror}.") from None


def _save_report(path: str, markdown: str, title: str) -> None:
    text = report.page(markdown, title) if path.endswith((".html", ".htm")) else markdown
    try:
        Path(path).write_text(text, encoding="utf-8")
    except OSError as error:
        raise LabError(f"{path} cannot be written: {error.strerror}.") from None


if __name__ == "__main__":
    stop_signals.end_in_order()
    sys.exit(main())
