"""Reading the sources: the same cells as jupytext reads, and one message for a broken source."""

import jupytext
import pytest

from migrationlab import paths
from migrationlab.course import lessons
from migrationlab.errors import LabError

SOURCES = sorted(paths.LESSONS.glob("*/*.md")) + sorted(paths.LESSONS.glob("*/answers/*.md"))
SOURCES = [file for file in SOURCES if file.name != "instructor.md"]


@pytest.mark.parametrize("file", SOURCES, ids=lambda f: f.relative_to(paths.LESSONS).as_posix())
def test_cells_are_jupytexts(file):
    """Assert that our reader and the well-kept library agree on every source."""
    text = file.read_text("utf-8")
    body = lessons.read_source(file)[1] if text.startswith("---") else text
    theirs = [
        (cell.cell_type, cell.source, tuple(cell.metadata.get("tags", ())))
        for cell in jupytext.reads(body, fmt="md:myst").cells
        if cell.source.strip()
    ]
    ours = [(cell.kind, cell.source, cell.tags) for cell in lessons.read_cells(body)]
    assert ours == theirs


def test_solution_is_taken_out_and_put_in():
    """Assert that a student gets the stub in the cell's own comment style."""
    cell = lessons.Cell("code", "%%sql\nSELECT 1;\n-- BEGIN SOLUTION\nSELECT 2;\n-- END SOLUTION")
    assert lessons.unsolved(cell).source == "%%sql\nSELECT 1;\n-- write your SQL here"
    assert lessons.solved(cell).source == "%%sql\nSELECT 1;\nSELECT 2;"


def test_numbers_find_lessons():
    """Assert that 0, "00" and the folder's name are the same lesson."""
    assert lessons.find(0) == lessons.find("00") == lessons.find(lessons.find("0").name)


@pytest.mark.parametrize("id", ["0", "0.", "a.b", "", "0.1.2", "99.1", "0.99"])
def test_a_wrong_id_gets_one_message(id):
    """Assert that a mistyped exercise is no traceback."""
    with pytest.raises(LabError):
        lessons.find_exercise(id)
