"""The command line: short messages, exit codes, and the words that `lab.py` had before."""

import os
import re
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from migrationlab import backup, paths
from migrationlab.backup import __main__ as command
from migrationlab.backup import manifest
from migrationlab.cli import app
from tests.backup import backup_tools as tools


@pytest.fixture
def main(capsys):
    """Run a command in this process: (exit code, stdout, stderr)."""

    def run(*words):
        code = command.main([str(word) for word in words], program="lab.py")
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return code, said.out, said.err

    return run


def test_the_whole_way(server, small, new, tmp_path, main):
    """Assert: made, verified, listed, restored, pruned; each says what it did, and ends with 0."""
    shelf = tmp_path / "shelf"
    code, said, _ = main("make", tools.url(server, small), "--to", shelf)
    (folder,) = shelf.iterdir()
    assert code == 0 and str(folder) in said and "1,000 rows in 1 tables" in said
    assert "Nobody has tried it yet" in said
    code, said, _ = main("verify", folder, "--quick")
    assert code == 0 and "good. Files and structure only" in said
    code, said, _ = main("verify", folder, "--on", server.url("postgres"))
    assert code == 0 and "Compared: 1,000 rows" in said
    code, said, _ = main("list", shelf)
    assert code == 0 and "daily, weekly," in said and "3-2-1" in said and small in said
    code, said, _ = main("restore", folder, "--into", tools.url(server, new))
    assert code == 0 and f"{new} is restored" in said
    code, said, _ = main("restore", folder, "--into", tools.url(server, small), "--replace", small)
    assert code == 0 and "is kept as" in said
    code, said, _ = main("prune", shelf)
    assert (code, said) == (0, "Retention keeps them all.\n")


def test_quiet(server, small, tmp_path, main):
    """Assert that --quiet prints the folder alone, for a script."""
    words = ("--to", tmp_path, "--quiet", "--format", "directory", "--jobs", "2")
    code, said, error = main("make", tools.url(server, small), *words)
    assert code == 0 and error == ""
    assert backup.verify(said.rstrip("\n"), quick=True).ok


def test_prune(server, small, tmp_path, main):
    """Assert that without --yes nothing goes, and that it is said."""
    one, two = (backup.make(tools.url(server, small), tmp_path) for _ in range(2))
    old = min(one.folder, two.folder, key=lambda folder: (manifest.load(folder).made, folder.name))
    code, said, _ = main("prune", tmp_path)
    assert code == 0 and "would go" in said and "--yes" in said
    assert one.folder.exists() and two.folder.exists()
    code, said, _ = main("prune", tmp_path, "--yes")
    assert code == 0 and "removed" in said
    assert len(list(tmp_path.iterdir())) == 1, old


def test_exit_codes(server, small, kept, tmp_path, main):
    """Assert 1 for what could not start and 3 for a backup that is not what it says."""
    wrong = tools.url(server, small, password="wrong")
    for words in (
        ("make", wrong, "--to", tmp_path / "a"),
        ("make", tools.url(server, small), "--to", kept.folder / manifest.NAME),
        ("verify", tmp_path),
        ("verify", kept.folder, "--on", wrong),
        ("restore", kept.folder, "--into", tools.url(server, small)),
        ("list", tmp_path / "nowhere"),
        ("prune", tmp_path / "nowhere"),
    ):
        code, said, error = main(*words)
        assert (code, said) == (1, ""), words
        assert 0 < len(error) < 500 and server.password not in error, error
    (kept.folder / "dump.custom").write_bytes(b"")
    for words in (
        ("verify", kept.folder),
        ("verify", kept.folder, "--quick"),
        ("restore", kept.folder, "--into", tools.url(server, small), "--replace", small),
    ):
        code, said, error = main(*words)
        assert code == 3 and "dump.custom: " in said + error
        assert "Traceback" not in error
    (kept.folder / manifest.NAME).write_text("{")
    for words in (("verify", kept.folder), ("restore", kept.folder, "--into", "postgresql:///x")):
        code, _, error = main(*words)
        assert code == 3 and "manifest" in error


