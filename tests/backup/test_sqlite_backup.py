"""SQLite files: one moment of a file in use, proved, and restored beside."""

import os
import sqlite3
import subprocess
import sys
import time
from contextlib import closing

import pytest

from migrationlab import backup
from migrationlab.backup import manifest, sqlite_backup
from migrationlab.errors import LabError
from tests.backup import backup_tools as tools

WRITER = """
import sqlite3, sys, time
with sqlite3.connect(sys.argv[1], timeout=30, isolation_level=None) as connection:
    print("ready", flush=True)
    while True:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("UPDATE t SET balance = balance - 1 WHERE id = 1")
        connection.execute("UPDATE t SET balance = balance + 1 WHERE id = 20000")
        connection.execute("INSERT INTO log VALUES (1), (-1)")
        connection.execute("COMMIT")
        time.sleep(0.002)
"""


@pytest.fixture
def file(tmp_path):
    """A SQLite file of 10 MB, with names and values of every kind."""
    path = tmp_path / "Ærø shop.sqlite3"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(
            "CREATE TABLE t (id INTEGER PRIMARY KEY, balance, filler);"
            "CREATE TABLE log (n);"
            'CREATE TABLE "Bøger ""og"" 🐑" (a TEXT, b BLOB, PRIMARY KEY (a)) WITHOUT ROWID;'
            "CREATE VIEW v AS SELECT * FROM t; CREATE INDEX i ON t (balance);"
            "CREATE TRIGGER g AFTER DELETE ON t BEGIN DELETE FROM log; END;"
            "CREATE VIRTUAL TABLE texts USING fts5(body);"
            "CREATE TABLE counted (id INTEGER PRIMARY KEY AUTOINCREMENT);"
            "INSERT INTO texts VALUES ('hej med jer');"
        )
        connection.execute("INSERT INTO counted DEFAULT VALUES")
        connection.execute(
            "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 20000)"
            " INSERT INTO t SELECT n, 100, zeroblob(400) FROM n"
        )
        connection.execute(
            """INSERT INTO "Bøger ""og"" 🐑" """
            "VALUES ('å', x'00ff'), ('', NULL), (CAST(x'e5' AS TEXT), 1.5)"
        )
        connection.commit()
    return path


def ask(path, query):
    with closing(sqlite3.connect(path, timeout=60)) as connection:
        return connection.execute(query).fetchone()


@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_while_another_program_writes(file, tmp_path, mode):
    """Assert that a backup ends soon beside a busy writer, and has no half transaction."""
    with closing(sqlite3.connect(file)) as connection:
        connection.execute(f"PRAGMA journal_mode = {mode}")
    process = subprocess.Popen([sys.executable, "-c", WRITER, file], stdout=subprocess.PIPE)
    process.stdout.readline()
    try:
        made = []
        for _ in range(2):
            before = ask(file, "SELECT count(*) FROM log")[0]
            began = time.monotonic()
            made.append((before, backup.make(str(file), tmp_path / "shelf")))
            assert time.monotonic() - began < 10
    finally:
        process.kill()
        process.communicate()
    for before, one in made:
        copy = tmp_path / one.folder.name
        backup.restore(one.folder, str(copy))
        assert ask(copy, "SELECT sum(balance) FROM t") == (2_000_000,)
        total, count = ask(copy, "SELECT sum(n), count(*) FROM log")
        assert total in (0, None) and count >= before
        assert ask(copy, "PRAGMA integrity_check") == ("ok",)
        verdict = backup.verify(one.folder)
        assert verdict.lines == [] and "integrity_check" in str(verdict)
        assert set(one.manifest["files"]) == {sqlite_backup.FILE}
        assert sorted(os.listdir(one.folder)) == [
            sqlite_backup.FILE,
            "manifest.json",
            "verified.json",
        ]


def test_what_is_only_in_the_wal(file, tmp_path):
    """Assert that rows that are not yet in the file itself are in the backup."""
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode = wal")
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        connection.execute("INSERT INTO log VALUES (42)")
        connection.commit()
        one = backup.make(str(file), tmp_path / "shelf")
    assert one.manifest["facts"]["tables"]["log"]["rows"] == 1
    assert one.kind == "sqlite" and one.manifest["database"] == file.name
    assert one.manifest["facts"]["tables"]['Bøger "og" 🐑']["rows"] == 3
    assert backup.verify(one.folder).ok and backup.verify(one.folder, quick=True).ok
    closed = backup.make(str(file), tmp_path / "shelf")  # nobody has it open any more
    assert closed.manifest["facts"] == one.manifest["facts"]


