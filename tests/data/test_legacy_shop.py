"""The old shop's file: the same rows everywhere, and its dirt is just what the table says."""

import hashlib
import re
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from datetime import date, datetime

import pytest

from data.legacy import dirt, make, schema
from migrationlab import paths

# Whoever changes the shop on purpose puts the new ones here.
DIGEST = "b1e3c7b19ca6a3ba"
CLEAN_DIGEST = "2d219dcb5c48daab"
KEYS = {
    "Order Details": ("Order ID", "Book ID"),
    "settings": ("name",),
    "statistics": ("day", "group"),
}


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    file = tmp_path_factory.mktemp("legacy") / "old_shop.sqlite3"
    make(file)
    return file


@pytest.fixture(scope="module")
def clean_shop(tmp_path_factory):
    file = tmp_path_factory.mktemp("legacy") / "clean.sqlite3"
    make(file, clean=True)
    return file


def opened(file):
    connection = sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)
    connection.text_factory = bytes
    connection.row_factory = sqlite3.Row
    return closing(connection)


def digest(file) -> str:
    """Over every value with its storage class, and over the schema."""
    found = hashlib.sha256()
    with opened(file) as connection:
        for table in schema.TABLES:
            info = connection.execute(f'PRAGMA table_xinfo("{table}")')
            columns = [row["name"].decode() for row in info]
            quoted = ", ".join(f'quote("{c}"), hex("{c}"), typeof("{c}")' for c in columns)
            for row in connection.execute(f'SELECT {quoted} FROM "{table}" ORDER BY 1, 2, 4'):
                found.update(b"\0".join(row) + b"\n")
        for (sql,) in connection.execute("SELECT sql FROM sqlite_schema WHERE sql > '' ORDER BY 1"):
            found.update(sql)
        for row in connection.execute("SELECT name, seq FROM sqlite_sequence ORDER BY name"):
            found.update(repr(tuple(row)).encode())
    return found.hexdigest()[:16]


def test_the_rows_are_the_same_on_every_machine(shop, clean_shop):
    assert (digest(shop), digest(clean_shop)) == (DIGEST, CLEAN_DIGEST)


def key_of(table, row) -> tuple:
    values = (row[name] for name in KEYS.get(table, ("id",)))
    return tuple(v.decode() if isinstance(v, bytes) else v for v in values)


def every_value(file):
    """(table, key, column, declared type, storage class, value)"""
    with opened(file) as connection:
        for table in schema.TABLES:
            info = connection.execute(f'PRAGMA table_info("{table}")').fetchall()
            types = {row["name"].decode(): row["type"].decode().upper() for row in info}
            classes = ", ".join(f'typeof("{name}") AS "class of {name}"' for name in types)
            for row in connection.execute(f'SELECT *, {classes} FROM "{table}"'):
                for name, declared in types.items():
                    storage = row[f"class of {name}"].decode()
                    yield table, key_of(table, row), name, declared, storage, row[name]


def test_every_piece_of_dirt_is_where_the_table_says(shop):
    values = {(t, key, column): value for t, key, column, _, _, value in every_value(shop)}
    for found in dirt.DIRT:
        wanted = found.value
        if isinstance(wanted, dirt.RawText):
            wanted = wanted.bytes
        if isinstance(wanted, str):
            wanted = wanted.encode()
        assert values[found.table, found.key, found.column] == wanted, found


def fault(declared: str, storage: str, value) -> str:
    """What is wrong with one value, "" for nothing: written anew, not with the table's help."""
    if storage == "null":
        return ""
    if declared == "":
        return "" if storage == "text" else "mixed_classes"
    if storage == "text" and b"\0" in value:
        return "nul_character"
    if storage == "text":
        try:
            text = value.decode()
        except UnicodeDecodeError:
            return "invalid_utf8"
    if declared in ("INTEGER", "SMALLINT", "MEDIUMINT", "BIGINT"):
        if storage == "real":
            return "out_of_range" if abs(value) >= 2**63 else "not_an_integer"
        return "" if storage == "integer" else "not_a_number"
    if declared == "REAL" or declared.startswith("DECIMAL"):
        return "" if storage in ("integer", "real") else "not_a_number"
    if declared == "BOOLEAN":
        return "" if storage == "integer" and value in (0, 1) else "not_a_boolean"
    if declared == "DATE":
        return "" if storage == "text" and _is(date, text, 10) else "not_a_date"
    if declared == "DATETIME":
        return "" if storage == "text" and _is(datetime, text, 19) else "not_a_timestamp"
    if declared == "BLOB":
        return "" if storage == "blob" else "text_in_blob"
    if storage != "text":
        return "blob_in_text"
    limit = re.search(r"\((\d+)\)", declared)
    return "too_long" if limit and len(text) > int(limit[1]) else ""


