"""JupyterLab for this clone: started on 127.0.0.1 with its token, stopped without leftovers."""

import json
import os
import subprocess
import sys
import time
import urllib.request
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from migrationlab import paths
from migrationlab.course import lessons
from migrationlab.errors import LabError

START_SECONDS = 90  # the first start on a slow disk reads thousands of small files
STOP_SECONDS = 15

# No news pop-up and no look-ups outside: the lab works without a network.
OVERRIDES = {
    "@jupyterlab/apputils-extension:notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
        "doNotDisturbMode": True,
    }
}


def running() -> str | None:
    """The address, with its token, of this clone's JupyterLab; None if none runs."""
    for file in sorted(_folder("runtime").glob("jpserver-*.json")):
        try:
            known = json.loads(file.read_text("utf-8"))
            _ask(known, "api/status")
            return address(known)
        except (OSError, ValueError, KeyError):
            continue  # the file of one that was killed, or is being written
    return None


def stop() -> bool:
    """Stop the JupyterLab of this clone; whether one was running."""
    found = False
    for file in sorted(_folder("runtime").glob("jpserver-*.json")):
        try:
            _ask(json.loads(file.read_text("utf-8")), "api/shutdown", method="POST")
            found = True
        except (OSError, ValueError, KeyError):
            continue
    return found


def address(known: dict) -> str:
    """What a browser opens (the first lesson), from a runtime file of Jupyter's."""
    page = f"/lab/tree/notebooks/{lessons.every()[0].name}.ipynb"
    return f"{known['url'].rstrip('/')}{page}?token={known['token']}"


@contextmanager
def started(environment: dict) -> Iterator[tuple[str, subprocess.Popen]]:
    """Run JupyterLab for the duration of a block; gives its address and process.

    Its output goes to .lab/jupyter/log. Raises LabError when it does not start.
    """
    log = _folder() / "log"
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(
            _command(),
            cwd=paths.PROJECT,
            env=environment | _settings(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            **_own_group(),
        )
    known = None
    try:
        known = _wait(process, log)
        yield address(known), process
    finally:
        _stop(process, known)


def wait_for_end(process: subprocess.Popen) -> None:
    """Return when JupyterLab has ended (File → Shut Down). Ctrl-C gets through."""
    while True:
        try:
            process.wait(0.5)  # without a limit, Ctrl-C would have to wait too on Windows
            return
        except subprocess.TimeoutExpired:
            continue


def show(url: str) -> bool:
    """Open the address in a browser where there is one; whether that was possible."""
    if sys.platform.startswith("linux") and not (
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") or os.environ.get("BROWSER")
    ):
        return False  # webbrowser would start a text browser in the terminal
    try:
        return webbrowser.open(url)
    except webbrowser.Error:
        return False


def _command() -> list[str]:
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--ServerApp.ip=127.0.0.1"]
    command += [f"--ServerApp.root_dir={paths.PROJECT}", "--ServerApp.open_browser=False"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")
    return command


def _settings() -> dict[str, str]:
    """Folders of its own, so that settings elsewhere on this machine cannot break a lesson."""
    config = _folder("config")
    overrides = _folder("config/labconfig") / "default_setting_overrides.json"
    overrides.write_text(json.dumps(OVERRIDES), "utf-8")
    return {
        "JUPYTER_CONFIG_DIR": str(config),
        "JUPYTER_RUNTIME_DIR": str(_folder("runtime")),
        "JUPYTERLAB_SETTINGS_DIR": str(_folder("settings")),
        "JUPYTERLAB_WORKSPACES_DIR": str(_folder("workspaces")),
    }


def _own_group() -> dict:
    # Ctrl-C in the terminal reaches us alone, and we stop JupyterLab in order; otherwise it
    # would ask "Shut down this Jupyter server?" in the middle of our own messages.
    if os.name == "nt":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}


def _wait(process: subprocess.Popen, log: Path) -> dict:
    file = _folder("runtime") / f"jpserver-{process.pid}.json"
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            known = json.loads(file.read_text("utf-8"))
            _ask(known, "api/status")
            return known
        except (OSError, ValueError):
            time.sleep(0.1)
    last = [line for line in log.read_text("utf-8", "replace").splitlines() if line.strip()][-3:]
    raise LabError(
        "JupyterLab did not start.\n" + "\n".join(last),
        todo=f"The whole story is in {log}. The lessons also run without it: python3 lab.py run",
    )


def _stop(process: subprocess.Popen, known: dict | None) -> None:
    """Ask JupyterLab to end its kernels and itself; insist if it does not."""
    if process.poll() is None and known:
        try:
            _ask(known, "api/shutdown", method="POST")
        except OSError:
            pass
    elif process.poll() is None:
        process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _ask(known: dict, path: str, method: str = "GET") -> None:
    request = urllib.request.Request(
        f"{known['url'].rstrip('/')}/{path}",
        method=method,
        headers={"Authorization": f"token {known['token']}"},
    )
    # No proxy: a student's http_proxy must not see the token of a server on this machine.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    opener.open(request, timeout=5).close()


def _folder(name: str = "") -> Path:
    folder = paths.state() / "jupyter" / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder
