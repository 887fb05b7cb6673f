"""Start `python …` without paying for its imports: a kept process has made them, and forks.

What a check or a trial starts is small, and importing Alembic, SQLAlchemy and psycopg2 for it takes
longer than all it does. So one process a kernel (or test worker) is kept. It imports the libraries,
opens no connection and starts no thread, and for each job it forks a child that becomes what
`python FILE …` or `python -m MODULE …` would be: its own session, environment, folder and files.
The image from which it forks stays clean, as no code of a student's ever runs in it.

Where that cannot be, the same job is started the plain way, and the caller does not notice: on
Windows there is no fork, on macOS Apple's own libraries may crash in a forked child, and a kept
process may have been killed. Files:

    __init__.py         start() and end(): the one interface
    fork_server.py      the kept process as its parent sees it
    __main__.py         the kept process itself
    run_as_python.py    the forked child, as it becomes `python …`
    socket_messages.py  what goes over the socket between them
"""

import os
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import psutil

from migrationlab.warm_process import fork_server
from migrationlab.warm_process.socket_messages import Job

__all__ = ["DEVNULL", "end", "start"]

DEVNULL = subprocess.DEVNULL
POSIX = os.name == "posix"


def start(
    arguments: Sequence[str],
    *,
    folder: Path,
    environment: Mapping[str, str],
    stdin=DEVNULL,
    stdout=DEVNULL,
    stderr=DEVNULL,
    imports: Iterable[str] = (),
    beside: Iterable[Path] = (),
) -> subprocess.Popen | fork_server.Forked:
    """As subprocess.Popen([sys.executable, *arguments], cwd=folder, env=environment, …) does.

    `stdin`, `stdout` and `stderr` are files, numbers of files or DEVNULL; never PIPE. The process
    has a session of its own. What is returned has Popen's pid, returncode, poll() and
    wait(timeout); end() ends it.

    `imports`: modules of ours that this job would begin with; the kept process imports them once
    and for all. `beside`: folders from which the job imports later. Raises OSError where Popen
    would; wait() raises LabError when the kept process is killed while the job runs.
    """
    if fork_server.possible(arguments, environment) and Path(folder).is_dir():
        job = Job(
            list(arguments),
            str(folder),
            dict(environment),
            list(imports),
            [str(path) for path in beside],
        )
        if process := fork_server.fork(job, (stdin, stdout, stderr)):
            return process
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment,
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        start_new_session=POSIX,
    )


def end(process) -> None:
    """Kill a process that start() (or Popen) began, with all that it began itself, and wait."""
    if process.poll() is not None:
        return
    try:
        children = psutil.Process(process.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        children = []
    if isinstance(process, fork_server.Forked):
        process.kill()  # its whole session
    for child in [process, *children]:
        with suppress(psutil.NoSuchProcess, OSError):
            child.kill()
    process.wait()
