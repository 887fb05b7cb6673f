"""Workspaces: a reset is quick, and nothing that a student made is ever lost."""

import dataclasses
import secrets
import subprocess
import threading
from contextlib import closing

import psycopg2
import pytest

from migrationlab.course import start_states
from migrationlab.course.lessons import Start
from migrationlab.course.workspace import Workspace
from migrationlab.errors import LabError
from migrationlab.postgres import databases


@pytest.fixture
def start(tmp_path):
    """A start state with a table, two rows and a file."""
    (tmp_path / "start.sql").write_text(
        "CREATE TABLE notes (id int PRIMARY KEY, text text);"
        " INSERT INTO notes VALUES (1, 'æ'), (2, '📚');",
        "utf-8",
    )
    files = tmp_path / "files"
    (files / "versions").mkdir(parents=True)
    (files / "versions" / "readme.txt").write_text("begin here", "utf-8")
    return Start(sql=tmp_path / "start.sql", files=files)


@pytest.fixture
def space(server, start):
    name = f"t{secrets.token_hex(3)}"
    found = Workspace(server, name, name, start)
    yield found
    for database in databases.listing(server, found.database):
        databases.drop(server, database)


def rows(space, query="SELECT id FROM notes ORDER BY id"):
    with closing(space.server.connect(space.database)) as connection, connection.cursor() as cursor:
        cursor.execute(query)
        return [row[0] for row in cursor.fetchall()] if cursor.description else None


def test_open_makes_it_once(space):
    """Assert that opening again leaves the student's work as it was."""
    assert space.open() is True
    rows(space, "DELETE FROM notes WHERE id = 2")
    (space.folder / "mine.txt").write_text("mine")
    assert space.open() is False
    assert rows(space) == [1]
    assert (space.folder / "mine.txt").read_text() == "mine"


def test_reset_sets_work_aside_and_restore_brings_it_back(space):
    """Assert that database and files go aside together and come back together."""
    space.open()
    rows(space, "INSERT INTO notes VALUES (3, 'mine')")
    (space.folder / "versions" / "mine.py").write_text("x = 1")
    name = space.reset()
    assert rows(space) == [1, 2]
    assert sorted(p.name for p in space.folder.rglob("*.*")) == ["readme.txt"]
    assert space.set_aside() == [name]
    space.restore(name)
    assert rows(space) == [1, 2, 3]
    assert (space.folder / "versions" / "mine.py").read_text() == "x = 1"


def test_reset_of_untouched_work_keeps_nothing(space):
    """Assert that resetting again and again does not fill the disk with copies of the start."""
    space.open()
    assert space.reset() is None
    assert space.reset() is None
    assert space.set_aside() == []


@pytest.mark.parametrize("change", ["row", "table", "sequence", "file", "deleted file"])
def test_any_change_is_work(space, change):
    """Assert that the smallest change is set aside and not thrown away."""
    space.open()
    if change == "row":
        rows(space, "UPDATE notes SET text = 'changed' WHERE id = 1")
    elif change == "table":
        rows(space, "CREATE TABLE mine ()")
    elif change == "sequence":
        rows(space, "CREATE SEQUENCE mine")
    elif change == "file":
        (space.folder / "versions" / "readme.txt").write_text("begin here!")
    else:
        (space.folder / "versions" / "readme.txt").unlink()
    assert space.reset() is not None
    assert len(space.set_aside()) == 1


def test_two_resets_in_one_second_keep_both(space):
    """Assert that work set aside never overwrites other work set aside."""
    space.open()
    kept = []
    for number in (10, 11, 12):
        rows(space, f"INSERT INTO notes VALUES ({number}, 'x')")
        kept.append(space.reset())
    assert len(set(kept)) == 3
    assert sorted(space.set_aside()) == sorted(kept)


