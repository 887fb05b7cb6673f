"""The crawl's load: COPY into a table beside, then a merge, against COPY alone and row by row."""

import io
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date
from decimal import Decimal
from functools import partial

import psycopg2

from benchmarks.measure import Row, Side, in_turn, seconds
from bookshop.crawl import clean, load
from migrationlab.course import start_states
from migrationlab.course.lessons import Start
from migrationlab.postgres import databases

TIMES = 3
ROWS = 20_000
START = Start(bookshop="0009")
DAY = date(2026, 3, 1)
INSERT = (
    "INSERT INTO books (isbn, title, price, currency, priced_on) VALUES (%s, %s, %s, %s, %s)"
    " ON CONFLICT (isbn) DO NOTHING"
)


def measure(server, times: int) -> Iterator[Row]:
    books = [
        clean.Book(f"{9788793000000 + n}", f"Bog nr. {n}", Decimal("199.95"), "DKK", DAY, DAY)
        for n in range(ROWS)
    ]
    for plain, what in (
        (copy_alone, "COPY books FROM STDIN, nothing else"),
        (row_by_row, "INSERT … ON CONFLICT, row by row, autocommit"),
    ):
        ours, theirs = in_turn(
            times,
            partial(timed, server, books, merged),
            partial(timed, server, books, plain),
        )
        yield Row(Side(f"COPY and merge of {ROWS:,} books", ours), Side(what, theirs))


def timed(server, books: list[clean.Book], action: Callable) -> float:
    """The seconds of one way to load, into tables that are empty each time."""
    template = start_states.template(server, START)
    with databases.temporary(server, "benchmark", template=template) as name:
        with closing(psycopg2.connect(server.url(name).replace("+psycopg2", ""))) as connection:
            return seconds(lambda: action(connection, books))


def merged(connection, books: list[clean.Book]) -> None:
    with connection, connection.cursor(cursor_factory=load.RealDictCursor) as cursor:
        load.copy(cursor, books)
        load.merge(cursor)


def copy_alone(connection, books: list[clean.Book]) -> None:
    lines = "".join(
        f"{book.isbn}\t{book.title}\t{book.price}\t{book.currency}\t{book.priced_on}\n"
        for book in books
    )
    with connection, connection.cursor() as cursor:
        columns = "isbn, title, price, currency, priced_on"
        cursor.copy_expert(f"COPY books ({columns}) FROM STDIN", io.StringIO(lines))


def row_by_row(connection, books: list[clean.Book]) -> None:
    connection.autocommit = True
    with connection.cursor() as cursor:
        for book in books:
            values = (book.isbn, book.title, book.price, book.currency, book.priced_on)
            cursor.execute(INSERT, values)
