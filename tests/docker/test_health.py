"""The health check: green when, and only when, the database takes connections."""

import json
import time

import psycopg2
import pytest

from tests.docker.composed import ask

OVERRIDE = """\
services:
  db:
    volumes:
      - ./init:/docker-entrypoint-initdb.d:ro
"""
WAIT_FOR_GO = "\\! until test -e /tmp/go; do sleep 0.1; done\n"


@pytest.fixture
def preparing(project):
    """A project whose first start stands still while the database is made, until /tmp/go is there.

    The image runs /docker-entrypoint-initdb.d in its temporary server.
    """
    folder = project.folder / "init"
    folder.mkdir()
    (folder / "wait.sql").write_text(WAIT_FOR_GO, encoding="utf-8")
    (project.folder / "docker-compose.override.yml").write_text(OVERRIDE, encoding="utf-8")
    project.run("up", "-d")
    wait_until(lambda: "accepting" in exec_(project, "pg_isready -U lab -d bookshop"), project)
    return project


def exec_(project, command: str) -> str:
    """What a shell command in the container prints, and at its end the exit code."""
    return project.run("exec", "-T", "db", "sh", "-c", f"{command}; echo exit=$?", check=False)


def wait_until(true, project, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, project.logs()
        time.sleep(0.2)


def test_not_healthy_while_the_database_is_being_made(preparing):
    """Assert that the temporary server, which answers on the Unix socket, does not fool it."""
    kind, check = json.loads(preparing.inspect("{{json .Config.Healthcheck.Test}}"))
    assert kind == "CMD-SHELL"
    assert "exit=0" not in exec_(preparing, check)
    assert preparing.inspect("{{.State.Health.Status}}") == "starting"
    with pytest.raises(psycopg2.OperationalError):
        ask(preparing.server, "SELECT 1")

    exec_(preparing, "touch /tmp/go")
    wait_until(lambda: preparing.inspect("{{.State.Health.Status}}") == "healthy", preparing)
    assert ask(preparing.server, "SELECT 1") == [(1,)]
    assert "exit=0" in exec_(preparing, check)


def test_up_wait_returns_when_the_database_answers(project):
    """Assert that the first query after `up -d --wait` works, after a restart too."""
    server = project.up()
    for _ in range(2):
        project.run("restart")
        project.run("up", "-d", "--wait")
        assert ask(server, "SELECT current_database()") == [("bookshop",)]
