"""Finding a TCP port on 127.0.0.1 that nobody uses."""

import os
import socket

from migrationlab.server.postgres_server import LOCALHOST


def answers(port: int, host: str = LOCALHOST, seconds: float = 0.5) -> bool:
    """Whether some program accepts connections on a port."""
    try:
        with socket.create_connection((host, port), timeout=seconds):
            return True
    except OSError:
        return False


def is_free(port: int) -> bool:
    """Whether a server could listen on a port of 127.0.0.1 now."""
    if answers(port):  # macOS would let us bind beside a program that listens on all addresses
        return False
    with socket.socket() as probe:
        if os.name == "nt":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:  # as PostgreSQL does: a port in TIME_WAIT is free
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOCALHOST, port))
        except OSError:
            return False
    return True


def next_free(start: int, tries: int = 100) -> int | None:
    """The first free port at or after `start`; None when there is none among `tries`."""
    return next((port for port in range(start, start + tries) if is_free(port)), None)
