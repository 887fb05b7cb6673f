"""What the course installs: each pin is here, fits every Python that we name, and has its licence.

Only metadata in this .venv are read. That requirements.txt itself installs is proved by `.ci/run`.
"""

import ast
import re
import sys
from importlib.metadata import packages_distributions

import pytest
import yaml
from packaging.specifiers import SpecifierSet

from migrationlab import paths
from tests.house import licence_list
from tests.house.licence_list import FOR_TESTS, IN_TURN, WANTED, canonical

HERE = licence_list.installed()
NEEDED = licence_list.needed(HERE)
PINS = [pin for file in (WANTED, FOR_TESTS, IN_TURN) for pin in licence_list.pins(file)]
PINNED = {pin.name for pin in PINS}
NOT_OURS = {".venv", ".venv.old", ".lab", "work"}
HANDWRITTEN, MARK, LISTS = licence_list.PAGE.read_text("utf-8").partition(licence_list.MARK)


def named_pythons() -> list[str]:
    """The lowest patch level of each Python that lab.py and the workflow name: `3.11.0`."""
    tree = ast.parse((paths.PROJECT / "lab.py").read_text("utf-8"))
    oldest = next(
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and node.targets[0].id == "OLDEST"
    )
    workflow = yaml.safe_load((paths.PROJECT / ".github/workflows/ci.yml").read_text("utf-8"))
    in_ci = {
        python
        for job in workflow["jobs"].values()
        for python in job.get("strategy", {}).get("matrix", {}).get("python", [])
    }
    return [f"{minor}.0" for minor in sorted({".".join(map(str, oldest)), *in_ci})]


def test_each_package_is_pinned_once():
    assert len(PINS) == len(PINNED)


def test_every_pin_is_installed_in_its_version():
    """Assert it, where anything here needs the pin: some are only for another Python or system."""
    for pin in PINS:
        if pin.name in NEEDED:
            assert pin.applies(), pin.name
            assert HERE[pin.name].version == pin.version, pin.name


@pytest.mark.skipif(sys.platform != "linux", reason="what only Windows or macOS needs is free")
def test_nothing_comes_without_a_pin():
    assert not set(NEEDED) - PINNED


def test_the_workflow_names_the_oldest_python_and_the_newest():
    pythons = named_pythons()
    assert pythons[0] == "3.11.0" and "3.14.0" in pythons


@pytest.mark.parametrize("python", named_pythons())
def test_every_pin_takes_every_python_that_we_name(python):
    """Also its lowest patch level: Debian 12 has 3.11.2, and one pin asked for 3.11.5."""
    minor = python.rpartition(".")[0]
    where = {"python_version": minor, "python_full_version": python}
    refused = {
        pin.name: asked
        for pin in PINS
        if pin.name in HERE and pin.applies(where)
        if (asked := HERE[pin.name].metadata.get("Requires-Python"))
        if not SpecifierSet(asked).contains(python)
    }
    assert not refused


def test_every_import_is_pinned():
    """Also in what students start from. The loss meter's test chains are wrong on purpose."""
    rooms = [f for f in paths.PROJECT.iterdir() if f.is_dir() and f.name not in NOT_OURS]
    files = [paths.PROJECT / "lab.py", *(f for room in rooms for f in room.rglob("*.py"))]
    files = [f for f in files if "chains" not in f.parts]
    own = {part for f in files for part in f.relative_to(paths.PROJECT).with_suffix("").parts}
    homes = packages_distributions()
    strange = {}
    for file in files:
        for module in imported(file.read_text("utf-8")) - sys.stdlib_module_names:
            at_home = {canonical(name) for name in homes.get(module, [])}
            if not at_home & PINNED and module not in own:
                strange[module] = file
    assert not strange


def imported(source: str) -> set[str]:
    """The first part of every module that a program imports; not what is relative."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add(node.module.split(".")[0])
    return found


def test_every_pin_has_its_line_in_the_list_of_licences():
    """Assert that name, version and licence are those that the installed package has.

    `python -m tests.house.licence_list` writes the list anew.
    """
    lines = re.findall(r"^\| ([\w.-]+) \| (\d\S*) \| (.+?) \|", LISTS, re.M)
    listed = {canonical(name): (version, words.strip("*")) for name, version, words in lines}
    assert listed.keys() == PINNED
    for pin in PINS:
        version, words = listed[pin.name]
        assert version == pin.version and words, pin.name
        if pin.name in HERE:
            assert words == licence_list.licence(HERE[pin.name]), pin.name


@pytest.mark.skipif(not set(HERE) >= PINNED, reason="the list is made where every pin is installed")
def test_the_list_of_licences_is_what_the_command_makes():
    assert LISTS == licence_list.lists()


def test_what_copyleft_asks_is_said_for_each_such_package():
    for name, words in re.findall(r"^\| (\S+) \| \d\S* \| (.*?GPL.*?|.*?MPL.*?) \|", LISTS, re.M):
        assert name in HANDWRITTEN, f"say what follows from {words} for {name}"
        assert words.startswith("**") == licence_list.is_copyleft(words), name
