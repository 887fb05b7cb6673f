"""All or nothing: killed, cut off, refused, out of room, and while somebody writes the file."""

import os
import random
import secrets
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from migrationlab import paths, transfer
from migrationlab.errors import LabError
from migrationlab.postgres import databases
from migrationlab.server import embedded
from tests.transfer import reader

ROWS = 20_000
SCHEMA = """
CREATE TABLE accounts (id INTEGER PRIMARY KEY AUTOINCREMENT, email TEXT UNIQUE, joined DATE);
CREATE TABLE orders (id INTEGER PRIMARY KEY, account_id INTEGER NOT NULL REFERENCES accounts,
    paid BOOLEAN, total DECIMAL(10,2));
CREATE INDEX orders_account ON orders(account_id);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows})
    INSERT INTO accounts SELECT i, 'user' || i || '@example.dk', date('2020-01-01', i || ' days')
    FROM n WHERE i <= 5000;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows})
    INSERT INTO orders SELECT i, 1 + i % 5000, i % 2, i / 100.0 FROM n;
"""


@pytest.fixture(scope="module")
def shop_file(tmp_path_factory) -> Path:
    """Two tables, a foreign key, 25,000 rows: a transfer of about a second."""
    path = tmp_path_factory.mktemp("whole") / "shop.sqlite3"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(SCHEMA.format(rows=ROWS))
    return path


def visible(server, database: str) -> dict:
    """The state of the target without staging schemas: what its users see."""
    with reader.target(server, database) as cursor:
        found = reader.state(cursor)
    staging = "transfer_staging_"
    kept = {}
    for what, content in found.items():
        if isinstance(content, list) and not what.startswith("rows of"):
            content = [entry for entry in content if staging not in entry]
        if staging not in what and what not in ("triggers", "constraints", "sequences"):
            kept[what] = content
    return kept


def staging_schemas(server, database: str) -> int:
    with reader.target(server, database) as cursor:
        cursor.execute("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'transfer_staging%'")
        return cursor.fetchone()[0]


