"""The bookshop's chain, as students type it and as its docstrings promise."""

import os
import re
import secrets
import shutil
import subprocess
import sys
import time
from contextlib import closing

import psycopg2
import pytest
from alembic import command
from sqlalchemy import create_engine, make_url

from bookshop import database as bookshop_address
from bookshop.models import Base
from migrationlab import paths
from migrationlab.errors import LabError
from migrationlab.postgres import databases
from migrationlab.postgres.catalog import difference, in_words
from migrationlab.stairway import climb
from tests.bookshop.bookshop_tools import HEAD, alembic, another, migrate, query, run, state

NAMES = {  # full_name -> first_name, last_name
    "Karen Sørensen": ("Karen", "Sørensen"),
    "Ib": ("Ib", None),
    "王秀英": ("王秀英", None),
    "Hans Christian Bøgelund": ("Hans Christian", "Bøgelund"),
    "Ludwig van den Berg": ("Ludwig", "van den Berg"),
    "Karen Margrethe af Rosenholm": ("Karen Margrethe", "af Rosenholm"),
    "de la Cour": ("de", "la Cour"),
    "von": ("von", None),
    "Otto van": ("Otto", "van"),
    "Nguyễn Văn Đức": ("Nguyễn Văn", "Đức"),
    "Zoë 🌙": ("Zoë", "🌙"),
    "Anna  Hansen": ("Anna ", "Hansen"),
    " Anna": (" Anna", None),
    "Anna ": ("Anna ", None),
    " ": (" ", None),
    "": ("", None),
    "Anna\tHansen": ("Anna\tHansen", None),
    "Anna\nLise Hansen": ("Anna\nLise", "Hansen"),
    "50% Mads: 'Den Store'": ("50% Mads: 'Den", "Store'"),
}


@pytest.fixture(scope="module")
def template(server):
    """A database at head, made once."""
    name = f"template_{secrets.token_hex(4)}"
    databases.create(server, name)
    migrate(server, name, "head")
    yield name
    databases.drop(server, name)


@pytest.fixture
def head(server, template):
    """The name of a new database at head."""
    name = f"head_{secrets.token_hex(4)}"
    databases.create(server, name, template=template)
    yield name
    databases.drop(server, name)


def outside(server):
    """The variables of a plain shell: nothing of the lab's but its home."""
    ours = {"DATABASE_URL", "MIGRATIONLAB_SERVER"}
    return {
        name: value
        for name, value in server.environment().items()
        if name not in ours and not name.startswith("PG")
    }


# Command lines from the project's root


def test_upgrade_check_current_downgrade_as_typed(server, database):
    """Assert that the everyday commands work, and that base leaves no trace but one table."""
    alembic(server, database, "upgrade", "head")
    assert alembic(server, database, "current") == f"{HEAD} (head)\n"
    assert "No new upgrade operations detected" in alembic(server, database, "check")
    alembic(server, database, "downgrade", "base")
    catalog, _ = state(server, database)
    assert list(catalog.tables) == ["alembic_version"]
    assert not catalog.enums and not catalog.sequences
    alembic(server, database, "upgrade", "head")


