"""Homes for real servers: each test gets a `.lab/` of its own, and leaves nothing behind."""

import random
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from migrationlab.server import embedded, ports, remembered_server
from tests.server.server_tools import lab_process, remove

FOREIGN = ("DATABASE_URL", "MIGRATIONLAB_SERVER", "COMPOSE_PROJECT_NAME")
POSTGRES = ("POSTGRES_USER", "POSTGRES_PASSWORD", "POSTGRES_DB")


@pytest.fixture(scope="session")
def shared():
    """A home whose server was started once: initdb is by far the slowest part of a start."""
    top = _open_folder()
    # Only while it works: this fixture lives to the end of the run, and the tests behind these
    # have another home.
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MIGRATIONLAB_HOME", str(top / "home"))
        embedded.start(lambda text: None)
        embedded.stop()
    yield top / "home"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MIGRATIONLAB_HOME", str(top / "home"))
        embedded.stop()
    shutil.rmtree(top)


def _open_folder(parent=None) -> Path:
    """A new folder that other users can enter; pytest's tmp_path is closed to them."""
    top = Path(tempfile.mkdtemp(prefix="migrationlab-", dir=parent))
    top.chmod(0o755)
    return top


@pytest.fixture
def new_home(monkeypatch):
    """A function that makes an empty home, makes it the current one, and returns its folder."""
    for name in (*FOREIGN, *POSTGRES):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LAB_PORT", "1")  # no program listens there: no compose server
    used = []

    def make(name="home", parent=None) -> Path:
        top = _open_folder(parent)
        home = top / name
        home.mkdir()
        used.append((home, top))
        use(home)
        return home

    def use(home: Path) -> None:
        monkeypatch.setenv("MIGRATIONLAB_HOME", str(home))

    make.use = use
    yield make
    for home, top in used:
        use(home)
        embedded.stop()
        shutil.rmtree(embedded.elsewhere(), ignore_errors=True)
        shutil.rmtree(top, ignore_errors=True)


@pytest.fixture
def empty_home(new_home) -> Path:
    """A home where nothing was ever started."""
    return new_home()


@pytest.fixture
def home(new_home, shared) -> Path:
    """A home with a data directory whose server is stopped; other tests use it before and after."""
    for name in (".lab/server.json", ".lab/sessions", ".env"):
        remove(shared / name)
    new_home.use(shared)
    # Not where tests that run at the same time, or connections to other machines, take ports.
    remembered_server.remember("embedded", port=ports.next_free(random.randrange(20000, 29000)))
    yield shared
    new_home.use(shared)
    embedded.stop()


@pytest.fixture
def said() -> list[str]:
    """What a function told its user: hand `said.append` to it as `progress`."""
    return []


@pytest.fixture
def spawn():
    """`lab_process`, with whatever is left of it ended after the test."""
    started = []

    def start(code: str, home: Path, **keywords) -> subprocess.Popen:
        started.append(lab_process(code, home, **keywords))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()
