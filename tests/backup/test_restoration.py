"""Restore beside, compare, swap: whatever happens, one whole database is in service."""

import subprocess
import sys
import threading
import time

import psycopg2
import pytest

from migrationlab import backup, paths
from migrationlab.backup import client_programs, load_dump, manifest, restoration
from migrationlab.errors import LabError
from tests.backup import backup_tools as tools


def spoil(server, small):
    """Change the database after its backup."""
    tools.run(server, small, "DELETE FROM accounts WHERE id > 10", "CREATE TABLE later (id int)")


def rows(server, name):
    return tools.run(server, name, "SELECT count(*) FROM accounts")[0][0]


def no_leftovers(server):
    return not any(restoration.RESTORING in name for name in tools.names(server))


@pytest.mark.parametrize("format", ["custom", "plain", "directory"])
def test_everything_comes_back(server, made, new, format):
    """Assert that a new database has the owner, settings, rights, comment, rows and statistics."""
    done = backup.restore(made[format].folder, tools.url(server, new))
    assert (done.database, done.kept, done.notes) == (new, "", [])
    assert "is restored" in str(done)
    query = (
        "SELECT pg_get_userbyid(datdba), shobj_description(oid, 'pg_database'), datacl::text,"
        " (SELECT array_agg(setrole::regrole || ' ' || setconfig::text ORDER BY 1)"
        "  FROM pg_db_role_setting WHERE setdatabase = d.oid)::text"
        " FROM pg_database d WHERE datname = current_database()"
    )
    ours = tools.run(server, new, query)
    assert ours == tools.run(server, tools.ODD_NAME, query)
    assert ours[0][0] == tools.OWNER
    path = tools.run(server, new, "SELECT current_setting('search_path')")
    assert path == [('"$user", public, "Bøger og blade"',)]
    assert tools.run(server, new, "SELECT sum(books) FROM per_author") == [(500,)]
    statistics = "SELECT count(*) FROM pg_stats WHERE schemaname = 'Bøger og blade'"
    assert tools.run(server, new, statistics)[0][0] > 5
    assert tools.run(server, new, "SELECT convert_from(lo_get(4243, 0, 6), 'UTF8')") == [
        ("stort ",)
    ]
    # What comes next must work too: identities and sequences go on where they were.
    (values,) = tools.run(
        server,
        new,
        "SET default_transaction_read_only = off",
        "INSERT INTO authors (name) VALUES ('Ny') RETURNING id, nextval('tæller')",
    )
    assert values == (4, 86)


def test_over_a_full_database(server, small, kept, tmp_path):
    """Assert: refused; refused with another name; with its own name swapped, the old one kept."""
    spoil(server, small)
    address = tools.url(server, small)
    for replace in (None, "other", small.upper(), ""):
        with pytest.raises(LabError, match="is not empty") as caught:
            backup.restore(kept.folder, address, replace=replace)
        assert f"--replace {small}" in tools.message(caught.value)
        assert rows(server, small) == 10
    done = backup.restore(kept.folder, address, replace=small)
    assert rows(server, small) == 1000
    assert done.kept.startswith(f"{small}_before_2") and done.kept in str(done)
    assert rows(server, done.kept) == 10
    assert tools.run(server, done.kept, "SELECT to_regclass('later') IS NOT NULL") == [(True,)]
    again = backup.restore(kept.folder, address, replace=small)  # within the same second
    assert again.kept != done.kept and rows(server, again.kept) == 1000
    assert no_leftovers(server)


@pytest.mark.parametrize(
    "content, empty",
    [
        ("SELECT 1", True),
        ("CREATE VIEW v AS SELECT 1", False),
        ("CREATE SCHEMA mine", False),
        ("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'", False),
        ("CREATE TYPE colour AS ENUM ('red')", False),
        ("CREATE EXTENSION citext", False),
        ("SELECT lo_create(0)", False),
    ],
)
def test_what_is_empty(server, new, kept, content, empty):
    """Assert that anything that somebody has made counts, not only tables."""
    tools.run(server, "postgres", f"CREATE DATABASE {new}")
    tools.run(server, new, content)
    if empty:
        assert backup.restore(kept.folder, tools.url(server, new)).database == new
        assert rows(server, new) == 1000
    else:
        with pytest.raises(LabError, match="is not empty"):
            backup.restore(kept.folder, tools.url(server, new))


def test_sessions_in_the_old_database(server, small, kept):
    """Assert that programs that come back at once do not hinder the swap, nor lose a write."""
    stop = threading.Event()
    seen, written = set(), []

    def work():
        while not stop.is_set():
            try:
                with tools.closing(server.connect(small)) as connection:
                    with connection.cursor() as cursor:
                        while not stop.is_set():
                            cursor.execute("SELECT count(*) FROM accounts")
                            seen.add(cursor.fetchone()[0])
                            cursor.execute("INSERT INTO accounts (owner) VALUES ('x')")
                            cursor.execute(
                                "SELECT oid FROM pg_database WHERE datname = %s", (small,)
                            )
                            written.append(cursor.fetchone()[0])
            except psycopg2.Error:
                pass

    spoil(server, small)
    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        time.sleep(0.2)
        done = backup.restore(kept.folder, tools.url(server, small), replace=small)
        time.sleep(0.3)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert min(seen) == 10 and max(seen) >= 1000
    assert len(set(written)) == 2  # both databases have been written to
    old, now = rows(server, done.kept), rows(server, small)
    # A session may be ended between its write and its note of it.
    assert 0 <= (old - 10) + (now - 1000) - len(written) <= 3


