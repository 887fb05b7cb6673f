"""Open a SQLite file for reading, so that every connection sees the same moment of it."""

from contextlib import ExitStack, contextmanager
from pathlib import Path

import apsw

from migrationlab.errors import LabError
from migrationlab.transfer.sqlite import sql_functions

HEADER = b"SQLite format 3\x00"
PATIENCE = 5000  # milliseconds to wait for another program's lock
ATTEMPTS = 5  # at getting several connections onto one moment of a file that is being written


@contextmanager
def snapshot(path: str | Path, wanted: int = 1):
    """A list of 1 to `wanted` read-only connections that all see the file as it is now.

    Each has a read transaction open for the duration of the block. A program that writes the
    file meanwhile is not disturbed in WAL mode; with a rollback journal its commits wait.
    Raises LabError when the file is not there, is no SQLite database, is damaged or locked.
    """
    path = Path(path)
    _insist_on_sqlite(path)
    with ExitStack() as stack, explained(path):
        observer = stack.enter_context(_connection(path))
        yield _same_moment(path, observer, wanted, stack)


@contextmanager
def explained(path: str | Path):
    """Turn what SQLite raises within the block into a LabError of one message."""
    name = Path(path).name
    try:
        yield
    except apsw.NotADBError:
        raise LabError(
            f"{name} is not a SQLite database, or it is encrypted.",
            expected="a file that begins with “SQLite format 3”, unencrypted",
        ) from None
    except apsw.CorruptError as error:
        raise LabError(
            f"{name} is damaged: {error}. Nothing was changed in PostgreSQL.",
            todo="Take an undamaged copy, or try to rescue it: sqlite3 FILE .recover",
        ) from None
    except (apsw.BusyError, apsw.LockedError):
        raise LabError(
            f"{name} is locked: another program is writing it.",
            todo="End that program, or wait until its transaction is over, and try again.",
        ) from None
    except (apsw.ReadOnlyError, apsw.CantOpenError, apsw.PermissionsError, apsw.AuthError):
        raise LabError(
            f"{name} cannot be read: its journal needs to be put in order, or rights are missing.",
            expected="a readable file, in a folder where SQLite may create its -shm file",
            todo="Open it once with the program that it belongs to and close that again, or copy "
            "the file together with its -wal or -journal file to a folder of yours.",
        ) from None
    except (apsw.IOError, apsw.FullError) as error:
        raise LabError(f"{name} could not be read: {error}.") from None


def _insist_on_sqlite(path: Path) -> None:
    if path.is_dir():
        raise LabError(f"{path} is a folder.", expected="a SQLite file")
    try:
        with path.open("rb") as file:
            head = file.read(100)
    except FileNotFoundError:
        raise LabError(f"There is no file {path}.", expected="a SQLite file") from None
    except OSError as error:
        raise LabError(f"{path} cannot be read: {error.strerror}.") from None
    if not head:
        raise LabError(f"{path.name} is empty: 0 bytes.", expected="a SQLite file with tables")
    if not head.startswith(HEADER):
        raise LabError(
            f"{path.name} is not a SQLite database, or it is encrypted.",
            expected="a file that begins with “SQLite format 3”, unencrypted",
        )
    if len(head) < 100:
        raise LabError(f"{path.name} is damaged: it ends after {len(head)} bytes.")


@contextmanager
def _connection(path: Path):
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        connection.set_busy_timeout(PATIENCE)
        # A view or trigger in a file from elsewhere may call functions; ours must not be among
        # them. Source: https://www.sqlite.org/security.html
        connection.pragma("trusted_schema", 0)
        connection.collation_needed(_bytewise)
        sql_functions.register(connection)
        yield connection
    finally:
        connection.close(True)


def _bytewise(connection, name: str) -> None:
    """Stand in for a collation that only the application has: nothing could be read without it.

    Nothing may be looked up by an index of such a column, for it lies in another order.
    """
    connection.create_collation(name, lambda one, other: (one > other) - (one < other))


def _same_moment(path: Path, observer, wanted: int, stack: ExitStack) -> list[apsw.Connection]:
    for _ in range(ATTEMPTS):
        attempt = ExitStack()
        before = observer.pragma("data_version")
        found = []
        for number in range(wanted):
            connection = attempt.enter_context(_connection(path))
            try:
                connection.execute("BEGIN")
                connection.execute("SELECT count(*) FROM sqlite_schema").fetchall()
            except apsw.BusyError:
                if number == 0:
                    attempt.close()
                    raise
                break  # a writer waits for the first connection: then fewer have to do
            found.append(connection)
        # The number is another one when somebody has committed since (WAL mode; with a rollback
        # journal the first connection's lock does not let anybody).
        if len(found) == 1 or observer.pragma("data_version") == before:
            stack.enter_context(attempt)
            return found
        attempt.close()
    return _same_moment(path, observer, 1, stack)
