"""The notebook's magics: what a student types does what it would do in psql and in a terminal."""

import os
import time

import pytest
from IPython.core.interactiveshell import InteractiveShell

from migrationlab.course import workspace
from migrationlab.course.lessons import Start
from migrationlab.errors import LabError


@pytest.fixture(scope="session")
def shell():
    found = InteractiveShell.instance()
    found.colors = "nocolor"
    return found


@pytest.fixture
def cell(server, shell, tmp_path):
    """Run a cell with an open, empty workspace; gives its result, raises its error."""
    from migrationlab import lab

    here = os.getcwd()
    space = workspace.Workspace(server, "99", "99_magics", Start())
    space.reset()
    lab._enter(space)

    def run(source):
        result = shell.run_cell(source, store_history=False)
        result.raise_error()
        return result.result

    yield run
    lab.close()
    os.chdir(here)


def count(cell, table="t"):
    return cell(f"%sql SELECT count(*) FROM {table}")[0][0]


def test_begin_and_rollback_across_cells(cell):
    """Assert what plain ipython-sql gets wrong: a ROLLBACK really takes the row back."""
    cell("%%sql\nCREATE TABLE t (a int);")
    cell("%%sql\nBEGIN; INSERT INTO t VALUES (1);")
    assert count(cell) == 1
    cell("%%sql\nROLLBACK")
    assert count(cell) == 0
    cell("%%sql\nSTART TRANSACTION; INSERT INTO t VALUES (1); ROLLBACK;")
    assert count(cell) == 0
    cell("%%sql\nBEGIN; INSERT INTO t VALUES (1); SAVEPOINT a; INSERT INTO t VALUES (2);")
    cell("%%sql\nROLLBACK TO a; COMMIT;")
    assert count(cell) == 1


@pytest.mark.parametrize("statement", ["VACUUM", "CREATE INDEX CONCURRENTLY i ON t (a)"])
def test_statements_that_refuse_a_transaction(cell, statement):
    """Assert that what may not run in a transaction block runs."""
    cell("%%sql\nCREATE TABLE t (a int)")
    cell(f"%%sql\n{statement}")


def test_an_sql_error_fails_the_cell_in_the_servers_words(cell):
    """Assert that an error raises, is short, and carries its SQLSTATE."""
    with pytest.raises(LabError, match="(?s)relation .nothing. does not exist.*42P01"):
        cell("%%sql\nSELECT * FROM nothing")


def test_the_tag_of_a_command_is_said(cell, capsys):
    """Assert that a statement without rows answers as in psql."""
    cell("%%sql\nCREATE TABLE t (a int); INSERT INTO t VALUES (1), (2);")
    assert capsys.readouterr().out.split("\n")[:2] == ["CREATE TABLE", "INSERT 0 2"]


def test_colons_and_percent_signs_stay(cell):
    """Assert that JSON, casts, times and LIKE patterns are not taken for parameters."""
    query = """SELECT '{"a":1}'::json->>'a', 5 % 2, '10:30'::time::text, 'ab' LIKE 'a%'"""
    assert tuple(cell(f"%%sql\n{query}")[0]) == ("1", 1, "10:30:00", True)
    assert cell("%%sql\nSELECT regexp_replace('a1b', '[[:alpha:]]', '-', 'g')")[0][0] == "-1-"


def test_braces_and_dollars_stay(cell):
    """Assert that IPython puts no Python value into a regular expression or a dollar quote."""
    cell("a = 7")
    for magic in ("%%sql\n", "%sql "):
        found = cell(magic + "SELECT '12345678' ~ '^[0-9]{8}$', '{a}', $$it's {a} $a$$, '$a'")
        assert tuple(found[0]) == (True, "{a}", "it's {a} $a", "$a")


def test_variables_are_bound(cell):
    """Assert that :name is the notebook's variable, also before a cast."""
    cell('wanted = "Æ\'s"')
    assert cell("%%sql\nSELECT :wanted::text")[0][0] == "Æ's"


def test_results_show_null_and_at_most_twenty_rows(cell):
    """Assert that a long result does not fill the page and NULL is not None."""
    found = cell("%%sql\nSELECT NULL AS nothing, n FROM generate_series(1, 50) AS n")
    text = found._repr_html_()
    assert len(found) == 50
    assert text.count("<tr>") == 21
    assert "50 rows" in text and "NULL" in text and "None" not in text


def test_a_session_that_was_closed_is_opened_again(cell, capsys):
    """Assert that after a reset from elsewhere the next %sql works."""
    with pytest.raises(LabError):
        cell("%sql SELECT pg_terminate_backend(pg_backend_pid())")
    assert cell("%sql SELECT 7")[0][0] == 7


def test_a_checkpoint_does_not_end_the_notebooks_own_transaction(cell):
    """Assert that a BEGIN in %%sql is neither lost nor copied half-way by lab.checkpoint."""
    from migrationlab import lab

    cell("%%sql\nCREATE TABLE t (a int)")
    cell("%%sql\nBEGIN; INSERT INTO t VALUES (1)")
    with pytest.raises(LabError, match="transaction is open"):
        lab.checkpoint("a")
    cell("%%sql\nCOMMIT")
    assert count(cell) == 1


