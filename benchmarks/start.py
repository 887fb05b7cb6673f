"""The start of an installed lab."""

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.measure import Row, Side, in_turn, seconds
from benchmarks.place import new_home, recorded
from migrationlab import paths
from migrationlab.errors import LabError
from migrationlab.server import ports, postgres_programs, system_account

TIMES = 3
PATIENCE = 120  # seconds
LAB = paths.PROJECT / "lab.py"


def measure(server, times: int) -> Iterator[Row]:
    with new_home() as home:
        environment = os.environ | {"MIGRATIONLAB_HOME": str(home)}
        _lab(environment)  # the first start makes the data directory: an installed lab has one
        ours, plain = in_turn(times, lambda: _lab(environment), lambda: _plain(home, environment))
    yield Row(
        Side("start: lab.py --no-browser, until the address is printed", ours),
        Side("pg_ctl start, then jupyter lab, until it answers", plain),
    )


def _lab(environment: dict) -> float:
    process = subprocess.Popen(
        [sys.executable, str(LAB), "--no-browser"],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
    )
    try:
        taken = seconds(lambda: _wait_for_address(process))
    finally:
        # Not Ctrl-C: this ends the lab in the same way on every system.
        subprocess.run([sys.executable, str(LAB), "stop"], env=environment, capture_output=True)
        process.communicate(timeout=PATIENCE)
    return taken


def _wait_for_address(process: subprocess.Popen) -> None:
    said = []
    for line in process.stdout:
        said.append(line)
        if line.strip().startswith("http://"):
            return
    raise LabError("lab.py did not start, so it was not measured:\n" + "".join(said[-5:]))


def _plain(home: Path, environment: dict) -> float:
    """The same data directory, the same JupyterLab: without the lab."""
    known = recorded(home)
    user = system_account.choose(Path(known["data"]))
    pg_ctl = [
        postgres_programs.program("pg_ctl", Path(known["programs"])),
        "-D",
        known["data"],
        "-w",
    ]
    database_port, web_port = ports.next_free(known["port"]), ports.next_free(8890)
    options = ["-l", known["log"], "-o", f"-p {database_port}", "start"]
    jupyter = None

    def start() -> None:
        nonlocal jupyter
        code, said = user.run([*pg_ctl, *options])
        if code:
            raise LabError(f"pg_ctl did not start the server: {said}")
        jupyter = _jupyter(home, web_port, environment)
        _wait(lambda: _answers(f"http://127.0.0.1:{web_port}/api/status"), jupyter)

    try:
        return seconds(start)
    finally:
        if jupyter:
            jupyter.terminate()
            jupyter.wait(PATIENCE)
        user.run([*pg_ctl, "-m", "fast", "stop"])


def _jupyter(home: Path, port: int, environment: dict) -> subprocess.Popen:
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--ip=127.0.0.1"]
    command += [f"--port={port}", "--ServerApp.port_retries=0", "--IdentityProvider.token="]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")
    folders = {"JUPYTER_CONFIG_DIR": home / "config", "JUPYTER_RUNTIME_DIR": home / "runtime"}
    return subprocess.Popen(
        command,
        cwd=paths.PROJECT,
        env=environment | {name: str(folder) for name, folder in folders.items()},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _wait(ready: Callable[[], bool], process: subprocess.Popen) -> None:
    deadline = time.monotonic() + PATIENCE
    while not ready():
        if process.poll() is not None or time.monotonic() > deadline:
            raise LabError("jupyter lab did not start, so it was not measured.")
        time.sleep(0.1)  # as often as the lab itself asks


def _answers(url: str) -> bool:
    try:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        opener.open(url, timeout=5).close()
    except OSError:
        return False
    return True
