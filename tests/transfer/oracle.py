"""What a column may hold, judged without the tool: Python's own parsers, value by value."""

import re
import uuid
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal

from tests.transfer.reader import Cell

D = "[0-9]"  # \\d is also true for the digits of other scripts
DAY = f"{D}{{4}}-{D}{D}-{D}{D}"
HOUR = f"{D}{D}:{D}{D}(:{D}{D}(\\.{D}{{1,6}})?)?"
ZONE = f"(Z|[+-]{D}{D}:{D}{D})"


@dataclass
class Verdict:
    """bad: rows whose value has no place; whole: the column as it is has no type at all."""

    bad: set[int] = field(default_factory=set)
    whole: bool = False
    unknown: bool = False  # nobody has said what is right here


def text_of(cell: Cell) -> str | None:
    """The text of a text value; None when PostgreSQL cannot have it."""
    try:
        text = cell[1].decode("utf-8")
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text


def number_of(cell: Cell) -> int | float:
    if cell[0] == "integer":
        return int(cell[1])
    return float(cell[1].decode())


def is_day(text: str) -> bool:
    return parses(date.fromisoformat, text) if re.fullmatch(DAY, text) else False


def is_time(text: str) -> bool:
    return parses(time.fromisoformat, text) if re.fullmatch(HOUR, text) else False


def is_moment(text: str) -> bool:
    if not re.fullmatch(f"{DAY}[ T]{HOUR}{ZONE}?", text):
        return False
    return is_day(text[:10]) and parses(datetime.fromisoformat, text)


def is_uuid(text: str) -> bool:
    return parses(uuid.UUID, text) and str(uuid.UUID(text)) == text


def parses(parser, text: str) -> bool:
    try:
        parser(text)
    except ValueError:
        return False
    return True


TEXTS = {
    "DATE": is_day,
    "DATETIME": is_moment,
    "TIMESTAMP": is_moment,
    "TIME": is_time,
    "UUID": is_uuid,
    "TEXT": lambda text: True,
    "VARCHAR(5)": lambda text: True,
}
CLASSES = {
    "INTEGER": {"integer"},
    "BIGINT": {"integer"},
    "REAL": {"integer", "real"},
    "DOUBLE": {"integer", "real"},
    "DECIMAL(6,2)": {"integer", "real"},
    "NUMERIC": {"integer", "real"},
    "BOOLEAN": {"integer"},
    "BLOB": {"blob"},
    **dict.fromkeys(TEXTS, {"text"}),
}
DECLARED = (*CLASSES, "")


def judge(declared: str, cells: list[Cell]) -> Verdict:
    """Which rows of a column stand in the way of its declared type."""
    there = {kind for kind, _ in cells} - {"null"}
    if not declared:
        numbers = there <= {"integer", "real"}
        if len(there) > 1 and not numbers:
            return Verdict(whole=True)
        classes = there
    else:
        classes = CLASSES[declared]
    verdict = Verdict()
    for row, cell in enumerate(cells):
        if cell[0] != "null" and not _fits(declared, classes, cell):
            verdict.bad.add(row)
    if declared in ("DATETIME", "TIMESTAMP"):
        zoned = {
            bool(re.search(ZONE + "$", text_of(cell)))
            for row, cell in enumerate(cells)
            if cell[0] == "text" and row not in verdict.bad
        }
        verdict.whole = len(zoned) > 1
    if declared in ("NUMERIC", "DECIMAL(6,2)", ""):
        infinite = any(kind == "real" and value[-3:] == b"inf" for kind, value in cells)
        verdict.unknown = infinite and (declared != "" or "integer" in there)
    return verdict


def _fits(declared: str, classes: set[str], cell: Cell) -> bool:
    if cell[0] not in classes:
        return False
    if declared == "BOOLEAN":
        return cell[1] in (b"0", b"1")
    if cell[0] == "text":
        text = text_of(cell)
        return text is not None and TEXTS.get(declared, lambda _: True)(text)
    return True


def same(cell: Cell, type_: str, written: str | None) -> bool:
    """Whether what PostgreSQL writes for a value is the value that SQLite has."""
    if cell[0] == "null" or written is None:
        return cell[0] == "null" and written is None
    family = type_.partition("(")[0].removesuffix(" without time zone")
    match family:
        case "bigint":
            return cell[0] == "integer" and int(written) == int(cell[1])
        case "numeric":
            value = number_of(cell)
            return Decimal(written) == (Decimal(repr(value)))
        case "double precision":
            return float(written) == number_of(cell)
        case "boolean":
            return written == {b"0": "false", b"1": "true"}[cell[1]]
        case "bytea":
            return written == "\\x" + cell[1].hex()
        case "timestamp" | "timestamp with time zone":
            return datetime.fromisoformat(written) == datetime.fromisoformat(text_of(cell))
        case "time":
            return time.fromisoformat(written) == time.fromisoformat(text_of(cell))
        case _:
            return cell[0] == "text" and written == text_of(cell)
