"""A whole drill in a notebook."""

import pytest

from migrationlab.drills import definitions, environment, lifecycle
from migrationlab.drills.measurement import rpo_rto

DRILL = "dropped_table"


@pytest.fixture
def cleared(home):
    """A home whose drill is cleared away after the test."""
    yield
    lifecycle.clear()


@pytest.mark.slow
def test_a_drill_in_a_notebook(cleared, capsys):
    """Assert that %%terminal works in the drill's folder, and the verdict has its picture."""
    from IPython.core.interactiveshell import InteractiveShell

    from migrationlab import lab

    shell = InteractiveShell.instance()
    control = lab.drill(DRILL, level=2, seed=3)
    shell.run_line_magic("terminal", 'psql --command "SELECT count(*) AS books FROM books"')
    assert "300" in capsys.readouterr().out
    assert "relation" in control.till() and control.sold() > 20
    assert "Hint 1" in control.hint().data
    definitions.find(DRILL).rescues[0].perform(environment.running())
    measured = control.done()
    assert measured.outcome == rpo_rto.RESCUED and measured.hints == 1
    picture = control.replay()._repr_html_()
    assert picture.startswith("<svg") and "it breaks" in picture
    assert "pg_dump" in control.solution().data
    control.stop()
    assert environment.running() is None