def test_two_sessions_see_each_other_only_after_commit(cell, capsys):
    """Assert that %%session gives two real sessions."""
    cell("%%sql\nCREATE TABLE t (a int)")
    cell("%%session anna\nBEGIN; INSERT INTO t VALUES (1);")
    capsys.readouterr()
    cell("%%session bo\nSELECT count(*) AS seen FROM t")
    assert "|  0   |" in capsys.readouterr().out
    cell("%%session anna\nCOMMIT")
    capsys.readouterr()
    cell("%%session bo\nSELECT count(*) AS seen FROM t")
    assert "|  1   |" in capsys.readouterr().out


def test_a_statement_that_waits_gives_up_or_is_shown_waiting(cell, capsys):
    """Assert lock_timeout's real error, and that --wait goes on and tells how it ended."""
    cell("%%sql\nCREATE TABLE t (a int)")
    cell("%%session anna\nBEGIN; LOCK TABLE t;")
    with pytest.raises(LabError, match="lock timeout"):
        cell("%%session bo\nSELECT * FROM t")
    cell("%%session bo --wait\nALTER TABLE t ADD b int")
    assert "still waiting" in capsys.readouterr().out
    cell("%%session anna\nROLLBACK")
    cell("%%session bo\nSELECT b FROM t")
    assert "ALTER TABLE" in capsys.readouterr().out


def test_terminal_runs_the_real_programs_here(cell, capfd, server):
    """Assert psql on the open database, in the open folder, with what was typed shown."""
    cell(
        '%%terminal\n# a comment\npsql -Atc "SELECT current_database()"\npython -c "import os; '
        'print(os.getcwd())"'
    )
    said = capfd.readouterr().out
    assert '$ psql -Atc "SELECT current_database()"\nlab_99\n' in said
    assert said.strip().endswith("99_magics")
    cell("%terminal psql --version")
    assert f"$ psql --version\npsql (PostgreSQL) {18}" in capfd.readouterr().out


def test_terminal_writes_a_file(cell, capsys):
    """Assert that `> file` gets what the program printed, and the page gets what it complained."""
    from migrationlab import lab

    code = "import sys; print('æ'); print('seen', file=sys.stderr)"
    cell(f'%%terminal\npython -X utf8 -c "{code}" > out.txt')
    assert (lab.folder / "out.txt").read_text("utf-8").strip() == "æ"
    assert capsys.readouterr().out.strip().endswith("seen")
    with pytest.raises(LabError, match="exit code"):
        cell('%%terminal\npsql -c "SELECT 1/0" > out.txt')


def test_terminal_fails_the_cell(cell, capsys):
    """Assert that an exit code other than zero raises, after the output, and nothing runs on."""
    with pytest.raises(LabError, match="psql ended with exit code"):
        cell('%%terminal\npsql -c "SELECT 1/0"\npsql -c "CREATE TABLE never ()"')
    assert "division by zero" in capsys.readouterr().out
    with pytest.raises(LabError):
        cell("%sql SELECT * FROM never")


@pytest.mark.parametrize(
    "line, words",
    [
        ("psql -c 'SELECT 1' | cat", "a shell's"),
        ("pg_dump >> x", "a shell's"),
        ("> x", "a shell's"),
        ("nosuchprogram --x", "no program nosuchprogram"),
        ('psql -c "SELECT', "cannot be read"),
    ],
)
def test_terminal_says_what_it_cannot_do(cell, line, words):
    """Assert one clear message and nothing run."""
    with pytest.raises(LabError, match=words):
        cell(f"%%terminal\n{line}")


def test_terminal_streams(cell, shell, monkeypatch):
    """Assert that a line is shown when it is written, not when the command ends."""
    seen = []
    monkeypatch.setattr(
        "migrationlab.notebook.terminal_magic._write", lambda text: seen.append(time.monotonic())
    )
    code = "import time; print(1, flush=True); time.sleep(0.5); print(2)"
    cell(f"%%terminal\npython -c '{code}'")
    assert seen[1] - seen[0] > 0.3


def test_revision_fills_the_functions_and_keeps_the_header(cell):
    """Assert that %%revision does what a student does in the editor."""
    from migrationlab import lab

    cell("%%terminal\nalembic init alembic\nalembic revision -m 'add t' --rev-id 0001")
    cell(
        "%%revision add_t\ndef upgrade() -> None:\n    op.create_table('t')\n\n"
        "def downgrade() -> None:\n    op.drop_table('t')"
    )
    text = next((lab.folder / "alembic" / "versions").glob("0001_*.py")).read_text("utf-8")
    assert "revision: str = " in text or "revision = " in text
    assert text.count("def upgrade()") == text.count("def downgrade()") == 1
    assert text.count("from alembic import op") == 1
    cell("%%revision add_t\ndef downgrade() -> None:\n    pass")
    text = next((lab.folder / "alembic" / "versions").glob("0001_*.py")).read_text("utf-8")
    assert "create_table" in text and "drop_table" not in text


@pytest.mark.parametrize(
    "source, words",
    [
        ("%%revision nothing\ndef upgrade(): pass", "No revision file"),
        ("%%revision\ndef upgrade(): pass", "Which revision"),
    ],
)
def test_revision_says_what_is_missing(cell, source, words):
    """Assert one clear message."""
    with pytest.raises(LabError, match=words):
        cell(source)


def test_programs_of_the_right_version_come_first(cell, server):
    """Assert that the notebook's own PATH finds the server's client programs, not older ones."""
    import shutil

    assert os.path.dirname(shutil.which("psql")) == str(server.bin)
