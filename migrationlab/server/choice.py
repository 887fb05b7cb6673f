"""Which server: a given one, the one of last time, compose's, or the embedded one."""

from migrationlab.server import embedded, record
from migrationlab.server.model import Server


def running() -> Server | None:
    """The server in use, None when none answers. Never starts anything."""
    return embedded.running()


def find(progress=print) -> Server:
    """The running server, or one that is chosen and started. Raises LabError."""
    found = running()
    if found is not None:
        return found
    with record.lock(progress):
        return running() or embedded.start(progress)


def stop(progress=print) -> None:
    """Stop the server; the data stay."""
    with record.lock(progress):
        if embedded.stop():
            progress("The server is stopped; its databases stay in .lab/.")
        else:
            progress("The server was not running.")