def assert_whole(server, database: str) -> None:
    """Assert that every row is there, with the keys; read by other means than the tool's."""
    with reader.target(server, database) as cursor:
        assert reader.target_tables(cursor) == {"accounts", "orders"}
        cursor.execute(
            "SELECT (SELECT count(*) FROM accounts), count(*), sum(total), count(*) FILTER"
            " (WHERE paid), sum(account_id) FROM orders"
        )
        total = sum(i / 100 for i in range(1, ROWS + 1))
        found = cursor.fetchone()
        assert found[:2] == (5000, ROWS) and abs(float(found[2]) - total) < 0.01
        assert found[3:] == (ROWS // 2, sum(1 + i % 5000 for i in range(1, ROWS + 1)))
        cursor.execute("SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND convalidated")
        assert cursor.fetchone() == (1,)
        cursor.execute("INSERT INTO accounts (email) VALUES ('new') RETURNING id")
        assert cursor.fetchone() == (5001,)


def wait_for_sessions(server, database: str) -> None:
    """Until the server has noticed that the killed program is gone."""
    deadline = time.monotonic() + 20
    with closing(server.connect("postgres")) as connection, connection.cursor() as cursor:
        while time.monotonic() < deadline:
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = %s", (database,))
            if cursor.fetchone() == (0,):
                return
            time.sleep(0.02)
    raise AssertionError("the sessions of the killed transfer do not end")


KILLED = """
import os, signal, sys, threading
from migrationlab import transfer
file, url, existing, delay, call = sys.argv[1:]
calls = 0
def kill(*_):
    os.kill(os.getpid(), signal.SIGKILL)
def progress(*_):
    global calls
    calls += 1
    if call != "-" and calls == int(call):
        kill()
if delay != "-":
    threading.Timer(float(delay), kill).start()
transfer.transfer(file, url, existing=existing == "yes", progress=progress)
print("done", flush=True)
kill()
"""


def killed(file: Path, url: str, existing: bool, *, delay="-", call="-") -> bool:
    """Run a transfer that kills itself after some seconds, or at a call of progress().

    Returns whether it had ended before.
    """
    done = subprocess.run(
        [sys.executable, "-c", KILLED, file, url, "yes" if existing else "no", delay, call],
        cwd=paths.PROJECT,
        env=dict(os.environ, PYTHONPATH=str(paths.PROJECT)),
        capture_output=True,
        text=True,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    return done.stdout == "done\n"


def points(seed: int) -> list[dict]:
    """Kills at chosen calls of progress(), and at random moments of the second it takes."""
    chance = random.Random(seed)
    at_calls = [{"call": str(call)} for call in (1, 4, 6)]
    return at_calls + [{"delay": f"{chance.uniform(0.02, 0.9):.3f}"} for _ in range(4)]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_killed_while_it_makes_new_tables(server, shop_file):
    """Assert that the target is as before or whole, and the next run clears up and succeeds."""
    with databases.temporary(server, "killed") as database:
        before = visible(server, database)
        for point in points(1):
            ended = killed(shop_file, server.url(database), False, **point)
            wait_for_sessions(server, database)
            if visible(server, database) == before:
                assert not ended, "it said it was done"
                continue
            assert_whole(server, database)
            with closing(server.connect(database)) as connection:
                connection.cursor().execute("DROP TABLE orders, accounts")
        left = staging_schemas(server, database)
        assert left <= 1  # each run removes what the one before it left behind
        report = transfer.transfer(str(shop_file), server.url(database))
        assert staging_schemas(server, database) == 0
        assert ("left behind" in report.markdown()) == (left == 1)
        assert_whole(server, database)


MADE = """
CREATE TABLE accounts (id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, email text UNIQUE,
    joined date);
CREATE TABLE orders (id bigint PRIMARY KEY, account_id bigint NOT NULL REFERENCES accounts,
    paid boolean, total numeric(10,2));
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_killed_while_it_fills_existing_tables(server, shop_file):
    """Assert that tables of the project's own are empty or full, never between."""
    with databases.temporary(server, "killed") as database:
        with closing(server.connect(database)) as connection:
            connection.cursor().execute(MADE)
        before = visible(server, database)
        for point in points(2):
            killed(shop_file, server.url(database), True, **point)
            wait_for_sessions(server, database)
            if visible(server, database) != before:
                assert_whole(server, database)
                with closing(server.connect(database)) as connection:
                    connection.cursor().execute("TRUNCATE orders, accounts RESTART IDENTITY")
        transfer.transfer(str(shop_file), server.url(database), existing=True)
        assert_whole(server, database)


@contextmanager
def own_server(monkeypatch):
    """A server that nobody else uses, so that it can be stopped."""
    home = Path(tempfile.mkdtemp(prefix="migrationlab-"))
    home.chmod(0o755)  # as root, PostgreSQL runs as another user, who must get in
    (home / ".env").write_text("LAB_PORT=1\n", "utf-8")
    with monkeypatch.context() as patch:
        patch.setenv("MIGRATIONLAB_HOME", str(home))
        try:
            yield embedded.start(lambda text: None)
        finally:
            embedded.stop()
            shutil.rmtree(embedded.elsewhere(), ignore_errors=True)
            shutil.rmtree(home, ignore_errors=True)


class Once:
    """A progress function that does something at the first call after the looking is over."""

    def __init__(self, action, after: int = 1):
        self.action, self.left, self.lock = action, after, threading.Lock()

    def __call__(self, what, done, total) -> None:
        with self.lock:
            self.left -= not str(what).startswith("looking")
            if self.left or self.action is None:
                return
            action, self.action = self.action, None
        action()


def test_the_server_stops_in_the_middle(shop_file, monkeypatch):
    """Assert one message, a target as before when the server is back, and a run that succeeds."""
    with own_server(monkeypatch) as server:
        databases.create(server, "target")
        before = visible(server, "target")
        with pytest.raises(LabError) as caught:
            progress = Once(lambda: _stop_at_once(server))
            transfer.transfer(str(shop_file), server.url("target"), progress=progress)
        assert_short(caught.value)
        again = embedded.start(lambda text: None)
        assert visible(again, "target") == before
        transfer.transfer(str(shop_file), again.url("target"))
        assert staging_schemas(again, "target") == 0
        assert_whole(again, "target")


def _stop_at_once(server) -> None:
    """As after a power cut: nothing is written down properly."""
    with closing(server.connect("postgres")) as connection, connection.cursor() as cursor:
        cursor.execute("SHOW data_directory")
        data = Path(cursor.fetchone()[0])
    pid = int((data / "postmaster.pid").read_text().splitlines()[0])
    os.kill(pid, signal.SIGQUIT if os.name != "nt" else signal.SIGTERM)
    deadline = time.monotonic() + 20
    while (data / "postmaster.pid").exists() and time.monotonic() < deadline:
        time.sleep(0.02)


def assert_short(error: LabError) -> None:
    assert type(error) is LabError, error
    assert len(str(error)) < 600 and "Traceback" not in str(error)
    assert str(error).count("\n") <= 5


def test_the_sessions_are_ended_in_the_middle(server, shop_file):
    """Assert that a lost connection is one message, and the target as before."""
    with databases.temporary(server, "cut") as database:
        before = visible(server, database)
        with pytest.raises(LabError) as caught:
            progress = Once(lambda: databases.end_sessions(server, database))
            transfer.transfer(str(shop_file), server.url(database), progress=progress)
        assert_short(caught.value)
        assert visible(server, database) == before


@pytest.mark.parametrize("existing", [False, True])
def test_interrupted(server, shop_file, existing):
    """Assert that Ctrl-C leaves the target as it was, without a staging schema."""

    def interrupt():
        raise KeyboardInterrupt

    with databases.temporary(server, "interrupted") as database:
        if existing:
            with closing(server.connect(database)) as connection:
                connection.cursor().execute(MADE)
        before = visible(server, database)
        with pytest.raises(KeyboardInterrupt):
            transfer.transfer(
                str(shop_file), server.url(database), existing=existing, progress=Once(interrupt)
            )
        assert visible(server, database) == before
        assert staging_schemas(server, database) == 0
        wait_for_sessions(server, database)


def test_somebody_makes_the_table_first(server, shop_file):
    """Assert that a table which appears during the transfer is not touched, and nothing stays."""

    def make():
        with closing(server.connect(database)) as connection:
            connection.cursor().execute(
                "CREATE TABLE orders (x int); INSERT INTO orders VALUES (1)"
            )

    with databases.temporary(server, "race") as database:
        with pytest.raises(LabError) as caught:
            transfer.transfer(str(shop_file), server.url(database), progress=Once(make))
        assert "orders" in str(caught.value)
        assert_short(caught.value)
        with reader.target(server, database) as cursor:
            assert reader.target_tables(cursor) == {"orders"}
            assert reader.target_rows(cursor, "orders", ["x"]) == [(1,)]
        assert staging_schemas(server, database) == 0


def test_two_transfers_at_once(server, shop_file):
    """Assert that the second does not take the first one's staging schema for a leftover."""

    def second():
        transfer.transfer(str(shop_file), server.url(database))

    with databases.temporary(server, "race") as database:
        with pytest.raises(LabError) as caught:
            transfer.transfer(str(shop_file), server.url(database), progress=Once(second))
        assert_short(caught.value)
        assert staging_schemas(server, database) == 0
        assert_whole(server, database)


def test_somebody_holds_the_target(server, shop_file):
    """Assert that a table that somebody else has locked does not make it wait for ever."""
    with databases.temporary(server, "held") as database:
        with closing(server.connect(database)) as holder:
            holder.cursor().execute(MADE)
            before = visible(server, database)
            holder.autocommit = False
            holder.cursor().execute("LOCK TABLE orders")
            began = time.monotonic()
            with pytest.raises(LabError) as caught:
                transfer.transfer(str(shop_file), server.url(database), existing=True)
            assert time.monotonic() - began < 30
            assert_short(caught.value)
            holder.rollback()
        assert visible(server, database) == before


def command(*words: str, **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "migrationlab.transfer", *map(str, words)],
        cwd=paths.PROJECT,
        env=dict(os.environ, PYTHONUTF8="1", **environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )


def wrong_addresses(server) -> dict[str, str]:
    right = f"postgresql://{server.user}:{server.password}@{server.host}:{server.port}"
    return {
        "password": f"{right}/postgres".replace(server.password, "wrong"),
        "host": f"postgresql://{server.user}:secret@no.such.host.invalid:5432/postgres",
        "port": f"postgresql://{server.user}:secret@{server.host}:1/postgres",
        "database": f"{right}/no_such_database",
        "scheme": "mysql://root:secret@localhost/shop",
        "nothing": "postgresql",
    }


@pytest.mark.parametrize("wrong", ["password", "host", "port", "database", "scheme", "nothing"])
def test_wrong_address(wrong, server, shop_file):
    """Assert one short message, exit code 1, and no password in it."""
    url = wrong_addresses(server)[wrong]
    done = command(shop_file, url)
    said = done.stdout + done.stderr
    assert done.returncode in (1, 2), said
    assert "Traceback" not in said and len(done.stderr.splitlines()) <= 6
    assert "secret" not in said and server.password not in said


def test_where_psql_would_go(server, shop_file):
    """Assert that postgresql:/// means the server and database of the environment."""
    with databases.temporary(server, "libpq") as database:
        names = {
            name: value
            for name, value in server.environment(database).items()
            if name.startswith("PG")
        }
        done = command(shop_file, "postgresql:///", "--quiet", **names)
        assert done.returncode == 0, done.stderr
        assert_whole(server, database)


@pytest.fixture
def stranger(server):
    """A role that may connect and nothing else; (name, password)."""
    name = f"stranger_{secrets.token_hex(4)}"
    with closing(server.connect("postgres")) as connection, connection.cursor() as cursor:
        cursor.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'guest'")
        yield name, "guest"
        cursor.execute(f"DROP ROLE {name}")


def test_a_role_without_rights(server, shop_file, stranger):
    """Assert one message and an unchanged target, for new tables and for existing ones."""
    name, password = stranger
    with databases.temporary(server, "rights") as database:
        url = f"postgresql://{name}:{password}@{server.host}:{server.port}/{database}"
        for existing in (False, True):
            if existing:
                with closing(server.connect(database)) as connection:
                    connection.cursor().execute(MADE)
            before = visible(server, database)
            with pytest.raises(LabError) as caught:
                transfer.transfer(str(shop_file), url, existing=existing)
            assert_short(caught.value)
            assert visible(server, database) == before


@pytest.mark.parametrize("existing", [False, True])
def test_a_role_that_may_not_make_schemas(existing, server, shop_file, stranger):
    """Assert that a role that owns its tables, or may make some, needs no more than that."""
    name, password = stranger
    with databases.temporary(server, "rights") as database:
        with closing(server.connect(database)) as connection:
            connection.cursor().execute(
                f"{MADE} ALTER TABLE accounts OWNER TO {name}; ALTER TABLE orders OWNER TO {name}"
                if existing
                else f"GRANT CREATE ON SCHEMA public TO {name}"
            )
        url = f"postgresql://{name}:{password}@{server.host}:{server.port}/{database}"
        transfer.transfer(str(shop_file), url, existing=existing)
        assert_whole(server, database)
        with closing(server.connect(database)) as connection:
            connection.cursor().execute(f"DROP OWNED BY {name}")


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1"])
def test_a_database_in_another_encoding(server, shop_file, encoding):
    """Assert that it is refused in one message: not every text of SQLite would have a place."""
    database = f"encoding_{secrets.token_hex(4)}"
    with closing(server.connect("postgres")) as connection, connection.cursor() as cursor:
        cursor.execute(
            f"CREATE DATABASE {database} ENCODING '{encoding}' LOCALE 'C' TEMPLATE template0"
        )
        try:
            with pytest.raises(LabError, match=encoding) as caught:
                transfer.transfer(str(shop_file), server.url(database))
            assert_short(caught.value)
        finally:
            cursor.execute(f"DROP DATABASE {database} WITH (FORCE)")


@contextmanager
def small_disk(megabytes: int):
    """A folder on a disk of this size. Only root can mount one; elsewhere the test is skipped."""
    if not hasattr(os, "geteuid") or os.geteuid() or not shutil.which("mount"):
        pytest.skip("only root can mount a small disk")
    folder = Path(tempfile.mkdtemp(prefix="small-disk-"))
    size = f"size={megabytes}m"
    if subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", folder]).returncode:
        folder.rmdir()
        pytest.skip("this container may not mount a small disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)
        folder.rmdir()


def test_the_disk_is_full(server, shop_file):
    """Assert one message, and a target as before."""
    with small_disk(2) as folder, closing(server.connect("postgres")) as connection:
        cursor = connection.cursor()
        cursor.execute("SHOW data_directory")
        owner = os.stat(cursor.fetchone()[0])
        os.chown(folder, owner.st_uid, owner.st_gid)
        space = f"small_{secrets.token_hex(4)}"
        cursor.execute(f"CREATE TABLESPACE {space} LOCATION '{folder}'")
        database = f"full_{secrets.token_hex(4)}"
        databases.create(server, database)
        try:
            cursor.execute(f"ALTER DATABASE {database} SET default_tablespace = {space}")
            before = visible(server, database)
            with pytest.raises(LabError) as caught:
                transfer.transfer(str(shop_file), server.url(database))
            assert_short(caught.value)
            assert "full" in str(caught.value) or "No space" in str(caught.value)
            assert visible(server, database) == before
            assert staging_schemas(server, database) == 0
        finally:
            databases.drop(server, database)
            cursor.execute(f"DROP TABLESPACE {space}")


WRITER = """
import random, sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=30)
print("ready", flush=True)
chance = random.Random(7)
while True:
    one, other = chance.randrange(1, 3001), chance.randrange(1, 3001)
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("UPDATE a SET n = n - 1 WHERE id = ?", (one,))
    time.sleep(0.0005)
    connection.execute("UPDATE b SET n = n + 1 WHERE id = ?", (other,))
    connection.execute("INSERT INTO log (one, other) VALUES (?, ?)", (one, other))
    connection.execute("COMMIT")
"""


@pytest.mark.parametrize("mode", ["DELETE", "TRUNCATE", "WAL"])
def test_while_another_program_writes(mode, server, tmp_path):
    """Assert that the result is one moment of the file: each transaction is in it or not."""
    path = tmp_path / "busy.sqlite3"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(
            f"PRAGMA journal_mode = {mode}; CREATE TABLE a (id INTEGER PRIMARY KEY, n INTEGER);"
            "CREATE TABLE b (id INTEGER PRIMARY KEY, n INTEGER); CREATE TABLE log (id INTEGER"
            " PRIMARY KEY AUTOINCREMENT, one INTEGER REFERENCES a, other INTEGER REFERENCES b);"
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)"
            " INSERT INTO a SELECT i, 100 FROM n; INSERT INTO b SELECT * FROM a"
        )
    writer = subprocess.Popen([sys.executable, "-c", WRITER, path], stdout=subprocess.PIPE)
    try:
        writer.stdout.readline()
        for _ in range(3):
            with databases.temporary(server, "busy") as database:
                transfer.transfer(str(path), server.url(database))
                with reader.target(server, database) as cursor:
                    cursor.execute(
                        "SELECT (SELECT sum(n) FROM a), (SELECT sum(n) FROM b),"
                        " (SELECT count(*) FROM log), (SELECT max(id) FROM log)"
                    )
                    a, b, moves, last = cursor.fetchone()
                    assert (a, b) == (300_000 - moves, 300_000 + moves)
                    assert moves == (last or 0)
                    cursor.execute("INSERT INTO log (one) VALUES (1) RETURNING id")
                    assert cursor.fetchone() == (moves + 1,)
        assert writer.poll() is None
        with closing(sqlite3.connect(path)) as connection:
            time.sleep(0.1)  # the writer was not hurt: it still goes on
            assert connection.execute("SELECT count(*) FROM log").fetchone()[0] > moves
    finally:
        writer.kill()
        writer.communicate()


def test_the_source_is_open_for_reading_only(server, shop_file):
    """Assert that neither the file nor its folder is changed by a transfer."""
    before = {file: file.read_bytes() for file in shop_file.parent.iterdir()}
    with databases.temporary(server, "reading") as database:
        transfer.transfer(str(shop_file), server.url(database))
    assert {file: file.read_bytes() for file in shop_file.parent.iterdir()} == before
