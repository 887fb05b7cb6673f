"""Settings, choice and messages of the compose server; tests/docker has the real engine."""

import os
import re
import shutil

import pytest

from migrationlab import paths, server
from migrationlab.errors import LabError
from migrationlab.server import compose, connection_check, ports, remembered_server
from tests.server.server_tools import do, value


@pytest.fixture
def answering(home, new_home, monkeypatch):
    """A real PostgreSQL 18 on a port that `.env` names, as a container would offer it."""
    found = server.find(lambda text: None)
    do(found, "ALTER DATABASE postgres RESET ALL")
    do(found, "DROP ROLE IF EXISTS compose")
    do(found, "CREATE ROLE compose LOGIN SUPERUSER PASSWORD 'from .env'")
    mine = new_home("clone")
    _write_env(mine, found.port)
    monkeypatch.delenv("LAB_PORT")
    return found


def test_defaults_are_those_of_docker_compose_yml():
    """Assert that the numbers written here and in docker-compose.yml are the same."""
    text = (paths.PROJECT / "docker-compose.yml").read_text(encoding="utf-8")
    for name, default in compose.DEFAULTS.items():
        assert set(re.findall(rf"\$\{{{name}:-([^}}]*)\}}", text)) == {default}, name
    example = (paths.PROJECT / ".env.example").read_text(encoding="utf-8")
    for name in (*compose.DEFAULTS, "COMPOSE_PROJECT_NAME"):
        assert re.search(rf"(?m)^{name}=", example), name


def test_settings_are_read_as_compose_reads_them(home, monkeypatch):
    """Assert that quotes, comments, a Windows BOM and the shell's variables count as in Compose."""
    monkeypatch.delenv("LAB_PORT")
    text = "\ufeffexport LAB_PORT = 60001 # mine\nPOSTGRES_PASSWORD='p#$x y'\nPOSTGRES_DB=\"ærø\"\n"
    (home / ".env").write_text(text, encoding="utf-8")
    known = compose.settings()
    assert (known["LAB_PORT"], known["POSTGRES_PASSWORD"], known["POSTGRES_DB"]) == (
        "60001",
        "p#$x y",
        "ærø",
    )
    assert known["POSTGRES_USER"] == "lab"
    monkeypatch.setenv("LAB_PORT", "60002")
    assert compose.server().port == 60002


def test_port_that_is_no_port(home, monkeypatch):
    monkeypatch.setenv("LAB_PORT", "many")
    with pytest.raises(LabError, match="LAB_PORT is 'many', which is no port"):
        compose.server()


def test_used_when_it_answers_and_nothing_else_was_chosen(answering, said):
    found = server.find(said.append)
    assert (found.kind, found.port, found.owned) == ("compose", answering.port, True)
    assert said == [f"Using the server of docker-compose.yml on port {found.port}."]
    assert server.running() == found
    assert server.find(said.append) == found and len(said) == 1


def test_not_stopped_by_the_last_user_when_the_student_started_it(answering):
    with server.hold(lambda text: None) as found:
        assert found.kind == "compose"
    assert value(answering, "SELECT 1") == 1
    assert server.running() == found


def test_two_clones_do_not_share_a_compose_server(answering, new_home, said):
    """Assert that a second clone with the same port and password gets a server of its own."""
    first = server.find(lambda text: None)
    home = paths.home()
    _write_env(new_home("second"), answering.port)
    second = server.find(said.append)
    assert second.kind == "embedded"
    assert f"The PostgreSQL on port {first.port} belongs to the clone in {home}." in said
    server.stop()

    shutil.rmtree(home / ".lab")  # the first clone is gone: its server may be taken over
    remembered_server.replace(paths.state() / "server.json", "{}")
    assert compose.running() == compose.server()


def test_wrong_password_is_said_and_not_used(answering, said):
    env = paths.home() / ".env"
    env.write_text(env.read_text().replace("from .env", "wrong"))
    assert server.find(said.append).kind == "embedded"
    assert "not with the settings of Compose: not used" in said[0]
    server.stop()


def test_compose_of_last_time_is_gone(home, said):
    remembered_server.remember("compose", port=1, started=True)
    assert server.find(said.append).kind == "embedded"
    assert any("start it with --docker" in line for line in said)


