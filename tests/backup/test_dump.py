"""Making a backup: exact under live writes, with everything in it, or not there at all."""

import json
import os
import signal
import subprocess
import sys
import threading
import time

import psycopg2
import pytest

from migrationlab import backup, paths
from migrationlab.backup import client_programs, dump, inventory, manifest
from migrationlab.errors import LabError
from migrationlab.server import postgres_programs
from tests.backup import backup_tools as tools

FORMATS = ("custom", "plain", "directory")


@pytest.fixture
def role(server, small):
    """(name, password) of a role that may log in to the small database, and do nothing there."""
    name, password = "test_nobody", "s3cret:w/ord%"
    tools.run(server, "postgres", f"CREATE ROLE {name} LOGIN PASSWORD '{password}'")
    yield name, password
    tools.run(server, small, f"DROP OWNED BY {name}")
    tools.drop(server, small)
    tools.run(server, "postgres", f"DROP ROLE {name}")


@pytest.mark.parametrize("format", FORMATS)
def test_everything_is_in_it(server, made, format):
    """Assert that a restored copy of the rich database has one of everything, exactly."""
    verdict = backup.verify(made[format].folder, on=server.url("postgres"))
    assert verdict.lines == []
    assert str(verdict).startswith(made[format].folder.name + ": good.")
    noted = made[format].manifest
    assert noted["alembic_revision"] == "0042" and noted["database"] == tools.ODD_NAME
    assert noted["facts"]["tables"]["Bøger og blade.Ærø 🐑"]["rows"] == 500
    assert noted["facts"]["large_objects"]["count"] == 2
    assert noted["facts"]["sequences"]["tæller"] == [93, True]
    assert not any(name.startswith("lab_verify_") for name in tools.names(server))


@pytest.mark.parametrize("format, jobs", [("custom", 1), ("directory", 3), ("plain", 1)])
def test_exact_while_others_write(server, small, tmp_path, format, jobs):
    """Assert that a backup under live writes sees one moment, and proves it."""
    stop = threading.Event()
    failed = []

    def write(number):
        try:
            with tools.closing(server.connect(small)) as connection:
                while not stop.is_set():
                    with connection, connection.cursor() as cursor:
                        cursor.execute(
                            "UPDATE accounts SET balance = balance - 1 WHERE id = %s;"
                            "UPDATE accounts SET balance = balance + 1 WHERE id = %s;"
                            "INSERT INTO accounts (owner, balance) VALUES ('new', 0)",
                            (number, number + 500),
                        )
        except psycopg2.Error as error:
            failed.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(1, 5)]
    for thread in threads:
        thread.start()
    try:
        time.sleep(0.1)
        one = backup.make(tools.url(server, small), tmp_path, format=format, jobs=jobs)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert failed == []
    assert one.manifest["facts"]["sequences_after"] != {}, "nobody wrote during the backup"
    verdict = backup.verify(one.folder, on=server.url("postgres"))
    assert verdict.lines == []
    backup.restore(one.folder, tools.url(server, small), replace=small)
    ((total, largest),) = tools.run(server, small, "SELECT sum(balance), max(id) FROM accounts")
    assert total == 100_000
    ((next_,),) = tools.run(server, small, "SELECT nextval('accounts_id_seq')")
    assert next_ > largest


def test_truncate_waits(server, small, tmp_path, monkeypatch):
    """Assert that what an old snapshot does not survive waits until the backup is whole."""
    began = threading.Event()
    gather = inventory.gather

    def slow(connection):
        with connection.cursor() as cursor:
            held = "SELECT count(DISTINCT pid) FROM pg_locks WHERE relation = 'accounts'::regclass"
            cursor.execute(held)
            while cursor.fetchone() != (2,):  # our own, and pg_dump's
                cursor.execute(held)
        began.set()
        time.sleep(0.5)
        return gather(connection)

    def disturb():
        began.wait()
        tools.run(server, small, "TRUNCATE accounts")

    monkeypatch.setattr(dump.inventory, "gather", slow)
    thread = threading.Thread(target=disturb)
    thread.start()
    one = backup.make(tools.url(server, small), tmp_path)
    thread.join()
    monkeypatch.undo()
    assert one.manifest["facts"]["tables"]["accounts"]["rows"] == 1000
    assert backup.verify(one.folder, on=server.url("postgres")).lines == []
    assert tools.run(server, small, "SELECT count(*) FROM accounts") == [(0,)]


