"""A run that is stopped in the middle leaves no server, no program and no file behind.

The real commands are started as processes, each with a variable in its environment by which all
that it starts is found again, and a folder of its own for temporary files.
"""

import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from migrationlab import paths
from migrationlab import server as servers
from migrationlab.postgres import databases
from migrationlab.server import postmaster, watchdog

pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.name == "nt", reason="POSIX signals")]

SLEEPERS = "tests/house/run_to_stop.py"
PYTEST = ["-m", "pytest", "-q", "-p", "no:cacheprovider"]
LAB = ["-m", "migrationlab.cli"]


class Run:
    """A command, and the processes that come from it."""

    def __init__(self, words: list[str], top: Path, **environment: str):
        self.name, self.place, self.told = secrets.token_hex(8), top / "tmp", top / "told"
        for folder in (self.place, self.told):
            folder.mkdir()
        ours = dict(os.environ, TOLD=str(self.told), STOPPED_RUN=self.name, **environment)
        ours |= dict.fromkeys(watchdog.TEMPORARY, str(self.place))
        del ours[watchdog.MARK]  # it is a run of its own, not a part of this one
        ours["PYTEST_DEBUG_TEMPROOT"] = str(top)
        self.front = subprocess.Popen(
            [sys.executable, *words],
            cwd=paths.PROJECT,
            env=ours,
            stdin=subprocess.DEVNULL,
            stdout=(top / "said").open("w"),
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self.said = top / "said"

    def processes(self) -> list[psutil.Process]:
        """All but PostgreSQL's own children, which overwrite their environment."""
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error, OSError):
                if process.environ().get("STOPPED_RUN") == self.name:
                    found.append(process)
        return found

    def named(self, word: str) -> list[psutil.Process]:
        found = []
        for process in self.processes():
            with suppress(psutil.Error):
                if word in " ".join(process.cmdline()):
                    found.append(process)
        return found

    def servers(self) -> int:
        """How many servers run; initdb's own short ones do not count.

        Nor does a server's child, which has its parent's command line until it takes its own.
        """
        found = self.named("bin/postgres -D ")
        pids = {process.pid for process in found}
        count = 0
        for process in found:
            with suppress(psutil.Error):
                count += process.ppid() not in pids
        return count

    def wait_for(self, condition) -> None:
        deadline = time.monotonic() + 120
        while not condition():
            assert self.front.poll() is None, self.said.read_text()
            assert time.monotonic() < deadline, self.said.read_text()
            time.sleep(0.1)

    def stop(self, how: str) -> None:
        number = signal.Signals[how.split()[0]]
        (os.killpg if how.endswith("group") else os.kill)(self.front.pid, number)
        self.front.wait(60)
        if number == signal.SIGKILL:  # the front could not wait for the end of the rest
            _, alive = psutil.wait_procs(self.processes(), timeout=40)
            assert not alive, alive

    def nothing_is_left(self) -> None:
        left = [process.cmdline() for process in self.processes()]
        assert not left, left
        assert not list(self.place.iterdir()), list(self.place.iterdir())


@pytest.fixture
def begin():
    """Start a Run; whatever is left of it is ended after the test."""
    # Not tmp_path: that is closed to other users, and as root PostgreSQL runs as one.
    top = Path(tempfile.mkdtemp(prefix="stopped-"))
    top.chmod(0o755)
    runs = []

    def start(words: list[str], **environment: str) -> Run:
        runs.append(Run(words, top, **environment))
        return runs[-1]

    yield start
    for run in runs:
        for process in run.processes():
            with suppress(psutil.Error):
                process.kill()
        run.front.wait()
    shutil.rmtree(top, ignore_errors=True)


@pytest.fixture(scope="module")
def lab_home():
    """A home whose server was started and stopped once: initdb is the slowest part of a start."""
    folder = Path(tempfile.mkdtemp(prefix="stopped-home-"))
    folder.chmod(0o755)
    ours = os.environ | {"MIGRATIONLAB_HOME": str(folder), "LAB_PORT": "1"}
    code = "from migrationlab import server\nwith server.hold(): pass"
    subprocess.run([sys.executable, "-c", code], cwd=paths.PROJECT, env=ours, check=True)
    yield folder
    subprocess.run([sys.executable, *LAB, "stop"], cwd=paths.PROJECT, env=ours, check=True)
    shutil.rmtree(folder)


@pytest.mark.parametrize("how", ["SIGTERM", "SIGINT group", "SIGKILL"])
def test_pytest_with_workers(begin, how):
    """Assert that the workers' servers end too, which the front process does not know."""
    run = begin([*PYTEST, "-n", "2", SLEEPERS])
    run.wait_for(lambda: len(list(run.told.iterdir())) == 2)
    assert run.servers() == 2 and len(run.named("ipykernel")) == 1
    run.stop(how)
    run.nothing_is_left()


@pytest.mark.parametrize("how", ["SIGTERM", "SIGHUP"])
def test_pytest_alone(begin, how):
    run = begin([*PYTEST, SLEEPERS])
    run.wait_for(lambda: list(run.told.iterdir()))
    run.stop(how)
    run.nothing_is_left()


@pytest.mark.parametrize("how", ["SIGTERM", "SIGINT", "SIGKILL"])
def test_lab_test(begin, how):
    """Assert that pytest, a child of `lab.py test`, ends with it."""
    run = begin([*LAB, "test", "-n", "2", "-q", SLEEPERS])
    run.wait_for(lambda: len(list(run.told.iterdir())) == 2)
    run.stop(how)
    run.nothing_is_left()


@pytest.mark.parametrize("how", ["SIGTERM", "SIGTERM group", "SIGINT group", "SIGHUP", "SIGKILL"])
def test_a_run_of_lessons(begin, lab_home, how, monkeypatch):
    """Assert that the lab's own server is stopped, and so is the one that lesson 07 makes.

    And that of the throw-away databases in the lab's own server those of the run are dropped.
    """
    run = begin([*LAB, "run", "7"], MIGRATIONLAB_HOME=str(lab_home), LAB_PORT="1")
    run.wait_for(lambda: run.servers() == 2 and run.named("ipykernel"))
    assert postmaster.running(lab_home / ".lab" / "pgdata")
    monkeypatch.setenv("MIGRATIONLAB_HOME", str(lab_home))
    mark = run.named("ipykernel")[0].environ()[watchdog.MARK]
    for name, note in (("mine", f"scratch of {mark}"), ("not_mine", "scratch of another")):
        name = f"{name}{databases.SCRATCH}{run.name}"
        databases.create(servers.running(), name, note=note)
    run.stop(how)
    run.nothing_is_left()
    if how != "SIGKILL":
        assert run.front.returncode == {"SIGI": 130, "SIGT": 143, "SIGH": 129}[how[:4]]
        assert "✗" not in run.said.read_text()
    assert not list((lab_home / ".lab" / "sessions").iterdir())
    with servers.hold(lambda text: None) as found:
        left = [name for name in databases.listing(found) if name.endswith(run.name)]
    assert left == [f"not_mine{databases.SCRATCH}{run.name}"]


@pytest.mark.parametrize("how", ["SIGTERM", "SIGKILL"])
def test_a_benchmark(begin, how):
    """Assert that its own server and JupyterLab with that one's server are gone."""
    run = begin(["-m", "benchmarks", "start", "--times=1"])
    run.wait_for(lambda: run.servers() == 2)
    run.stop(how)
    run.nothing_is_left()
