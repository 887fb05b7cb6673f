"""A command line of a %%terminal cell says the same whether it is started anew or forked."""

import shutil
import sys

import pytest

from migrationlab import commands, paths
from migrationlab.authoring.answer_trials import COMMANDS_IMPORT

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nothing is forked")

# The line, and its exit code.
LINES = {
    "alembic upgrade 0002 --sql": 0,
    "alembic upgrade no_such_revision": 255,
    "alembic upgrade": 2,
    "alembic history > history.txt": 0,
    "python mine.py": 1,
    "python -m migrationlab.transfer --plan nothing.sqlite": 1,
    "psql --command nonsense": 1,
}


@pytest.mark.parametrize("line", LINES)
def test_the_words_are_the_same(line, tmp_path, server, database, monkeypatch):
    """Assert that output, exit code and what is written to a file do not depend on the way."""
    monkeypatch.setenv("PYTHONPATH", str(paths.PROJECT))  # where the lab is no installed package
    for name in ("alembic", "bookshop"):
        shutil.copytree(paths.PROJECT / name, tmp_path / name)
    shutil.copy(paths.PROJECT / "alembic.ini", tmp_path)
    (tmp_path / "mine.py").write_text("import sqlalchemy\nprint('Ærø')\nno_such_name\n", "utf-8")
    found = []
    for imports in (None, COMMANDS_IMPORT):
        said = []
        (command,) = commands.split(line)
        code = commands.stream(
            command,
            folder=tmp_path,
            environment=server.environment(database),
            write=said.append,
            imports=imports,
        )
        assert code == LINES[line], said
        written = (tmp_path / command.target).read_bytes() if command.target else b""
        found.append(("".join(said), written))
    assert found[0] == found[1]
