"""Back up, prove, restore.

Exit codes: 0 good; 1 it could not start or it failed, and nothing was changed; 3 a backup is not
what its manifest says.
"""

import argparse
import io
import select
import sys
from contextlib import contextmanager

from psycopg2.extensions import POLL_OK, POLL_READ, get_wait_callback, set_wait_callback
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from migrationlab import backup, stop_signals
from migrationlab.backup import retention
from migrationlab.backup.manifest import UNFINISHED, NotGood
from migrationlab.backup.recovery import wal_commands
from migrationlab.errors import LabError

EXIT_CODES = __doc__.partition("\n\n")[2]
NOT_GOOD = 3
ONE_PLACE = (
    "3-2-1: three copies, on two kinds of storage, one of them in another place. These are {count} "
    "on one disk: copy the folder to another machine, and to one outside the house."
)


def main(
    arguments: list[str] | None = None,
    program: str = "python -m migrationlab.backup",
    command: str = "",
):
    """Run one of the commands; the exit code as the module's docstring says.

    `command` is the one that `program` means already ("make" for `migrationlab backup`), or "wal"
    for all that work on whole clusters; "" when it is the first of the arguments.
    """
    options = parser(program, command).parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # in a log in Latin-1, a name may be an emoji
            stream.reconfigure(errors="backslashreplace")
    waiting = get_wait_callback()
    set_wait_callback(_wait)
    try:
        return options.do(options) or 0
    except LabError as error:
        print(error, file=sys.stderr)
        return NOT_GOOD if isinstance(error, NotGood) else 1
    except KeyboardInterrupt:
        print("Interrupted. Nothing half done is left.", file=sys.stderr)
        return 130
    finally:
        set_wait_callback(waiting)


def _wait(connection) -> None:
    """For the answer to a query, so that Ctrl-C need not wait for its end (psycopg2 closes it)."""
    while (state := connection.poll()) != POLL_OK:
        this = [connection.fileno()]
        select.select(*((this, [], []) if state == POLL_READ else ([], this, [])))


def parser(program: str, only: str = "") -> argparse.ArgumentParser:
    """For one command, for those of "wal", or for all of them."""
    if only and only != "wal":
        do, summary, add_options = COMMANDS[only]
        found = argparse.ArgumentParser(prog=program, description=summary, epilog=EXIT_CODES)
        found.set_defaults(do=do)
        add_options(found.add_argument)
        return found
    about = "Base backups, the WAL archive, and recovery to a moment." if only else __doc__
    found = argparse.ArgumentParser(
        prog=program, description=about, epilog=EXIT_CODES if only else None
    )
    commands = found.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, do, summary: str):
        made = commands.add_parser(name, help=summary, description=summary)
        made.set_defaults(do=do)
        return made.add_argument

    if not only:
        for name, (do, summary, add_options) in COMMANDS.items():
            add_options(command(name, do, summary))
    wal_commands.add_commands(command)
    return found


def _make_options(add) -> None:
    add("url", help="postgresql://user:password@host:port/database, or a SQLite file")
    add("--to", required=True, metavar="DIR", help="where the backup's folder is made")
    add("--format", default="custom", choices=("custom", "directory", "plain"))
    add("--jobs", type=int, default=1, help="with --format directory: tables at once")
    add("--quiet", action="store_true", help="print only the folder")


def _verify_options(add) -> None:
    add("backup", help="a backup's folder")
    add("--quick", action="store_true", help="only files and structure; this proves less")
    add("--on", metavar="URL", help="on this server instead of a throw-away one")


def _restore_options(add) -> None:
    add("backup", help="a backup's folder")
    add("--into", required=True, metavar="URL", help="the database; it need not exist")
    add("--replace", metavar="NAME", help="the database's name, when it is not empty")
    add("--without-owners", action="store_true", help="leave owners and grants out")


def _list_options(add) -> None:
    add("folder", help="the folder given with --to")