def test_reset_while_a_psql_session_is_open(space):
    """Assert that a student's open psql, even in a transaction, does not stop a reset."""
    space.open()
    environment = space.server.environment(space.database)
    psql = subprocess.Popen(
        [str(space.server.bin / "psql"), "-X"],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        psql.stdin.write("BEGIN; INSERT INTO notes VALUES (9, 'open'); SELECT 'ready';\n")
        psql.stdin.flush()
        while "ready" not in psql.stdout.readline():
            pass
        rows(space, "INSERT INTO notes VALUES (3, 'mine')")
        name = space.reset()
        assert rows(space) == [1, 2]
        space.restore(name)
        assert rows(space) == [1, 2, 3]
    finally:
        psql.kill()
        psql.communicate()


def test_reset_while_a_table_is_locked(space):
    """Assert that a forgotten ALTER in another session keeps nobody waiting."""
    space.open()
    rows(space, "INSERT INTO notes VALUES (3, 'mine')")
    with closing(space.server.connect(space.database)) as forgetful:
        forgetful.cursor().execute("BEGIN; ALTER TABLE notes ADD COLUMN never int")
        assert space.reset() is not None
    assert rows(space) == [1, 2]


def test_reset_while_a_program_keeps_reconnecting(space):
    """Assert that a program which connects in a loop cannot get between the steps of a reset."""
    space.open()
    stop = threading.Event()

    def hammer():
        while not stop.is_set():
            try:
                rows(space, "SELECT 1")
            except Exception:
                continue

    thread = threading.Thread(target=hammer)
    thread.start()
    try:
        for number in range(5):
            try:
                rows(space, f"INSERT INTO notes VALUES ({100 + number}, 'x')")
            finally:
                space.reset()
    finally:
        stop.set()
        thread.join()
    assert rows(space) == [1, 2]


def test_checkpoint_and_goto(space):
    """Assert that a checkpoint holds schema, rows and files, and going there keeps the rest."""
    space.open()
    rows(space, "INSERT INTO notes VALUES (3, 'kept')")
    (space.folder / "a.txt").write_text("kept")
    space.checkpoint("før splittet")
    rows(space, "DROP TABLE notes")
    (space.folder / "a.txt").unlink()
    kept = space.goto("før splittet")
    assert kept is not None
    assert rows(space) == [1, 2, 3]
    assert (space.folder / "a.txt").read_text() == "kept"
    assert space.checkpoints() == ["før splittet"]


def test_checkpoint_again_replaces_the_older_one(space):
    """Assert that a second checkpoint of the same name is the one that goto finds."""
    space.open()
    (space.folder / "old.txt").write_text("old")
    space.checkpoint("a")
    rows(space, "DELETE FROM notes")
    (space.folder / "old.txt").unlink()
    space.checkpoint("a")
    space.reset()
    space.goto("a")
    assert rows(space) == []
    assert not (space.folder / "old.txt").exists()
    assert space.checkpoints() == ["a"]


def test_a_refused_checkpoint_leaves_the_older_one(space):
    """Assert that a checkpoint which cannot be made takes nothing of its name away."""
    space.open()
    (space.folder / "old.txt").write_text("old")
    space.checkpoint("a")
    rows(space, "DELETE FROM notes")
    with closing(space.server.connect(space.database)) as busy:
        busy.cursor().execute("BEGIN; SELECT 1")
        with pytest.raises(LabError, match="a transaction is open"):
            space.checkpoint("a")
    space.goto("a")
    assert rows(space) == [1, 2]
    assert (space.folder / "old.txt").read_text() == "old"


def test_checkpoint_in_the_middle_of_a_transaction_is_refused(space):
    """Assert that a checkpoint never throws an open transaction away."""
    space.open()
    with closing(space.server.connect(space.database)) as connection:
        connection.autocommit = False
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO notes VALUES (3, 'open')")
            with pytest.raises(LabError, match="a transaction is open"):
                space.checkpoint("a")
            connection.commit()
    assert rows(space) == [1, 2, 3]


def test_unknown_names_are_refused_and_change_nothing(space):
    """Assert one message each, with the names there are."""
    space.open()
    rows(space, "INSERT INTO notes VALUES (3, 'mine')")
    for action in (space.goto, space.restore):
        with pytest.raises(LabError):
            action("nowhere")
    with pytest.raises(LabError, match="cannot be a name"):
        space.checkpoint("x" * 60)
    assert rows(space) == [1, 2, 3]


def test_a_server_elsewhere_is_never_reset(space):
    """Assert that a given DATABASE_URL that is not on this machine is left alone."""
    space.open()
    rows(space, "INSERT INTO notes VALUES (3, 'mine')")
    elsewhere = dataclasses.replace(
        space, server=dataclasses.replace(space.server, local=False, owned=False)
    )
    for action in (elsewhere.reset, lambda: elsewhere.checkpoint("a")):
        with pytest.raises(LabError, match="not on this machine"):
            action()
    assert rows(space) == [1, 2, 3]


def test_a_database_without_the_mark_is_never_touched(server, space):
    """Assert that a stranger's database of the same name survives a reset and a drop."""
    with closing(server.connect("postgres")) as connection, connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {space.database}")
    try:
        for action in (space.reset, lambda: databases.drop(server, space.database)):
            with pytest.raises(LabError, match="did not make"):
                action()
        assert databases.exists(server, space.database)
    finally:
        with closing(server.connect("postgres")) as connection, connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE {space.database}")


def test_a_deleted_database_counts_as_new_and_keeps_the_files(server, space):
    """Assert that after `docker compose down -v` the folder is set aside, not overwritten."""
    space.open()
    (space.folder / "mine.txt").write_text("mine")
    databases.drop(server, space.database)
    assert space.open() is True
    assert not (space.folder / "mine.txt").exists()
    aside = list((space.folder.parent / "set_aside").glob(f"{space.folder.name} *"))
    assert [(folder / "mine.txt").read_text() for folder in aside] == ["mine"]


def test_start_state_is_made_once_by_two_at_once(server, start):
    """Assert that two notebooks opened together build one template."""
    fresh = dataclasses.replace(start, sql=start.sql.with_name("other.sql"))
    fresh.sql.write_text(f"CREATE TABLE t_{secrets.token_hex(4)} (id int);", "utf-8")
    names = []
    threads = [
        threading.Thread(target=lambda: names.append(start_states.template(server, fresh)))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(names) == 2 and len(set(names)) == 1
    databases.drop(server, names[0])


def test_a_start_state_that_fails_leaves_nothing(server, start):
    """Assert that a half-built template is never used."""
    broken = dataclasses.replace(start, sql=start.sql.with_name("broken.sql"))
    broken.sql.write_text("CREATE TABLE a (); SELECT nonsense;", "utf-8")
    before = databases.listing(server, "lab_start_")
    with pytest.raises(LabError, match="psql"):
        start_states.template(server, broken)
    assert databases.listing(server, "lab_start_") == before


def test_a_database_that_nobody_can_read_is_reset(space):
    """Assert that a student who has spoilt the catalog gets a new start; the old one is kept."""
    space.open()
    rows(space, "INSERT INTO notes VALUES (3, 'æ')")
    with pytest.raises(psycopg2.errors.UniqueViolation):
        rows(space, "CREATE UNIQUE INDEX CONCURRENTLY never_built ON notes (text)")
    rows(space, "DELETE FROM notes WHERE id = 3")
    rows(
        space,
        "UPDATE pg_index SET indisvalid = true, indisready = true"
        " WHERE indexrelid = 'never_built'::regclass",
    )
    with pytest.raises(psycopg2.errors.DataCorrupted):
        rows(space)
    kept = space.reset()
    assert kept in space.set_aside()
    assert rows(space) == [1, 2]
