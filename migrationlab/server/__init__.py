"""Where PostgreSQL comes from. Every lesson gets a `Server` and does not ask further."""

from migrationlab.server.choose_server import find, hold, running, stop
from migrationlab.server.embedded import log_tail
from migrationlab.server.postgres_server import MAJOR, Server
from migrationlab.server.remembered_server import read as recorded
from migrationlab.server.user_processes import users

__all__ = ["MAJOR", "Server", "find", "hold", "log_tail", "recorded", "running", "stop", "users"]
