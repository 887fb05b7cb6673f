"""Lessons and worked answers on the compose server, where they could notice which one it is."""

import pytest

from migrationlab import paths
from migrationlab.authoring import run_notebooks
from migrationlab.course import lessons

# Those that can tell the servers apart: 00 says which server it found, 06 backs up and looks for
# the volume. The others speak to PostgreSQL over TCP and no more; they run on the embedded server
# and on a given one (tests/authoring), and test_like_embedded.py compares what a lesson could
# notice.
NOTEBOOKS = [
    folder / f"{lesson.name}.ipynb"
    for lesson in lessons.every()
    for folder in (paths.NOTEBOOKS, paths.SOLUTIONS)
    if lesson.number in ("00", "06")
]


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_notebook_runs_on_compose(notebook, compose_server, compose_home, tmp_path):
    """Assert that it runs to its end there, and that its databases are on that server."""
    environment = compose_server.environment() | {
        "MIGRATIONLAB_HOME": str(compose_home),
        "MIGRATIONLAB_STRICT": "1",
    }
    run = run_notebooks.execute(notebook, tmp_path, environment)
    assert not run.failure, run.failure
    number = notebook.stem[:2]
    names = compose_server.connect("postgres").cursor()
    names.execute("SELECT count(*) FROM pg_database WHERE datname LIKE %s", (f"lab\\_{number}%",))
    assert names.fetchone()[0] > 0
    assert not (compose_home / ".lab" / "pgdata").exists()
