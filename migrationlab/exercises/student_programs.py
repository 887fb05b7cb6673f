"""Run a student's own program on a scratch database: only so long, and nowhere else."""

import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from migrationlab import commands, paths, stairway, warm_process

PATIENCE = 30.0  # seconds for one program
GUARDED = "migrationlab.exercises.guarded_process"
LEFT_BEHIND = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints")


@dataclass(frozen=True)
class Outcome:
    """How a program ended. `code` is None when it was stopped because it took too long."""

    code: int | None
    output: str
    seconds: float

    @property
    def error(self) -> str:
        """What a student must be told, in one line; "" when the program ended well."""
        if self.code is None:
            return f"it was not finished after {self.seconds:.0f} seconds"
        if self.code == 0:
            return ""
        lines = self.output.strip().splitlines()
        told = [line for line in lines if " ERROR: " in line]  # psql's own words
        return (told or lines[-1:] or [f"exit code {self.code}"])[0].removeprefix("psql:")


@contextmanager
def copied(folder: Path) -> Iterator[Path]:
    """A throw-away copy of a student's folder: programs may write beside themselves."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        target = Path(temporary, "folder").resolve()
        shutil.copytree(folder, target, ignore=LEFT_BEHIND)
        yield target


def next_second() -> None:
    """Wait until the clock shows another second: who names files by it gets another name.

    Programs are started so quickly here that two runs fall into one second.
    """
    time.sleep(1 - time.time() % 1 + 0.01)


def run_python(
    scratch, folder: Path, file: str, *arguments: str, timeout: float = PATIENCE
) -> Outcome:
    """Run a Python file of the folder. It can reach the scratch database and no other."""

    def begin(environment: dict, noise):
        return warm_process.start(
            ["-m", GUARDED, str(folder), file, *arguments],
            folder=paths.PROJECT,
            environment=environment,
            stdout=noise,
            stderr=noise,
            imports=[GUARDED],
            beside=[folder],
        )

    return _run(scratch, begin, timeout)


def run_psql(scratch, folder: Path, file: str, *, timeout: float = PATIENCE) -> Outcome:
    """Run an SQL file of the folder as an administrator would: psql stops at the first error."""
    psql = commands.resolve("psql", scratch.server.environment(scratch.database))
    flags = ["--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--file", file]

    def begin(environment: dict, noise):
        return subprocess.Popen(
            [psql, *flags],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=noise,
            stderr=noise,
        )

    return _run(scratch, begin, timeout)


def _run(scratch, begin: Callable, timeout: float) -> Outcome:
    """`begin(environment, file for the output)` starts the program."""
    server, database = scratch.server, scratch.database
    name = f"program {secrets.token_hex(4)}"  # marks its sessions, so that they can be ended
    # A file, not a pipe: a process that the program has started may keep a pipe open.
    with tempfile.TemporaryFile() as noise:
        began = time.monotonic()
        process = begin(stairway.environment(server, database, name), noise)
        try:
            code = process.wait(timeout)
        except subprocess.TimeoutExpired:
            code = None
        finally:
            stairway.end(process, server, database, name)
        seconds = time.monotonic() - began
        noise.seek(0)
        output = noise.read().decode("utf-8", errors="replace")
    return Outcome(code, output, seconds)
