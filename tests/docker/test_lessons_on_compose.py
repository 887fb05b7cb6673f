"""Every lesson on the compose server: the same as on the embedded one."""

import pytest

from migrationlab import paths
from migrationlab.authoring import run_notebooks
from migrationlab.course import lessons

# Of the worked answers those that can tell the servers apart: 06 backs up and looks for the volume.
# The others ask the server what these ask, and tests/authoring proves them on the embedded one.
WORKED = ("06",)
NOTEBOOKS = [
    folder / f"{lesson.name}.ipynb"
    for lesson in lessons.every()
    for folder in (paths.NOTEBOOKS, paths.SOLUTIONS)
    if folder == paths.NOTEBOOKS or lesson.number in WORKED
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
