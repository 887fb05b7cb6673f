"""JupyterLab as a student meets it: started by lab.py, seen in a browser, ended with Ctrl-C."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request

import psutil
import pytest

from migrationlab import paths

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync"
).split()
PICTURE = paths.PROJECT / ".lab" / "lesson-00.png"


@pytest.fixture(scope="module")
def started(tmp_path_factory):
    """A lab of its own, started by the command; gives its address."""
    home = tmp_path_factory.mktemp("jupyter home")
    environment = os.environ | {"MIGRATIONLAB_HOME": str(home)}
    process = subprocess.Popen(
        [sys.executable, "-m", "migrationlab.cli", "--no-browser"],
        env=environment,
        cwd=paths.PROJECT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    said = ""
    while not (found := re.search(r"http://\S+", said)):
        line = process.stdout.readline()
        assert line, said
        said += line
    children = psutil.Process(process.pid).children(recursive=True)
    yield found[0], said, environment
    process.send_signal(signal.SIGINT if os.name != "nt" else signal.CTRL_BREAK_EVENT)
    rest = process.communicate(timeout=60)[0]
    assert process.returncode == 0, rest
    assert "Stopped." in rest
    _, alive = psutil.wait_procs(children, timeout=20)
    assert not alive, alive
    assert not list((home / ".lab" / "jupyter" / "runtime").glob("jpserver-*.json"))


def test_address_wants_its_token(started):
    """Assert that JupyterLab listens on 127.0.0.1 only and lets nobody in without the token."""
    url, _, _ = started
    assert url.startswith("http://127.0.0.1:")
    assert "/lab/tree/notebooks/00_start_here.ipynb?token=" in url
    base = url.partition("/lab/")[0]
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{base}/api/contents")
    assert refused.value.code == 403
    token = url.partition("token=")[2]
    assert urllib.request.urlopen(f"{base}/api/contents?token={token}").status == 200


def test_a_second_start_names_the_first(started):
    """Assert that starting the lab twice gives the same address and stops nothing."""
    url, _, environment = started
    done = subprocess.run(
        [sys.executable, "-m", "migrationlab.cli", "--no-browser"],
        env=environment,
        cwd=paths.PROJECT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0
    assert "running already" in done.stdout
    assert url in done.stdout


@pytest.fixture(scope="module")
def page(started):
    """Lesson 00 in headless Chromium."""
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        pytest.skip("no Chromium on this machine: the lesson was not looked at in a browser")
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=QUIET)
        found = browser.new_page(viewport={"width": 1280, "height": 1000})
        found.outside = []
        found.on(
            "request",
            lambda request: (
                None
                if request.url.startswith((started[0][:20], "data:", "blob:"))
                else found.outside.append(request.url)
            ),
        )
        found.goto(started[0])
        yield found
        browser.close()


def test_lesson_00_runs_in_a_browser(page):
    """Assert that Run All goes through, with pictures, without an error and without a network."""
    page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=60_000)
    page.wait_for_selector('[data-status="idle"]', timeout=60_000)
    page.click('text="Run"')
    page.click('text="Run All Cells"')
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        time.sleep(1)
        if page.evaluate(FINISHED):
            break
    else:
        page.screenshot(path=str(PICTURE))
        pytest.fail(f"not finished; see {PICTURE}")
    page.wait_for_timeout(500)
    page.evaluate("document.querySelector('.jp-WindowedPanel-outer').scrollTop = 0")
    page.wait_for_timeout(1500)
    PICTURE.parent.mkdir(exist_ok=True)
    page.screenshot(path=str(PICTURE))
    assert page.outside == []
    assert page.evaluate("document.querySelectorAll('.jp-OutputArea-output svg').length") > 0


# JupyterLab draws only the cells near the window, so the model is asked and not the page.
FINISHED = """
() => {
  const widget = window.jupyterapp?.shell.currentWidget;
  const cells = [...(widget?.content.model.cells ?? [])].filter((c) => c.type === 'code');
  return cells.length > 0 && cells.every((c) => c.executionCount);
}
"""
