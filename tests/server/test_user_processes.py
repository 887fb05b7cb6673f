"""Who uses the server decides when it stops: the last one to leave, and nobody earlier."""

import os
import signal
import subprocess
import sys
import time

import pytest

from migrationlab import server
from migrationlab.server import user_processes
from tests.server.server_tools import lab_process

HOLD = """
with server.hold(lambda text: None):
    print("holding", flush=True)
    input()
"""


def test_leaving_stops_what_was_started(home, said):
    with server.hold(said.append) as found:
        assert server.running() == found
        assert server.users() == [os.getpid()]
    assert server.running() is None
    assert server.users() == []
    assert said[-1] == "The server is stopped; its databases stay."


def test_only_the_last_one_stops_it(home, spawn):
    """Assert that one terminal's end does not take the server from another terminal."""
    other = spawn(HOLD, home)
    _wait_for(other)
    with server.hold(lambda text: None) as found:
        assert other.pid in server.users()
    assert server.running() == found
    other.communicate("\n", timeout=30)
    assert other.returncode == 0
    assert server.running() is None


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_ctrl_c_stops_the_server_cleanly(home, spawn):
    """Assert that Ctrl-C, which reaches the whole group of the terminal, ends it all in order."""
    holder = spawn(HOLD, home, start_new_session=True)
    _wait_for(holder)
    os.killpg(holder.pid, signal.SIGINT)
    printed, _ = holder.communicate(timeout=30)
    assert "KeyboardInterrupt" in printed
    assert server.running() is None
    assert "interrupted" not in server.log_tail(50)


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_ctrl_c_during_the_first_start(empty_home, spawn):
    """Assert that nothing runs afterwards, and the next start is as good as the first."""
    holder = spawn(HOLD, empty_home, start_new_session=True)
    deadline = time.monotonic() + 60
    while not list((empty_home / ".lab").glob("pgdata*")) and time.monotonic() < deadline:
        time.sleep(0.01)
    os.killpg(holder.pid, signal.SIGINT)
    holder.communicate(timeout=60)
    assert holder.returncode != 0
    assert server.running() is None and server.users() == []
    assert server.find(lambda text: None).kind == "embedded"


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_who_was_killed_does_not_keep_the_server(home, spawn):
    holder = spawn(HOLD, home)
    _wait_for(holder)
    holder.kill()
    holder.wait()
    with server.hold(lambda text: None):
        assert server.users() == [os.getpid()]
    assert server.running() is None


def test_number_of_a_dead_process_that_a_new_one_has(home):
    """Assert that a process counts only if it is the same one, started at the same time."""
    sleeper = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        folder = home / ".lab" / "sessions"
        folder.mkdir(parents=True)
        (folder / "1.json").write_text(f'{{"pid": {sleeper.pid}, "started": 1.0}}')
        (folder / "2.json").write_text("half a fi")
        assert user_processes.users() == []
        assert list(folder.iterdir()) == []
    finally:
        sleeper.communicate(b"\n")


def test_stop_is_obeyed_while_others_use_the_server(home, spawn):
    """Assert that `stop` means stop, and whoever held the server leaves without an error."""
    holder = spawn(HOLD, home)
    _wait_for(holder)
    server.stop(lambda text: None)
    assert server.running() is None
    printed, _ = holder.communicate("\n", timeout=30)
    assert holder.returncode == 0, printed


def test_many_at_once(home):
    """Assert that processes which come and go in the same moment agree on one server."""
    code = """
with server.hold(lambda text: None) as found:
    print(found.connect().info.dbname)
"""
    crowd = [lab_process(code, home) for _ in range(4)]
    printed = [process.communicate(timeout=180)[0] for process in crowd]
    assert printed == ["bookshop\n"] * 4
    assert server.running() is None


def _wait_for(process) -> None:
    line = process.stdout.readline()
    assert line == "holding\n", line + process.communicate()[0]
