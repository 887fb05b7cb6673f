"""Write the file: the tables, the rows with their dirt, the counters, the indexes."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from data.legacy import dirt, rows, schema
from data.legacy.rows import Sizes

APPLICATION_ID = 0x0B0600BB  # tells our files from everybody else's
AHEAD = {"accounts": 31, "orders": 137}  # so many were given out after the last one and deleted
KEY_COLUMNS = {"Order Details": 2, "statistics": 2}  # the first two; the first in other tables


def make(file: str | Path, *, rows_in_all: int = 9000, clean: bool = False) -> dict[str, int]:
    """Make the old shop's file. Returns table -> number of rows.

    A file that is there is replaced if it was made here. Raises FileExistsError for another one.
    """
    file = Path(file)
    if file.exists() and not _ours(file):
        raise FileExistsError(f"{file} is there, and it is not an old shop made here.")
    unfinished = file.with_name(f"{file.name}.{os.getpid()}.unfinished")
    unfinished.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(unfinished, isolation_level=None)) as connection:
            counts = _fill(connection, Sizes.about(rows_in_all), clean)
        for rest in ("-wal", "-journal"):  # of an older file of this name; they would be applied
            Path(f"{file}{rest}").unlink(missing_ok=True)
        os.replace(unfinished, file)
    finally:
        unfinished.unlink(missing_ok=True)
    return counts


def _fill(connection: sqlite3.Connection, sizes: Sizes, clean: bool) -> dict[str, int]:
    connection.execute("PRAGMA synchronous = off")
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute("BEGIN")
    tables = schema.tables(clean)
    for statement in tables.values():
        connection.execute(statement.strip())
    counts = {}
    for table, stream in rows.every(sizes):
        names = [row[1] for row in connection.execute(f'PRAGMA table_info("{table}")')]
        marks = ", ".join("?" * len(names))
        quoted = ", ".join(f'"{name}"' for name in names)
        if not clean:
            stream = soiled(table, names, stream)
        connection.executemany(f'INSERT INTO "{table}" ({quoted}) VALUES ({marks})', stream)
        counts[table] = connection.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0]
    if not clean:
        _put_raw_texts(connection)
    for table, number in AHEAD.items():
        connection.execute(
            "UPDATE sqlite_sequence SET seq = seq + ? WHERE name = ?", (number, table)
        )
    connection.execute("COMMIT")
    connection.executescript(schema.INDEXES)
    return counts


def soiled(table: str, names: list[str], stream: Iterator[tuple]) -> Iterator[tuple]:
    """The rows with their dirt, and those that should not be there."""
    found = dirt.replacements().get(table, {})
    extra = dirt.EXTRA_ROWS.get(table, [])
    width = KEY_COLUMNS.get(table, 1)
    known = {row[:width] for row in extra}
    for row in stream:
        if row[:width] not in known:
            yield _replaced(row, names, found.get(row[:width], {}))
    for row in extra:
        yield _replaced(row, names, found.get(row[:width], {}))


def _replaced(row: tuple, names: list[str], values: dict[str, object]) -> tuple:
    if not values:
        return row
    return tuple(
        old if isinstance(new := values.get(name, old), dirt.RawText) else new
        for name, old in zip(names, row, strict=True)
    )


def _put_raw_texts(connection: sqlite3.Connection) -> None:
    """Python writes no text that is not Unicode; SQLite itself does."""
    for found in dirt.DIRT:
        if isinstance(found.value, dirt.RawText):
            connection.execute(
                f"UPDATE {found.table} SET {found.column} = CAST(? AS TEXT) WHERE id = ?",
                (found.value.bytes, *found.key),
            )


def _ours(file: Path) -> bool:
    # The header says it, at a fixed place: https://www.sqlite.org/fileformat.html
    with file.open("rb") as opened:
        header = opened.read(72)
    return header[:15] == b"SQLite format 3" and int.from_bytes(header[68:72]) == APPLICATION_ID
