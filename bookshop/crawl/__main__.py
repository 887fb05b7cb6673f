"""`python -m bookshop.crawl URL`: crawl a catalogue into crawl_pages and crawl_books.

Stop it whenever you like: the same command goes on where it was.
"""

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bookshop import database
from bookshop.crawl import addresses
from bookshop.crawl.crawler import Limits, crawl
from bookshop.crawl.frontier import Frontier
from migrationlab.api import LabError

A_LINE_EVERY = 100  # pages, where there is no terminal for a progress bar


def main() -> None:
    options = _options()
    with database.plain_messages(), closing(database.connect()) as connection:
        start = addresses.absolute("", options.url)
        if start is None:
            raise LabError(
                f"{options.url or 'Nothing'} is not the address of a web site.",
                expected="such as http://127.0.0.1:8000/",
            )
        frontier = Frontier(connection, addresses.site(start))
        if options.again:
            frontier.again()
        limits = Limits(options.max_pages, options.max_depth, options.delay, options.timeout)
        try:
            with _progress() as show:
                fetched = crawl(frontier, start, limits, show)
        except KeyboardInterrupt:
            print("Stopped. The same command goes on from here.", file=sys.stderr)
            raise
        finally:
            if not connection.closed:
                _report(frontier, limits)
        print(f"{fetched} pages fetched. Next: python -m bookshop.crawl.load")


def _options() -> argparse.Namespace:
    usual = Limits()
    parser = argparse.ArgumentParser(prog="python -m bookshop.crawl", description=__doc__)
    parser.add_argument(
        "url",
        nargs="?",
        default=os.environ.get("CATALOGUE_URL", ""),
        help="where to begin; CATALOGUE_URL without it",
    )
    number = {"type": _natural, "metavar": "N"}
    seconds = {"type": _seconds, "metavar": "S"}
    parser.add_argument("--max-pages", **number, default=usual.pages, help="fetch no more than N")
    parser.add_argument("--max-depth", **number, default=usual.depth, help="clicks from the start")
    parser.add_argument("--delay", **seconds, help="between requests; robots.txt says without it")
    parser.add_argument("--timeout", **seconds, default=usual.timeout, help="for an answer")
    parser.add_argument("--again", action="store_true", help="fetch what is done once more")
    return parser.parse_args()


def _natural(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text} is not a number such as 300")
    return int(text)


def _seconds(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number <= 3600:
        raise argparse.ArgumentTypeError(f"{text} is not a number of seconds such as 0.5")
    return number


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """A bar on a terminal; elsewhere a line now and then."""
    console = Console()
    # Not console.is_terminal: in a notebook FORCE_COLOR is set, but no line can be drawn anew.
    if not sys.stdout.isatty():

        def line(fetched: int, waiting: int) -> None:
            if fetched % A_LINE_EVERY == 0:
                print(f"{fetched} pages fetched, {waiting} wait", flush=True)

        yield line
        return
    columns = (TextColumn("crawling"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("")
        yield lambda done, waiting: bar.update(task, completed=done, total=done + waiting)


def _report(frontier: Frontier, limits: Limits) -> None:
    for state, reason, count in frontier.counts(limits.depth):
        print(f"{state:<8} {reason or '':<12} {count:>6}")


if __name__ == "__main__":
    main()
