"""Files that are no SQLite database, or that another program is working on."""

import random
import sqlite3
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.transfer.nasty.model import Case, Refused, one_table

ID = "id INTEGER PRIMARY KEY"
SMALL = f"CREATE TABLE t ({ID}, s TEXT); INSERT INTO t VALUES (1, 'a'), (2, 'b');"
MOVED = one_table({"id": "bigint", "s": "text"}, [(1, "a"), (2, "b")])
NAMED = Refused(("old.sqlite3",))


def make(path: Path, script: str = SMALL) -> None:
    connection = sqlite3.connect(path)
    connection.executescript(script)
    connection.commit()
    connection.close()


def large(path: Path) -> None:
    """Some fifty pages."""
    make(
        path,
        f"CREATE TABLE t ({ID}, s TEXT); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL"
        " SELECT i + 1 FROM n WHERE i < 2000) INSERT INTO t SELECT i, 'a text of row ' || i ||"
        " ' that takes some room in its page' FROM n",
    )


def no_sqlite(path: Path) -> None:
    path.write_text("id;name\n1;Ida\n" * 100, "utf-8")


def encrypted(path: Path) -> None:
    path.write_bytes(random.Random(4).randbytes(8192))


def nothing(path: Path) -> None:
    path.write_bytes(b"")


def without_tables(path: Path) -> None:
    make(path, "CREATE TABLE t (x); DROP TABLE t")


def folder(path: Path) -> None:
    path.mkdir()


def missing(path: Path) -> None:
    pass


def truncated(path: Path) -> None:
    large(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2 + 100])


def damaged(path: Path) -> None:
    """A page in the middle of the table is gone."""
    large(path)
    data = bytearray(path.read_bytes())
    data[4096 * 10 : 4096 * 11] = b"\xff" * 4096
    path.write_bytes(data)


def damaged_header(path: Path) -> None:
    large(path)
    data = bytearray(path.read_bytes())
    data[100:140] = random.Random(5).randbytes(40)
    path.write_bytes(data)


def a_lost_page(path: Path) -> None:
    """A page of the table is empty: nothing complains when it is read, the rows are just gone."""
    large(path)
    data = bytearray(path.read_bytes())
    page = 4096 * 10
    assert data[page] == 13  # a leaf of a table
    data[page : page + 8] = struct.pack(">BHHHB", 13, 0, 0, 4096, 0)
    path.write_bytes(data)


def an_index_that_misses_rows(path: Path) -> None:
    """count(*) asks the index, and the index does not know the last rows."""
    make(path, SMALL + "CREATE INDEX i ON t(s)")
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA writable_schema = ON")
    entry = connection.execute("SELECT * FROM sqlite_master WHERE name = 'i'").fetchone()
    connection.execute("DELETE FROM sqlite_master WHERE name = 'i'")
    connection.commit()
    connection.close()
    make(path, "INSERT INTO t VALUES (3, 'c'), (4, 'd')")
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA writable_schema = ON")
    connection.execute("INSERT INTO sqlite_master VALUES (?, ?, ?, ?, ?)", entry)
    connection.commit()
    connection.close()


def version_2(path: Path) -> None:
    path.write_bytes(b"** This file contains an SQLite 2.1 database **\0" + b"\0" * 4048)


def from_the_future(path: Path) -> None:
    make(path)
    data = bytearray(path.read_bytes())
    data[18:20] = b"\x03\x03"  # read and write version
    path.write_bytes(data)


def older_format(path: Path) -> None:
    """Schema format 1, as SQLite wrote it until 2006."""
    make(path)
    data = bytearray(path.read_bytes())
    data[44:48] = (1).to_bytes(4, "big")
    path.write_bytes(data)


def other_pages(path: Path) -> None:
    make(path, "PRAGMA page_size = 65536; PRAGMA auto_vacuum = FULL; VACUUM;" + SMALL)


OPEN = "import os, sqlite3, sys\nc = sqlite3.connect(sys.argv[1], isolation_level=None)\n"


def left_behind(path: Path, code: str) -> None:
    """Run a program that ends in the middle: journals stay where they are."""
    code = OPEN + code + "\nos._exit(0)"
    subprocess.run([sys.executable, "-c", code, path], check=True)


