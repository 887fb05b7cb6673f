"""Nothing of a run stays, however it ends: a signal, Ctrl-C, a kill.

A run of all lessons, of the tests or of the benchmarks starts servers, kernels and programs, and
these start others. It gets a mark, an environment variable that all of them inherit, and a folder
for temporary files. A small process beside it, the watchdog, waits until the run is gone, also by
SIGKILL. Then it ends what bears the mark, and removes the folder. (That a run which is told to end
does so in order, by itself, is the part of stop_signals.py.)
"""

import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from migrationlab.postgres import databases
from migrationlab.server import choose_server

MARK = databases.RUN
PREFIX = "migrationlab-run-"
DONE = b"done"  # what a run that ended in order tells the watchdog
BY_THEMSELVES = 1.0  # seconds: kernels, web sites and guards see that their parent is gone
TOLD = 4.0  # seconds after SIGTERM: a worker of pytest stops its server
TEMPORARY = ("TMPDIR", "TEMP", "TMP")  # Python looks at them in this order


@contextmanager
def watch(*, home: bool = False) -> Iterator[None]:
    """Whatever is started within the block ends with it, and so do its temporary files.

    With `home` the run uses the lab's own server, held since before the block: that server stays
    as long as others need it. A run within a run is part of that one.
    """
    if MARK in os.environ:
        yield
        return
    token = secrets.token_hex(8)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    folder.chmod(0o755)  # as root a server runs as another user, who must get in
    words = [sys.executable, "-P", "-m", __name__, token, str(folder), "home" if home else "all"]
    process = subprocess.Popen(
        words,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
        stdin=subprocess.PIPE,  # closed when we end, however we end
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        **_out_of_reach(),
    )
    before = {name: os.environ.get(name) for name in (MARK, *TEMPORARY)}, tempfile.tempdir
    os.environ |= {MARK: token} | dict.fromkeys(TEMPORARY, str(folder))
    tempfile.tempdir = str(folder)
    try:
        yield
    finally:
        for name, value in before[0].items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
        tempfile.tempdir = before[1]
        with suppress(OSError):  # somebody has killed the watchdog
            process.stdin.write(DONE)
            process.stdin.close()
        process.wait()


def tell_children() -> None:
    """Ask the children of this process to end in order; the watchdog is none of the run's."""
    for process in psutil.Process().children():
        with suppress(psutil.Error, OSError):
            if MARK in process.environ():
                process.terminate()


def _out_of_reach() -> dict:
    """What keeps Ctrl-C, SIGHUP and a `kill` of the whole group from a process."""
    if os.name == "nt":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}


# The watchdog's own process


def main(token: str, folder: str, reach: str) -> None:
    in_order = sys.stdin.buffer.read() == DONE  # returns when the run has ended
    _end_programs(token)
    _end_servers(token)
    if reach == "home":
        _leave_server(token, in_order)
    _remove(Path(folder))


def _end_programs(token: str) -> None:
    """End all but the servers, gently first: what holds a server should stop it itself."""
    for seconds, signal_ in ((BY_THEMSELVES, None), (TOLD, "terminate"), (TOLD, "kill")):
        programs = [process for process in _marked(token) if not _is_server(process)]
        if signal_:
            _send(programs, signal_)
        psutil.wait_procs(programs, timeout=seconds)


def _end_servers(token: str) -> None:
    """End the servers at once: their data are going to be removed, or recover as after a crash."""
    for order in ("quit", "kill"):
        servers = {p.pid: p for p in _marked(token) if _is_server(p)}
        heads = [p for p in servers.values() if _parent(p) not in servers]
        _send(heads, order)
        psutil.wait_procs(heads, timeout=10)  # their children end with them


def _leave_server(token: str, in_order: bool) -> None:
    """Drop the scratch databases of the run, and do what it was killed before it could do."""
    with suppress(Exception):  # there may be no server any more: all the better
        if found := choose_server.running():
            databases.drop_scratch(found, token)
        if not in_order:
            choose_server.stop_unused(lambda text: None)


def _marked(token: str) -> list[psutil.Process]:
    """The processes of the run, and their children: PostgreSQL's overwrite their environment."""
    found = {}
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.environ().get(MARK) == token:
                found |= {p.pid: p for p in (process, *process.children(recursive=True))}
    return list(found.values())


def _is_server(process: psutil.Process) -> bool:
    try:
        return process.name().removesuffix(".exe") == "postgres"
    except psutil.Error:
        return False


def _parent(process: psutil.Process) -> int:
    try:
        return process.ppid()
    except psutil.Error:
        return 0


def _send(processes: list[psutil.Process], order: str) -> None:
    for process in processes:
        with suppress(psutil.Error):
            if order == "quit" and os.name != "nt":
                process.send_signal(signal.SIGQUIT)  # PostgreSQL's immediate shutdown
            elif order == "terminate":
                process.terminate()
            else:
                process.kill()


def _remove(folder: Path) -> None:
    deadline = time.monotonic() + 10
    while folder.exists() and time.monotonic() < deadline:  # Windows: open files for a moment yet
        shutil.rmtree(folder, ignore_errors=True)
        time.sleep(0.05)


if __name__ == "__main__":
    main(*sys.argv[1:])
