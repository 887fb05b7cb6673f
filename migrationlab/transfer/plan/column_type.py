"""Which PostgreSQL type a column gets: by what is declared, if what is stored fits."""

import re

from migrationlab.transfer.plan.transfer_plan import ColumnPlan
from migrationlab.transfer.sqlite import value_conversion
from migrationlab.transfer.sqlite.sqlite_schema import Column

# The first pattern that is found in the declared type, in capitals, decides.
DECLARED = [
    (r"^(BOOL|BOOLEAN)$", "boolean"),
    (r"^(DATETIME|TIMESTAMP)\b.*\bWITH TIME ZONE|^TIMESTAMPTZ$", "timestamp with time zone"),
    (r"^(DATETIME|TIMESTAMP)", "timestamp without time zone"),
    (r"^DATE$", "date"),
    (r"^TIME\b", "time without time zone"),
    (r"^(JSON|JSONB)$", "json"),
    (r"^(UUID|GUID)$", "uuid"),
    (r"^(DECIMAL|NUMERIC|NUMBER|MONEY)\b", "numeric"),
    (r"INT", "bigint"),
    (r"^(VARCHAR|NVARCHAR|CHAR|NCHAR|CHARACTER|VARYING CHARACTER|NATIVE CHARACTER)\b", "varchar"),
    (r"CHAR|CLOB|TEXT|STRING", "text"),
    (r"BLOB|BINARY|BYTEA", "bytea"),
    (r"REAL|FLOA|DOUB", "double precision"),
]

WHY = {
    "bigint": "64 bits, as in SQLite",
    "boolean": "SQLite holds 0 and 1",
    "date": "SQLite holds texts",
    "timestamp without time zone": "SQLite holds texts",
    "timestamp with time zone": "SQLite holds texts, and they name a time zone",
    "time without time zone": "SQLite holds texts",
    "json": "keeps the text as it is; jsonb would order the keys",
    "uuid": "SQLite holds texts",
    "text": "no limit of length",
    "bytea": "bytes",
    "double precision": "the same 64-bit numbers",
    "numeric": "exact decimal numbers",
}


def by_declaration(column: Column) -> tuple[str, str]:
    """(type, why) from the declared type alone; ("", "") when it says nothing."""
    declared = " ".join(column.declared.upper().split())
    plain = declared.partition("(")[0].strip()
    numbers = re.findall(r"\d+", declared.partition("(")[2].partition(")")[0])
    for pattern, type_ in DECLARED:
        if not re.search(pattern, plain if pattern.endswith("$") else declared):
            continue
        if type_ == "numeric" and numbers:
            precision, scale = int(numbers[0]), int(numbers[1]) if len(numbers) > 1 else 0
            if 1 <= precision <= 1000 and scale <= precision:
                type_ = f"numeric({precision},{scale})"
            return type_, "declared so"
        if type_ == "varchar":
            length = int(numbers[0]) if numbers else 0
            if not 1 <= length <= 10_485_760:
                return "text", WHY["text"]
            return f"character varying({length})", "declared so"
        return type_, WHY[type_]
    return "", ""


def by_storage(stored: dict[str, int]) -> tuple[str, str]:
    """(type, why) for a column whose declaration says nothing."""
    found = {name for name, count in stored.items() if count and name != "null"}
    match sorted(found):
        case []:
            return "text", "nothing is declared and nothing is stored"
        case ["integer"]:
            return "bigint", "nothing is declared; integers are stored"
        case ["real"]:
            return "double precision", "nothing is declared; real numbers are stored"
        case ["integer", "real"]:
            return "numeric", "nothing is declared; integers and real numbers are stored"
        case ["blob"]:
            return "bytea", "nothing is declared; blobs are stored"
        case _:
            return "text", "nothing is declared; texts are stored"


def give(column: ColumnPlan, type_: str, why: str) -> None:
    """Set a column's type, and with it its kind."""
    column.type, column.kind, column.why = type_, value_conversion.kind_of(type_), why


def reconsider(column: ColumnPlan, faults: dict[str, int], values: int) -> bool:
    """Give a wider type where the declared one does not hold the values, and say so.

    `faults` counts values by kind of problem. Returns whether the type has changed, so that the
    values must be looked at again.
    """
    if not faults:
        return False
    # Other faults may remain: a '' is no reason to refuse the 10000 beside it.
    count = sum(faults.get(kind, 0) for kind in ("too_precise", "out_of_range", "too_long"))
    if column.kind == "numeric" and count and column.type != "numeric":
        rows = "1 value does" if count == 1 else f"{count:,} values do"
        give(column, "numeric", f"declared {column.source.declared}, but {rows} not fit in it")
        return True
    if column.kind == "text" and count:
        texts = "1 text is" if count == 1 else f"{count:,} texts are"
        give(column, "text", f"declared {column.source.declared}, but {texts} longer")
        return True
    none_fits = faults.get("mixed_zones", 0) > 0 and sum(faults.values()) == values
    if column.kind == "timestamp" and none_fits:
        give(column, "timestamp with time zone", WHY["timestamp with time zone"])
        return True
    if column.kind == "timestamptz" and none_fits:
        give(column, "timestamp without time zone", "declared with a zone, but no text has one")
        return True
    return False


ALIASES = {
    "int": "integer",
    "int2": "smallint",
    "int4": "integer",
    "int8": "bigint",
    "float": "double precision",
    "float4": "real",
    "float8": "double precision",
    "bool": "boolean",
    "decimal": "numeric",
    "varchar": "character varying",
    "char": "character",
    "timestamp": "timestamp without time zone",
    "timestamptz": "timestamp with time zone",
    "time": "time without time zone",
}


def normal(type_: str) -> str:
    """A type as format_type() writes it: "VARCHAR (20)" -> "character varying(20)"."""
    plain, bracket, numbers = " ".join(type_.lower().split()).partition("(")
    plain = plain.strip()
    return ALIASES.get(plain, plain) + bracket + numbers.replace(" ", "")
