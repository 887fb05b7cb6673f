"""Which server: a given one, the one of last time, compose's, or the embedded one."""

from contextlib import contextmanager

from migrationlab.errors import LabError
from migrationlab.server import compose, database_url, embedded, remembered_server, user_processes
from migrationlab.server.postgres_server import Server


def running() -> Server | None:
    """The server in use, None when none answers. Never starts anything."""
    return database_url.running() if database_url.chosen() else _own()


def find(progress=print) -> Server:
    """The running server, or one that is chosen and started. Raises LabError."""
    if database_url.chosen():
        return database_url.reach(database_url.chosen(), progress)
    found = _own()
    if found is not None and remembered_server.read().get("kind") == found.kind:
        return found
    with remembered_server.lock(progress):
        return _choose(progress)


@contextmanager
def hold(progress=print, *, docker: bool = False):
    """Use the server for a while: `with hold() as server:`. Raises LabError.

    The last command to leave stops the server, if the lab started it. `docker` asks for the
    server of docker-compose.yml and starts it.
    """
    if database_url.chosen() and docker:
        raise LabError(
            "Two servers are asked for: --docker, and the one that DATABASE_URL names.",
            todo="Leave out --docker, or unset DATABASE_URL.",
        )
    if database_url.chosen():
        yield database_url.reach(database_url.chosen(), progress)
        return
    with remembered_server.lock(progress):
        mark = user_processes.enter()
        try:
            found = _choose_compose(progress) if docker else _choose(progress)
        except BaseException as error:
            user_processes.leave(mark)
            if isinstance(error, KeyboardInterrupt) and not user_processes.users():
                embedded.stop()  # Ctrl-C while it was starting
            raise
    try:
        yield found
    finally:
        with remembered_server.lock(progress):
            user_processes.leave(mark)
            _stop_unless_used(progress)


def stop(progress=print) -> None:
    """Stop the server; the data stay. A given server is left alone."""
    if database_url.chosen():
        progress("The server that DATABASE_URL names is not the lab's: nothing was done to it.")
        return
    with remembered_server.lock(progress):
        if not _stop(progress):
            progress("The server was not running.")


def stop_unused(progress=print) -> None:
    """Stop the server if the lab started it and no living command holds it: one was killed."""
    if database_url.chosen():
        return
    with remembered_server.lock(progress):
        _stop_unless_used(progress)


def _stop_unless_used(progress) -> None:
    if not user_processes.users():
        _stop_what_was_started(progress)


def _own() -> Server | None:
    if remembered_server.read().get("kind") == "compose":
        return compose.running() or embedded.running()
    return embedded.running() or compose.running()


def _choose(progress) -> Server:
    """The server of last time if it answers, else compose's if it does, else the embedded one."""
    last = remembered_server.read().get("kind")
    found = embedded.running() if last == "embedded" else None
    if found is None:
        found = compose.running(progress)
        if found is not None and last != "compose":
            progress(f"Using the server of docker-compose.yml on port {found.port}.")
            remembered_server.remember("compose", port=found.port, started=False)
    if found is None:
        if last == "compose":
            progress("The server of docker-compose.yml does not answer; start it with --docker.")
            progress("Using the lab's own server for now. It has its own databases.")
        found = embedded.start(progress)
    return found


def _choose_compose(progress) -> Server:
    known = remembered_server.read()
    started = compose.running() is None or remembered_server.recall("compose").get("started", False)
    found = compose.up(progress)
    if known.get("kind") == "embedded" and not user_processes.users() and embedded.stop():
        progress("Stopped the lab's own server; its databases stay in .lab/.")
    remembered_server.remember("compose", port=found.port, started=started)
    return found


def _stop(progress) -> bool:
    """Stop what runs of the lab's own two kinds; whether anything did."""
    stopped = embedded.stop()
    if stopped:
        progress("The server is stopped; its databases stay.")
    if remembered_server.read().get("kind") == "compose" and compose.running():
        compose.stop(progress)
        stopped = True
    return stopped


def _stop_what_was_started(progress) -> None:
    if remembered_server.read().get("kind") == "compose" and not remembered_server.recall(
        "compose"
    ).get("started"):
        return  # the student's own `docker compose up` started it
    _stop(progress)
