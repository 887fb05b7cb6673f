"""A server that DATABASE_URL names: lessons run there too, in databases of their own."""

from contextlib import closing

import pytest

from migrationlab import paths
from migrationlab.authoring import run_notebooks
from migrationlab.course import lessons


@pytest.fixture(scope="module")
def given(server):
    """The URL of somebody's database on a server of this machine, with a row of theirs in it."""
    with closing(server.connect("postgres")) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE DATABASE skole")
    with closing(server.connect("skole")) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE mine (id int); INSERT INTO mine VALUES (1)")
    yield server.url("skole").replace("+psycopg2", "")
    with closing(server.connect("postgres")) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, 'skole')")
        for (name,) in cursor.fetchall():
            cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.mark.parametrize("lesson", lessons.every(), ids=lambda lesson: lesson.name)
def test_lesson_runs_on_a_given_server(lesson, given, server, tmp_path):
    """Assert that it runs to its end, beside the given database and not in it."""
    environment = {"DATABASE_URL": given, "MIGRATIONLAB_HOME": str(tmp_path)}
    notebook = paths.NOTEBOOKS / f"{lesson.name}.ipynb"
    run = run_notebooks.execute(notebook, tmp_path / "runs", environment)
    assert not run.failure, run.failure
    with closing(server.connect("skole")) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_stat_user_tables")
        assert cursor.fetchall() == [("mine",)]
        cursor.execute(
            "SELECT count(*) FROM pg_database WHERE datname = %s", (f"skole_lab_{lesson.number}",)
        )
        assert cursor.fetchone() == (1,)
    assert not (tmp_path / ".lab" / "pgdata").exists()