def _is(kind, text: str, length: int) -> bool:
    try:
        kind.fromisoformat(text)
    except ValueError:
        return False
    return len(text) == length and text[10:11] in ("", " ")


def test_there_is_no_other_dirt(shop):
    found = {
        (table, key, column): kind
        for table, key, column, declared, storage, value in every_value(shop)
        if (kind := fault(declared, storage, value))
    }
    told = {
        (d.table, d.key, d.column): d.kind for d in dirt.dirty() if d.kind != "broken_foreign_key"
    }
    assert found == told


def broken_keys(file) -> set[tuple]:
    with opened(file) as connection:
        found = set()
        for table, rowid, parent, number in connection.execute(
            "PRAGMA foreign_key_check"
        ).fetchall():
            table, parent = table.decode(), parent.decode()
            if parent == schema.MISSING_TABLE:
                continue
            keys = connection.execute(f'PRAGMA foreign_key_list("{table}")').fetchall()
            [column] = [row["from"].decode() for row in keys if row["id"] == number]
            row = connection.execute(
                f'SELECT * FROM "{table}" WHERE rowid = ?', (rowid,)
            ).fetchone()
            found.add((table, key_of(table, row), column))
        return found


def test_the_broken_keys_are_those_that_are_told(shop, clean_shop):
    told = {(d.table, d.key, d.column) for d in dirt.dirty("", "broken_foreign_key")}
    assert broken_keys(shop) == told
    assert broken_keys(clean_shop) == set()


def test_the_clean_shop_has_no_dirt(clean_shop):
    assert not [v for v in every_value(clean_shop) if fault(*v[3:])]
    with opened(clean_shop) as connection:
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


def test_every_kind_of_dirt_is_there(shop):
    kinds = re.findall(r"^([a-z_0-9]+)  +\S", dirt.__doc__, re.M)
    assert {d.kind for d in dirt.DIRT} == set(kinds)


def test_the_schema_has_its_oddities(shop):
    with opened(shop) as connection:
        kinds = dict(connection.execute("SELECT name, type FROM sqlite_schema").fetchall())
        assert (kinds[b"bestsellers"], kinds[b"order_is_paid"]) == (b"view", b"trigger")
        counters = dict(connection.execute("SELECT name, seq FROM sqlite_sequence").fetchall())
        highest = connection.execute("SELECT max(id) FROM orders").fetchone()[0]
        assert counters[b"orders"] == highest + 137
        bad = connection.execute(
            "SELECT count(*) FROM books WHERE price_with_vat <> round(price * 1.25, 2)"
        )
        assert bad.fetchone()[0] == 0
        assert connection.execute("PRAGMA integrity_check").fetchone()[0] == b"ok"


def test_it_is_made_quickly(tmp_path):
    began = time.perf_counter()
    make(tmp_path / "shop.sqlite3")
    assert time.perf_counter() - began < 2


@pytest.mark.parametrize("rows", [1, 500, 30_000])
@pytest.mark.parametrize("clean", [True, False])
def test_smaller_and_larger_shops_hold_the_same_dirt(tmp_path, rows, clean):
    file = tmp_path / "shop.sqlite3"
    counts = make(file, rows_in_all=rows, clean=clean)
    assert rows < 2000 or 0.9 * rows < sum(counts.values()) < 1.2 * rows
    found = [v for v in every_value(file) if fault(*v[3:])]
    told = [d for d in dirt.dirty() if d.kind != "broken_foreign_key"]
    assert len(found) == (0 if clean else len(told))
    assert len(broken_keys(file)) == (0 if clean else len(dirt.dirty("", "broken_foreign_key")))


def command(*arguments, folder):
    return subprocess.run(
        [sys.executable, "-m", "data.legacy", *arguments],
        cwd=folder,
        env={"PYTHONPATH": str(paths.PROJECT)},
        capture_output=True,
        text=True,
    )


def test_the_command_replaces_its_own_file_and_no_other(tmp_path):
    assert command("old.sqlite3", "--rows", "500", folder=tmp_path).returncode == 0
    first = digest(tmp_path / "old.sqlite3")
    (tmp_path / "old.sqlite3-wal").write_bytes(b"of another file")
    assert command("old.sqlite3", "--rows", "500", folder=tmp_path).returncode == 0
    assert digest(tmp_path / "old.sqlite3") == first
    (tmp_path / "diary.txt").write_text("mine", "utf-8")
    done = command("diary.txt", folder=tmp_path)
    assert done.returncode == 1 and "not an old shop" in done.stderr
    assert (tmp_path / "diary.txt").read_text("utf-8") == "mine"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["diary.txt", "old.sqlite3"]
