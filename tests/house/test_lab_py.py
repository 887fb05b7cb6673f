"""lab.py, the front door: real starts of small clones whose requirements.txt is empty.

A first start makes a real .venv, which takes seconds, so the tests share one where they can.
That requirements.txt itself installs on a fresh clone is proved by `.ci/run`.
"""

import ast
import importlib.util
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from migrationlab import paths

pytestmark = pytest.mark.xdist_group("bootstrap")  # the shared clone is made once

SOURCE = paths.PROJECT / "lab.py"
spec = importlib.util.spec_from_file_location("front_door", SOURCE)
front_door = importlib.util.module_from_spec(spec)
spec.loader.exec_module(front_door)

COMMANDS = """
import json, os, sys
print(json.dumps({"arguments": sys.argv[1:], "python": sys.executable, "folder": os.getcwd()}))
sys.exit(7)
"""
NO_NETWORK = {"PIP_INDEX_URL": "http://127.0.0.1:9/", "PIP_EXTRA_INDEX_URL": ""}
NO_NETWORK |= {"PIP_FIND_LINKS": "", "PIP_CONFIG_FILE": os.devnull, "PIP_NO_CACHE_DIR": "1"}
BASE = getattr(sys, "_base_executable", sys.executable)


def new_clone(folder: Path) -> Path:
    """A project with lab.py, no requirements, and commands that only tell how they were called."""
    cli = folder / "migrationlab" / "cli"
    cli.mkdir(parents=True)
    shutil.copy(SOURCE, folder)
    (folder / "requirements.txt").write_text("# nothing\n")
    (folder / "migrationlab" / "__init__.py").touch()
    (cli / "__init__.py").touch()
    (cli / "__main__.py").write_text(COMMANDS)
    return folder


