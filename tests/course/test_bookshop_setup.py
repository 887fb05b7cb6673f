"""The database that every start of the lab prepares."""

import threading
from dataclasses import replace

import pytest
from alembic import command

from migrationlab.course import bookshop_setup
from migrationlab.course.bookshop_setup import prepare
from migrationlab.errors import LabError
from tests.bookshop.bookshop_tools import HEAD, migrate, query, state


@pytest.fixture
def shop(server, database):
    """The server, with a database of this test's own in the place of the bookshop's."""
    return replace(server, database=database)


def refuse(*args, **kwargs):
    raise AssertionError("a process was started although nothing was to be done")


def test_prepare_migrates_and_fills_and_then_does_nothing(shop, monkeypatch):
    """Assert that the second call changes nothing, says nothing and starts nothing."""
    said = []
    prepare(shop, said.append)
    assert any("0001" in line for line in said) and "rows" in said[-1]
    first = state(shop, shop.database)
    said.clear()
    monkeypatch.setattr(bookshop_setup.subprocess, "run", refuse)
    prepare(shop, said.append)
    assert said == []
    assert state(shop, shop.database) == first


def test_rows_of_the_student_stay(shop):
    """Assert that an older database is brought to head with its own rows, and gets no others."""
    migrate(shop, shop.database, "0004")
    query(
        shop,
        shop.database,
        "INSERT INTO accounts (email, full_name) VALUES ('min@x.example', 'Åse Ø')",
    )
    query(shop, shop.database, "CREATE TABLE my_notes (note text)")
    prepare(shop, print)
    found = query(shop, shop.database, "SELECT first_name, last_name FROM accounts")
    assert found == [("Åse", "Ø")]
    assert query(shop, shop.database, "SELECT version_num FROM alembic_version") == [(HEAD,)]


def test_a_database_after_downgrade_base_is_ours(shop):
    migrate(shop, shop.database, "0001")
    migrate(shop, shop.database, "base", command.downgrade)
    prepare(shop, print)
    assert query(shop, shop.database, "SELECT count(*) FROM accounts") == [(40,)]


@pytest.mark.parametrize(
    ("there", "message"),
    [
        ("CREATE TABLE accounts (id int)", "tables that the lab did not make: accounts"),
        ("CREATE VIEW report AS SELECT 1 AS one", "tables that the lab did not make: report"),
        (
            "CREATE TABLE alembic_version (version_num varchar(32));"
            "INSERT INTO alembic_version VALUES ('ae1027a6acf3')",
            "at the revision ae1027a6acf3",
        ),
    ],
)
def test_a_database_of_somebody_else_is_refused(shop, there, message):
    query(shop, shop.database, there)
    before = state(shop, shop.database)
    with pytest.raises(LabError, match=message):
        prepare(shop, print)
    assert state(shop, shop.database) == before


def test_an_extension_with_a_view_is_nobodys_table(shop):
    query(shop, shop.database, "CREATE EXTENSION pg_stat_statements")
    prepare(shop, print)


def test_a_failing_migration_is_a_short_message(shop):
    """Assert that what alembic said last is shown, and the database is as it was."""
    migrate(shop, shop.database, "0007")
    query(shop, shop.database, "CREATE TABLE reviews (mine text)")
    before = state(shop, shop.database)
    with pytest.raises(LabError, match='relation "reviews" already exists'):
        prepare(shop, print)
    assert state(shop, shop.database) == before


def test_two_at_once_do_the_work_once(shop):
    said, errors = [], []

    def one():
        try:
            prepare(shop, said.append)
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=one) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not errors
    assert sum("-> 0001" in line for line in said) == 1
    assert sum("rows in" in line for line in said) == 1
    assert query(shop, shop.database, "SELECT count(*) FROM accounts") == [(40,)]