def test_sqlite(tmp_path, main):
    """Assert that a file goes the same way, in words that are true for it."""
    import sqlite3

    file = tmp_path / "shop.sqlite3"
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE t AS SELECT 1 AS n")
    connection.close()
    code, said, _ = main("make", file, "--to", tmp_path / "shelf")
    assert code == 0 and "1 rows in 1 tables, by SQLite" in said and "Roles" not in said
    (folder,) = (tmp_path / "shelf").iterdir()
    assert main("verify", folder)[0] == 0
    assert main("restore", folder, "--into", tmp_path / "new.sqlite3")[0] == 0
    code, _, error = main("restore", folder, "--into", file)
    assert code == 1 and "exists already" in error
    code, said, _ = main("list", tmp_path / "shelf")
    assert code == 0 and "shop.sqlite3" in said


def test_names_with_brackets(tmp_path, main, server, small):
    """Assert that what looks like markup is printed as it is."""
    backup.make(tools.url(server, small), tmp_path)
    (tmp_path / ".unfinished-[red]x").mkdir()
    code, said, _ = main("list", tmp_path)
    assert code == 0 and "[red]x is no backup" in said


@pytest.fixture
def lab(server, monkeypatch):
    """Run `lab.py` with these words."""
    monkeypatch.setenv("COLUMNS", "200")
    return lambda *words: CliRunner().invoke(app.app, [str(word) for word in words])


def test_through_lab(server, small, new, tmp_path, lab):
    """Assert that lab.py has the five commands, and passes options and exit codes on."""
    done = lab("backup", tools.url(server, small), "--to", tmp_path, "--quiet")
    assert done.exit_code == 0, done.output
    (folder,) = tmp_path.iterdir()
    assert lab("verify", folder, "--quick").exit_code == 0
    done = lab("restore", folder, "--into", tools.url(server, new), "--without-owners")
    assert done.exit_code == 0 and "left out" in done.output
    done = lab("restore", folder, "--into", tools.url(server, new), "--replace", "other")
    assert done.exit_code == 1
    assert small in lab("backups", tmp_path).output
    assert lab("prune", tmp_path).exit_code == 0
    (folder / "dump.custom").write_bytes(b"")
    assert lab("verify", folder).exit_code == 3
    assert lab("restore", folder, "--into", tools.url(server, new)).exit_code == 3
    for name in ("backup", "verify", "restore", "backups", "prune"):
        assert lab(name).exit_code == 0 and "usage: lab.py" in lab(name, "--help").output


def test_restore_of_an_exercise(lab):
    """Assert that `lab.py restore 2.3`, as it was once typed, works and names the new word."""
    done = lab("restore", "2.3")
    assert done.exit_code == 0, done.output
    assert "python3 lab.py reopen 2.3" in done.output
    # Which of the two depends on who has worked on this server before this test.
    assert re.search(r"Nothing of 2.3 was set aside|\d{8}_\d{6}", done.output)
    assert "backup" in lab("restore", "--help").output


@pytest.mark.skipif(os.name == "nt", reason="a pipe that nobody reads")
def test_as_a_process(server, small, tmp_path):
    """Assert that the module runs alone, without a terminal, in any language's locale."""
    environment = os.environ | {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    place = tmp_path / "sikkerhedskopi æ"
    words = ("make", tools.url(server, small), "--to", place)
    done = tools.lab(*words, environment=environment)
    assert done.returncode == 0, done.stderr
    done = tools.lab("list", place, environment=environment)
    assert done.returncode == 0, done.stderr


def test_where_psql_would_go(server, small, tmp_path):
    """Assert that postgresql:/// means the environment's server and database."""
    environment = dict(os.environ) | {
        "PGHOST": server.host, "PGPORT": str(server.port), "PGUSER": server.user,
        "PGPASSWORD": server.password, "PGDATABASE": small, "PGSERVICE": "",
    }  # fmt: skip
    environment.pop("PGSERVICE")
    done = tools.lab("make", "postgresql:///", "--to", tmp_path, "--quiet", environment=environment)
    assert done.returncode == 0, done.stderr
    assert manifest.load(done.stdout.strip()).manifest["database"] == small
    words = [sys.executable, "-m", "migrationlab.backup", "verify", done.stdout.strip()]
    words += ["--on", "postgresql:///postgres"]
    verified = subprocess.run(words, cwd=paths.PROJECT, env=environment, capture_output=True)
    assert verified.returncode == 0, verified.stderr
