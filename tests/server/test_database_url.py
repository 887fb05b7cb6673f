"""A server that the user gives is used as it is, or refused with one message."""

import os
import random
import subprocess
from pathlib import Path
from urllib.parse import quote

import pytest

from migrationlab import server
from migrationlab.errors import LabError
from migrationlab.server import connection_check, database_url, ports, system_account
from tests.server.server_tools import do, value

SECRET = "hemmelig:æ@/%"


@pytest.fixture
def shop(home, new_home, monkeypatch):
    """A real server with a role and a database that the lab did not make; its port."""
    found = server.find(lambda text: None)
    do(found, "DROP DATABASE IF EXISTS shop")
    do(found, "DROP ROLE IF EXISTS owner")
    do(found, f"CREATE ROLE owner LOGIN CREATEDB PASSWORD '{SECRET}'")
    do(found, "CREATE DATABASE shop OWNER owner")
    new_home("guest")  # the guest's lab knows nothing of that server
    yield found
    new_home.use(home)


def url(port, *, scheme="postgresql", host="127.0.0.1", database="shop", password=SECRET, rest=""):
    return f"{scheme}://owner:{quote(password, safe='')}@{host}:{port}/{database}{rest}"


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg2"])
def test_usual_forms_of_a_url(shop, monkeypatch, scheme):
    """Assert that every usual spelling reaches the server and becomes one form."""
    monkeypatch.setenv("DATABASE_URL", url(shop.port, scheme=scheme, rest="?sslmode=prefer"))
    found = server.find()
    assert (found.kind, found.owned, found.local, found.prefix) == ("given", False, True, "shop_")
    assert (found.user, found.password, found.database) == ("owner", SECRET, "shop")
    assert found.url().startswith("postgresql+psycopg2://owner:hemmelig%3A%C3%A6%40%2F%25@")
    assert found.url().endswith("/shop?sslmode=prefer")
    assert value(found, "SELECT current_user || current_database()") == "ownershop"
    assert server.running() == found


def test_libpq_words_are_understood_too(shop, monkeypatch):
    text = f"host=127.0.0.1 port={shop.port} user=owner dbname=shop password='{SECRET}'"
    monkeypatch.setenv("DATABASE_URL", text)
    assert value(server.find(), "SELECT current_database()") == "shop"


def test_lesson_environment_leads_back_to_the_given_server(shop, monkeypatch):
    """Assert that a command typed in a lesson's shell finds the given server again."""
    monkeypatch.setenv("DATABASE_URL", url(shop.port))
    found = server.find()
    environment = found.environment("shop_lab_02")
    assert environment["DATABASE_URL"].endswith("/shop_lab_02")
    monkeypatch.setenv("DATABASE_URL", environment["DATABASE_URL"])
    monkeypatch.setenv("MIGRATIONLAB_SERVER", environment["MIGRATIONLAB_SERVER"])
    assert server.find() == found


