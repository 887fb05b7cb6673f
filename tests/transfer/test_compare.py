"""The comparison with other tools can be run, and reads what they did from the target."""

from tests.transfer import compare
from tests.transfer.nasty import CASES


def test_one_file_through_pandas(server):
    """Assert the line of one file: ours stops, pandas goes on with another type."""
    lines, counts = compare.table([CASES["letters_in_an_integer"]], ["pandas_default"], server)
    assert lines[0] == "| trap | ours | pandas.to_sql |"
    assert lines[2] == (
        "| letters in an integer | stops, names not_a_number | exit 0, t whole, n as text |"
    )
    assert counts["ours"] == {"right": 1, "said": 0, "WRONG": 0}
    assert counts["pandas_default"] == {"right": 0, "said": 0, "WRONG": 1}


def test_what_can_be_compared():
    """Assert that at least a hundred files are, and none that needs our own options."""
    cases = compare.chosen([])
    assert len(cases) > 100
    assert not any(case.existing or case.mapping or case.quarantine for case in cases)
