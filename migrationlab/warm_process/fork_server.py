"""The kept process as its parent sees it: started when first wanted, asked for a child a job."""

import atexit
import os
import signal
import site
import socket
import subprocess
import sys
import sysconfig
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress

from migrationlab import paths
from migrationlab.errors import LabError
from migrationlab.warm_process.socket_messages import Job, receive_number, send_job

# Python and the C library read these when they start, so a child can be forked only from a process
# that was started with the same ones. PYTHONIOENCODING is not among them: the child obeys it.
READ_AT_START = (
    "PYTHON",
    "LC_",
    "LANG",
    "LD_",
    "TZ",
    "MALLOC_",
    "SQLALCHEMY",
    "DISABLE_SQLALCHEMY",
)
IMPORTS_TAKE = 60.0  # seconds at most, on the busiest machine
ATTEMPTS = 2  # one that was killed meanwhile, and a new one

_lock = threading.Lock()
_kept: dict[tuple, "Kept"] = {}
_unfit: set[tuple] = set()


class Forked:
    """A job's process, a child of the kept one; what Popen is for a child of our own."""

    def __init__(self, job: Job, report: socket.socket, pid: int):
        self.args, self.pid, self.returncode = [sys.executable, *job.arguments], pid, None
        self._report, self._lost = report, False

    def poll(self) -> int | None:
        """The exit code, or None while it runs."""
        with suppress(subprocess.TimeoutExpired, LabError):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """The exit code. Raises subprocess.TimeoutExpired, LabError if the kept process dies."""
        if self.returncode is None:
            self._report.settimeout(timeout)
            try:
                self.returncode = receive_number(self._report)
            except (TimeoutError, BlockingIOError):
                raise subprocess.TimeoutExpired(self.args, timeout) from None
            except OSError:  # a reset: as good as a closing
                pass
            if self.returncode is None:
                self._lost, self.returncode = True, -signal.SIGKILL
                self._signal(signal.SIGKILL)
            self._report.close()
        if self._lost:
            raise LabError(
                "The process that was to run your files was ended from outside.",
                todo="Do it again. If it happens again: is the machine short of memory?",
            )
        return self.returncode

    def send_signal(self, number: int) -> None:
        """To the process and what it has started in its session."""
        if self.poll() is None:
            self._signal(number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _signal(self, number: int) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)


class Kept:
    """One kept process. It ends with us: its end of the socket tells it."""

    def __init__(self, environment: Mapping[str, str], installed: tuple):
        self.installed = installed
        self.line, theirs = socket.socketpair()
        self.line.settimeout(IMPORTS_TAKE)
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "migrationlab.warm_process", str(theirs.fileno())],
                cwd=paths.PROJECT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,  # Ctrl-C in our terminal is not for it
            )

    def start(self, job: Job, files: list[int]) -> Forked:
        """Raises OSError when the kept process does not answer."""
        report, theirs = socket.socketpair()
        try:
            with theirs:
                send_job(self.line, job, [*files, theirs.fileno()])
            report.settimeout(IMPORTS_TAKE)
            pid = receive_number(report)
            if pid is None:
                raise BrokenPipeError("the kept process has ended")
        except BaseException:
            report.close()  # which ends the child too, if there is one
            raise
        return Forked(job, report, pid)

    def close(self) -> None:
        """End it and what it still runs; nothing of it remains."""
        self.line.close()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def possible(arguments: Sequence[str], environment: Mapping[str, str]) -> bool:
    """Whether a forked child can be what this command line would be."""
    if sys.platform != "linux" or not arguments:
        return False
    # A relative one means another folder for each job; the other one makes it read a terminal.
    places = environment.get("PYTHONPATH", "").split(os.pathsep)
    if "PYTHONINSPECT" in environment or not all(map(os.path.isabs, filter(None, places))):
        return False
    if arguments[0] == "-m":
        return len(arguments) > 1
    return not arguments[0].startswith("-")


def fork(job: Job, files: Sequence) -> Forked | None:
    """A child for the job; None when no process can be kept here."""
    group = tuple(sorted(v for v in job.environment.items() if read_at_start(v[0])))
    with _lock, open(os.devnull, "r+b") as nothing:
        numbers = [_number(nothing if file == subprocess.DEVNULL else file) for file in files]
        installed = what_is_installed()
        for _ in range(ATTEMPTS):
            if (group, installed) in _unfit:
                return None
            if group in _kept and _kept[group].installed != installed:
                _kept.pop(group).close()
            if group not in _kept:
                _kept[group] = Kept(job.environment, installed)
            try:
                return _kept[group].start(job, numbers)
            except OSError:
                _kept.pop(group).close()
        _unfit.add((group, installed))
        return None


def read_at_start(name: str) -> bool:
    return name.startswith(READ_AT_START) and name != "PYTHONIOENCODING"


def what_is_installed() -> tuple:
    """Other than before when a package came, went or changed its version, or Python itself did."""
    places = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib"), sys.executable}
    if site.ENABLE_USER_SITE:
        places.add(site.getusersitepackages())
    found = []
    for place in sorted(places):
        with suppress(OSError):
            found.append((os.path.realpath(place), os.stat(place).st_mtime_ns))
    return tuple(found)


def _number(file) -> int:
    return file if isinstance(file, int) else file.fileno()


def _close_all() -> None:
    while _kept:
        _kept.popitem()[1].close()


def _forget() -> None:
    """In a forked child of ours: what is kept belongs to the parent, which must see it end."""
    global _lock
    _lock = threading.Lock()
    for one in _kept.values():
        one.line.close()
        one.process.returncode = 0  # not ours to wait for
    _kept.clear()


atexit.register(_close_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
