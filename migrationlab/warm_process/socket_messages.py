"""What goes over the sockets between a kept process and its parent.

The parent sends a Job: four bytes of length, with which the files 0, 1, 2 and the job's own report
socket travel, then JSON. On the report socket come two numbers of four bytes: the pid at once, the
exit code at the end (negative for a signal, as subprocess has it). Either side takes the other's
closing for its death.
"""

import json
import socket
import struct
from dataclasses import asdict, dataclass

NUMBER = struct.Struct("!i")


@dataclass(frozen=True)
class Job:
    """One `python …` to be run; the fields are those of warm_process.start()."""

    arguments: list[str]
    folder: str
    environment: dict[str, str]
    imports: list[str]
    beside: list[str]


def send_job(line: socket.socket, job: Job, files: list[int]) -> None:
    """Raises OSError when nobody reads any more."""
    body = json.dumps(asdict(job)).encode()
    socket.send_fds(line, [NUMBER.pack(len(body))], files)
    line.sendall(body)


def receive_job(line: socket.socket) -> tuple[Job, list[int]] | None:
    """The next job and its files; None when the parent has ended."""
    head, files, _, _ = socket.recv_fds(line, NUMBER.size, 4)
    if len(head) < NUMBER.size:
        return None
    body = line.recv(NUMBER.unpack(head)[0], socket.MSG_WAITALL)
    return Job(**json.loads(body)), files


def send_number(report: socket.socket, number: int) -> None:
    report.sendall(NUMBER.pack(number))


def receive_number(report: socket.socket) -> int | None:
    """The next number; None when the kept process has ended. Raises TimeoutError."""
    found = report.recv(NUMBER.size, socket.MSG_WAITALL)
    return NUMBER.unpack(found)[0] if len(found) == NUMBER.size else None
