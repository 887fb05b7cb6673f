"""What cannot be read is told with its reason."""

import pytest

from migrationlab.drills import definitions, lifecycle
from migrationlab.drills.measurement import rpo_rto

DRILL = "dropped_table"


@pytest.mark.slow
def test_a_broken_address_is_told(begin):
    """Assert that a shop.conf that leads nowhere, or cannot be read, is a fault with its reason."""
    env = begin(definitions.find(DRILL), seed=2)
    good = (env.folder / "shop.conf").read_text("utf-8")
    for text, words in (
        (good.replace(f"port={env.port}", "port=1"), "cannot reach the database"),
        (good.replace("password=receipts", "password=wrong"), "cannot connect"),
        ("nonsense", "shop.conf cannot be read"),
        (good.replace("dbname=shop", "dbname=nowhere"), "cannot reach the database"),
    ):
        env.files.write("shop.conf", text)
        measured = lifecycle.done(env)
        assert measured.outcome == rpo_rto.NOT_REPAIRED
        assert any(words in fault for fault in measured.faults), measured.faults
