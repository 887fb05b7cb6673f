"""One server and one rich database for all tests of backups; its backups are made once."""

import secrets
from contextlib import suppress

import psycopg2
import pytest

from migrationlab import backup
from migrationlab.backup import manifest
from tests.backup import backup_tools as tools


@pytest.fixture(scope="session")
def roles(server):
    """The roles that own something in the rich database, or may read it."""
    for role in (tools.OWNER, tools.READER):
        tools.run(server, "postgres", f"CREATE ROLE {tools.quoted(role)}")
    yield
    for role in (tools.OWNER, tools.READER):
        with suppress(psycopg2.Error):
            tools.run(server, "postgres", f"DROP ROLE {tools.quoted(role)}")


@pytest.fixture(scope="session")
def rich(server, roles):
    """The name of a database with one of everything; nobody may change it."""
    name = tools.ODD_NAME
    quoted = tools.quoted(name)
    tools.run(server, "postgres", f"CREATE DATABASE {quoted}")
    with tools.closing(server.connect(name)) as connection, connection.cursor() as cursor:
        cursor.execute((tools.FOLDER / "everything.sql").read_text("utf-8"))
        connection.commit()
    tools.run(
        server,
        name,
        f"COMMENT ON DATABASE {quoted} IS 'æsken, som Søren''s'",
        f"""ALTER DATABASE {quoted} SET search_path = "$user", public, "Bøger og blade" """,
        f"ALTER DATABASE {quoted} SET default_transaction_read_only = on",
        f"ALTER DATABASE {quoted} SET statement_timeout = '20ms'",
        f"ALTER DATABASE {quoted} SET my_shop.name = 'x, y'",
        f"ALTER ROLE {tools.quoted(tools.READER)} IN DATABASE {quoted} SET work_mem = '7MB'",
        f"REVOKE ALL ON DATABASE {quoted} FROM PUBLIC",
        f"GRANT CONNECT ON DATABASE {quoted} TO {tools.quoted(tools.READER)}",
        f"ALTER DATABASE {quoted} OWNER TO {tools.quoted(tools.OWNER)}",
    )
    yield name
    tools.drop(server, name)


@pytest.fixture(scope="session")
def made(server, rich, tmp_path_factory):
    """Format -> a backup of the rich database; copy it before you damage it."""
    place = tmp_path_factory.mktemp("backups")
    address = tools.url(server, rich)
    found = {name: backup.make(address, place, format=name) for name in ("custom", "plain")}
    found["directory"] = backup.make(address, place, format="directory", jobs=2)
    return found


@pytest.fixture(scope="session")
def seed(server, tmp_path_factory):
    """A small database to be copied, and its backup: (name, backup)."""
    name = "test_seed"
    tools.run(server, "postgres", f"CREATE DATABASE {name}")
    tools.run(
        server,
        name,
        "CREATE TABLE accounts (id serial PRIMARY KEY, owner text, balance int)",
        "INSERT INTO accounts (owner, balance) SELECT 'Åse ' || n, 100"
        " FROM generate_series(1, 1000) n",
    )
    yield name, backup.make(tools.url(server, name), tmp_path_factory.mktemp("seed"))
    tools.drop(server, name)


@pytest.fixture
def small(server, seed):
    """The name of a small database of one's own."""
    name = f"test_small_{secrets.token_hex(4)}"
    tools.run(server, "postgres", f"CREATE DATABASE {name} TEMPLATE {seed[0]}")
    yield name
    tools.drop(server, *tools.names(server, name))


@pytest.fixture
def kept(seed, tmp_path):
    """A backup of the small database as it was at first."""
    return manifest.load(tools.copy_of(seed[1], tmp_path / "shelf"))


@pytest.fixture
def new(server):
    """A name for a database that does not exist yet."""
    name = f"test_new_{secrets.token_hex(4)}"
    yield name
    tools.drop(server, *tools.names(server, name))
