"""Small SQLite files with one trap each, and what must become of them, written down beforehand."""

from tests.transfer.nasty import (
    booleans,
    dates,
    decisions,
    disguises,
    existing,
    files,
    keys,
    large,
    names,
    numbers,
    quarantine,
    rules,
    structure,
    texts,
)
from tests.transfer.nasty.model import Case

CASES: dict[str, Case] = {}
for module in (
    numbers,
    booleans,
    dates,
    disguises,
    texts,
    names,
    structure,
    rules,
    keys,
    large,
    decisions,
    existing,
    quarantine,
    files,
):
    for case in module.CASES:
        assert case.name not in CASES, case.name
        CASES[case.name] = case
