"""The bookshop's first rows, at every revision of its tables."""

import csv
import sys
from contextlib import closing

import pytest
from alembic import command
from sqlalchemy import NullPool, create_engine, text

from bookshop.seeds import DATA, TABLES, rows, seed
from migrationlab.errors import LabError
from migrationlab.postgres.fingerprint import fingerprint
from tests.bookshop.bookshop_tools import HEAD, another, migrate, query, run


@pytest.fixture
def shop(server, database):
    """An SQLAlchemy engine on an empty database."""
    return create_engine(server.url(database), poolclass=NullPool)


def fill(engine):
    with engine.begin() as connection:
        return seed(connection)


def test_seeds_at_every_revision(server, database, shop):
    """Assert that each new table is filled as soon as it is there, and that nothing comes twice."""
    inserted = fill(shop)
    assert inserted == {}
    for number in range(1, int(HEAD) + 1):
        migrate(server, database, f"{number:04}")
        inserted |= fill(shop)
        assert fill(shop) == {}
        for table in inserted:
            (count,) = query(server, database, f"SELECT count(*) FROM {table}")[0]
            assert count == inserted[table] == len(rows(table))
    assert set(inserted) == set(TABLES)


@pytest.mark.parametrize("revision", ["0001", "0003", "0006", HEAD])
def test_seeds_on_empty_tables(server, database, shop, revision):
    """Assert that the seeds fit the columns of that revision and the numbering goes on after."""
    migrate(server, database, revision)
    inserted = fill(shop)
    assert inserted["accounts"] == 40
    columns = "first_name" if revision > "0006" else "full_name"
    (number,) = query(
        server,
        database,
        f"INSERT INTO accounts (email, {columns}) VALUES ('ny@x.example', 'Ny') RETURNING id",
    )[0]
    assert number == 41
    migrate(server, database, "base", command.downgrade)


def test_the_split_gives_the_names_of_the_seeds(server, database, shop):
    """Assert that seeding before 0007 and after it ends in the same accounts."""
    migrate(server, database, "0006")
    fill(shop)
    migrate(server, database, "0007")
    with another(server, database) as other:
        migrate(server, other, "0007")
        fill(create_engine(server.url(other), poolclass=NullPool))
        found = []
        for name in (database, other):
            with closing(server.connect(name)) as connection:
                found.append(fingerprint(connection, ["accounts"]))
    assert found[0] == found[1]


def test_every_sequence_goes_on(server, database, shop):
    migrate(server, database, "head")
    fill(shop)
    with shop.begin() as connection:
        for statement in (
            "INSERT INTO accounts (email, first_name) VALUES ('ny@x.example', 'Ny')",
            "INSERT INTO authors (name) VALUES ('Ny')",
            "INSERT INTO books (isbn, title, price) VALUES ('ny', 'Ny', 1)",
            "INSERT INTO orders (account_id) VALUES (41)",
            "INSERT INTO reviews (book_id, account_id, rating) VALUES (61, 41, 5)",
        ):
            connection.execute(text(statement))


def test_rows_of_somebody_else_are_left_alone(server, database, shop):
    """Assert that seeds which do not fit are refused, and nothing is half done."""
    migrate(server, database, "0003")
    query(
        server,
        database,
        "INSERT INTO accounts (id, email, full_name) VALUES (1, 'min@x.example', 'Min')",
    )
    with closing(server.connect(database)) as connection:
        before = fingerprint(connection)
        with pytest.raises(LabError, match="do not fit"):
            fill(shop)
        assert fingerprint(connection) == before


def test_a_failed_seed_leaves_the_callers_transaction_alive(server, database, shop):
    migrate(server, database, "0003")
    with shop.begin() as connection:
        connection.execute(
            text("INSERT INTO accounts (email, full_name) VALUES ('min@x.example', 'Min')")
        )
        with pytest.raises(LabError):
            seed(connection)
        assert connection.scalar(text("SELECT count(*) FROM accounts")) == 1


def test_the_command_line(server, database):
    """Assert that `python -m bookshop.seeds` fills, says so, and does nothing the second time."""
    words = [sys.executable, "-m", "bookshop.seeds"]
    empty = run(server, database, *words)
    assert empty.returncode == 1
    assert "alembic upgrade head" in empty.stderr and "Traceback" not in empty.stderr
    assert run(server, database, "alembic", "upgrade", "head").returncode == 0
    first, second = (run(server, database, *words) for _ in range(2))
    assert first.returncode == second.returncode == 0, first.stderr + second.stderr
    assert "accounts: 40 rows" in first.stdout
    assert "nothing was inserted" in second.stdout


def test_the_content_is_what_lessons_count_on():
    """Assert sizes, and the kinds of rows that make a seed worth having."""
    sizes = {table: len(rows(table)) for table in TABLES}
    assert sizes["accounts"] == 40 and sizes["authors"] == 30 and sizes["books"] == 60
    assert sizes["orders"] == 120 and sizes["reviews"] >= 80
    accounts = rows("accounts")
    assert sum(row["last_name"] is None for row in accounts) >= 3
    assert sum(row["phone"] is None for row in accounts) >= 5
    everything = "".join((DATA / f"{table}.csv").read_text(encoding="utf-8") for table in TABLES)
    assert set("æøåÆØÅ😴📚🌙") - set(everything) <= {"📚"}
    assert {row["status"] for row in rows("orders")} == {
        "new", "paid", "shipped", "delivered", "cancelled"
    }  # fmt: skip
    prices = {row["id"]: row["price"] for row in rows("books")}
    assert any(line["unit_price"] != prices[line["book_id"]] for line in rows("order_lines"))
    assert {row["rating"] for row in rows("reviews")} == set("12345")


def test_every_address_is_one_that_belongs_to_nobody():
    """Assert that no mail can ever reach a person (RFC 2606)."""
    with (DATA / "accounts.csv").open(encoding="utf-8", newline="") as file:
        domains = {row["email"].rpartition(".")[2] for row in csv.DictReader(file)}
        assert domains == {"example", "org"}
    assert all(row["email"].endswith((".example", "@example.org")) for row in rows("accounts"))