def _prune_options(add) -> None:
    add("folder", help="the folder given with --to")
    add("--yes", action="store_true", help="really; without it they are only named")


def make(options) -> None:
    with _bar(options.quiet) as tell:
        made = backup.make(
            options.url, options.to, format=options.format, jobs=options.jobs, progress=tell
        )
    if options.quiet:
        print(made.folder)
        return
    noted = made.manifest
    rows = sum(table["rows"] for table in noted["facts"]["tables"].values())
    revision = noted.get("alembic_revision")
    print(
        f"{made.folder}: {made.bytes / 1e6:,.1f} MB, {rows:,} rows in "
        f"{len(noted['facts']['tables'])} tables, by {noted['client']} in {noted['seconds']:.1f} s"
        + (f", Alembic revision {revision}." if revision else ".")
    )
    if made.kind == "postgresql" and noted["globals"] != "included":
        print(f"Roles and grants: {noted['globals']}")
    print("Nobody has tried it yet: verify shows whether it can be restored.")


def verify(options) -> int:
    with _words() as tell:
        verdict = backup.verify(options.backup, quick=options.quick, on=options.on, progress=tell)
    print(f"{verdict} ({verdict.seconds:.1f} s)")
    return 0 if verdict.ok else NOT_GOOD


def restore(options) -> None:
    with _words() as tell:
        print(
            backup.restore(
                options.backup,
                options.into,
                replace=options.replace,
                owners=not options.without_owners,
                progress=tell,
            )
        )


def list_(options) -> None:
    items = retention.listing(options.folder)
    grid = Table("backup", "age", "database", "size", "rows", "verified", "kept as", box=box.SIMPLE)
    origins = {item.backup.source[0] for item in items}
    for item in items:
        noted = item.backup.manifest
        origin = item.backup.source[0]
        rows = sum(table["rows"] for table in noted["facts"]["tables"].values())
        grid.add_row(
            escape(item.backup.folder.name),
            retention.age(item.backup.made),
            escape(noted["database"] + (f" on {origin}" if len(origins) > 1 else "")),
            f"{item.backup.bytes / 1e6:,.1f} MB",
            f"{rows:,}",
            item.verified,
            item.kept_as or "-",
        )
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 120)
    console.print(grid if items else "No backup.")
    for path in retention.damaged(options.folder):
        unfinished = path.name.startswith(UNFINISHED)
        console.print(
            f"{escape(path.name)} is no backup: "
            + (
                "it was never finished, and can be deleted."
                if unfinished
                else "its manifest is damaged."
            )
        )
    if items:
        console.print(ONE_PLACE.format(count=len(items)))


def prune(options) -> None:
    doomed = retention.prune(options.folder, really=options.yes)
    for path in doomed:
        print(f"{'removed' if options.yes else 'would go'}: {path.name}")
    if not doomed:
        print("Retention keeps them all.")
    elif not options.yes:
        print("Nothing was removed; --yes does it.")


@contextmanager
def _bar(quiet: bool):
    if quiet or not sys.stderr.isatty():
        yield None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task("", total=None)
        yield lambda what, done, total: shown.update(
            task, description=what, completed=done, total=total or None
        )


@contextmanager
def _words():
    if not sys.stderr.isatty():
        yield lambda text: None
        return
    with Console(stderr=True).status("") as status:
        yield lambda text: status.update(escape(text) + " …")


# What one backup at a time needs: what does it, what it is for, and its options.
COMMANDS = {
    "make": (make, "back up one database, or a SQLite file, into a new folder", _make_options),
    "verify": (
        verify,
        "restore a backup where nobody is hurt, and compare everything",
        _verify_options,
    ),
    "restore": (
        restore,
        "restore beside, prove it, and only then change the names",
        _restore_options,
    ),
    "list": (list_, "what backups there are, and what retention would keep", _list_options),
    "prune": (prune, "remove what retention does not keep", _prune_options),
}


if __name__ == "__main__":
    stop_signals.end_in_order()
    sys.exit(main())
