"""The best results are kept, and travel with the progress."""

from migrationlab.drills import best_results
from migrationlab.drills.measurement import rpo_rto
from migrationlab.drills.measurement.rpo_rto import RescueCost
from migrationlab.exercises import progress
from migrationlab.exercises.verdict import RIGHT
from tests.drills.sample_sales import order


def measured(**what):
    told = {"outcome": rpo_rto.RESCUED, "seconds": 74.4} | what
    return RescueCost("dropped_table", 2, 7, **told)


def test_results_travel_with_the_progress(home):
    """Assert that a drill's result is exported and imported with the exercises, and once."""
    book = progress.file()
    before = book.read_text("utf-8") if book.exists() else None
    try:
        book.unlink(missing_ok=True)
        best_results.record(measured(outcome=rpo_rto.LOSSES, lost=[order(1)]))
        best_results.record(measured(hints=1))
        best = best_results.best("dropped_table")
        assert (best.outcome, best.level, best.seed, best.hints) == (rpo_rto.RESCUED, 2, 7, 1)
        text = progress.export()
        assert progress.merge(text) == 0
        book.unlink()
        assert progress.merge(text + "2.3 right 1 0 -\n") == 3
        assert len(best_results.read()) == 2 and progress.read()["2.3"].outcome == RIGHT
    finally:
        book.unlink(missing_ok=True)
        if before is not None:
            book.write_text(before, "utf-8")
