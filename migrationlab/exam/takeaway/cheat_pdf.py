"""A cheat sheet as PDF, typeset by Typst with the fonts that come with it: the same everywhere."""

import json
from dataclasses import asdict
from pathlib import Path

import typst

from migrationlab.errors import LabError
from migrationlab.exam.takeaway.cheat_sheets import Sheet, runs

TEMPLATE = Path(__file__).with_name("cheat_sheet.typ")
LARGEST, SMALLEST = 100, 70
"""The sizes of letters that are tried, in tenths of a point."""
PLAIN = ("topic", "language", "title", "words", "lessons", "shape", "label", "line", "lesson")


def pdf(sheet: Sheet) -> bytes:
    """The sheet on one A4 page, in the largest letters that fit. Raises LabError when none do."""
    size = fitting(sheet)
    return _compiler(sheet, size).compile(format="pdf")


def png(sheet: Sheet, ppi: float = 144) -> bytes:
    """The same page as a picture."""
    return _compiler(sheet, fitting(sheet)).compile(format="png", ppi=ppi)


def fitting(sheet: Sheet) -> float:
    """The largest size of letters, in points, with which the sheet is one page."""
    if _pages(sheet, SMALLEST / 10) > 1:
        raise LabError(
            f"The cheat sheet “{sheet.title}” does not fit on one page.",
            todo="Take something out of it in sheets.yaml.",
        )
    fits, not_tried = SMALLEST, LARGEST + 1
    while not_tried - fits > 1:
        middle = (fits + not_tried) // 2
        if _pages(sheet, middle / 10) == 1:
            fits = middle
        else:
            not_tried = middle
    return fits / 10


def _pages(sheet: Sheet, size: float) -> int:
    return json.loads(_compiler(sheet, size).query("<pages>", field="value", one=True))


def _compiler(sheet: Sheet, size: float) -> typst.Compiler:
    inputs = {"sheet": json.dumps(_split(asdict(sheet))), "size": str(size)}
    return typst.Compiler(str(TEMPLATE), ignore_system_fonts=True, sys_inputs=inputs)


def _split(value, name: str = ""):
    """The sheet for the template: every text that may have code in it becomes runs."""
    if name in PLAIN:
        return value
    if isinstance(value, dict):
        return {key: _split(inner, key) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_split(inner) for inner in value]
    return runs(value)