def test_an_open_transaction_is_not_in_it(file, tmp_path):
    """Assert that what nobody has committed is not backed up."""
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO log VALUES (1)")
        one = backup.make(str(file), tmp_path / "shelf")
        connection.execute("ROLLBACK")
    assert one.manifest["facts"]["tables"]["log"]["rows"] == 0


def test_damage(file, tmp_path):
    """Assert that every damage is seen, also when the sha256 is made to fit."""
    one = backup.make(str(file), tmp_path / "shelf")

    def cut(path):
        os.truncate(path, path.stat().st_size // 2)

    def header(path):
        raw = bytearray(path.read_bytes())
        raw[100:4096] = os.urandom(3996)
        path.write_bytes(raw)

    def other_row(path):
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("UPDATE t SET balance = 99 WHERE id = 7")
            connection.commit()

    def other_schema(path):
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("DROP TRIGGER g")
            connection.commit()

    for number, damage in enumerate((cut, header, other_row, other_schema)):
        folder = tools.copy_of(one, tmp_path / str(number))
        damage(folder / sqlite_backup.FILE)
        for quick in (True, False):
            assert not backup.verify(folder, quick=quick).ok, damage
        with pytest.raises(manifest.NotGood, match="not what it was"):
            backup.restore(folder, str(tmp_path / "never"))
        tools.reseal(folder)
        verdict = backup.verify(folder)
        assert not verdict.ok and len(str(verdict)) < 900, damage
        assert len(os.listdir(folder)) == 3


def test_restore_leaves_what_is_there(file, tmp_path):
    """Assert that an existing file, or an old journal that would be played in, is refused."""
    one = backup.make(str(file), tmp_path / "shelf")
    target = tmp_path / "new.sqlite3"
    for name in ("new.sqlite3", "new.sqlite3-wal", "new.sqlite3-journal"):
        blocking = tmp_path / name
        blocking.write_text("mine")
        with pytest.raises(LabError, match=f"{name} exists already") as caught:
            backup.restore(one.folder, str(target))
        tools.message(caught.value)
        assert blocking.read_text() == "mine"
        blocking.unlink()
    for into, says in (
        ("postgresql://localhost/x", "the backup of a SQLite file"),
        (str(tmp_path / "no" / "such" / "folder"), "cannot be written: No such file"),
        (str(file / "below"), "cannot be written: Not a directory"),
    ):
        with pytest.raises(LabError, match=says):
            backup.restore(one.folder, into)
    done = backup.restore(one.folder, str(target))
    assert "is restored" in str(done) and "analyzed" not in str(done)
    assert target.read_bytes() == (one.folder / sqlite_backup.FILE).read_bytes()


def test_a_transaction_that_was_killed(file, tmp_path):
    """Assert one message for a journal that a crash has left: it is never ignored."""
    killed = (
        "import os, sqlite3, sys\n"
        "connection = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "connection.execute('PRAGMA cache_size = 5')\n"
        "connection.execute('BEGIN')\n"
        "connection.execute('UPDATE t SET balance = 0, filler = zeroblob(401) WHERE id < 1500')\n"
        "os._exit(1)"
    )
    subprocess.run([sys.executable, "-c", killed, file])
    assert file.with_name(file.name + "-journal").exists()
    with pytest.raises(LabError, match="its journal lies there") as caught:
        backup.make(str(file), tmp_path / "shelf")
    assert "Open the file once" in tools.message(caught.value)
    assert list((tmp_path / "shelf").iterdir()) == []
    ask(file, "SELECT count(*) FROM t")  # as the message says
    one = backup.make(str(file), tmp_path / "shelf")
    assert ask(one.folder / sqlite_backup.FILE, "SELECT sum(balance) FROM t") == (2_000_000,)


def test_what_is_no_sqlite_file(tmp_path):
    """Assert one message for a damaged file; others are taken for an address."""
    path = tmp_path / "bad.sqlite3"
    path.write_bytes(sqlite_backup.HEADER + os.urandom(5000))
    with pytest.raises(LabError, match="cannot be backed up") as caught:
        backup.make(str(path), tmp_path / "shelf")
    tools.message(caught.value)
    assert list((tmp_path / "shelf").iterdir()) == []
    with pytest.raises(LabError, match="no address"):
        backup.make(str(tmp_path / "nothing.sqlite3"), tmp_path / "shelf")
