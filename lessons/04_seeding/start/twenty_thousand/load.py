"""Load reviews into the table."""

from rows import COLUMNS


def load(connection, rows):
    """Put all rows into the table reviews; the commit is the caller's."""
    with connection.cursor() as cursor:
        for row in rows:
            cursor.execute(
                f"INSERT INTO reviews ({', '.join(COLUMNS)}) VALUES (%s, %s, %s, %s, %s, %s)", row
            )