def test_the_lab_is_found_when_no_variable_is_set(server):
    """Assert that a plain shell with the .venv active is enough."""
    done = subprocess.run(
        [sys.executable, "-m", "alembic", "upgrade", "head"],
        cwd=paths.PROJECT,
        env=outside(server),
        capture_output=True,
        encoding="utf-8",
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert query(server, None, "SELECT version_num FROM alembic_version") == [(HEAD,)]


@pytest.mark.parametrize(
    "words",
    [["--help"], ["history"], ["heads"], ["show", "0004"], ["upgrade", "head", "--sql"]],
    ids=" ".join,
)
def test_what_needs_no_database_starts_no_server(server, tmp_path, words):
    """Assert that reading the files alone does not start PostgreSQL."""
    environment = outside(server) | {"MIGRATIONLAB_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", "alembic", *words],
        cwd=paths.PROJECT,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout
    assert not (tmp_path / ".lab").exists()


def test_history_shows_the_chain(server):
    lines = alembic(server, None, "history").splitlines()
    assert lines[0] == f"0008 -> {HEAD} (head), create crawl tables"
    assert lines[-1] == "<base> -> 0001, create accounts table"
    assert len(lines) == len(list((paths.PROJECT / "alembic/versions").glob("*.py")))


def test_offline_sql_makes_the_same_database(server, head, tmp_path):
    """Assert that the script of --sql, run by psql, gives what the online upgrade gives."""
    with another(server, head) as offline:
        for direction in (["upgrade", "head"], ["downgrade", "head:base"], ["upgrade", "head"]):
            script = tmp_path / f"{direction[0]}.sql"
            script.write_text(alembic(server, offline, *direction, "--sql"), encoding="utf-8")
            if direction[0] == "upgrade":  # alembic leaves its table, the script makes it anew
                query(server, offline, "DROP TABLE IF EXISTS alembic_version")
            psql = ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", str(script)]
            done = run(server, offline, *psql)
            assert done.returncode == 0, done.stderr
        (online, _), (made, rows) = state(server, head), state(server, offline)
        assert in_words(difference(online, made, ignore=())) == in_words([])
        assert rows["alembic_version"].count == 1


def test_autogenerate_has_nothing_to_say_and_names_a_file_that_sorts(server, database, tmp_path):
    """Assert that `revision --autogenerate` works, also under a path with spaces and ø."""
    project = tmp_path / "Søs' bøger 100 pct"
    project.mkdir()
    shutil.copy(paths.PROJECT / "alembic.ini", project)
    for folder in ("alembic", "bookshop"):
        shutil.copytree(
            paths.PROJECT / folder, project / folder, ignore=shutil.ignore_patterns("__pycache__")
        )
    here = {"folder": project, "PYTHONPATH": str(paths.PROJECT)}
    alembic(server, database, "upgrade", "head", **here)
    words = ["revision", "--autogenerate", "--rev-id", "0010", "-m", "add a wish list"]
    alembic(server, database, *words, **here)
    file = sorted((project / "alembic/versions").glob("*.py"))[-1]
    assert file.name == "0010_add_a_wish_list.py"
    assert file.read_text(encoding="utf-8").count("    pass\n") == 2
    alembic(server, database, "upgrade", "head", **here)
    alembic(server, database, "downgrade", "-1", **here)


def test_the_alembic_folder_is_no_package():
    """Assert that `from alembic import op` still finds the library."""
    assert not (paths.PROJECT / "alembic/__init__.py").exists()


# Models and chain


def test_models_and_chain_agree(server, head):
    """Assert that the chain builds what the models say: CHECKs, enums, defaults and all."""
    with another(server, head) as from_models:
        engine = create_engine(server.url(from_models))
        Base.metadata.create_all(engine)
        engine.dispose()
        (chain, _), (models, _) = state(server, head), state(server, from_models)
    assert in_words(difference(models, chain)) == in_words([])
    assert chain.enums["order_status"][0] == "new"
    assert "ck_reviews_rating_1_to_5" in chain.tables["reviews"].constraints


def test_check_sees_a_database_that_has_drifted(server, head):
    """Assert that env.py has every comparison switched on."""
    damages = {
        "ALTER TABLE reviews DROP CONSTRAINT ck_reviews_rating_1_to_5": "ck_reviews_rating_1_to_5",
        "ALTER TABLE books ALTER price TYPE numeric(12,2)": "modify_type",
        "ALTER TABLE books ALTER currency SET DEFAULT 'EUR'": "modify_default",
        "ALTER TABLE accounts ALTER first_name DROP NOT NULL": "modify_nullable",
        "DROP INDEX ix_orders_account_id": "ix_orders_account_id",
    }
    for damage in damages:
        query(server, head, damage)
    done = run(server, head, "alembic", "check")
    assert done.returncode != 0
    found = (done.stdout + done.stderr).partition("New upgrade operations detected")[2]
    assert [sign for sign in damages.values() if sign not in found] == []


def test_check_leaves_tables_of_others_alone(server, head):
    query(server, head, "CREATE TABLE my_notes (note text)")
    assert "No new upgrade operations detected" in alembic(server, head, "check")


# Up, down, and the rows


def test_stairway_on_seeded_rows(server, database):
    """Assert for every revision that its downgrade gives back schema and rows, twice."""

    steps = climb(paths.PROJECT, server, database, seed="bookshop.seeds:seed")
    assert [step.revision for step in steps] == [f"{n:04}" for n in range(1, int(HEAD) + 1)]
    for step in steps:
        assert not step.error, step
        assert step.upgraded and step.downgraded and step.again, step
        assert not step.schema_after_down, (step.revision, in_words(step.schema_after_down))
        assert not step.rows_after_down, (step.revision, step.rows_after_down)
        assert not step.schema_after_again, (step.revision, in_words(step.schema_after_again))


def test_the_split_of_a_name_loses_nobody(server, database):
    """Assert that every name comes back from a downgrade as it was, odd spaces included."""
    migrate(server, database, "0006")
    for number, name in enumerate(NAMES):
        query(
            server,
            database,
            "INSERT INTO accounts (email, full_name) VALUES (%s, %s)",
            f"{number}@x.example",
            name,
        )
    _, before = state(server, database)
    migrate(server, database, "0007")
    split = query(server, database, "SELECT first_name, last_name FROM accounts ORDER BY id")
    assert dict(zip(NAMES, split, strict=True)) == NAMES
    migrate(server, database, "0006", command.downgrade)
    _, after = state(server, database)
    assert after["accounts"] == before["accounts"]


def test_the_backfills(server, database):
    """Assert what 0004 and 0005 do with orders that are there already, and when they are undone."""
    migrate(server, database, "0003")
    query(
        server,
        database,
        """
        INSERT INTO accounts (email, full_name) VALUES ('a@x.example', 'Åse');
        INSERT INTO books (isbn, title, price) VALUES ('1', 'Ø', 99.95), ('2', 'Å', 10);
        INSERT INTO orders (account_id, ordered_at, shipped_at)
            VALUES (1, '2026-01-01', '2026-01-02'), (1, '2026-01-03', NULL);
        INSERT INTO order_lines (order_id, book_id) VALUES (1, 1), (1, 2), (2, 2);
        """,
    )
    status = "SELECT status::text FROM orders ORDER BY id"
    prices = "SELECT unit_price::text, currency FROM order_lines ORDER BY order_id, book_id"
    migrate(server, database, "head")
    assert query(server, database, status) == [("shipped",), ("new",)]
    assert query(server, database, prices) == [("99.95", "DKK"), ("10.00", "DKK"), ("10.00", "DKK")]
    query(server, database, "UPDATE orders SET status = 'delivered' WHERE id = 1")
    migrate(server, database, "0003", command.downgrade)
    migrate(server, database, "head")
    assert query(server, database, status) == [("shipped",), ("new",)]


CRAWL = ("crawl_pages", "crawl_books", "crawl_rejects")
LOCKS = {  # revision -> (upgrade, downgrade): the strongest lock on each table of before
    "0001": ({}, {"accounts": "ACCESS EXCLUSIVE"}),
    "0002": ({}, dict.fromkeys(("authors", "books", "book_authors"), "ACCESS EXCLUSIVE")),
    "0003": (
        dict.fromkeys(("accounts", "books"), "SHARE ROW EXCLUSIVE"),
        dict.fromkeys(("accounts", "books", "orders", "order_lines"), "ACCESS EXCLUSIVE"),
    ),
    "0004": ({"orders": "ACCESS EXCLUSIVE"}, {"orders": "ACCESS EXCLUSIVE"}),
    "0005": (
        {"order_lines": "ACCESS EXCLUSIVE", "books": "ACCESS SHARE"},
        {"order_lines": "ACCESS EXCLUSIVE"},
    ),
    "0006": (
        dict.fromkeys(("orders", "order_lines", "book_authors"), "SHARE"),
        dict.fromkeys(("orders", "order_lines", "book_authors"), "ACCESS EXCLUSIVE"),
    ),
    "0007": ({"accounts": "ACCESS EXCLUSIVE"}, {"accounts": "ACCESS EXCLUSIVE"}),
    "0008": (
        dict.fromkeys(("accounts", "books"), "SHARE ROW EXCLUSIVE"),
        dict.fromkeys(("accounts", "books", "reviews"), "ACCESS EXCLUSIVE"),
    ),
    "0009": (
        {"books": "ACCESS EXCLUSIVE"},
        dict.fromkeys(("books", *CRAWL), "ACCESS EXCLUSIVE"),
    ),
}
STRENGTH = ["ACCESS SHARE", "ROW EXCLUSIVE", "SHARE", "SHARE ROW EXCLUSIVE", "ACCESS EXCLUSIVE"]


@pytest.mark.parametrize("way", ["upgrade", "downgrade"])
def test_the_locks_are_those_that_the_docstrings_tell(server, database, template, way):
    """Assert what each revision has locked just before its commit.

    A table that is dropped has no name any more at that moment, so it is looked up before.
    """
    up = way == "upgrade"
    target = "head" if up else f"{HEAD}:base"
    script = alembic(server, database, way, target, "--sql")
    steps = script.split(f"-- Running {way} ")[1:]
    assert len(steps) == len(LOCKS)
    found = {}
    with another(server, database, template="template1" if up else template) as name:
        if up:
            query(server, name, "CREATE TABLE alembic_version (version_num text)")
        with closing(server.connect(name)) as connection, connection.cursor() as cursor:
            for step in steps:
                title, _, statements = step.partition("\n")
                before, after = (part.strip() for part in title.split("->"))
                cursor.execute(
                    "SELECT oid::int, relname FROM pg_class WHERE relkind = 'r'"
                    " AND relnamespace = 'public'::regnamespace AND relname <> 'alembic_version'"
                )
                tables = dict(cursor.fetchall())
                cursor.execute("BEGIN")
                cursor.execute(statements.replace("COMMIT;", ""))
                cursor.execute(
                    "SELECT relation::int, mode FROM pg_locks"
                    " WHERE pid = pg_backend_pid() AND relation::int = ANY (%s)",
                    [list(tables)],
                )
                strongest = {}
                for table, mode in cursor.fetchall():
                    mode = " ".join(re.findall("[A-Z][a-z]+", mode.removesuffix("Lock"))).upper()
                    held = strongest.get(tables[table], STRENGTH[0])
                    strongest[tables[table]] = max(held, mode, key=STRENGTH.index)
                cursor.execute("COMMIT")
                found[after if up else before] = strongest
    assert found == {revision: both[0 if up else 1] for revision, both in LOCKS.items()}


# One migrator at a time, and no endless waiting


def test_two_migrators_do_the_work_once(server, database):
    """Assert that the second one waits and then finds nothing left to do."""
    command = [sys.executable, "-m", "alembic", "upgrade", "head"]
    both = [
        subprocess.Popen(
            command,
            cwd=paths.PROJECT,
            env=server.environment(database),
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        for _ in range(2)
    ]
    messages = [process.communicate(timeout=120)[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], messages
    assert sum("Running upgrade  -> 0001" in message for message in messages) == 1
    assert query(server, database, "SELECT version_num FROM alembic_version") == [(HEAD,)]


def test_a_lock_held_by_another_session_ends_the_upgrade(server, database):
    """Assert that it gives up within seconds, says why, and leaves all as it was."""
    migrate(server, database, "0005")
    before = state(server, database)
    with closing(server.connect(database)) as other, other.cursor() as cursor:
        cursor.execute("BEGIN; SELECT * FROM accounts")  # a transaction that somebody forgot
        began = time.monotonic()
        done = run(server, database, "alembic", "upgrade", "head")
        assert 4 < time.monotonic() - began < 30
    assert done.returncode != 0
    assert "Running upgrade 0005 -> 0006" in done.stderr
    assert "canceling statement due to lock timeout" in done.stderr
    assert "Traceback" not in done.stderr
    assert state(server, database) == before
    assert query(server, database, "SELECT version_num FROM alembic_version") == [("0005",)]


# Addresses


@pytest.fixture
def role(server, database):
    """A role that may change the database, with a password that URLs do not like."""
    name, password = f"{database}_role", "50%@æ/:?#+ %41"
    query(server, database, f"CREATE ROLE {name} LOGIN PASSWORD %s", password)
    query(server, database, f"GRANT CREATE, USAGE ON SCHEMA public TO {name}")
    yield name, password
    query(server, database, f"DROP OWNED BY {name}; DROP ROLE {name}")


def test_a_password_with_percent_and_at(server, database, role):
    """Assert that DATABASE_URL never passes through a file in which % has a meaning."""
    user, password = role
    url = make_url(server.url(database)).set(
        drivername="postgres", username=user, password=password
    )
    text = url.render_as_string(hide_password=False)
    environment = {"DATABASE_URL": text, "PGPASSWORD": "wrong", "PGUSER": "nobody"}
    alembic(server, database, "upgrade", "head", **environment)
    owner = "SELECT tableowner FROM pg_tables WHERE tablename = 'reviews'"
    assert query(server, database, owner) == [(user,)]


@pytest.mark.parametrize(
    "given",
    ["postgres://a:b@h:1/d", "postgresql://a:b@h:1/d", "postgresql+psycopg2://a:b@h:1/d"],
)
def test_every_form_of_the_address_gets_the_driver(monkeypatch, given):
    monkeypatch.setenv("DATABASE_URL", given)
    text = bookshop_address.url().render_as_string(hide_password=False)
    assert text == "postgresql+psycopg2://a:b@h:1/d"


@pytest.mark.parametrize("given", ["sqlite:///shop.db", "not an address", "postgresql://h:port/d"])
def test_an_address_of_something_else_is_refused(server, monkeypatch, given):
    """Assert that env.py says so in one message, without a traceback and without the address."""
    monkeypatch.setenv("DATABASE_URL", given)
    with pytest.raises(LabError, match="not the address of a PostgreSQL database"):
        bookshop_address.url()
    done = run(server, None, "alembic", "current", DATABASE_URL=given)
    assert done.returncode != 0
    assert "DATABASE_URL is not the address" in done.stderr + done.stdout
    assert "Traceback" not in done.stderr


def test_a_server_that_is_not_there_is_one_message(server, database):
    url = make_url(server.url(database)).set(password="wrong")
    text = url.render_as_string(hide_password=False)
    done = run(server, database, "alembic", "upgrade", "head", DATABASE_URL=text)
    assert done.returncode != 0
    assert "password authentication failed" in done.stderr
    assert "Traceback" not in done.stderr


# Revisions


def test_every_revision_teaches(server):
    """Assert that each docstring says why, which locks, and what its downgrade loses."""
    files = sorted((paths.PROJECT / "alembic/versions").glob("*.py"))
    assert [file.name[:4] for file in files] == [f"{n:04}" for n in range(1, len(files) + 1)]
    for file in files:
        text = file.read_text(encoding="utf-8")
        for word in ("\nWhy: ", "\nLocks: ", "\nDowngrade loses: ", "def downgrade() -> None:"):
            assert word in text, (file.name, word)
        assert "bookshop" not in text, f"{file.name}: a migration imports no live model"
        assert "    pass\n" not in text, file.name
    assert os.path.commonprefix([file.name for file in files]) == "000"


def test_the_checks_of_the_database_hold(server, head):
    """Assert that six stars and a second review by the same account are refused."""
    query(
        server,
        head,
        "INSERT INTO accounts (email, first_name) VALUES ('a@x.example', 'Åse');"
        "INSERT INTO books (isbn, title, price) VALUES ('1', 'Ø', 99.95);"
        "INSERT INTO reviews (book_id, account_id, rating) VALUES (1, 1, 5)",
    )
    for rating, error in ((6, "ck_reviews_rating_1_to_5"), (4, "uq_reviews_book_id_account_id")):
        with pytest.raises(psycopg2.IntegrityError, match=error):
            query(
                server,
                head,
                "INSERT INTO reviews (book_id, account_id, rating) VALUES (1, 1, %s)",
                rating,
            )
