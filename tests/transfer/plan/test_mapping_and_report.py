"""What a person reads and writes: the mapping file, the advice, the reports, the command line."""

import re
import sqlite3
import tomllib
from contextlib import closing

import psycopg2
import pytest

from migrationlab import transfer
from migrationlab.errors import LabError
from migrationlab.postgres import databases
from migrationlab.transfer import report
from migrationlab.transfer.__main__ import main
from migrationlab.transfer.plan import mapping_file

DIRTY = """
CREATE TABLE "Odd | <b>Table</b>" (
    id INTEGER PRIMARY KEY, born DATE, seen DATETIME, paid BOOLEAN, name TEXT);
INSERT INTO "Odd | <b>Table</b>" VALUES
    (1, '2024-01-31', '2024-01-31 10:00:00', 1, 'Åse'),
    (2, '31/12/2023', 1700000000, 'ja', '<script>alert(1)</script>'),
    (3, '', '2024-02-01', 'nej', 'pipe | and *stars*'),
    (4, '0000-00-00', NULL, NULL, CAST(x'53F872656E' AS TEXT));
"""
TABLE = "Odd | <b>Table</b>"


@pytest.fixture
def dirty(tmp_path):
    path = tmp_path / "dirty shop.sqlite3"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(DIRTY)
    return path


@pytest.fixture
def database(server):
    with databases.temporary(server, "words") as name:
        yield name


def test_the_advice_works(dirty, server, database):
    """Assert that the proposed lines, put into a mapping as they are, make everything fit."""
    columns = {"name": {"convert": "latin-1"}}
    for problem in transfer.make_plan(dirty).every_problem():
        if problem.kind.startswith("not_a"):
            line = problem.todo.partition(": ")[2].replace(" and ", "\n")
            columns[problem.column] = tomllib.loads(line)
    assert columns["born"] == {"convert": "iso | DD/MM/YYYY", "null_for": ["", "0000-00-00"]}
    assert columns["seen"] == {"convert": "iso | unix seconds | midnight"}
    assert columns["paid"] == {"true_for": ["ja"], "false_for": ["nej"]}
    done = transfer.transfer(
        dirty, server.url(database), mapping={"tables": {TABLE: {"columns": columns}}}
    )
    assert done.exit_code == 0 and done.tables[0].proved
    with closing(psycopg2.connect(server.url(database).replace("+psycopg2", ""))) as connection:
        with connection.cursor() as cursor:
            cursor.execute('SELECT born::text, seen::text, paid, name FROM "odd | <b>table</b>"')
            rows = cursor.fetchall()
    assert rows[1] == ("2023-12-31", "2023-11-14 22:13:20", True, "<script>alert(1)</script>")
    assert rows[2] == (None, "2024-02-01 00:00:00", False, "pipe | and *stars*")
    assert rows[3] == (None, None, None, "Søren")


def test_a_written_mapping_decides_nothing_yet(dirty, tmp_path):
    """Assert that the file that --write makes leads to the same plan, and is not overwritten."""
    plan = transfer.make_plan(dirty)
    path = tmp_path / "decisions.toml"
    mapping_file.write(plan, path)
    again = transfer.make_plan(dirty, mapping=path)
    types = [[(c.name, c.type) for c in t.columns] for t in plan.tables]
    assert types == [[(c.name, c.type) for c in t.columns] for t in again.tables]
    assert len(plan.every_problem()) == len(again.every_problem()) > 3
    with pytest.raises(LabError, match="may hold your decisions"):
        mapping_file.write(plan, path)


def test_reports_show_names_and_values_as_they_are(dirty):
    """Assert that nothing in a name or value becomes HTML or breaks a table."""
    plan = transfer.make_plan(dirty)
    page = report.page(report.plan_markdown(plan), "Plan")
    assert "<script" not in page and "<b>" not in page
    assert "Odd | &lt;b&gt;Table&lt;/b&gt;" in page
    rows = re.findall(r"<tr>(.*?)</tr>", page, re.S)
    assert {row.count("<t") for row in rows} == {len(report.COLUMN_HEADINGS)}


def test_the_command_tells_and_changes_nothing(dirty, tmp_path, capsys):
    """Assert exit code 3, every problem with its advice, and the files that were asked for."""
    written = [tmp_path / name for name in ("m.toml", "schema.sql", "0001.py", "plan.html")]
    options = ["--write", "--sql", "--revision", "--report"]
    words = [str(word) for pair in zip(options, written, strict=True) for word in pair]
    assert main([str(dirty), "--plan", *words]) == 3
    said = capsys.readouterr().out
    assert "born: values that are no day" in said and "DD/MM/YYYY" in said
    assert "\x1b[" not in said
    for path in written:
        assert path.stat().st_size > 300
    compile(written[2].read_text("utf-8"), "0001.py", "exec")


def test_where_to_is_asked(dirty, capsys):
    """Assert one message, and no plan, when the address is missing or is none."""
    assert main([str(dirty)]) == 1
    assert main([str(dirty), "mysql://me:secret@host/db"]) == 1
    said = capsys.readouterr().err
    assert "secret" not in said and "Traceback" not in said
    assert said.count("postgresql://user:password@host:port/database") == 2


def test_texts_of_digits_become_numbers_when_the_mapping_says_so(tmp_path, server, database):
    """Assert that '19.90' is 19.9, that other texts still stop, and that a 0 can mean nothing."""
    path = tmp_path / "prices.sqlite3"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(
            "CREATE TABLE t (id INTEGER PRIMARY KEY, price TEXT, sold DATE);"
            "INSERT INTO t VALUES (1, '19.90', '2024-01-31'), (2, '-7', 0), (3, '1.299,00', NULL),"
            " (4, '1e5', NULL), (5, '1.2.3', NULL), (6, '12345678901234567', NULL)"
        )
    columns = {
        "price": {"type": "numeric(12,2)", "convert": "number"},
        "sold": {"null_for": ["0"]},
    }
    decided = {"tables": {"t": {"columns": columns}}}
    plan = transfer.make_plan(path, mapping=decided)
    assert [(p.column, p.kind, p.count) for p in plan.every_problem()] == [
        ("price", "not_a_number", 4)
    ]
    done = transfer.transfer(path, server.url(database), mapping=decided, quarantine=True)
    assert (done.tables[0].loaded, done.tables[0].quarantined) == (2, 4)
    with closing(psycopg2.connect(server.url(database).replace("+psycopg2", ""))) as connection:
        with connection.cursor() as cursor:
            cursor.execute("SELECT id, price::text, sold::text FROM t ORDER BY id")
            assert cursor.fetchall() == [(1, "19.90", "2024-01-31"), (2, "-7.00", None)]


def test_the_quarantine_cannot_choose_between_equal_keys(tmp_path, server, database):
    """Assert that keys which become the same stop the transfer before anything is loaded."""
    path = tmp_path / "keys.sqlite3"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(
            "CREATE TABLE t (at DATETIME PRIMARY KEY);"
            "INSERT INTO t VALUES ('2024-01-31 10:00:00'), ('2024-01-31T10:00:00')"
        )
    with pytest.raises(transfer.Stopped, match="must be unique"):
        transfer.transfer(path, server.url(database), quarantine=True)
