"""What happens to the rows when the container goes, crashes, or has its volume elsewhere."""

import subprocess
import time

import psycopg2
import pytest

from migrationlab import paths
from migrationlab.server import Server
from tests.docker.composed import ask

ACCOUNT = "INSERT INTO accounts (full_name, email) VALUES ('Bodil Ærø', 'bodil@example.dk')"


def alembic(server: Server, *arguments: str) -> str:
    """The real command, typed in the project's folder with DATABASE_URL set."""
    ended = subprocess.run(
        ["alembic", *arguments],
        cwd=paths.PROJECT,
        env=server.environment(),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def tables(server: Server) -> list[str]:
    rows = ask(server, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    return sorted(name for (name,) in rows)


def test_rows_survive_down_and_die_with_the_volume(project):
    """Assert that `down` keeps the volume and `down -v` deletes it, rows and all."""
    server = project.up()
    alembic(server, "upgrade", "0001")
    ask(server, ACCOUNT)
    alembic(server, "upgrade", "head")
    before = ask(server, "SELECT t::text FROM accounts t"), tables(server)

    project.run("down")
    assert project.container() == ""
    project.up()
    assert (ask(server, "SELECT t::text FROM accounts t"), tables(server)) == before
    assert "Ærø" in before[0][0][0]
    assert "(head)" in alembic(server, "current")

    project.run("down", "-v")
    project.up()
    assert tables(server) == []


def test_rows_survive_a_crash_and_the_server_comes_back(project):
    """Assert that the restart policy starts a server that died, with every committed row."""
    server = project.up()
    ask(server, "CREATE TABLE notes (text text)")
    ask(server, "INSERT INTO notes VALUES ('committed')")

    # SIGQUIT: PostgreSQL drops everything in memory, as in a crash.
    project.run("exec", "-T", "db", "sh", "-c", "kill -QUIT 1", check=False)
    assert rows_after_restart(project, "SELECT text FROM notes") == [("committed",)]
    assert int(project.inspect("{{.RestartCount}}")) >= 1


def rows_after_restart(project, query: str) -> list[tuple]:
    deadline = time.monotonic() + 60
    while True:
        try:
            if int(project.inspect("{{.RestartCount}}")) >= 1:
                return ask(project.server, query)
        except psycopg2.OperationalError:
            pass
        assert time.monotonic() < deadline, project.logs()
        time.sleep(0.2)


def test_volume_at_the_old_place_is_refused(project):
    """Assert that /var/lib/postgresql/data, right until version 17, cannot lose rows silently."""
    file = project.folder / "docker-compose.yml"
    text = file.read_text(encoding="utf-8")
    right, wrong = "pgdata:/var/lib/postgresql\n", "pgdata:/var/lib/postgresql/data\n"
    assert text.count(right) == 1
    file.write_text(text.replace(right, wrong), encoding="utf-8")

    project.run("up", "-d", "--wait", "--wait-timeout", "5", check=False)
    assert "unused mount/volume" in project.logs()
    with pytest.raises(psycopg2.OperationalError):
        ask(project.server, "SELECT 1")
