"""Lesson 03's ledger: it notices an edited revision, and stands in nobody's way."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys

import pytest

from migrationlab import paths
from tests.stairway.chain_tools import execute

START = paths.LESSONS / "03_rollback" / "start"
FIRST = "2f6a8c1e90b4_create_accounts_table.py"
LAST = "b81e4c97d350_drop_phone_from_accounts.py"
ENTRIES = "SELECT revision FROM alembic_ledger ORDER BY revision"
TABLE = "SELECT to_regclass('alembic_ledger')"


@pytest.fixture
def project(tmp_path):
    """The lesson's project with the ledger switched on, as the first lines of ledger.py say."""
    folder = shutil.copytree(START / "lesson", tmp_path / "project")
    env = folder / "alembic" / "env.py"
    text = env.read_text("utf-8").replace("import os\n", "import os\nimport ledger\n", 1)
    text = text.replace(
        "target_metadata=target_metadata,",
        "target_metadata=target_metadata, on_version_apply=ledger.note, include_name=ledger.hide,",
    )
    begin, run = "with context.begin_transaction():\n", "context.run_migrations()"
    text = re.sub(
        rf"{re.escape(begin)}( +){re.escape(run)}",
        rf"{begin}\1ledger.refuse_edited(context.get_context())\n\1{run}",
        text,
    )
    assert text.count("ledger.") == 6
    env.write_text(text, "utf-8")
    return folder


@pytest.fixture
def alembic(server, database, project):
    """Type an alembic command: what it says, on both channels."""

    def run(*words, code=0):
        done = subprocess.run(
            [sys.executable, "-m", "alembic", *words],
            cwd=project,
            env=os.environ | server.environment(database),
            capture_output=True,
            text=True,
            encoding="utf-8",
        )
        said = done.stdout + done.stderr
        assert (done.returncode == 0) is (code == 0), said
        return said

    return run


def edit(project, name: str, old: str, new: str) -> None:
    file = project / "alembic" / "versions" / name
    text = file.read_text("utf-8")
    assert text.count(old) == 1
    file.write_text(text.replace(old, new), "utf-8")


def test_an_edited_revision_stops_every_command(project, alembic):
    """Assert that the file is named, and that putting it back is enough."""
    alembic("upgrade", "head")
    edit(project, FIRST, '"full_name", sa.Text', '"full_name", sa.String')
    for words in (["current"], ["upgrade", "head"], ["downgrade", "-1"]):
        assert f"{FIRST} was edited after it had been applied here" in alembic(*words, code=1)
    edit(project, FIRST, '"full_name", sa.String', '"full_name", sa.Text')
    alembic("downgrade", "-1")


def test_what_is_not_run_may_be_edited(project, alembic):
    """Assert that comments, docstrings and layout are free, and so is what is not applied."""
    alembic("upgrade", "7d03b5e6a2f1")
    edit(project, FIRST, '"full_name", sa.Text', '"full_name",  # as people write it\n    sa.Text')
    edit(project, FIRST, '"""Upgrade schema."""', '"""The first table."""')
    edit(project, LAST, '"phone")', '"phone", if_exists=True)')
    alembic("upgrade", "head")


def test_the_ledger_follows_the_version(server, database, alembic):
    """Assert an entry for each applied revision, none after a downgrade, no table at base."""
    alembic("upgrade", "head")
    assert len(execute(server, database, ENTRIES)) == 3
    alembic("downgrade", "-1")
    assert execute(server, database, ENTRIES) == [("2f6a8c1e90b4",), ("7d03b5e6a2f1",)]
    alembic("downgrade", "base")
    assert execute(server, database, TABLE) == [(None,)]
    alembic("stamp", "head")  # nothing was run, so nothing is written down
    assert execute(server, database, TABLE) == [(None,)]


def test_a_revision_that_fails_has_no_entry(server, database, project, alembic):
    """Assert that the entry is in the transaction of its revision."""
    alembic("upgrade", "7d03b5e6a2f1")
    edit(project, LAST, '"phone")', '"telephone")')
    assert "telephone" in alembic("upgrade", "head", code=1)
    assert len(execute(server, database, ENTRIES)) == 2


def test_it_is_hidden_from_autogenerate_and_written_by_sql(project, alembic):
    """Assert that nobody is told to drop it, and that a script for somebody else has it, too."""
    alembic("upgrade", "head")
    env = project / "alembic" / "env.py"
    text = env.read_text("utf-8").replace(
        "target_metadata = None", "import sqlalchemy as sa\ntarget_metadata = sa.MetaData()"
    )
    env.write_text(text, "utf-8")
    said = alembic("check", code=1)
    assert "accounts" in said and "alembic_ledger" not in said
    assert alembic("upgrade", "head", "--sql").count("INSERT INTO alembic_ledger") == 3


def test_a_file_that_is_missing_is_alembics_own_message(project, alembic):
    alembic("upgrade", "head")
    (project / "alembic" / "versions" / LAST).unlink()
    assert "Can't locate revision" in alembic("current", code=1)


def test_the_fingerprint_is_the_same_everywhere():
    """Assert the fingerprints in exercise 3.6's start, whatever Python or system computes them."""
    assert (START / "edited/ledger.py").read_bytes() == (START / "lesson/ledger.py").read_bytes()
    spec = importlib.util.spec_from_file_location("ledger", START / "edited" / "ledger.py")
    ledger = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(ledger)
    written = dict(
        re.findall(r"\('(\w{12})', '(\w{64})'\)", (START / "edited.sql").read_text("utf-8"))
    )
    versions = START / "edited" / "alembic" / "versions"
    computed = {f.name[:12]: ledger.fingerprint(f) for f in versions.glob("*.py")}
    same = {revision for revision in written if written[revision] == computed[revision]}
    assert same == {"60d2c8a71f3e"}  # the other one is what somebody has edited