def wal_not_yet_in_the_file(path: Path) -> None:
    left_behind(path, f"c.executescript('''PRAGMA journal_mode = WAL; {SMALL}''')")
    assert path.with_name(path.name + "-wal").stat().st_size > 0


def wal_cut_in_the_middle(path: Path) -> None:
    """The last transaction was never committed, but its pages are in the WAL."""
    left_behind(
        path,
        f"c.executescript('''PRAGMA journal_mode = WAL; {SMALL}''')\n"
        "c.executescript('PRAGMA cache_size = 5; BEGIN')\n"
        "for i in range(3, 3000): c.execute('INSERT INTO t VALUES (?, ?)', (i, 'x' * 500))",
    )


def hot_journal(path: Path) -> None:
    """A program died in a large transaction: half of it is in the file, the rest in the journal."""
    make(path)
    left_behind(
        path,
        "c.executescript('PRAGMA cache_size = 5; BEGIN')\n"
        "for i in range(3, 3000): c.execute('INSERT INTO t VALUES (?, ?)', (i, 'x' * 500))",
    )
    assert path.with_name(path.name + "-journal").stat().st_size > 0
    assert path.stat().st_size > 100_000


@contextmanager
def held(path: Path, code: str) -> Iterator[None]:
    """Another program that has the file open in the state that `code` leads to."""
    code = OPEN + code + "\nprint('ready', flush=True)\nsys.stdin.read()"
    command = [sys.executable, "-c", code, path]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout.readline() == b"ready\n"
            yield
        finally:
            process.kill()


def exclusively(path: Path):
    return held(path, "c.execute('BEGIN EXCLUSIVE')")


def about_to_write(path: Path):
    return held(
        path, "c.execute('BEGIN IMMEDIATE'); c.execute(\"INSERT INTO t VALUES (3, 'later')\")"
    )


def reading(path: Path):
    return held(path, "c.execute('BEGIN'); c.execute('SELECT * FROM t').fetchone()")


def writing_in_wal(path: Path):
    return held(
        path,
        "c.execute('PRAGMA journal_mode = WAL'); c.execute(\"UPDATE t SET s = s\")\n"
        "c.execute('BEGIN IMMEDIATE'); c.execute(\"INSERT INTO t VALUES (3, 'later')\")",
    )


CASES = [
    Case("no_sqlite_file", no_sqlite, NAMED),
    Case("random_bytes", encrypted, NAMED),
    Case("an_empty_file", nothing, NAMED),
    Case("a_database_without_tables", without_tables, NAMED),
    Case("a_folder", folder, NAMED),
    Case("a_file_that_is_not_there", missing, NAMED),
    Case("a_truncated_file", truncated, NAMED),
    Case("a_damaged_file", damaged, NAMED),
    Case("a_damaged_schema", damaged_header, NAMED),
    Case("a_lost_page", a_lost_page, NAMED),
    Case(
        "an_index_that_misses_rows",
        an_index_that_misses_rows,
        (
            NAMED,
            one_table({"id": "bigint", "s": "text"}, [(1, "a"), (2, "b"), (3, "c"), (4, "d")]),
        ),
    ),
    Case("a_file_of_version_2", version_2, NAMED),
    Case("a_file_from_the_future", from_the_future, NAMED),
    Case("an_older_format", older_format, MOVED),
    Case("large_pages", other_pages, MOVED),
    Case("a_file_name_that_looks_like_a_uri", make, MOVED, file="100% #1?mode=memory&x.db"),
    Case("a_danish_file_name", make, MOVED, file="Ærø bøger 'ny'.sqlite"),
    Case("wal_not_yet_in_the_file", wal_not_yet_in_the_file, MOVED),
    Case("wal_cut_in_the_middle", wal_cut_in_the_middle, MOVED),
    Case("a_hot_journal", hot_journal, (MOVED, NAMED), changes=True),
    Case("locked_by_another_program", make, NAMED, around=exclusively),
    Case("another_program_about_to_write", make, MOVED, around=about_to_write),
    Case("another_program_reading", make, MOVED, around=reading),
    Case("another_program_writing_in_wal", make, MOVED, around=writing_in_wal, changes=True),
]
