"""What every test may ask for: a real server of its own, and databases on it."""

import os
import secrets
import shutil

import pytest

from migrationlab import databases
from migrationlab import server as servers
from migrationlab.server import embedded

# A developer's own settings must not decide which server the tests use.
for name in list(os.environ):
    if name.startswith("PG") or name in ("DATABASE_URL", "MIGRATIONLAB_SERVER"):
        del os.environ[name]


@pytest.fixture(scope="session")
def home(tmp_path_factory):
    """A home of this test run's own: `.lab/` and `work/` are made there, not in the project."""
    folder = tmp_path_factory.mktemp("Ærlig home")  # a space and a Danish letter, always
    before = os.environ.get("MIGRATIONLAB_HOME")
    os.environ["MIGRATIONLAB_HOME"] = str(folder)
    yield folder
    shutil.rmtree(embedded.elsewhere(), ignore_errors=True)  # where root's data directory is
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
