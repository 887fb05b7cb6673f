"""A pytest plugin for the suite: list the tests, run those that were drawn, note their seconds.

    python -m pytest -p migrationlab.authoring.suite_plugin --suite-list FILE --collect-only
    python -m pytest -p migrationlab.authoring.suite_plugin --suite-only FILE --suite-seconds FILE

With pytest-xdist each worker reads the same list, so all of them collect the same tests.
"""

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from migrationlab.authoring.suite_draw import Test
from migrationlab.exercises.verdict import RIGHT

# Who asks for one of these gets a server: such a test is not pure.
SERVERS = {"server", "home", "shared", "engine"}
NOTEBOOKS = "tests/authoring/test_notebooks.py"


def pytest_addoption(parser):
    group = parser.getgroup("suite")
    group.addoption("--suite-list", metavar="FILE", help="write down every test that there is")
    group.addoption("--suite-only", metavar="FILE", help="run the tests of this list, a line each")
    group.addoption("--suite-seconds", metavar="FILE", help="write down what each test took")


def pytest_configure(config):
    config.stash[SECONDS] = {}


SECONDS = pytest.StashKey[dict[str, float]]()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    if target := config.getoption("--suite-list"):
        Path(target).write_text(json.dumps([asdict(described(item)) for item in items]), "utf-8")
    if source := config.getoption("--suite-only"):
        wanted = Path(source).read_text("utf-8").splitlines()
        place = {id: number for number, id in enumerate(wanted)}
        # xdist adds "@group" to the ids of a group's tests
        chosen = [item for item in items if item.nodeid.partition("@")[0] in place]
        config.hook.pytest_deselected(items=[item for item in items if item not in set(chosen)])
        items[:] = sorted(chosen, key=lambda item: place[item.nodeid.partition("@")[0]])


class Clock:
    """Adds up what each test took: its setup, itself, its teardown."""

    def __init__(self, config):
        self.config = config

    def pytest_runtest_logreport(self, report):
        seconds = self.config.stash[SECONDS]
        id = report.nodeid.partition("@")[0]
        seconds[id] = seconds.get(id, 0.0) + report.duration

    def pytest_sessionfinish(self):
        if target := self.config.getoption("--suite-seconds"):
            Path(target).write_text(json.dumps(self.config.stash[SECONDS]), "utf-8")


def pytest_sessionstart(session):
    if not hasattr(session.config, "workerinput"):  # reports of all workers arrive here
        session.config.pluginmanager.register(Clock(session.config))


def described(item) -> Test:
    """What the draw must know of a test."""
    given = item.callspec.params if hasattr(item, "callspec") else {}
    subject, role = _subject(item, given)
    path, _, rest = item.nodeid.partition("::")
    return Test(
        id=item.nodeid,
        file=path,
        function=rest.partition("[")[0],
        subject=subject,
        role=role,
        pure=not SERVERS & set(item.fixturenames) and item.get_closest_marker("slow") is None,
    )


def _subject(item, given: dict) -> tuple[str, str]:
    """(the exercise, drill or lesson that a test is about, what it tries), or two empty texts."""
    if trial := given.get("trial"):
        other = "other right" if trial.outcome == RIGHT else "wrong"
        own = trial.title in ("untouched", "unsolved", "solution")
        return f"exercise {trial.exercise.id}", trial.title if own else other
    if "rescue" in given:
        drill, rescue = given["drill"], given["rescue"]
        if rescue is None:
            return f"drill {drill.name}", "nothing done"
        first = rescue is drill.rescues[0] and given["level"] == 1
        other = "right" if rescue.right else "wrong"
        return f"drill {drill.name}", "reference" if first else other
    if item.nodeid.startswith(NOTEBOOKS) and "server" in item.fixturenames:
        return f"lesson {given['lesson'].name}", item.originalname
    return "", ""
