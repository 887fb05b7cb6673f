"""The bookshop's first rows: the same ones on every machine, at whatever revision the tables are.

    python -m bookshop.seeds

The rows are in `bookshop/data/`, one CSV file a table; an empty field means NULL. They are
invented: books, people and addresses (`….example` can belong to nobody).
"""

import csv
import sys
from pathlib import Path

from sqlalchemy import Connection, NullPool, column, create_engine, insert, table, text
from sqlalchemy.exc import IntegrityError, OperationalError

from bookshop import database
from migrationlab.api import LabError

DATA = Path(__file__).with_name("data")

# Those that others refer to come first.
TABLES = ("accounts", "authors", "books", "book_authors", "orders", "order_lines", "reviews")

SEEDING = 20260113  # an advisory lock of its own, so that two at once do not both insert


def seed(connection: Connection) -> dict[str, int]:
    """Fill those tables of the bookshop that exist and are empty: table -> rows inserted.

    Works at any revision, because only columns that exist are filled. A table with rows is
    left alone, so a second call inserts nothing. All happens in the caller's transaction;
    the commit is the caller's. Raises LabError, having changed nothing, when the rows that
    are there already do not fit (an order needs account 7, and the accounts are others).
    """
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": SEEDING})
    there = _columns(connection)
    inserted = {}
    try:
        with connection.begin_nested():
            for name in TABLES:
                if name in there and _is_empty(connection, name):
                    inserted[name] = _fill(connection, name, there[name])
    except IntegrityError as error:
        raise LabError(
            f"The bookshop's rows do not fit to those that are there: {error.orig}".strip(),
            expected="tables that are empty, or that hold the bookshop's own rows",
            todo="Empty the tables, or seed a new database.",
        ) from None
    return inserted


def rows(name: str) -> list[dict[str, str | None]]:
    """The rows for one table, as text, with the columns of every revision."""
    with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        found = [{key: value or None for key, value in row.items()} for row in csv.DictReader(file)]
    if name == "accounts":  # before revision 0007 there was one column for the whole name
        for row in found:
            row["full_name"] = " ".join(filter(None, (row["first_name"], row["last_name"])))
    return found


def _columns(connection: Connection) -> dict[str, set[str]]:
    """table -> its columns, for all tables of the schema in use."""
    there: dict[str, set[str]] = {}
    query = (
        "SELECT table_name, column_name FROM information_schema.columns"
        " WHERE table_schema = current_schema()"
    )
    for name, column_name in connection.execute(text(query)):
        there.setdefault(name, set()).add(column_name)
    return there


def _is_empty(connection: Connection, name: str) -> bool:
    return not connection.scalar(text(f"SELECT EXISTS (SELECT FROM {name})"))


def _fill(connection: Connection, name: str, there: set[str]) -> int:
    found = rows(name)
    columns = [key for key in found[0] if key in there]
    # The values go as text, PostgreSQL turns them into the types of its columns.
    statement = insert(table(name, *map(column, columns)))
    connection.execute(statement, [{key: row[key] for key in columns} for row in found])
    if "id" in columns:
        # The ids were given, the sequence has not counted along: without this the next
        # INSERT would get the number 1 again.
        connection.execute(
            text(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), max(id)) FROM {name}")
        )
    return len(found)


def main() -> None:
    """`python -m bookshop.seeds`: DATABASE_URL, or the lab's own bookshop."""
    try:
        engine = create_engine(database.url(), poolclass=NullPool)
        with engine.begin() as connection:
            inserted = seed(connection)
            if not any(name in _columns(connection) for name in TABLES):
                raise LabError(
                    "There is no table of the bookshop in this database.",
                    todo="Run first: alembic upgrade head",
                )
    except LabError as error:
        sys.exit(str(error))
    except OperationalError as error:
        sys.exit(str(error.orig).strip())
    for name, count in inserted.items():
        print(f"{name}: {count} rows")
    if not inserted:
        print("Every table has rows already; nothing was inserted.")


if __name__ == "__main__":
    main()
