"""Read from someone else's connection and leave it as it was found."""

from contextlib import contextmanager

from psycopg2 import extensions

from migrationlab.errors import LabError

SAVEPOINT = "migrationlab_reading"


@contextmanager
def reading(connection, settings: dict[str, str]):
    """A psycopg2 cursor that sees one state of the database, with `settings` pinned.

    The connection may be autocommit or not, idle or inside a transaction. Idle: the queries
    run in a read-only REPEATABLE READ transaction of their own. Inside a transaction: in a
    savepoint, so that they see the transaction's own work. Either is rolled back at the end,
    which also takes the settings back. Raises LabError when the transaction has failed already.
    """
    status = connection.get_transaction_status()
    if status == extensions.TRANSACTION_STATUS_INERROR:
        raise LabError("This connection's transaction has failed.", todo="Roll it back first.")
    # set_config(…, true) is SET LOCAL that takes a list as it is written.
    pins = "; SELECT " + ", ".join(["set_config(%s, %s, true)"] * len(settings))
    values = [part for item in settings.items() for part in item]
    inside = status == extensions.TRANSACTION_STATUS_INTRANS
    if inside:
        begin, end = f"SAVEPOINT {SAVEPOINT}", f"ROLLBACK TO {SAVEPOINT}; RELEASE {SAVEPOINT}"
    else:
        # psycopg2 has already sent BEGIN by itself when the connection is not autocommit.
        begin = "BEGIN; " if connection.autocommit else ""
        begin += "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
        end = "ROLLBACK"
    # A plain cursor: the connection may have been made with one that gives dictionaries.
    with connection.cursor(cursor_factory=extensions.cursor) as cursor:
        cursor.execute(begin + pins, values)
        try:
            yield cursor
        finally:
            if not connection.closed:
                if inside or connection.autocommit:
                    cursor.execute(end)
                else:
                    connection.rollback()
