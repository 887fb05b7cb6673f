"""What a mapping could say about values that do not fit: tried on the values, not guessed."""

from migrationlab.transfer.plan import value_profile
from migrationlab.transfer.plan.transfer_plan import ColumnPlan
from migrationlab.transfer.sqlite import date_formats
from migrationlab.transfer.sqlite.quoting import literal, name, texts
from migrationlab.transfer.sqlite.sqlite_schema import Table

PATTERNS = ("DD/MM/YYYY", "MM/DD/YYYY", "DD.MM.YYYY", "DD-MM-YYYY", "YYYYMMDD", "YYYY/MM/DD")
CLOCKS = ("", " HH24:MI", " HH24:MI:SS")
NOTHING = ("", "0000-00-00", "0000-00-00 00:00:00", "NULL", "null", "-")
TRUE = ("yes", "y", "true", "t", "on", "ja", "j", "x")
FALSE = ("no", "n", "false", "f", "off", "nej")
MOST_ROWS = 500_000  # of a table; each form is a scan, and nobody should wait for advice
MOST_WORDS = 12  # different texts of a boolean column that are looked at


def about(connection, table: Table, column: ColumnPlan) -> str:
    """A line for the mapping that makes every value fit, or "" when none was found."""
    if _count(connection, table, "true") > MOST_ROWS:
        return ""
    if column.convert or column.null_for or column.true_for or column.false_for:
        return ""
    if column.kind in ("date", "timestamp"):
        return _moments(connection, table, column)
    if column.kind == "boolean":
        return _booleans(connection, table, column)
    return ""


def _moments(connection, table: Table, column: ColumnPlan) -> str:
    x = name(column.source.name)
    clocks = ("",) if column.kind == "date" else CLOCKS
    names = ["unix seconds", "unix milliseconds", "julian day"]
    names += [pattern + clock for pattern in PATTERNS for clock in clocks]
    names += ["midnight"] if column.kind == "timestamp" else []
    forms = {text: date_formats.forms(column.kind, text)[-1].matches(x) for text in names}
    nothing = f"typeof({x}) = 'text' AND {x} IN ({texts(NOTHING)})"
    bad = f"({value_profile.classify(column)}) IS NOT NULL"
    found: list[str] = []
    left = f"{bad} AND NOT ({nothing})"
    while count := _count(connection, table, left):
        best, most = "", 0
        for text, matches in forms.items():
            hits = _count(connection, table, f"{left} AND ({matches}) IS TRUE")
            if hits > most:  # of two that explain as much, the first: MM/DD is behind DD/MM
                best, most = text, hits
            if hits == count:
                break
        if not best:
            return ""
        found.append(best)
        left = f"{left} AND ({forms[best]}) IS NOT TRUE"
    words = [f'convert = "{" | ".join(["iso", *found])}"'] if found else []
    empty = connection.execute(
        f"SELECT DISTINCT {x} FROM {name(table.name)} WHERE {bad} AND {nothing} ORDER BY 1"
    )
    if nulls := [f'"{text}"' for (text,) in empty]:
        words.append(f"null_for = [{', '.join(nulls)}]")
    return " and ".join(words)


def _booleans(connection, table: Table, column: ColumnPlan) -> str:
    x = name(column.source.name)
    found = connection.execute(
        f"SELECT DISTINCT CASE WHEN typeof({x}) = 'text' THEN {x} END FROM {name(table.name)}"
        f" WHERE ({value_profile.classify(column)}) = {literal('not_a_boolean')} LIMIT {MOST_WORDS}"
    ).fetchall()
    words = [text for (text,) in found]
    if None in words or len(words) == MOST_WORDS:
        return ""
    true = [f'"{text}"' for text in words if text.lower() in TRUE]
    false = [f'"{text}"' for text in words if text.lower() in FALSE]
    nulls = [f'"{text}"' for text in words if text in NOTHING]
    if len(true) + len(false) + len(nulls) < len(words):
        return ""
    lines = (("true_for", true), ("false_for", false), ("null_for", nulls))
    return " and ".join(f"{word} = [{', '.join(sorted(texts))}]" for word, texts in lines if texts)


def _count(connection, table: Table, condition: str) -> int:
    query = f"SELECT count(*) FROM {name(table.name)} WHERE {condition}"
    return connection.execute(query).fetchone()[0]
