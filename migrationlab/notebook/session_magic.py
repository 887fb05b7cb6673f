"""%%session NAME: SQL in a separate, real session, so that two can be shown side by side."""

import threading
import time

import prettytable
import psycopg2
import sqlparse
from IPython.core.magic import Magics, cell_magic, magics_class
from IPython.core.magic_arguments import argument, magic_arguments, parse_argstring
from IPython.display import display
from sql.run import unduplicate_field_names

from migrationlab.errors import LabError
from migrationlab.notebook.sql_magic import ROWS_SHOWN, SqlError, show_null, tell

PATIENCE = "2s"  # how long a statement waits for a lock before PostgreSQL ends it with an error
GLANCE = 0.4  # seconds after which a statement with --wait counts as waiting


class Session:
    """One named connection to the open database, in autocommit mode like psql's."""

    def __init__(self, name: str, connect):
        self.name = name
        self._connection = connect(application_name=name)
        self._work: threading.Thread | None = None
        self._outcome: list = []

    @property
    def closed(self) -> bool:
        return bool(self._connection.closed)

    def close(self) -> None:
        self._connection.cancel()  # a statement that waits would keep close() waiting
        self._connection.close()

    def run(self, text: str) -> None:
        """Run the statements one after the other and show each result.

        Raises SqlError at the first that fails.
        """
        self._finish()
        self._set_patience(PATIENCE)
        for statement in statements(text):
            self._show(statement, self._execute(statement))

    def start(self, text: str) -> None:
        """Begin the statements in the background and tell after a glance whether they wait.

        How they ended is shown at the beginning of the session's next cell.
        """
        self._finish()
        self._set_patience("0")
        self._outcome = []
        self._work = threading.Thread(target=self._background, args=(text,), daemon=True)
        self._work.start()
        self._work.join(GLANCE)
        if self._work.is_alive():
            print(f"{self.name}> {text.strip()}\n… still waiting (for a lock of another session)")
        else:
            self._finish()

    def _background(self, text: str) -> None:
        for statement in statements(text):
            began = time.monotonic()
            try:
                result = self._execute(statement)
            except SqlError as error:
                result = error
            self._outcome.append((statement, result, time.monotonic() - began))
            if isinstance(result, SqlError):
                return

    def _finish(self) -> None:
        """Show how a statement in the background ended; wait a moment for it if need be."""
        if self._work is None:
            return
        self._work.join(5)
        if self._work.is_alive():
            raise LabError(
                f"The session {self.name} is still waiting for its last statement.",
                todo="End the transaction of the other session (COMMIT or ROLLBACK), "
                "then run this cell again.",
            )
        self._work = None
        for statement, result, seconds in self._outcome:
            if isinstance(result, SqlError):
                raise result
            self._show(statement, result)
            if seconds > GLANCE:
                print(f"(it had waited for {seconds:.1f} s)")

    def _execute(self, statement: str):
        with self._connection.cursor() as cursor:
            try:
                cursor.execute(statement)
            except psycopg2.Error as error:
                raise SqlError(f"{self.name}> {statement}\n{tell(error)}") from None
            if cursor.description is None:
                return cursor.statusmessage
            return table([column.name for column in cursor.description], cursor.fetchall())

    def _show(self, statement: str, result) -> None:
        print(f"{self.name}> {statement}")
        for notice in self._connection.notices:
            print(notice.strip())
        self._connection.notices.clear()
        if isinstance(result, str):
            print(result)
        else:
            display(result)

    def _set_patience(self, lock_timeout: str) -> None:
        transaction = self._connection.info.transaction_status
        if transaction == psycopg2.extensions.TRANSACTION_STATUS_INERROR:
            return  # nothing but ROLLBACK is allowed; the setting made before still holds
        with self._connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, false)", (lock_timeout,))


def statements(text: str) -> list[str]:
    """The SQL statements of a cell, without those that are only comments."""
    return [
        statement
        for statement in sqlparse.split(text)
        if sqlparse.format(statement, strip_comments=True).strip(" ;\n")
    ]


def table(names: list[str], rows: list[tuple]) -> prettytable.PrettyTable:
    """A result as a table of at most ROWS_SHOWN rows; NULL is shown as NULL."""
    pretty = prettytable.PrettyTable()
    for number, name in enumerate(unduplicate_field_names(names)):
        pretty.add_column(name, [row[number] for row in rows[:ROWS_SHOWN]])
    show_null(pretty)
    if len(rows) > ROWS_SHOWN:
        pretty.title = f"{len(rows)} rows, the first {ROWS_SHOWN} are shown"
    return pretty


@magics_class
class SessionMagic(Magics):
    """The %%session magic; `connect` gives a new connection to the open database."""

    def __init__(self, shell, connect):
        super().__init__(shell)
        self._connect = connect
        self._sessions: dict[str, Session] = {}

    @magic_arguments()
    @argument("name", help="who is working: any word, such as anna")
    @argument("--wait", action="store_true", help="let a statement wait for a lock and go on")
    @cell_magic
    def session(self, line, cell):
        """Run SQL in a named, separate session of its own."""
        arguments = parse_argstring(self.session, line)
        session = self._sessions.get(arguments.name)
        if session is None or session.closed:
            session = self._sessions[arguments.name] = Session(arguments.name, self._connect)
        session.start(cell) if arguments.wait else session.run(cell)

    def close_all(self) -> None:
        """Close every session; what they had not committed is rolled back."""
        for session in self._sessions.values():
            if not session.closed:
                session.close()
        self._sessions.clear()
