"""Projects whose chain of revisions is drawn."""

import pytest

from tests.pictures.picture_tools import revision_file


@pytest.fixture
def project(tmp_path):
    """An Alembic project without revisions, whose env.py must not be run."""
    folder = tmp_path / "bog & handel's"
    (folder / "alembic" / "versions").mkdir(parents=True)
    (folder / "alembic.ini").write_text(
        "[alembic]\nscript_location = %(here)s/alembic\nprepend_sys_path = .\n"
    )
    (folder / "alembic" / "env.py").write_text("raise SystemExit('env.py was run')\n")
    return folder


@pytest.fixture
def shop(project):
    """Four revisions in a row."""
    revision_file(project, "0001", None, "create accounts table")
    revision_file(project, "0002", "0001", "create authors and books")
    revision_file(project, "0003", "0002", "create orders")
    revision_file(project, "0004", "0003", "order status becomes an enum")
    return project


@pytest.fixture
def branched(project):
    """0001, then a branch of one and a branch of two, their merge, and a head."""
    revision_file(project, "0001")
    revision_file(project, "a1", "0001")
    revision_file(project, "b1", "0001")
    revision_file(project, "b2", "b1")
    revision_file(project, "m", ("a1", "b2"), "merge")
    revision_file(project, "z", "m")
    return project