def test_a_table_that_somebody_alters(server, small, tmp_path, monkeypatch):
    """Assert one message when a table is locked for too long, and nothing left."""
    monkeypatch.setattr(dump, "LOCK_SECONDS", 1)
    with tools.closing(server.connect(small)) as connection, connection.cursor() as cursor:
        cursor.execute("BEGIN; LOCK TABLE accounts")
        with pytest.raises(LabError, match="changing a table for 1 s") as caught:
            backup.make(tools.url(server, small), tmp_path)
    assert "What to do" in tools.message(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_names_of_folders(server, small, tmp_path):
    """Assert that two backups in one second are two, and that no name hides or lies."""
    moment = manifest.now()
    first = backup.make(tools.url(server, small), tmp_path)
    second = backup.make(tools.url(server, small), tmp_path)
    assert first.folder != second.folder
    assert manifest.stamp(".unfinished-x", moment).startswith("_unfinished-x-20")
    assert "/" not in manifest.stamp("../../etc/passwd", moment)
    with manifest.folder_for(tmp_path, manifest.stamp("x", moment)) as (draft, finish):
        (draft / "file").write_text("x")
        (tmp_path / manifest.stamp("x", moment)).mkdir()
        one = finish({"version": 1})
    assert one.folder.name.endswith("Z-2")


def test_private(made):
    """Assert that other users of the machine cannot read a backup."""
    assert made["custom"].folder.stat().st_mode & 0o077 == 0


def test_passwords_are_nowhere(server, small, tmp_path, monkeypatch):
    """Assert that no process, no file and no message of a backup has the password."""
    commands = []
    gather = inventory.gather

    def look(connection):
        for folder in paths.Path("/proc").glob("[0-9]*"):
            try:
                if (folder / "cmdline").read_bytes().split(b"\0")[0].endswith(b"pg_dump"):
                    commands.append((folder / "cmdline").read_bytes())
            except OSError:
                pass
        return gather(connection)

    monkeypatch.setattr(dump.inventory, "gather", look)
    one = backup.make(tools.url(server, small), tmp_path)
    if sys.platform == "linux":
        assert commands
    secret = server.password.encode()
    assert not any(secret in command for command in commands)
    for file in one.folder.rglob("*"):
        assert file.is_dir() or secret not in file.read_bytes(), file
    text = (one.folder / "globals.sql").read_text("utf-8")
    assert "SCRAM-SHA-256" not in text and "CREATE ROLE" in text


@pytest.mark.parametrize(
    "change, says",
    [
        (lambda url: url.replace("@", "wrong@"), "password authentication failed"),
        (lambda url: url + "_not_there", "does not exist"),
        (lambda url: url.rpartition("@")[0] + "@127.0.0.1:1/x", "Connection refused"),
        (lambda url: url.rpartition("@")[0] + "@no.such.host.invalid/x", "host name"),
        (lambda url: "mysql://me:hunter2@localhost/x", "no address of a PostgreSQL"),
        (lambda url: "postgresql://me:hunter2%zz@localhost/x", "not understood"),
        (lambda url: "postgresql://me:hunter2/more@localhost/x", "not understood"),
        (lambda url: "postgresql://me:hunter2@localhost/x?no=such", "not understood"),
        (lambda url: "shop.sqlite3", "no address of a PostgreSQL"),
    ],
)
def test_addresses(server, small, tmp_path, change, says):
    """Assert one short message for each address that leads nowhere, without the password."""
    with pytest.raises(LabError) as caught:
        backup.make(change(tools.url(server, small)), tmp_path / "shelf")
    text = tools.message(caught.value, server.password, "hunter2")
    assert says in text, text
    assert not (tmp_path / "shelf").exists()


def test_a_role_without_rights(server, small, role, tmp_path):
    """Assert one message for a table that the role may not read; with the right, it works."""
    address = tools.url(server, small, *role)
    with pytest.raises(LabError) as caught:
        backup.make(address, tmp_path)
    text = tools.message(caught.value, role[1])
    assert "permission denied for table accounts" in text and "owner of the database" in text
    assert list(tmp_path.iterdir()) == []
    tools.run(server, small, f"GRANT SELECT ON accounts TO {role[0]}")
    with pytest.raises(LabError, match="accounts_id_seq"):
        backup.make(address, tmp_path)
    tools.run(server, small, f"GRANT SELECT ON accounts_id_seq TO {role[0]}")
    one = backup.make(address, tmp_path)
    assert one.manifest["facts"]["tables"]["accounts"]["rows"] == 1000
    assert role[1] not in (one.folder / manifest.NAME).read_text("utf-8")
    assert backup.verify(one.folder, on=server.url("postgres")).ok


def test_hidden_rows_are_refused(server, small, role, tmp_path):
    """Assert that row-level security gives a message, never a dump with some of the rows."""
    tools.run(
        server,
        small,
        f"GRANT SELECT ON accounts, accounts_id_seq TO {role[0]}",
        "ALTER TABLE accounts ENABLE ROW LEVEL SECURITY",
        "CREATE POLICY few ON accounts USING (id < 10)",
    )
    with pytest.raises(LabError) as caught:
        backup.make(tools.url(server, small, *role), tmp_path)
    text = tools.message(caught.value, role[1])
    assert "row-level security" in text and "BYPASSRLS" in text, text
    assert list(tmp_path.iterdir()) == []
    assert backup.make(tools.url(server, small), tmp_path).manifest["facts"]["tables"]


def test_a_roles_own_settings(server, small, role, tmp_path):
    """Assert that what a role has set for its programs neither stops nor alters a backup."""
    tools.run(
        server,
        small,
        "CREATE SCHEMA side",
        "CREATE FUNCTION side.f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        f"GRANT pg_read_all_data TO {role[0]}",
        f"ALTER ROLE {role[0]} SET search_path = side",
        f"ALTER ROLE {role[0]} SET statement_timeout = '20ms'",
        f"ALTER ROLE {role[0]} SET bytea_output = 'escape'",
    )
    one = backup.make(tools.url(server, small, *role), tmp_path)
    assert backup.verify(one.folder, on=server.url("postgres")).lines == []


def test_folders_that_take_nothing(server, small, tmp_path):
    """Assert one message for a place that is a file, or on a full disk."""
    file = tmp_path / "file"
    file.write_text("")
    for place in (file, file / "below"):
        with pytest.raises(LabError, match="cannot take a backup") as caught:
            backup.make(tools.url(server, small), place)
        assert "--to" in tools.message(caught.value)


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="only root can mount")
@pytest.mark.parametrize("format", FORMATS)
def test_a_full_disk(server, small, tmp_path, format):
    """Assert one message when the disk is full, and nothing left there."""
    tools.run(
        server,
        small,
        "CREATE TABLE noise AS SELECT string_agg(md5(n::text || m), '') AS t"
        " FROM generate_series(1, 300) n, generate_series(1, 300) m GROUP BY n",
    )
    place = tmp_path / "disk"
    place.mkdir()
    mounted = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(place)]
    if subprocess.run(mounted, capture_output=True).returncode:
        pytest.skip("nothing can be mounted here")
    try:
        with pytest.raises(LabError, match="No space left") as caught:
            backup.make(tools.url(server, small), place, format=format)
        tools.message(caught.value)
        assert list(place.iterdir()) == []
    finally:
        subprocess.run(["umount", str(place)], check=True)