def damage_the_dump(folder):
    file = folder / "dump.custom"
    file.write_bytes(file.read_bytes()[:-300])
    tools.reseal(folder)


def wrong_count(folder):
    tools.reseal(folder, lambda noted: noted["facts"]["tables"]["accounts"].update(rows=999))


def wrong_setting(folder):
    tools.reseal(folder, lambda n: n["facts"]["database"].update(settings=["no_such_one=1"]))


@pytest.mark.parametrize(
    "damage, kind",
    [(damage_the_dump, LabError), (wrong_count, manifest.NotGood), (wrong_setting, LabError)],
)
def test_failure_half_way(server, small, kept, damage, kind):
    """Assert that the old database is in service, and that nothing else is there."""
    spoil(server, small)
    damage(kept.folder)
    before = tools.names(server)
    with pytest.raises(kind) as caught:
        backup.restore(kept.folder, tools.url(server, small), replace=small)
    tools.message(caught.value)
    assert rows(server, small) == 10
    assert tools.names(server) == before


@pytest.mark.parametrize("step", ["fill", "compare", "analyze"])
def test_interrupted(server, small, kept, monkeypatch, step):
    """Assert that Ctrl-C at any step leaves the old one in service, and no role or database."""
    spoil(server, small)
    tools.reseal(kept.folder, lambda noted: noted["facts"]["roles"].append("test_made_on_the_way"))
    before = tools.names(server)

    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(load_dump, step, interrupt)
    with pytest.raises(KeyboardInterrupt):
        backup.restore(kept.folder, tools.url(server, small), replace=small)
    assert rows(server, small) == 10 and tools.names(server) == before
    found = tools.run(server, small, "SELECT FROM pg_roles WHERE rolname = 'test_made_on_the_way'")
    assert found == []


def test_a_damaged_backup_is_not_begun(server, small, kept):
    """Assert that the files are looked at before anything is done."""
    (kept.folder / "dump.custom").write_bytes(b"PGDMP")
    with pytest.raises(manifest.NotGood, match="not what it was when it was made") as caught:
        backup.restore(kept.folder, "postgresql://nobody@127.0.0.1:1/x")
    assert "dump.custom" in tools.message(caught.value)


@pytest.fixture
def owner(server):
    """(name, password) of a role that may create databases, and no roles."""
    name, password = "test_creator", "pass word"
    tools.run(server, "postgres", f"CREATE ROLE {name} LOGIN CREATEDB PASSWORD '{password}'")
    yield name, password
    own = tools.run(
        server, "postgres", f"SELECT datname FROM pg_database WHERE datdba = '{name}'::regrole"
    )
    tools.drop(server, *(database for (database,) in own))
    tools.run(server, "postgres", f"DROP OWNED BY {name}", f"DROP ROLE {name}")


def test_roles_that_are_missing(server, small, tmp_path, new, owner):
    """Assert: a superuser makes them; another is told what to do; without owners it works."""
    tools.run(
        server,
        small,
        "CREATE ROLE test_gone",
        "CREATE ROLE test_gone_too",
        "ALTER TABLE accounts OWNER TO test_gone",
        "GRANT SELECT ON accounts TO test_gone_too",
    )
    one = backup.make(tools.url(server, small), tmp_path)
    plain = backup.make(tools.url(server, small), tmp_path, format="plain")
    tools.drop(server, small)
    tools.run(server, "postgres", "DROP ROLE test_gone", "DROP ROLE test_gone_too")
    address = tools.url(server, new, *owner)
    with pytest.raises(LabError, match="lacks the roles test_gone, test_gone_too") as caught:
        backup.restore(one.folder, address)
    text = tools.message(caught.value, owner[1])
    assert "--without-owners" in text and "globals.sql" in text
    assert new not in tools.names(server) and no_leftovers(server)
    with pytest.raises(LabError, match="plain dump"):
        backup.restore(plain.folder, address, owners=False)
    assert no_leftovers(server)
    done = backup.restore(one.folder, address, owners=False)
    assert "left out" in str(done) and rows(server, new) == 1000
    other = f"{new}_2"
    done = backup.restore(one.folder, tools.url(server, other))
    assert "test_gone, test_gone_too" in str(done)
    query = "SELECT relowner::regrole::text FROM pg_class WHERE relname = 'accounts'"
    assert tools.run(server, other, query) == [("test_gone",)]
    tools.drop(server, other)
    tools.run(server, "postgres", "DROP ROLE test_gone", "DROP ROLE test_gone_too")