def begin(clone: Path, *arguments: str, cwd=None, **environment) -> subprocess.Popen:
    return subprocess.Popen(
        [BASE, str(clone / "lab.py"), *arguments],
        cwd=cwd or clone,
        env=dict(os.environ, **environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        start_new_session=True,
    )


def start(clone: Path, *arguments: str, **keywords) -> tuple[int, str]:
    """Run lab.py to its end: exit code and all that was printed."""
    process = begin(clone, *arguments, **keywords)
    printed, _ = process.communicate(timeout=300)
    return process.returncode, printed


def handed_over(printed: str) -> dict:
    return json.loads(printed.splitlines()[-1])


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """A clone after its first start, in a folder with spaces and Danish letters."""
    folder = new_clone(tmp_path_factory.mktemp("clone") / "Æbler og ål")
    code, printed = start(folder, "status")
    assert code == 7, printed
    assert "Making .venv" in printed and "Installing requirements.txt" in printed
    return folder


def test_arguments_and_exit_code_are_handed_over(clone, tmp_path):
    """Assert that the lab gets what was typed, in the folder where it was typed."""
    code, printed = start(clone, "check", "2.3", "--ja=æ ø", cwd=tmp_path)
    told = handed_over(printed)
    assert code == 7
    assert told["arguments"] == ["check", "2.3", "--ja=æ ø"]
    assert Path(told["folder"]) == tmp_path
    assert Path(told["python"]).parent.parent == clone / ".venv"


def test_second_start_installs_nothing_and_needs_no_network(clone):
    code, printed = start(clone, **NO_NETWORK)
    assert code == 7
    assert len(printed.splitlines()) == 1, printed


def test_second_start_is_fast(clone):
    """Assert that lab.py costs less than 0.2 s on top of the two Pythons that it starts."""
    plain = [BASE, "-c", "pass"]
    direct = [str(front_door.Venv(str(clone)).python), "-P", "-m", "migrationlab.cli"]
    whole = [BASE, str(clone / "lab.py")]

    def overhead() -> float:
        return _seconds(whole) - _seconds(direct) - _seconds(plain)

    assert any(overhead() < 0.2 for _ in range(20)), "20 times slower: not only a busy machine"


def test_project_can_be_imported_from_any_folder(clone, tmp_path):
    """Assert that kernels find the project by a relative path, whatever letters it has."""
    venv = front_door.Venv(str(clone))
    code = "import migrationlab; print(ascii(migrationlab.__file__))"
    ended = subprocess.run([venv.python, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    found = Path(ast.literal_eval(ended.stdout))
    assert found.samefile(clone / "migrationlab" / "__init__.py")
    (path_file,) = (clone / ".venv").rglob("migrationlab.pth")
    text = path_file.read_text("ascii").strip()
    assert not Path(text).is_absolute() and (path_file.parent / text).samefile(clone)


def test_files_beside_the_student_do_not_replace_libraries(clone, tmp_path):
    """Assert that a student's json.py in the current folder is not taken for the library."""
    (tmp_path / "json.py").write_text("raise SystemExit('the wrong json')")
    code, printed = start(clone, cwd=tmp_path)
    assert code == 7, printed


def test_changed_requirements_without_a_network(clone):
    """Assert that a failed update says so once, and the next start tries again."""
    requirements = clone / "requirements.txt"
    before = requirements.read_text()
    note = (clone / ".venv" / "migrationlab.json").read_text()
    requirements.write_text("alembic==1.20.1\n")
    try:
        code, printed = start(clone, **NO_NETWORK)
        assert code == 1
        assert "cannot be downloaded: no connection" in printed
        assert "Traceback" not in printed and printed.count("What to do") == 1
        assert (clone / ".venv" / "migrationlab.json").read_text() == note
    finally:
        requirements.write_text(before)
    assert start(clone, **NO_NETWORK)[0] == 7


def test_requirement_that_does_not_exist(clone):
    """Assert that pip's own last lines are shown when it is not the network."""
    requirements = clone / "requirements.txt"
    before = requirements.read_text()
    requirements.write_text("./no-such-folder\n")
    try:
        code, printed = start(clone)
        assert code == 1
        assert "pip could not install" in printed and "no-such-folder" in printed
        assert "Traceback" not in printed
    finally:
        requirements.write_text(before)


def test_tests_get_more_requirements_and_keep_them(clone):
    """Assert that `lab.py test` installs requirements-dev.txt, once."""
    (clone / "requirements-dev.txt").write_text("# for tests\n")
    code, printed = start(clone, "test")
    assert code == 7
    assert "Installing requirements-dev.txt and requirements.txt" in printed
    code, printed = start(clone, "test", **NO_NETWORK)
    assert code == 7 and len(printed.splitlines()) == 1
    assert set(front_door.Venv(str(clone)).known()["installed"]) == {
        "requirements.txt",
        "requirements-dev.txt",
    }


def test_half_installation_and_two_starts_at_once(tmp_path):
    """Assert that after Ctrl-C and after kills the next starts, two at once, make it whole."""
    folder = new_clone(tmp_path / "clone")
    note = folder / ".venv" / "migrationlab.json"

    interrupted = begin(folder)
    _wait_until(note.exists)
    if os.name != "nt":
        os.killpg(interrupted.pid, signal.SIGINT)
        printed, _ = interrupted.communicate(timeout=60)
        assert interrupted.returncode == 130
        assert "The next start begins the installation anew" in printed
        assert "Traceback" not in printed
        assert json.loads(note.read_text())["state"] == "unfinished"

        shutil.rmtree(folder / ".venv")
        told = begin(folder)
        _wait_until(lambda: psutil.Process(told.pid).children())
        making = psutil.Process(told.pid).children(recursive=True)
        told.terminate()
        printed, _ = told.communicate(timeout=60)
        assert told.returncode == 130 and "Traceback" not in printed
        _, alive = psutil.wait_procs(making, timeout=20)
        assert not alive, "it would write into the .venv of the next start"

        shutil.rmtree(folder / ".venv")
        killed = begin(folder)
        _wait_until((folder / ".venv" / "pyvenv.cfg").exists)
        os.killpg(killed.pid, signal.SIGKILL)
        killed.communicate()
    else:
        interrupted.kill()
        interrupted.communicate()
    assert json.loads(note.read_text())["state"] == "unfinished"

    both = [begin(folder, str(number)) for number in range(2)]
    printed = [process.communicate(timeout=300)[0] for process in both]
    assert [process.returncode for process in both] == [7, 7], printed
    assert sum("Making .venv" in text for text in printed) == 1
    assert sum("Another start of the lab is installing" in text for text in printed) == 1
    assert json.loads(note.read_text())["state"] == "ready"


def test_first_start_without_a_network(tmp_path):
    """Assert one clear message and no half-made .venv."""
    folder = new_clone(tmp_path / "clone")
    (folder / "requirements.txt").write_text("alembic==1.20.1\n")
    code, printed = start(folder, **NO_NETWORK)
    assert code == 1
    assert "cannot be downloaded: no connection to the package index" in printed
    assert "The first start needs a network" in printed
    assert "Traceback" not in printed
    assert not (folder / ".venv").exists()


def test_clone_that_was_moved(clone):
    """Assert that .venv is made anew: its scripts hold the old path. Runs last: it moves it."""
    moved = clone.with_name("moved")
    clone.rename(moved)
    try:
        venv = front_door.Venv(str(moved))
        assert venv.has_python() and not venv.usable()
        code, printed = start(moved)
        assert code == 7, printed
        assert "making .venv anew" in printed
        assert venv.is_ready(["requirements.txt"])
        assert not (moved / ".venv.old").exists()
    finally:
        moved.rename(clone)


def test_old_venv_is_put_back_when_no_new_one_can_be_made(tmp_path, monkeypatch, capsys):
    """Assert that a moved .venv survives a Python that cannot make another one."""
    venv = front_door.Venv(str(new_clone(tmp_path / "clone")))
    scripts = Path(venv.scripts)
    scripts.mkdir(parents=True)
    shutil.copy(sys.executable, venv.python)
    (scripts.parent / "pyvenv.cfg").write_text(f"home = {Path(BASE).parent}\n")
    venv.write(state="ready", place="/elsewhere", python="x", installed={})
    before = venv.known()
    monkeypatch.setattr(sys, "_base_executable", shutil.which("false") or "false")
    monkeypatch.setattr(front_door, "ROOM", 0)
    with pytest.raises(front_door.Trouble, match="python -m venv failed"):
        front_door.prepare(venv, ["requirements.txt"])
    assert venv.known() == before
    assert sorted(path.name for path in tmp_path.joinpath("clone").glob(".venv*")) == [".venv"]


def test_python_was_replaced_under_the_venv(tmp_path):
    """Assert that a .venv whose Python is gone, or is another one now, is not used."""
    venv = front_door.Venv(str(tmp_path))
    Path(venv.scripts).mkdir(parents=True)
    Path(venv.folder, "pyvenv.cfg").write_text(f"home = {Path(BASE).parent}\n")
    assert not venv.has_python()
    shutil.copy(sys.executable, venv.python)
    python = os.path.realpath(venv.python)
    venv.write(state="ready", place=venv.folder, python=python, installed={})
    assert venv.usable()
    venv.write(state="ready", place=venv.folder, python="/usr/bin/python3.8", installed={})
    assert not venv.usable()
    Path(venv.folder, "pyvenv.cfg").write_text("home = /no/such/folder\n")
    assert not venv.has_python()


def test_venv_that_was_made_by_hand_is_kept(tmp_path):
    venv = front_door.Venv(str(tmp_path))
    Path(venv.scripts).mkdir(parents=True)
    Path(venv.folder, "pyvenv.cfg").write_text(f"home = {Path(BASE).parent}\n")
    shutil.copy(sys.executable, venv.python)
    assert venv.usable() and not venv.is_ready(["requirements.txt"])


def test_python_too_old():
    """Assert that an old Python can read lab.py, and comes as far as the message."""
    ast.parse(SOURCE.read_text(encoding="utf-8"), feature_version=(3, 6))
    for version in ((2, 7, 18), (3, 6, 9), (3, 10, 14)):
        with pytest.raises(front_door.Trouble) as caught:
            front_door.check_python(version)
        assert caught.value.what.startswith(
            "This is Python {}.{}; the lab needs 3.11".format(*version)
        )
        assert re.search(r"Run: python3\.\d+ lab\.py|Install a newer one", caught.value.todo)
    front_door.check_python((3, 11, 0))
    front_door.check_python((4, 0, 0))


def test_python_without_ensurepip(monkeypatch):
    """Assert that Debian's missing package is named."""
    monkeypatch.setitem(sys.modules, "ensurepip", None)  # how Python itself marks a missing one
    with pytest.raises(front_door.Trouble, match="no module ensurepip") as caught:
        front_door.check_venv_module()
    assert re.search(r"sudo apt install python3\.\d+-venv", caught.value.todo)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root can mount a small disk")
def test_disk_full(tmp_path):
    """Assert that a real full disk gives the message, and nothing is left on it."""
    mount = ["mount", "-t", "tmpfs", "-o", "size=20m", "tmpfs", str(tmp_path)]
    if subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("this machine (a container?) does not let root mount a small disk")
    try:
        folder = new_clone(tmp_path / "clone")
        code, printed = start(folder)
        assert code == 1
        assert re.search(r"The disk is full: \d+ MB are free", printed)
        assert "Traceback" not in printed
        assert not (folder / ".venv").exists()
    finally:
        subprocess.run(["umount", "-l", str(tmp_path)], check=True)


def test_messages_for_pip_and_disk():
    """Assert that pip's words for a full disk and for a network are told apart."""
    full = front_door.pip_trouble(["ERROR: Could not install: [Errno 28] No space left on device"])
    assert "The disk is full" in full.what
    lost = front_door.pip_trouble(["WARNING: Retrying (Retry(total=1)) after connection broken"])
    assert "no connection to the package index" in lost.what
    venv = front_door.Venv(str(paths.PROJECT))
    assert "The disk is full" in front_door.disk_trouble(OSError(28, "full"), venv).what
    assert "cannot be written" in front_door.disk_trouble(PermissionError(13, "no"), venv).what


def _seconds(command: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def _wait_until(happened, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.01)
