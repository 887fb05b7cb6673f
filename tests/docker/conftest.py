"""Tests with a real Docker Engine and Compose v2. Without an engine they are skipped, with why.

MIGRATIONLAB_DOCKER=required turns a missing engine into a failure (.ci/run sets it once the
engine answers), so that a broken set-up cannot pass as "skipped".
"""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from filelock import FileLock

from migrationlab.server import compose
from tests.docker.composed import ComposeProject
from tests.docker.postgres_image import NoImage, provide


def pytest_itemcollected(item):
    """One worker for all of them: they start servers, and two cores are soon busy."""
    item.add_marker(pytest.mark.xdist_group("docker"))


@pytest.fixture(scope="session")
def engine():
    """Skip the test unless an engine, Compose v2 and the image are there."""
    missing = _missing()
    if not missing:
        try:
            with FileLock(Path(tempfile.gettempdir(), "migrationlab-image.lock")):
                provide()
        except NoImage as error:
            missing = str(error)
    if missing:
        say_so = pytest.fail if os.environ.get("MIGRATIONLAB_DOCKER") == "required" else pytest.skip
        say_so(f"no Docker here: {missing}")


def _missing() -> str:
    """What is missing for `docker compose up`; "" when nothing is."""
    if shutil.which("docker") is None:
        return "the program docker is not installed"
    for arguments in (("version",), ("compose", "version")):
        try:
            asked = subprocess.run(
                ["docker", *arguments], capture_output=True, text=True, timeout=30
            )
        except subprocess.TimeoutExpired:
            return f"docker {' '.join(arguments)} does not answer"
        if asked.returncode != 0:
            said = (asked.stderr.strip() or "no message").splitlines()[0]
            return f"`docker {' '.join(arguments)}` says: {said}"
    return ""


@pytest.fixture
def make_project(engine, tmp_path_factory):
    """Make ComposeProjects with settings of their own; all of them are removed at the end."""
    made = []

    def make(**settings) -> ComposeProject:
        project = ComposeProject(tmp_path_factory.mktemp("clone"), **settings)
        made.append(project)
        return project

    yield make
    for project in made:
        project.remove()


@pytest.fixture
def project(make_project):
    """One ComposeProject, not started."""
    return make_project()


@pytest.fixture(scope="module")
def running(engine, tmp_path_factory):
    """One started ComposeProject for all tests of a module; they must not stop or change it."""
    project = ComposeProject(tmp_path_factory.mktemp("clone"))
    try:
        project.up()
        yield project
    finally:
        project.remove()


@pytest.fixture(scope="session")
def compose_home(engine, tmp_path_factory):
    """A MIGRATIONLAB_HOME whose server is Compose's: its `.env` names a project of its own."""
    home = tmp_path_factory.mktemp("compose home")
    project = ComposeProject(home)
    try:
        yield home
    finally:
        project.remove()


@pytest.fixture(scope="session")
def compose_server(compose_home):
    """The running compose server of `compose_home`, started as `lab.py --docker` starts it.

    A command that shall use it gets MIGRATIONLAB_HOME=compose_home and no DATABASE_URL.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MIGRATIONLAB_HOME", str(compose_home))
        for name in (*compose.DEFAULTS, "DATABASE_URL", "MIGRATIONLAB_SERVER"):
            patch.delenv(name, raising=False)
        server = compose.up(progress=lambda text: None)
    return server
