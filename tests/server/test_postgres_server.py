"""URL, connection and environment lead to the same place, whatever the password looks like."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy

from migrationlab import server
from migrationlab.server import postgres_programs
from migrationlab.server.postgres_server import Server
from tests.server.server_tools import do, value

ODD = "p@ss:w/rd%20#? æ'\\\"&=+"


@pytest.fixture
def odd(home):
    """A server whose role and database have names and passwords that need quoting."""
    found = server.find(lambda text: None)
    do(found, 'DROP DATABASE IF EXISTS "Ærø 100%"')
    do(found, 'DROP ROLE IF EXISTS "bo & co"')
    do(found, "CREATE ROLE \"bo & co\" LOGIN PASSWORD '{}'".format(ODD.replace("'", "''")))
    do(found, 'CREATE DATABASE "Ærø 100%"')
    return Server(**{**vars(found), "user": "bo & co", "password": ODD, "database": "Ærø 100%"})


def test_url_with_odd_letters_reaches_the_server(odd):
    engine = sqlalchemy.create_engine(odd.url(), poolclass=sqlalchemy.NullPool)
    with engine.connect() as connection:
        asked = sqlalchemy.text("SELECT current_user || ' ' || current_database()")
        assert connection.scalar(asked) == "bo & co Ærø 100%"
    assert odd.url("x").startswith("postgresql+psycopg2://bo%20%26%20co:p%40ss%3Aw%2Frd%2520")


def test_connection_is_in_autocommit_and_has_a_name(odd):
    connection = odd.connect()
    assert connection.autocommit
    connection.close()
    assert value(odd, "SHOW application_name") == "migrationlab"
    assert value(odd, "SELECT current_database()", "postgres") == "postgres"
    connection = odd.connect(application_name="anna", options="-c lock_timeout=5s")
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("5s",)
    connection.close()


def test_commands_reach_the_same_database(odd):
    """Assert that psql and a Python program find it from the environment alone."""
    environment = odd.environment()
    asked = "SELECT current_user || ' ' || current_database() || ' ' || version()"
    ended = subprocess.run(
        ["psql", "-Atc", asked], env=environment, capture_output=True, encoding="utf-8", check=True
    )
    assert ended.stdout.startswith("bo & co Ærø 100% PostgreSQL 18.")
    code = (
        "import os, sqlalchemy as s; print(s.create_engine(os.environ['DATABASE_URL']).connect())"
    )
    subprocess.run([sys.executable, "-c", code], env=environment, check=True, capture_output=True)
    assert odd.environment("postgres")["PGDATABASE"] == "postgres"


def test_environment_replaces_another_postgresql_and_keeps_the_rest(odd, monkeypatch):
    monkeypatch.setenv("PGHOSTADDR", "10.255.255.1")
    monkeypatch.setenv("PGSERVICE", "work")
    monkeypatch.setenv("DATABASE_URL", "postgresql://elsewhere/x")
    monkeypatch.setenv("GREETING", "hej")
    environment = odd.environment()
    assert "PGHOSTADDR" not in environment and "PGSERVICE" not in environment
    assert environment["DATABASE_URL"] == odd.url()
    assert environment["GREETING"] == "hej"
    assert environment["MIGRATIONLAB_SERVER"] == "lab"
    assert environment["MIGRATIONLAB_HOME"] == os.environ["MIGRATIONLAB_HOME"]
    assert environment["PAGER"] == environment["PSQL_PAGER"] == ""
    assert os.environ["PGSERVICE"] == "work", "os.environ itself was changed"
    first, second = environment["PATH"].split(os.pathsep)[:2]
    assert Path(first) == Path(sys.executable).parent
    assert Path(second) == odd.bin


def test_socket_and_ipv6_hosts_have_their_place_in_a_url():
    common = dict(kind="given", port=5433, user="me", password="", database="shop", bin=Path())
    common |= dict(owned=False, local=True, prefix="shop_")
    there = sqlalchemy.make_url(Server(**common, host="/var/run/postgresql").url())
    assert (there.host, there.port, dict(there.query)) == (
        None,
        5433,
        {"host": "/var/run/postgresql"},
    )
    there = Server(**common, host="::1", options=(("sslmode", "require"),))
    assert there.url() == "postgresql+psycopg2://me@[::1]:5433/shop?sslmode=require"
    assert there.environment()["PGSSLMODE"] == "require"
    assert "PGPASSWORD" not in there.environment()


def test_password_is_never_in_the_words_for_a_server(odd):
    assert "p@ss" not in repr(odd) and "p%40ss" not in repr(odd)


def test_programs_are_of_the_lessons_version():
    assert postgres_programs.check().startswith("18.")
    for name in ("psql", "pg_dump", "pg_restore", "initdb", "pg_ctl"):
        assert Path(postgres_programs.program(name)).exists()