def test_env_is_written_for_this_clone_alone(new_home, said, monkeypatch):
    """Assert that two clones get names, ports and passwords of their own; comments stay."""
    monkeypatch.delenv("LAB_PORT")
    written = []
    for name in ("one", "two"):
        home = new_home(name)
        compose.write_env(said.append)
        written.append(compose.settings())
        text = (home / ".env").read_text(encoding="utf-8")
        assert text.count("\n") == (paths.PROJECT / ".env.example").read_text("utf-8").count("\n")
        assert ports.is_free(compose.server().port)
        if os.name != "nt":
            assert (home / ".env").stat().st_mode & 0o077 == 0
    for name in ("POSTGRES_PASSWORD", "COMPOSE_PROJECT_NAME"):
        assert len({known[name] for known in written}) == 2
    assert not any(known["POSTGRES_PASSWORD"] in line for known in written for line in said)


def test_port_of_env_is_taken(home, said, monkeypatch):
    """Assert that LAB_PORT in .env moves on when a foreign program has the port."""
    if shutil.which("docker") is None:
        pytest.skip("no docker program")
    import socket

    with socket.socket() as foreign:
        foreign.bind(("127.0.0.1", 0))
        foreign.listen()
        taken = foreign.getsockname()[1]
        monkeypatch.setenv("LAB_PORT", str(taken))
        with pytest.raises(LabError, match=f"Port {taken} .LAB_PORT of your shell. is taken"):
            compose._free_port(said.append)
        monkeypatch.delenv("LAB_PORT")
        (home / ".env").write_text(f"# mine\nLAB_PORT={taken}\n")
        compose._free_port(said.append)
    assert compose.server().port > taken
    assert said == [
        f"Port {taken} is taken by another program, so LAB_PORT in .env is now "
        f"{compose.server().port}."
    ]


def test_no_docker_program(home, monkeypatch):
    monkeypatch.setenv("PATH", str(home))
    with pytest.raises(LabError, match="docker is not on this machine") as caught:
        compose.up(lambda text: None)
    assert "leave out --docker" in caught.value.todo
    assert not (home / ".env").exists()


def test_engine_is_off(home, monkeypatch):
    """Assert that a docker program without an engine is told apart, and nothing is written."""
    if shutil.which("docker") is None:
        pytest.skip("no docker program")
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:9")
    with pytest.raises(LabError, match="engine does not run|compose plugin"):
        with server.hold(lambda text: None, docker=True):
            pass
    assert not (home / ".env").exists()
    assert server.users() == []


# The words below were printed by Docker 28 and Compose 2; tests/docker makes some of them happen.
UP_FAILED = {
    "port": (
        "Error response from daemon: driver failed programming external connectivity on endpoint "
        "x-db-1: Bind for 127.0.0.1:54318 failed: port is already allocated",
        "",
        "LAB_PORT",
    ),
    "other major": (
        "dependency failed to start: container x-db-1 is unhealthy",
        "FATAL:  database files are incompatible with server\nDETAIL:  The data directory was "
        "initialized by PostgreSQL version 17, which is not compatible with this version 18.6.",
        "another version than PostgreSQL 18",
    ),
    "no network": (
        'db Error Get "https://registry-1.docker.io/v2/": dial tcp: lookup registry-1.docker.io: '
        "no such host",
        "",
        "could not download the image",
    ),
    "disk full": ("write /var/lib/docker/tmp/x: no space left on device", "", "disk is full"),
    "anything else": ("something new", "and the log", "something new\nand the log"),
}


@pytest.mark.parametrize(("printed", "log", "message"), UP_FAILED.values(), ids=UP_FAILED)
def test_messages_for_a_failed_up(printed, log, message):
    assert message in str(compose.up_failed(printed, log))


def test_messages_for_a_container_that_does_not_let_us_in(home):
    found = compose.server()
    assert "was made with another" in str(
        compose.no_answer(found, connection_check.Answer("wrong password", said="…"))
    )
    assert "is PostgreSQL 17" in str(
        compose.no_answer(found, connection_check.judge_version(170002))
    )
    assert "may not use" in str(compose.engine_error("permission denied while trying to connect"))


def _write_env(home, port) -> None:
    text = f"LAB_PORT={port}\nPOSTGRES_USER=compose\nPOSTGRES_PASSWORD='from .env'\n"
    (home / ".env").write_text(text)
