"""The wholesaler's web site (data/wholesaler) as a child process that ends when we end."""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from migrationlab import paths
from migrationlab.errors import LabError

VARIABLE = "CATALOGUE_URL"  # where programs that we start find its address


class Website:
    """A running site. As text it is its address."""

    def __init__(self, port: int = 0):
        # Windows deletes no file that another process has open: such a folder may stay behind.
        self._folder = tempfile.TemporaryDirectory(prefix="catalogue-", ignore_cleanup_errors=True)
        self._log = Path(self._folder.name, "requests.jsonl")
        command = [sys.executable, "-m", "data.wholesaler", "--log", str(self._log)]
        self._process = subprocess.Popen(
            [*command, f"--port={port}"],
            cwd=paths.PROJECT,
            stdin=subprocess.PIPE,  # closed when this process ends, however it ends: the child too
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            **_own_group(),
        )
        self.address = self._process.stdout.readline().strip()
        if not self.address.startswith("http://"):
            self.stop()
            raise LabError(self.address or "The catalogue's web site did not start.")

    def __str__(self) -> str:
        return self.address

    __repr__ = __str__

    def log(self) -> list[dict]:
        """Every request so far: time, method, path, status, agent."""
        lines = self._log.read_text("utf-8").splitlines()
        return [json.loads(line) for line in lines]

    def runs(self) -> bool:
        return self._process.poll() is None

    def wait(self) -> None:
        """Until somebody stops it. On Windows only a sleep can be interrupted by Ctrl-C."""
        while self.runs():
            time.sleep(0.2)

    def stop(self) -> None:
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()
        self._folder.cleanup()


_site: Website | None = None


def running() -> Website:
    """The one site of this process, started if need be; its address is in CATALOGUE_URL."""
    global _site
    if _site is None or not _site.runs():
        _site = Website()
        os.environ[VARIABLE] = _site.address
    return _site


def _own_group() -> dict:
    # An interrupted cell sends Ctrl-C to the kernel's whole group; the site goes on.
    if os.name == "nt":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}