def test_formats_and_jobs(server, small, tmp_path):
    """Assert a message for what cannot be, before anything starts."""
    with pytest.raises(LabError, match="There is no format tar"):
        backup.make(tools.url(server, small), tmp_path, format="tar")
    with pytest.raises(LabError, match="Only the format directory"):
        backup.make(tools.url(server, small), tmp_path, jobs=4)
    assert list(tmp_path.iterdir()) == []


def fake(folder, version):
    """A pg_dump that knows only its version."""
    folder.mkdir()
    program = folder / "pg_dump"
    program.write_text(f"#!/bin/sh\necho 'pg_dump (PostgreSQL) {version}'\n")
    program.chmod(0o755)
    return folder


@pytest.mark.skipif(os.name == "nt", reason="the fake program is a shell script")
def test_programs_of_the_right_version(tmp_path, monkeypatch):
    """Assert: the server's own version, else the next newer one, else a message that helps."""
    old, same, newer = (fake(tmp_path / name, name) for name in ("14.9", "16.3", "19.1"))
    monkeypatch.setattr(postgres_programs, "SYSTEM", "/nowhere")
    monkeypatch.setenv("PATH", os.pathsep.join(map(str, (newer, old))))
    monkeypatch.setenv(postgres_programs.GIVEN, str(same))
    client_programs.found.cache_clear()
    try:
        assert client_programs.for_server(16).folder == same
        assert client_programs.for_server(15).version == "16.3"
        assert client_programs.for_server(18).major == 18  # the wheel's
        assert (
            client_programs.for_server(18, tls=True).folder == newer
        )  # the wheel's cannot encrypt
        assert client_programs.for_server(19).folder == newer
        with pytest.raises(LabError) as caught:
            client_programs.for_server(20)
        text = tools.message(caught.value)
        assert "The server is PostgreSQL 20" in text and postgres_programs.GIVEN in text
    finally:
        client_programs.found.cache_clear()


