"""Small SQLite files with one trap each, and what must become of them, written down beforehand."""

from tests.transfer.nasty import (
    booleans,
    dates,
    existing,
    files,
    keys,
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
    texts,
    names,
    structure,
    rules,
    keys,
    existing,
    quarantine,
    files,
):
    for case in module.CASES:
        assert case.name not in CASES, case.name
        CASES[case.name] = case