def test_the_role_that_made_the_cluster(server, kept):
    """Assert that its name is among the roles, though PostgreSQL notes it nowhere."""
    assert kept.manifest["facts"]["roles"] == [server.user]


def test_without_the_right_to_create(server, small, kept, owner):
    """Assert one message for a role that may not create databases."""
    tools.run(server, "postgres", f"ALTER ROLE {owner[0]} NOCREATEDB")
    with pytest.raises(LabError, match="permission denied to create database") as caught:
        backup.restore(kept.folder, tools.url(server, "test_x", *owner), owners=False)
    assert "CREATEDB" in tools.message(caught.value, owner[1])


def test_not_the_owner(server, small, kept, owner):
    """Assert that a role that may not rename the old database leaves it as it was."""
    tools.run(server, small, f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {owner[0]}")
    address = tools.url(server, small, *owner)
    with pytest.raises(LabError) as caught:
        backup.restore(kept.folder, address, replace=small, owners=False)
    assert "must be owner of database" in tools.message(caught.value, owner[1])
    assert rows(server, small) == 1000 and no_leftovers(server)
    tools.run(server, small, f"DROP OWNED BY {owner[0]}")


def test_owners_of_others(server, kept, new, owner):
    """Assert that a role that may not give tables away is told the way out."""
    with pytest.raises(LabError, match="must be able to SET ROLE") as caught:
        backup.restore(kept.folder, tools.url(server, new, *owner))
    assert "--without-owners" in tools.message(caught.value, owner[1])
    assert new not in tools.names(server) and no_leftovers(server)


def test_versions(server, kept, monkeypatch, tmp_path):
    """Assert that nothing starts when the dump is newer than the server, or the programs old."""
    address = tools.url(server, "test_never_made")
    with monkeypatch.context() as patch:
        patch.setattr(
            client_programs, "found", lambda: (client_programs.Clients(tmp_path, "15.4"),)
        )
        with pytest.raises(LabError, match="no pg_restore 18 or newer"):
            backup.restore(kept.folder, address)
    tools.reseal(kept.folder, lambda noted: noted.update(client="19.0"))
    with pytest.raises(LabError, match="written by pg_dump 19, and the server is PostgreSQL 18"):
        backup.restore(kept.folder, address)
    assert "test_never_made" not in tools.names(server)


def test_long_names(server, kept):
    """Assert that names as long as may be, of letters of several bytes, are cut before the end."""
    name = "test_" + "ø🐑" * 9  # 59 bytes, 23 letters
    try:
        tools.run(server, "postgres", f"CREATE DATABASE {name}")
        tools.run(server, name, "CREATE TABLE old (id int)")
        done = backup.restore(kept.folder, tools.url(server, name), replace=name)
        assert len(done.kept.encode()) <= 63 and done.kept.startswith("test_ø🐑")
        assert {name, done.kept} <= tools.names(server)
    finally:
        tools.drop(server, *tools.names(server, "test_ø"))


def test_a_locale_that_the_server_lacks(server, kept, new):
    """Assert that it is restored, and said that texts are sorted otherwise."""
    locale = {"provider": "c", "collate": "tlh_KX", "ctype": "tlh_KX", "name": None, "rules": None}
    tools.reseal(kept.folder, lambda noted: noted["facts"]["database"].update(locale=locale))
    done = backup.restore(kept.folder, tools.url(server, new))
    assert "does not know the locale tlh_KX" in str(done) and rows(server, new) == 1000


def test_where_it_goes(server, kept):
    """Assert one message for a server that does not answer and for no database's name."""
    for address, says in (
        ("postgresql://nobody@127.0.0.1:1/x", "cannot be reached"),
        (f"postgresql://lab:wrong@127.0.0.1:{server.port}/x", "password authentication failed"),
        ("shop.sqlite3", "no address"),
        ("postgresql://127.0.0.1:1/", "names no database"),
        (server.url("postgres"), "from which the others are renamed"),
    ):
        with pytest.raises(LabError, match=says) as caught:
            backup.restore(kept.folder, address)
        tools.message(caught.value)


KILLED = """
import os, sys
from migrationlab import backup
from migrationlab.backup import load_dump, restoration
def die(*_, **__):
    os._exit(9)
module, name = sys.argv[4].split(".")
setattr({"load_dump": load_dump, "restoration": restoration}[module], name, die)
backup.restore(sys.argv[1], sys.argv[2], replace=sys.argv[3])
"""


@pytest.mark.parametrize("step", ["load_dump.compare", "load_dump.analyze", "restoration._swap"])
def test_killed(server, small, kept, step):
    """Assert that a kill leaves the old one in service; the next restore names the rest."""
    spoil(server, small)
    address = tools.url(server, small)
    words = [sys.executable, "-c", KILLED, str(kept.folder), address, small, step]
    assert subprocess.run(words, cwd=paths.PROJECT).returncode == 9
    assert rows(server, small) == 10
    (left,) = (name for name in tools.names(server, small) if restoration.RESTORING in name)
    done = backup.restore(kept.folder, address, replace=small)
    assert f"{left} is left from a restore that was interrupted" in str(done)
    assert rows(server, small) == 1000
