"""migrationlab.server with Compose: which server is chosen, started and stopped."""

import os
import socketserver
import threading
from contextlib import contextmanager

import pytest
from dotenv import dotenv_values

from migrationlab import server
from migrationlab.errors import LabError
from migrationlab.server import compose
from tests.docker.composed import ask, docker


def quiet(text: str) -> None:
    """Nobody reads the progress here."""


class HangsUp(socketserver.TCPServer):
    """A program that is not PostgreSQL: it ends every connection at once."""

    allow_reuse_address = os.name != "nt"  # as servers do: the port may have been used just now


@contextmanager
def foreign_program(port: int):
    with HangsUp(("127.0.0.1", port), socketserver.BaseRequestHandler) as foreign:
        thread = threading.Thread(target=foreign.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield
        finally:
            foreign.shutdown()
            thread.join()


@pytest.fixture
def own_settings(monkeypatch):
    """No setting of this shell decides which server is chosen."""
    for name in (*compose.DEFAULTS, "COMPOSE_PROJECT_NAME", "DATABASE_URL", "MIGRATIONLAB_SERVER"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


@pytest.fixture
def fresh_home(engine, own_settings, tmp_path):
    """A MIGRATIONLAB_HOME with nothing in it; what is started there is removed."""
    own_settings.setenv("MIGRATIONLAB_HOME", str(tmp_path))
    yield tmp_path
    if (tmp_path / ".env").exists():
        name = dotenv_values(tmp_path / ".env")["COMPOSE_PROJECT_NAME"]
        docker("compose", "--project-name", name, "down", "--volumes", "--timeout", "5")


def test_find_prefers_compose_that_answers(compose_server, compose_home, own_settings):
    """Assert that a running compose server is used, and no embedded one is made beside it."""
    own_settings.setenv("MIGRATIONLAB_HOME", str(compose_home))
    found = server.find(quiet)
    assert found == compose_server
    assert found.kind == "compose"
    assert server.running() == compose_server
    assert not (compose_home / ".lab" / "pgdata").exists()


def test_the_first_docker_start_needs_no_hand(fresh_home):
    """Assert that `.env` is made with a name, port and password of this clone's own."""
    with server.hold(quiet, docker=True) as started:
        written = dotenv_values(fresh_home / ".env")
        assert started.kind == "compose"
        assert ask(started, "SELECT current_database(), current_user") == [("bookshop", "lab")]
        assert written["LAB_PORT"] == str(started.port)
        assert written["COMPOSE_PROJECT_NAME"].startswith("migrationlab-")
        assert written["POSTGRES_PASSWORD"] == started.password != "lab"
        assert (fresh_home / ".env").stat().st_mode & 0o077 == 0


def test_rows_are_there_at_the_next_docker_start(fresh_home):
    """Assert that the last user stops the container, and that its volume stays."""
    with server.hold(quiet, docker=True) as first:
        ask(first, "CREATE TABLE kept ()")
        with server.hold(quiet, docker=True) as second:
            assert second == first
        assert server.running() == first
    assert server.running() is None
    with server.hold(quiet, docker=True) as again:
        assert again == first
        assert ask(again, "SELECT to_regclass('kept')::text") == [("kept",)]


def test_a_taken_port_is_left_to_its_owner(fresh_home):
    """Assert that a foreign program on the port makes the lab take another one and say so."""
    compose.write_env(quiet)
    said = []
    taken = compose.server().port
    with foreign_program(taken), server.hold(said.append, docker=True) as started:
        assert started.port != taken
        assert ask(started, "SELECT 1") == [(1,)]
    assert any(str(taken) in line for line in said)


def test_another_password_than_the_volumes_is_one_message(make_project, own_settings):
    """Assert that an edited .env ends in a message with the way out, not in a traceback."""
    project = make_project()
    project.up()
    own_settings.setenv("MIGRATIONLAB_HOME", str(project.folder))
    file = project.folder / ".env"
    secret = project.settings["POSTGRES_PASSWORD"]
    file.write_text(file.read_text(encoding="utf-8").replace(secret, "edited"), encoding="utf-8")
    with pytest.raises(LabError, match="password"), server.hold(quiet, docker=True):
        pass
    assert ask(project.server, "SELECT 1") == [(1,)]
