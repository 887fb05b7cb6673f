"""The hold on the process that sells: start it, wait for its sales, pause it, end it."""

import os
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import psutil

from migrationlab import paths
from migrationlab.drills.workload import ledger
from migrationlab.drills.workload.ledger import Sale
from migrationlab.errors import LabError

PROGRAM = "migrationlab.drills.workload.shop_workload"
PAUSE, PAUSED, END = "pause", "paused", "end"
"""Files in .drill/ by which the drill and its till speak to each other."""
TIMEOUT = 60  # seconds

_children: list[subprocess.Popen] = []  # so that the end of our own till is noticed


class WorkloadProcess:
    """`folder` is the drill's, `notes` its .drill/; the seed decides what customers want."""

    def __init__(self, folder: Path, notes: Path, seed: int):
        self._folder, self._notes, self._seed = folder, notes, seed

    @property
    def ledger_file(self) -> Path:
        return self._notes / ledger.FILE

    def sales(self) -> list[Sale]:
        """What the ledger tells, oldest first."""
        return ledger.read(self.ledger_file)

    @property
    def pid(self) -> int:
        """Raises OSError and ValueError when it was never started."""
        return int((self._notes / "till.pid").read_text())

    def start(self) -> None:
        """Start the process that sells; nothing when it runs."""
        if self.is_running():
            return
        variables = {name: text for name, text in os.environ.items() if name[:2] != "PG"}
        words = [sys.executable, "-m", PROGRAM, str(self._folder), str(self._seed)]
        hidden = {"start_new_session": True}
        if os.name == "nt":
            flags = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
            hidden = {"creationflags": flags}
        with (self._notes / "till.log").open("ab") as log:
            process = subprocess.Popen(
                words,
                cwd=paths.PROJECT,
                env=variables,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                **hidden,
            )
        (self._notes / "till.pid").write_text(str(process.pid))
        _children.append(process)

    def is_running(self) -> bool:
        try:
            process = psutil.Process(self.pid)
            alive = process.status() != psutil.STATUS_ZOMBIE
            words = process.cmdline()  # [] for the moment in which it becomes another program
            return alive and (not words or str(self._folder) in words)
        except (OSError, ValueError, psutil.Error):
            return False

    def end(self) -> None:
        """It finishes the sale that is under way, and ends."""
        (self._notes / END).touch()
        deadline = time.monotonic() + TIMEOUT
        while self.is_running() and time.monotonic() < deadline:
            time.sleep(0.02)
        for process in [one for one in _children if one.poll() is not None]:
            _children.remove(process)

    # Waiting for sales

    def sell(self, count: int) -> None:
        """Wait until it has got `count` more answers, good or bad."""
        wanted = self._answers() + count
        self._wait(lambda: self._answers() >= wanted, "The till has stopped selling.")

    def sell_well(self, count: int) -> None:
        """Wait until `count` more sales were acknowledged."""
        wanted = len(ledger.acknowledged(self.sales())) + count
        self._wait(
            lambda: len(ledger.acknowledged(self.sales())) >= wanted,
            "The till cannot sell any more.",
        )

    def wait_for_customers(self) -> None:
        """Give it a moment to find a database that has come back."""
        deadline = time.monotonic() + 3
        count = len(self.sales())
        while len(self.sales()) < count + 5 and time.monotonic() < deadline:
            time.sleep(0.05)

    def _answers(self) -> int:
        return sum(sale.at > 0 for sale in self.sales())

    def _wait(self, reached, trouble: str) -> None:
        deadline = time.monotonic() + TIMEOUT
        while not reached():
            if time.monotonic() > deadline or not self.is_running():
                log = (self._notes / "till.log").read_text("utf-8", errors="replace")
                raise LabError(f"{trouble} {log[-800:]}")
            time.sleep(0.02)

    # Pausing

    @contextmanager
    def paused(self):
        """No sale begins or is under way inside the block."""
        try:
            self._pause()
            yield
        finally:
            self._go_on()

    @contextmanager
    def resumed(self):
        """Inside a block of `paused` (a drill is being measured): it sells all the same."""
        try:
            self._go_on()
            yield
        finally:
            self._pause()

    def _pause(self) -> None:
        (self._notes / PAUSE).touch()
        deadline = time.monotonic() + TIMEOUT
        while self.is_running() and not (self._notes / PAUSED).exists():
            if time.monotonic() > deadline:
                raise LabError("The till does not stop.", todo=f"Look into {self._notes}.")
            time.sleep(0.01)

    def _go_on(self) -> None:
        (self._notes / PAUSE).unlink(missing_ok=True)
        (self._notes / PAUSED).unlink(missing_ok=True)
