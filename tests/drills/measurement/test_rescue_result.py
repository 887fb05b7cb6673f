"""A result in words: without a server."""

from migrationlab.drills.measurement import rescue_result, rpo_rto
from migrationlab.drills.measurement.rpo_rto import RescueCost
from tests.drills.sample_sales import order


def measured(**what):
    told = {"outcome": rpo_rto.RESCUED, "seconds": 74.4} | what
    return rescue_result.say(RescueCost("dropped_table", 2, 7, **told))


def test_a_result_fits_a_terminal():
    """Assert that no line of a long result is wider than 80 characters, and all is told."""
    found = measured(
        outcome=rpo_rto.LOSSES,
        lost=[order(n) for n in range(1, 60)],
        unavoidable=9,
        faults=["The till cannot sell (a new voucher): " + "permission denied " * 9],
        collateral=["owner and grants of public.vouchers " * 6, "a table more"],
        acknowledged=1234,
        hints=2,
    )
    text = str(found)
    assert max(map(len, text.splitlines())) <= 80
    for words in ("50 sales are lost", "59 of 1,234", "9 of them nobody", "1 min 14 s", "54 more"):
        assert words in " ".join(text.split()), text


def test_a_result_that_is_clean():
    """Assert that zero is said, not left out, and that giving up is another headline."""
    text = str(measured(acknowledged=170, refused=1))
    assert text.splitlines()[0] == "✓ Rescued."
    words = " ".join(text.split())  # its lines are wrapped
    assert "0 of 170 acknowledged sales lost" in words and "(1 sale refused)" in words
    assert text.endswith("Collateral  nothing") and "Hints" not in text
    faulty = {"outcome": rpo_rto.NOT_REPAIRED, "faults": ["The till cannot sell."]}
    assert "the clock goes on" in measured(**faulty).headline
    assert measured(given_up=True, **faulty).headline == "Not repaired."


def test_a_change_of_address_costs_nothing():
    """Assert that the sum of what was lost is told only when there is one."""
    lost = [order(1), order(2)]
    assert "worth 198 kr" in measured(outcome=rpo_rto.LOSSES, lost=lost).rpo
