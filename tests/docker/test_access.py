"""Who can connect, and from where."""

import json
import socket

import psutil
import psycopg2
import pytest

from tests.docker.composed import ask


def test_port_is_bound_to_this_computer_only(running):
    """Assert that Docker publishes one port, on 127.0.0.1, and no other address answers."""
    published = json.loads(running.inspect("{{json .NetworkSettings.Ports}}"))
    port = running.server.port
    assert published == {"5432/tcp": [{"HostIp": "127.0.0.1", "HostPort": str(port)}]}

    addresses = {
        address.address
        for known in psutil.net_if_addrs().values()
        for address in known
        if address.family == socket.AF_INET and not address.address.startswith("127.")
    }
    for address in addresses:
        with pytest.raises(OSError), socket.create_connection((address, port), timeout=2):
            pass


@pytest.mark.parametrize("password", ["wrong", "lab", ""])
def test_a_wrong_password_is_refused(running, tmp_path, password):
    """Assert that the password counts on the published port, empty and default ones included."""
    parameters = {"password": password} if password else {"passfile": str(tmp_path / "none")}
    server = running.server
    with pytest.raises(psycopg2.OperationalError, match="password"):
        psycopg2.connect(
            host=server.host,
            port=server.port,
            user=server.user,
            dbname=server.database,
            **parameters,
        ).close()
    assert ask(server, "SELECT 1") == [(1,)]


def test_password_is_stored_as_scram(running):
    """Assert that the server keeps no password in a form that md5 tables could break."""
    (stored,) = ask(running.server, "SELECT rolpassword FROM pg_authid WHERE rolname = 'lab'")[0]
    assert stored.startswith("SCRAM-SHA-256$")
