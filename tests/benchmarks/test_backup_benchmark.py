"""The benchmark of backups runs; its damages and kills are real, and a few of them run here."""

from collections import Counter

from benchmarks import backup as benchmark
from migrationlab.postgres import databases


def test_both_sides_are_measured(server):
    """Assert that ours and the plain programs run on a small database, and leave none behind."""
    rows = list(benchmark.one_size(server, 200, 1))
    assert len(rows) == 4 and all(row.ours.median > 0 and row.plain.median > 0 for row in rows)
    assert rows[1].aim is benchmark.PROOF_BELOW_RESTORE
    assert not databases.exists(server, benchmark.NAME)


def test_damages(server):
    """Assert that verify sees damage in every format."""
    seen = benchmark.damages(server, 4, say=lambda text: None)
    total = sum(seen.values(), Counter())
    assert len(seen) == 4 and total["sha256"] == total["damaged"] == 4
    assert total["list"] < total["code"] <= total["fit"] <= 4
    lines = list(benchmark.seen_lines(seen))
    assert lines[0].startswith("| damage |") and lines[-1].startswith("| all | 4 | 4 |")


def test_kills(server):
    """Assert that a few random kills leave a whole backup or none, and an original in service."""
    found = benchmark.kills(server, 1, say=lambda text: None, rows=300)
    assert found.pop("kills") == 1
    assert all(what[:5] in ("make:", "resto") for what in found)