def test_older_programs_are_refused_before_anything_starts(server, small, tmp_path, monkeypatch):
    """Assert that a newer server than all programs leaves no folder."""
    old = client_programs.Clients(tmp_path, "15.4")
    monkeypatch.setattr(client_programs, "found", lambda: (old,))
    with pytest.raises(LabError, match="no client programs are that new: 15.4"):
        backup.make(tools.url(server, small), tmp_path / "shelf")
    assert not (tmp_path / "shelf").exists()


SLOW = """
import sys, time
from migrationlab.backup import __main__ as command, dump, inventory
gather = inventory.gather
def slow(connection):
    print("now", flush=True)
    connection.cursor().execute("SELECT pg_sleep(60)")
    return gather(connection)
dump.inventory.gather = slow
sys.exit(command.main(sys.argv[1:]))
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows sends no Ctrl-C to one process")
@pytest.mark.parametrize("sign, code", [(signal.SIGINT, 130), (signal.SIGKILL, -9)])
def test_interrupted(server, small, tmp_path, sign, code):
    """Assert that Ctrl-C leaves nothing at once, and a kill only what says that it is nothing."""
    words = ["make", tools.url(server, small), "--to", str(tmp_path)]
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW, *words],
        cwd=paths.PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout.readline() == "now\n"
    began = time.monotonic()
    process.send_signal(sign)
    said = process.communicate()[1]
    assert process.returncode == code and time.monotonic() - began < 5
    left = list(tmp_path.iterdir())
    if sign == signal.SIGINT:
        assert said == "Interrupted. Nothing half done is left.\n"
        assert left == []
    else:
        assert [path.name[:12] for path in left] == [manifest.UNFINISHED]
        with pytest.raises(LabError, match="was never finished"):
            backup.verify(left[0])
        assert backup.listing(tmp_path) == []
        (line,) = tools.lab("list", tmp_path).stdout.splitlines()[1:]
        assert "never finished" in line


def test_what_the_manifest_says(made):
    """Assert the names in the manifest on which others build."""
    noted = json.loads((made["custom"].folder / manifest.NAME).read_text("utf-8"))
    assert {
        "version", "kind", "made_at", "database", "server_version", "client", "format",
        "alembic_revision", "origin", "bytes", "files", "globals", "seconds", "facts", "sha256",
    } <= noted.keys()  # fmt: skip
    assert noted["made_at"].endswith("+00:00") and noted["globals"] == "included"
    assert set(noted["files"]) == {"dump.custom", "globals.sql"}
