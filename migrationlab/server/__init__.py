"""Where PostgreSQL comes from. Every lesson gets a `Server` and does not ask further."""

from migrationlab.server.choice import find, running, stop
from migrationlab.server.model import MAJOR, Server

__all__ = ["MAJOR", "Server", "find", "running", "stop"]
