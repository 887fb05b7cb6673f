"""Say a column's DEFAULT in PostgreSQL's words."""

import json
import re

from migrationlab.transfer.plan.transfer_plan import ColumnPlan, TablePlan
from migrationlab.transfer.sqlite.sqlite_schema import Affinity
from migrationlab.transfer.sqlite.tokenizer import Token, group_end, tokens
from migrationlab.transfer.translate.expressions import (
    CLOCK,
    UUID,
    ByHand,
    is_day,
    is_moment,
    text_part,
    translate,
)

UTC = "(now() AT TIME ZONE 'utc')"  # SQLite's clock is UTC, whatever the machine's is
NOW = {
    "date": {"date": f"CAST({UTC} AS date)", "text": f"to_char({UTC}, 'YYYY-MM-DD')"},
    "time": {"time": f"CAST({UTC} AS time)", "text": f"to_char({UTC}, 'HH24:MI:SS')"},
    "timestamp": {
        "timestamp": UTC,
        "timestamptz": "now()",
        "text": f"to_char({UTC}, 'YYYY-MM-DD HH24:MI:SS')",
    },
    "epoch": {"integer": "CAST(floor(extract(epoch FROM now())) AS bigint)"},
}
WORDS = {"CURRENT_DATE": "date", "CURRENT_TIME": "time", "CURRENT_TIMESTAMP": "timestamp"}
CALLS = {
    "date ( 'now' )": "date",
    "time ( 'now' )": "time",
    "datetime ( 'now' )": "timestamp",
    "datetime ( )": "timestamp",
    "date ( )": "date",
    "time ( )": "time",
    "unixepoch ( )": "epoch",
    "unixepoch ( 'now' )": "epoch",
    "strftime ( '%s' , 'now' )": "epoch",
    "strftime ( '%Y-%m-%d' , 'now' )": "date",
    "strftime ( '%Y-%m-%d %H:%M:%S' , 'now' )": "timestamp",
}


def default(column: ColumnPlan, table: TablePlan) -> str:
    """PostgreSQL's SQL, "" when the column needs no DEFAULT. Raises ByHand."""
    if column.source.default is None:
        return ""
    found = without_brackets(tokens(column.source.default))
    if not found or [token.text.upper() for token in found] == ["NULL"]:
        return ""
    if clock := clock_of(found):
        return now(column, clock)
    value = constant(found)
    if value is None:
        if column.convert or column.null_for or column.true_for or column.false_for:
            raise ByHand("the values of the column are converted")
        kind = "text" if column.kind == "other" else column.kind
        return translate(column.source.default, table, kind=kind)
    return of_constant(column, value)


def without_brackets(found: list[Token]) -> list[Token]:
    while len(found) > 2 and found[0].says("(") and group_end(found, 0) == len(found):
        found = found[1:-1]
    return found


def clock_of(found: list[Token]) -> str:
    """Which part of the clock the default asks for, "" when it does not."""
    if len(found) == 1 and found[0].kind == "word":
        return WORDS.get(found[0].text.upper(), "")
    words = " ".join(t.text.lower() if t.kind == "word" else t.text for t in found)
    return CALLS.get(words, "")


def now(column: ColumnPlan, clock: str) -> str:
    if column.kind not in NOW[clock] or column.convert or column.null_for:
        raise ByHand(f"it is the clock ({clock}) in a column of type {column.type}")
    if column.type.startswith("char"):
        raise ByHand(f"it is the clock ({clock}) in a column of type {column.type}")
    return NOW[clock][column.kind]


def constant(found: list[Token]) -> int | float | str | bytes | None:
    """The value of a literal, None when it is something else."""
    sign = ""
    while len(found) == 2 and found[0].says("-", "+"):
        sign, found = found[0].text.replace("+", ""), found[1:]
    if len(found) == 2 and found[0].text in "xX" and found[1].kind == "string":
        return bytes.fromhex(found[1].value)
    if len(found) != 1:
        return None
    token = found[0]
    if token.kind == "string" or token.kind == "name":  # a name in quotes is a text here
        return None if sign else token.value
    if token.kind == "word":
        truth = {"TRUE": 1, "FALSE": 0}.get(token.text.upper())
        # SQLite takes any bare word as a text here.
        return token.text if truth is None and not sign else truth
    if token.kind == "number":
        text = token.text.replace("_", "")
        if text.lower().startswith("0x"):
            number = int(text, 16)
        elif text.isdigit():
            number = int(text)
        else:
            number = float(text)
        return -number if sign else number
    return None


def of_constant(column: ColumnPlan, value: int | float | str | bytes) -> str:
    """The value as the column would hold it after a transfer."""
    kind, affinity = column.kind, column.source.affinity
    if isinstance(value, str) and value in column.null_for:
        return ""
    if kind == "boolean":
        if isinstance(value, str) and re.fullmatch("[01]", value) and affinity != Affinity.BLOB:
            value = int(value)
        if value == 1 or value in column.true_for:
            return "true"
        if value == 0 or value in column.false_for:
            return "false"
        raise ByHand(f"{value!r} is no boolean")
    if column.convert:
        raise ByHand("the values of the column are converted")
    if isinstance(value, str) and affinity not in (Affinity.TEXT, Affinity.BLOB):
        if re.fullmatch(r"[+-]?[0-9]{1,18}", value):
            value = int(value)  # the affinity makes a number of it
        elif kind in ("numeric", "double") and re.fullmatch(r"[+-]?[0-9]+\.[0-9]+", value):
            value = float(value)
    if isinstance(value, int) and affinity == Affinity.TEXT:
        value = str(value)
    if kind == "integer" and isinstance(value, float) and value.is_integer():
        if affinity in (Affinity.INTEGER, Affinity.NUMERIC) and abs(value) < 2**53:
            value = int(value)
    allowed = {
        "integer": isinstance(value, int),
        "numeric": isinstance(value, int | float),
        "double": isinstance(value, int | float),
        "text": isinstance(value, str),
        "other": isinstance(value, str),
        "bytea": isinstance(value, bytes),
        "date": isinstance(value, str) and is_day(value),
        "timestamp": isinstance(value, str) and is_moment(value),
        "time": isinstance(value, str) and bool(CLOCK.fullmatch(value)),
        "uuid": isinstance(value, str) and bool(UUID.fullmatch(value)),
        "json": isinstance(value, str) and is_json(value),
        "jsonb": isinstance(value, str) and is_json(value),
    }
    if not allowed.get(kind, False):
        raise ByHand(f"{value!r} is no value for the type {column.type}")
    if isinstance(value, bytes):
        return rf"'\x{value.hex()}'"
    if isinstance(value, str):
        return text_part(value).sql
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise ByHand(f"{value} is a rounded double in SQLite")
    if value in (float("inf"), float("-inf")):
        raise ByHand("infinity is not translated")
    return repr(value)


def is_json(text: str) -> bool:
    def refuse(word):
        raise ValueError(word)

    try:
        json.loads(text, parse_constant=refuse)
    except ValueError:
        return False
    return "\\u0000" not in text  # jsonb has no NUL
