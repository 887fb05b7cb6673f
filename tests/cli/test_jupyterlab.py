"""JupyterLab as a student meets it: started by lab.py, seen in a browser, ended with Ctrl-C."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import nbformat
import psutil
import pytest

from migrationlab import paths

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync"
).split()
NOTEBOOK = "notebooks/00_start_here.ipynb"
PICTURES = paths.PROJECT / ".lab" / "pictures"  # to be looked at; README's comes from here


@pytest.fixture(scope="module")
def clone():
    """A copy of the project, because JupyterLab saves outputs into the notebooks it shows."""
    # Not tmp_path: that is closed to other users, and as root PostgreSQL runs as one.
    outer = Path(tempfile.mkdtemp(prefix="Åse og Bo "))
    outer.chmod(0o755)
    folder = outer / "migration lab"
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=paths.PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(paths.PROJECT / name, target)
    yield folder
    shutil.rmtree(outer, ignore_errors=True)


@pytest.fixture(scope="module")
def started(clone):
    """The lab of that copy, started by the command; gives its address and environment."""
    environment = {k: v for k, v in os.environ.items() if k != "MIGRATIONLAB_HOME"}
    environment["PYTHONPATH"] = str(clone)  # before the .venv's own path to this project
    process = subprocess.Popen(
        [sys.executable, "-m", "migrationlab.cli", "--no-browser"],
        env=environment,
        cwd=clone,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
    )
    said = ""
    while not (found := re.search(r"http://\S+", said)):
        line = process.stdout.readline()
        assert line, said
        said += line
    children = psutil.Process(process.pid).children(recursive=True)
    yield found[0], environment
    process.send_signal(signal.SIGINT if os.name != "nt" else signal.CTRL_BREAK_EVENT)
    rest = process.communicate(timeout=60)[0]
    assert process.returncode == 0, rest
    assert "Stopped." in rest
    _, alive = psutil.wait_procs(children, timeout=20)
    assert not alive, alive
    assert not list((clone / ".lab" / "jupyter" / "runtime").glob("jpserver-*.json"))


def test_address_wants_its_token(started):
    """Assert that JupyterLab listens on 127.0.0.1 only and lets nobody in without the token."""
    url, _ = started
    assert url.startswith("http://127.0.0.1:")
    assert f"/lab/tree/{NOTEBOOK}?token=" in url
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{url.partition('/lab/')[0]}/api/contents")
    assert refused.value.code == 403
    assert ask(url, "contents")["type"] == "directory"


def test_a_second_start_names_the_first(started, clone):
    """Assert that starting the lab twice gives the same address and stops nothing."""
    url, environment = started
    done = subprocess.run(
        [sys.executable, "-m", "migrationlab.cli", "--no-browser"],
        env=environment,
        cwd=clone,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0
    assert "running already" in done.stdout
    assert url in done.stdout
    assert ask(url, "contents")


@pytest.fixture(scope="module")
def page(started):
    """Lesson 00 in headless Chromium."""
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        pytest.skip("no Chromium on this machine: the lesson was not looked at in a browser")
    sync_api = pytest.importorskip("playwright.sync_api")
    own = started[0].partition("/lab/")[0]
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=QUIET)
        found = browser.new_page(viewport={"width": 1200, "height": 1500}, device_scale_factor=1)
        found.set_default_timeout(60_000)
        found.outside = []
        found.on(
            "request",
            lambda request: (
                None
                if request.url.startswith((own, own.replace("http", "ws"), "data:", "blob:"))
                else found.outside.append(request.url)
            ),
        )
        found.goto(started[0])
        yield found
        browser.close()


def test_lesson_00_runs_in_a_browser(page, started, clone):
    """Assert that Run All goes through, with pictures, without an error and without a network."""
    page.wait_for_selector(".jp-Notebook .jp-Cell")
    wait_until(lambda: kernel_state(started[0]) == "idle", 60)
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_text("Run All Cells", exact=True).click()
    wait_until(lambda: ran(page, clone), 180)
    page.evaluate("document.querySelector('.jp-WindowedPanel-outer').scrollTop = 0")
    page.wait_for_timeout(1500)
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=str(PICTURES / "lesson-00.png"))
    for cell in code_cells(clone):
        failed = any(output.output_type == "error" for output in cell.outputs)
        assert failed == ("raises-exception" in cell.metadata.get("tags", [])), cell.source
    shown = [output for cell in code_cells(clone) for output in cell.outputs if "data" in output]
    assert any("<svg" in output.data.get("text/html", "") for output in shown)
    assert page.evaluate("document.querySelectorAll('.jp-OutputArea-output svg').length") > 0
    assert page.outside == []


def code_cells(clone):
    cells = nbformat.read(clone / NOTEBOOK, as_version=4).cells
    return [cell for cell in cells if cell.cell_type == "code" and cell.source]


def ran(page, clone) -> bool:
    """Whether every cell has run: what JupyterLab saves tells, as it draws only cells in view."""
    page.keyboard.press("Control+s")
    page.wait_for_timeout(1000)
    return all(cell.execution_count for cell in code_cells(clone))


def kernel_state(url) -> str:
    return next((each["kernel"]["execution_state"] for each in ask(url, "sessions")), "")


def ask(url, path):
    """What Jupyter's REST interface answers to somebody with the token."""
    base, token = url.partition("/lab/")[0], url.partition("token=")[2]
    return json.load(urllib.request.urlopen(f"{base}/api/{path}?token={token}"))


def wait_until(condition, seconds):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.5)
