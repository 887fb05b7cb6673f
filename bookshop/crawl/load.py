"""`python -m bookshop.crawl.load`: clean what is staged, and bring it into books, all at once.

It can be run again at any time: what is in books already stays as it is, a newer price replaces
an older one, and what cannot be believed goes into quarantine with its reason.
"""

import argparse
import csv
import io
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass

from psycopg2.extras import Json, RealDictCursor, execute_values

from bookshop import database
from bookshop.crawl import clean

COLUMNS = ("isbn", "title", "price", "currency", "priced_on", "published_year")


@dataclass(frozen=True)
class Report:
    inserted: int
    updated: int
    unchanged: int
    rejected: int


@dataclass(frozen=True)
class Rejected:
    said: dict[str, str | None]  # the row of crawl_books
    reason: str
    explanation: str


def load(connection) -> Report:
    """Bring everything staged into books, in one transaction."""
    with connection, connection.cursor(cursor_factory=RealDictCursor) as cursor:
        books, rejects = sorted_out(staged(cursor))
        quarantine(cursor, rejects)
        copy(cursor, books)
        inserted, updated, known = merge(cursor)
        return Report(inserted, updated, known - inserted - updated, len(rejects))


def staged(cursor) -> list[dict[str, str | None]]:
    cursor.execute("SELECT * FROM crawl_books ORDER BY url")
    return [dict(row) for row in cursor]


def sorted_out(
    rows: Iterable[dict[str, str | None]],
) -> tuple[list[clean.Book], list[Rejected]]:
    """The books that can be believed, and the pages that cannot."""
    books, rejects = [], []
    for said in rows:
        try:
            books.append(clean.book(said))
        except clean.Reject as reject:
            rejects.append(Rejected(said, reject.reason, reject.explanation))
    return books, rejects


def quarantine(cursor, rejects: list[Rejected]) -> None:
    """Exactly these pages are in quarantine afterwards; what has not changed is not written."""
    cursor.execute(
        "DELETE FROM crawl_rejects WHERE url <> ALL (%s)", [[bad.said["url"] for bad in rejects]]
    )
    execute_values(
        cursor,
        """
        INSERT INTO crawl_rejects (url, reason, explanation, found) VALUES %s
        ON CONFLICT (url) DO UPDATE
           SET reason = excluded.reason, explanation = excluded.explanation,
               found = excluded.found, rejected_at = excluded.rejected_at
         WHERE (crawl_rejects.reason, crawl_rejects.explanation, crawl_rejects.found)
            IS DISTINCT FROM (excluded.reason, excluded.explanation, excluded.found)
        """,
        [
            (bad.said["url"], bad.reason, bad.explanation, Json(_without_url(bad.said)))
            for bad in rejects
        ],
    )


def _without_url(said: dict[str, str | None]) -> dict[str, str | None]:
    return {name: value for name, value in said.items() if name != "url"}


def copy(cursor, books: list[clean.Book]) -> None:
    """All rows with one COPY into a table that only this transaction sees."""
    cursor.execute(
        """
        CREATE TEMP TABLE incoming (
            isbn text, title text, price numeric(10, 2), currency text,
            priced_on date, published_year smallint
        ) ON COMMIT DROP
        """
    )
    rows = io.StringIO(newline="")
    csv.writer(rows).writerows(
        (
            book.isbn,
            book.title,
            book.price,
            book.currency,
            book.priced_on,
            book.published_on and book.published_on.year,
        )
        for book in books
    )
    rows.seek(0)
    cursor.copy_expert(f"COPY incoming ({', '.join(COLUMNS)}) FROM STDIN (FORMAT csv)", rows)


def merge(cursor) -> tuple[int, int, int]:
    """From incoming into books: how many were inserted, how many updated, of how many books."""
    cursor.execute(
        """
        WITH newest AS (
            -- A book can be on two pages. ON CONFLICT must not meet the same row twice.
            SELECT DISTINCT ON (isbn) * FROM incoming
             ORDER BY isbn, priced_on DESC NULLS LAST, price
        ), merged AS (
            INSERT INTO books AS b (isbn, title, price, currency, priced_on, published_year)
            SELECT isbn, title, price, currency, priced_on, published_year FROM newest
            ON CONFLICT (isbn) DO UPDATE
               SET title = excluded.title, price = excluded.price,
                   currency = excluded.currency, priced_on = excluded.priced_on,
                   -- A page that does not know the year does not take ours away.
                   published_year = coalesce(excluded.published_year, b.published_year)
             WHERE (b.priced_on IS NULL OR b.priced_on <= excluded.priced_on)
               -- A row that would stay the same is not written: no dead row, no WAL.
               AND (b.title, b.price, b.currency, b.priced_on, b.published_year)
                   IS DISTINCT FROM
                   (excluded.title, excluded.price, excluded.currency, excluded.priced_on,
                    coalesce(excluded.published_year, b.published_year))
            RETURNING old.id IS NULL AS is_new
        )
        SELECT (SELECT count(*) FROM merged WHERE is_new) AS inserted,
               (SELECT count(*) FROM merged WHERE NOT is_new) AS updated,
               (SELECT count(*) FROM newest) AS known
        """
    )
    counts = cursor.fetchone()
    return counts["inserted"], counts["updated"], counts["known"]


def main() -> None:
    argparse.ArgumentParser(prog="python -m bookshop.crawl.load", description=__doc__).parse_args()
    with database.plain_messages(), closing(database.connect()) as connection:
        report = load(connection)
    print(f"books: {report.inserted} inserted, {report.updated} updated, ", end="")
    print(f"{report.unchanged} unchanged. crawl_rejects: {report.rejected} pages.")


if __name__ == "__main__":
    main()
