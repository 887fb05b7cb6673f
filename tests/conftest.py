"""What every test may ask for: a real server of its own, and databases on it."""

import os
import secrets
import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path

import pytest

from migrationlab import server as servers
from migrationlab import stairway, stop_signals
from migrationlab.postgres import databases
from migrationlab.server import watchdog
from tests.stairway.chain_tools import PROJECT, execute, lay_out

# A developer's own settings must not decide which server the tests use.
for name in list(os.environ):
    if name.startswith("PG") or name in ("DATABASE_URL", "MIGRATIONLAB_SERVER"):
        del os.environ[name]


def pytest_configure(config):
    """Whatever this run starts ends with it, however it ends."""
    stop_signals.end_in_order_for_tests()
    if not hasattr(config, "workerinput"):  # a worker of pytest-xdist is a part of its master's run
        # Developers look at tmp_path after a failed test: it must not lie in the run's own folder.
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", tempfile.gettempdir())
        run = ExitStack()
        run.enter_context(watchdog.watch())
        config.add_cleanup(run.close)


def pytest_keyboard_interrupt():
    """Tell the workers too: pytest-xdist only waits ten seconds for their tests to end."""
    watchdog.tell_children()


@pytest.fixture(scope="session")
def home():
    """A home of this test run's own: `.lab/` and `work/` are made there, not in the project."""
    # Not tmp_path: that is closed to other users, and as root PostgreSQL runs as one.
    folder = tempfile.mkdtemp(prefix="Ærlig home ")  # a space and a Danish letter, always
    os.chmod(folder, 0o755)
    # A compose server that runs on this machine, on the usual port, is not for the tests.
    Path(folder, ".env").write_text("LAB_PORT=1\n", "utf-8")
    before = os.environ.get("MIGRATIONLAB_HOME")
    os.environ["MIGRATIONLAB_HOME"] = folder
    yield Path(folder)
    shutil.rmtree(folder, ignore_errors=True)
    if before is None:
        del os.environ["MIGRATIONLAB_HOME"]
    else:
        os.environ["MIGRATIONLAB_HOME"] = before


@pytest.fixture(scope="session")
def server(home):
    """An embedded server on a free port, stopped at the end of the run."""
    with servers.hold(progress=lambda text: None) as found:
        databases.stop_syncing(found)
        yield found


@pytest.fixture
def database(server):
    """The name of an empty database, dropped after the test."""
    name = f"test_{secrets.token_hex(6)}"
    databases.create(server, name, note="a test")
    yield name
    databases.drop(server, name)


@pytest.fixture(scope="session")
def shop(server):
    """The name of a database at revision 0001 with rows, to be copied."""
    name = f"test_shop_{secrets.token_hex(4)}"
    databases.create(server, name, note="a test")
    folder = Path(os.environ["MIGRATIONLAB_HOME"]) / name
    lay_out(folder)
    assert stairway.upgrade(folder, server, name) == ""
    execute(server, name, (PROJECT / "rows.sql").read_text("utf-8"))
    yield name
    databases.drop(server, name)


@pytest.fixture
def scratch(server, shop):
    """The name of a copy of the shop."""
    name = f"test_{secrets.token_hex(6)}"
    databases.create(server, name, template=shop, note="a test")
    yield name
    databases.drop(server, name)
