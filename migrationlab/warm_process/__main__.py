"""The process that is kept: it imports, waits for jobs, and forks a child for each.

    python -m migrationlab.warm_process SOCKET

It ends when the other end of the socket is closed, which happens also when its parent is killed,
and takes the jobs along that still run. A job whose report socket is closed is ended, too.
"""

import gc
import importlib
import os
import select
import signal
import socket
import sys
import threading
from contextlib import suppress

from migrationlab.warm_process import run_as_python
from migrationlab.warm_process.socket_messages import Job, receive_job, send_number


class KeptProcess:
    """Serves one parent. In each forked child serve() returns the job; in the parent, None."""

    def __init__(self, line: socket.socket):
        self.line = line
        # pid -> where its end is reported; None when nobody waits for it any more
        self.running: dict[int, socket.socket | None] = {}
        self.woken, wakes = os.pipe()
        os.set_blocking(self.woken, False)
        os.set_blocking(wakes, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wakes)

    def serve(self) -> Job | None:
        while True:
            reports = {report: pid for pid, report in self.running.items() if report}
            ready, _, _ = select.select([self.line, self.woken, *reports], [], [])
            if self.woken in ready:
                self.report_ended()
            for report in ready:
                pid = reports.get(report)
                if pid in self.running:  # closed by the parent
                    self.kill(pid)
                    self.running[pid] = report.close()
            if self.line in ready:
                message = receive_job(self.line)
                if message is None:
                    for pid in list(self.running):
                        self.kill(pid)
                    return None
                job, files = message
                if self.begin(job, files):
                    return job

    def begin(self, job: Job, files: list[int]) -> bool:
        """Fork; True in the child."""
        *standard, number = files
        report = socket.socket(fileno=number)
        import_for(job)
        if threads() > 1:  # what they hold would be held for ever in a child
            sys.exit("an import has started a thread")
        pid = os.fork()
        if pid == 0:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            # Closed by their objects too, or those would close another file of the same number.
            for open_socket in filter(None, (self.line, report, *self.running.values())):
                open_socket.close()
            run_as_python.take_over(standard)
            return True
        for file in standard:
            os.close(file)
        self.running[pid] = report
        with suppress(OSError):  # the parent has gone: the next turn sees it
            send_number(report, pid)
        return False

    def report_ended(self) -> None:
        """Take the exit codes of all that have ended."""
        with suppress(BlockingIOError):
            os.read(self.woken, 4096)
        for pid in list(self.running):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                if report := self.running.pop(pid):
                    with report, suppress(OSError):
                        send_number(report, os.waitstatus_to_exitcode(status))

    def kill(self, pid: int) -> None:
        """A job and what it has started in its session."""
        for kill in (os.killpg, os.kill):  # it may not have its session yet
            with suppress(ProcessLookupError):
                kill(pid, signal.SIGKILL)


def import_for(job: Job) -> None:
    """What the job begins with, and never anything of a student's: there is no way to it here."""
    new = [name for name in job.imports if name not in sys.modules]
    for name in new:
        with suppress(Exception):  # the job itself will say it
            importlib.import_module(name)
    if new:
        gc.collect()
        gc.freeze()  # so that no child copies all this by looking for garbage in it


def threads() -> int:
    """Python knows its own; Linux knows also those of libraries."""
    with suppress(OSError):
        return len(os.listdir("/proc/self/task"))
    return threading.active_count()


if __name__ == "__main__":
    if job := KeptProcess(socket.socket(fileno=int(sys.argv[1]))).serve():
        run_as_python.run(job)
