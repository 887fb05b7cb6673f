"""The benchmark of the transfer runs, and its files are the same each time."""

import hashlib
import sqlite3
from contextlib import closing

from benchmarks import old_files, peers, transfer
from benchmarks.peers import copy_rows


def test_both_sides_are_measured(server):
    """Assert that ours and the limits run on a small table, with their memory."""
    rows = list(transfer.one_table(server, 500, 1, others=False))
    assert rows and all(row.ours.median > 0 and row.plain.median > 0 for row in rows)
    assert " MB)" in rows[0].ours.what and rows[0].aim is transfer.NEAR_THE_LIMIT


def test_the_old_shop(tmp_path):
    """Assert eight tables without an orphan, and the same rows when it is made again."""
    prints = []
    for name in "ab":
        path = tmp_path / name
        assert old_files.shop(path, 0.001) == 1580
        with closing(sqlite3.connect(path)) as connection:
            assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            prints.append(hashlib.sha256("".join(connection.iterdump()).encode()).hexdigest())
    assert prints[0] == prints[1]


def test_what_a_peer_sends():
    """Assert that the script by hand escapes what COPY would misread."""
    assert copy_rows.line((1, None, "a\tb\\", True)) == "1\t\\N\ta\\tb\\\\\tTrue\n"
    lines = copy_rows.Lines(iter([("x" * 9,)] * 3))
    assert [lines.read(8), lines.read(99), lines.read(8)] == [
        "x" * 8,
        "x\n" + "xxxxxxxxx\n" * 2,
        "",
    ]
    assert all(hasattr(peers.module(name), "move") for name in peers.NAMES)