def test_lab_means_that_database_url_is_a_lessons_own(shop, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/x")
    monkeypatch.setenv("MIGRATIONLAB_SERVER", "lab")
    assert server.running() is None
    assert server.find(lambda text: None).kind == "embedded"


def test_given_server_is_never_stopped(shop, monkeypatch, said):
    monkeypatch.setenv("DATABASE_URL", url(shop.port))
    with server.hold(said.append):
        pass
    server.stop(said.append)
    assert said == ["The server that DATABASE_URL names is not the lab's: nothing was done to it."]
    assert value(shop, "SELECT 1") == 1
    assert not (Path(os.environ["MIGRATIONLAB_HOME"]) / ".lab").exists()


def test_docker_and_a_url_at_once(monkeypatch, home):
    monkeypatch.setenv("DATABASE_URL", "postgresql://x@127.0.0.1:1/x")
    with pytest.raises(LabError, match="Two servers are asked for"), server.hold(docker=True):
        pass


REFUSED = {
    "wrong password": (dict(password="forkert-æ"), "refuses the password of owner"),
    "no password": (dict(password=""), "refuses the password of owner"),
    "no such database": (dict(database="shoq"), "has no database shoq"),
    "another system": (dict(scheme="mysql"), "is for mysql, and the lessons need PostgreSQL 18"),
    "no port": (dict(host="127.0.0.1:x"), "DATABASE_URL is not understood"),
    "a percent sign that is not encoded": (dict(rest="%zz"), "DATABASE_URL is not understood"),
}


@pytest.mark.parametrize(("change", "message"), REFUSED.values(), ids=REFUSED)
def test_refused_with_one_message(shop, monkeypatch, change, message):
    """Assert that the message says what is wrong, and never shows the password."""
    monkeypatch.setenv("DATABASE_URL", url(shop.port, **change))
    with pytest.raises(LabError, match=message) as caught:
        server.find()
    text = str(caught.value)
    for secret in (SECRET, quote(SECRET, safe=""), "forkert", "hemmelig"):
        assert secret not in text
    assert "Unset DATABASE_URL" in text or "unset DATABASE_URL" in text
    assert server.running() is None


def test_nobody_answers(home, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", url(1))  # no program listens on port 1
    with pytest.raises(LabError, match="No PostgreSQL answers at 127.0.0.1:1,"):
        server.find()


def test_server_that_is_no_postgresql(home, monkeypatch):
    """Assert that something else behind the port ends in a message, not in waiting for ever."""
    import http.server
    import threading

    other = http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
    threading.Thread(target=other.serve_forever, daemon=True).start()
    monkeypatch.setenv("DATABASE_URL", url(other.server_port, rest="?connect_timeout=2"))
    try:
        with pytest.raises(LabError, match=f"127.0.0.1:{other.server_port} refuses"):
            server.find()
    finally:
        other.shutdown()
        other.server_close()


LOCAL = {
    "postgresql://127.0.0.1/x": True,
    "postgresql://localhost/x": True,
    "postgresql://[::1]/x": True,
    "postgresql:///x?host=/var/run/postgresql": True,
    "postgresql:///x": True,
    "postgresql://db.example.org/x": False,
    "postgresql://192.168.1.20/x": False,
    "host=localhost,db.example.org dbname=x": False,
    "postgresql://localhost/x?hostaddr=192.168.1.20": False,
    "host=db.example.org dbname=x": False,
}


@pytest.mark.parametrize(("text", "expected"), LOCAL.items())
def test_what_is_on_this_machine(text, expected, monkeypatch):
    """Assert that only what certainly is on this machine may be reset."""
    monkeypatch.delenv("PGHOST", raising=False)
    assert database_url.is_local(database_url.parse(text)) is expected


def test_refuses_another_major_version(home, monkeypatch):
    """Assert that a real server of an older version is refused, and nothing is done in it."""
    older = sorted(Path("/usr/lib/postgresql").glob("1[0-7]/bin/initdb"))
    if not older:
        assert str(
            database_url.other_major(connection_check.judge_version(150006).major)
        ).startswith("The given server is PostgreSQL 15.")
        pytest.skip("no server of another major version on this machine: judged by value only")
    programs, data = older[-1].parent, home / "old"
    user = system_account.choose(data)
    data.mkdir()
    user.own(data)
    port = ports.next_free(random.randrange(20000, 29000))
    user.run([str(programs / "initdb"), "-D", str(data), "-U", "owner", "-A", "trust", "-N"])
    control = [str(programs / "pg_ctl"), "-D", str(data), "-w"]
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories="
    code, printed = user.run([*control, "-l", str(data / "log"), "-o", options, "start"])
    assert code == 0, printed
    try:
        monkeypatch.setenv("DATABASE_URL", f"postgresql://owner@127.0.0.1:{port}/postgres")
        with pytest.raises(LabError, match=f"PostgreSQL {programs.parent.name}") as caught:
            server.find()
        assert "PostgreSQL 18" in caught.value.expected
    finally:
        user.run([*control, "-m", "immediate", "stop"])


def test_programs_for_a_server_with_tls(said):
    """Assert that programs which can encrypt are looked for, and a lack of them is said."""
    own = database_url._programs(False, said.append)
    assert said == []
    found = database_url._programs(True, said.append)
    if found == own:
        assert "cannot encrypt" in said[0]
    else:
        assert (
            " 18" in subprocess.run([found / "psql", "-V"], capture_output=True, text=True).stdout
        )
