"""Where PostgreSQL comes from. Every lesson gets a `Server` and does not ask further."""

from migrationlab.server.choice import find, hold, running, stop
from migrationlab.server.embedded import log_tail
from migrationlab.server.model import MAJOR, Server
from migrationlab.server.record import read as recorded
from migrationlab.server.sessions import users

__all__ = ["MAJOR", "Server", "find", "hold", "log_tail", "recorded", "running", "stop", "users"]
