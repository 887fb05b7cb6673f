"""What the crawler knows, in the database: which pages there are, and what became of each.

What a page brought (its links, its book, its own state) is one commit. So the crawler can be
killed at any moment: what is committed is done, what is not is fetched again.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import psycopg2
import psycopg2.errors
from psycopg2.extras import execute_values

from migrationlab.api import LabError

PATIENCE = "5s"  # a crawler that was killed a moment ago may not be quite gone
CRAWLING = 20260608  # an advisory lock: two crawlers on one frontier would fetch everything twice


@dataclass(frozen=True)
class Link:
    url: str
    state: str = "waiting"
    reason: str | None = None  # why it will not be followed


@dataclass(frozen=True)
class Outcome:
    """What became of a page."""

    state: str
    status: int | None
    attempts: int
    reason: str | None = None
    links: tuple[Link, ...] = ()
    book: dict[str, str | None] | None = None


class Frontier:
    """The pages of one site. `connection` is a psycopg2 connection of our own."""

    def __init__(self, connection, site: str):
        self._connection, self._site = connection, site
        with connection, connection.cursor() as cursor:
            cursor.execute(f"SET lock_timeout = '{PATIENCE}'")
            try:
                cursor.execute("SELECT pg_advisory_lock(%s)", [CRAWLING])
            except psycopg2.errors.LockNotAvailable:
                raise LabError(
                    "Another crawl is running on this database.", todo="Wait for its end."
                ) from None

    def add(self, links: Iterable[Link], found_on: str | None, depth: int) -> None:
        with self._connection, self._connection.cursor() as cursor:
            self._add(cursor, links, found_on, depth)

    def next(self, deepest: int) -> tuple[str, int] | None:
        """The page to fetch now, with its depth: those near the first page come first."""
        return self._one(
            """
            SELECT url, depth FROM crawl_pages
             WHERE state = 'waiting' AND depth <= %s AND starts_with(url, %s)
             ORDER BY depth, url
             LIMIT 1
            """,
            deepest,
            self._site,
        )

    def finish(self, url: str, depth: int, outcome: Outcome) -> None:
        """All that a page brought, in one transaction."""
        with self._connection, self._connection.cursor() as cursor:
            self._add(cursor, outcome.links, url, depth + 1)
            self._stage(cursor, url, outcome.book)
            cursor.execute(
                """
                UPDATE crawl_pages
                   SET state = %s, status = %s, attempts = attempts + %s, reason = %s,
                       fetched_at = now()
                 WHERE url = %s
                """,
                [outcome.state, outcome.status, outcome.attempts, outcome.reason, url],
            )

    def again(self) -> None:
        """Every page that has been asked for waits once more."""
        with self._connection, self._connection.cursor() as cursor:
            cursor.execute(
                "UPDATE crawl_pages SET state = 'waiting', reason = NULL"
                " WHERE attempts > 0 AND starts_with(url, %s)",
                [self._site],
            )

    def waiting(self, deepest: int) -> int:
        (count,) = self._one(
            "SELECT count(*) FROM crawl_pages"
            " WHERE state = 'waiting' AND depth <= %s AND starts_with(url, %s)",
            deepest,
            self._site,
        )
        return count

    def counts(self, deepest: int) -> list[tuple[str, str | None, int]]:
        """(state, reason, number of pages)."""
        with self._connection, self._connection.cursor() as cursor:
            cursor.execute(
                """
                SELECT state,
                       CASE WHEN state = 'waiting' AND depth > %s THEN 'too deep' ELSE reason END,
                       count(*)
                  FROM crawl_pages
                 WHERE starts_with(url, %s) OR starts_with(found_on, %s)
                 GROUP BY 1, 2
                 ORDER BY 1, 2
                """,
                [deepest, self._site, self._site],
            )
            return cursor.fetchall()

    def _add(self, cursor, links: Iterable[Link], found_on: str | None, depth: int) -> None:
        """Pages that are known already stay as they are."""
        execute_values(
            cursor,
            "INSERT INTO crawl_pages (url, found_on, depth, state, reason) VALUES %s"
            " ON CONFLICT (url) DO NOTHING",
            [(link.url, found_on, depth, link.state, link.reason) for link in links],
        )

    def _stage(self, cursor, url: str, book: dict[str, str | None] | None) -> None:
        """The newest word of the page about its book, or none any more."""
        cursor.execute("DELETE FROM crawl_books WHERE url = %s", [url])
        if book is None:
            return
        columns = ", ".join(book)
        places = ", ".join(f"%({name})s" for name in book)
        cursor.execute(
            f"INSERT INTO crawl_books (url, {columns}) VALUES (%(url)s, {places})",
            {"url": url} | book,
        )

    def _one(self, statement: str, *values):
        with self._connection, self._connection.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchone()
