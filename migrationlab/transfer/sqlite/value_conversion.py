"""What a value must be so that a PostgreSQL type holds it faithfully, and how it is written.

Each kind answers four questions about a column with SQL text; `x` is the value in SQLite (never
NULL there), `y` the column in PostgreSQL:
- `faults(x, column)`: (kind of problem, condition) pairs; the first that is true says what it is
- `copy(x, column)`: the value as COPY's text format wants it
- `here(x, column)` and `there(y, column)`: the same text for the same value, computed by SQLite
  from what it stores and by PostgreSQL from what it holds; a tuple, for texts (length, text), so
  that no two rows can look alike. The proof compares them.
"""

from migrationlab.transfer.sqlite import date_formats
from migrationlab.transfer.sqlite.quoting import literal, texts
from migrationlab.transfer.sqlite.sql_functions import IS_FLOAT4, SHORTEST

INTEGERS = {
    "smallint": (-(2**15), 2**15 - 1),
    "integer": (-(2**31), 2**31 - 1),
    "bigint": (-(2**63), 2**63 - 1),
}
DIGITS = "digits"  # the conversion of numbers in a column of texts
NUMBER = "number"  # the conversion of digits in a column of texts that becomes one of numbers
SAFE_INTEGER = 2**53  # a double holds every integer up to here
UUID = "-".join("[0-9a-f]" * length for length in (8, 4, 4, 4, 12))
FIELD_LIMIT = 2**30 - 2**16  # bytes: PostgreSQL's limit of 1 GB for a line of COPY, with some room


def of_type(x: str, *classes: str) -> str:
    if len(classes) == 1:
        return f"typeof({x}) = '{classes[0]}'"
    return f"typeof({x}) IN ({texts(classes)})"


def no_type(x: str, *classes: str) -> str:
    if len(classes) == 1:
        return f"typeof({x}) <> '{classes[0]}'"
    return f"typeof({x}) NOT IN ({texts(classes)})"


def modifiers(type_: str) -> tuple[int, ...]:
    """The numbers in brackets: "numeric(10,2)" -> (10, 2), "text" -> ()."""
    inside = type_.partition("(")[2].partition(")")[0]
    return tuple(int(part) for part in inside.split(",")) if inside.strip() else ()


def double_text(x: str) -> str:
    """SQLite's text of a double as PostgreSQL prints it; Python is asked for the rare long ones."""
    # A text of at most 15 digits that reads back as the same double is the only such text.
    return (
        f"CASE WHEN {x} = CAST({x} AS INTEGER) AND abs({x}) < 1e15 THEN CAST({x} AS INTEGER)"
        f" WHEN length({x}) <= 16 AND abs({x}) BETWEEN 1e-4 AND 1e15 THEN {x}"
        f" ELSE {SHORTEST}(CAST({x} AS REAL)) END"
    )


class Kind:
    name = ""

    def unfit(self, x, column):
        """SQL: whether a value has any of the faults. Asked for every value, so it is short."""
        return " OR ".join(f"({condition})" for _, condition in self.faults(x, column))


class Integer(Kind):
    name = "integer"

    def unfit(self, x, column):
        ours = no_type(x, "integer")
        low, high = INTEGERS[column.type]
        return ours if column.type == "bigint" else f"{ours} OR {x} NOT BETWEEN {low} AND {high}"

    def faults(self, x, column):
        yield "out_of_range", f"{of_type(x, 'real')} AND abs({x}) >= 9223372036854775807.0"
        yield "not_an_integer", of_type(x, "real")
        yield "not_a_number", no_type(x, "integer")
        low, high = INTEGERS[column.type]
        if column.type != "bigint":
            yield "out_of_range", f"{x} NOT BETWEEN {low} AND {high}"

    def copy(self, x, column):
        return x

    def here(self, x, column):
        return (x,)

    def there(self, y, column):
        return (y,)


class Numeric(Kind):
    name = "numeric"

    def faults(self, x, column):
        yield "not_a_number", no_type(x, "integer", "real")
        if numbers := modifiers(column.type):
            precision, scale = numbers if len(numbers) == 2 else (numbers[0], 0)
            yield "too_precise", f"{of_type(x, 'real')} AND round({x}, {scale}) <> {x}"
            yield "out_of_range", f"abs(CAST({x} AS REAL)) >= 1e{precision - scale}"

    def copy(self, x, column):
        # Up to 15 digits are the number that somebody has written; else the shortest text.
        return (
            f"CASE WHEN {of_type(x, 'integer')} OR length({x}) <= 16 THEN {x}"
            f" ELSE {SHORTEST}(CAST({x} AS REAL)) END"
        )

    def here(self, x, column):
        return (
            f"CASE WHEN {of_type(x, 'integer')} THEN {x}"
            f" WHEN abs({x}) < 9223372036854775807.0 AND {x} = CAST({x} AS INTEGER)"
            f" THEN CAST({x} AS INTEGER) ELSE {double_text(x)} END",
        )

    def there(self, y, column):
        low, high = INTEGERS["bigint"]
        return (
            f"CASE WHEN {y} BETWEEN {low} AND {high} AND {y} = trunc({y})"
            f" THEN trunc({y})::text ELSE {y}::float8::text END",
        )


class Double(Kind):
    name = "double"

    def faults(self, x, column):
        yield "not_a_number", no_type(x, "integer", "real")
        yield "too_precise", f"{of_type(x, 'integer')} AND abs({x}) > {SAFE_INTEGER}"
        if column.type == "real":
            yield "too_precise", f"NOT {IS_FLOAT4}(CAST({x} AS REAL))"

    def copy(self, x, column):
        return x

    def here(self, x, column):
        return (double_text(x),)

    def there(self, y, column):
        return (f"{y}::float8",)


class Boolean(Kind):
    name = "boolean"

    def faults(self, x, column):
        words = column.true_for + column.false_for
        also = f" OR {of_type(x, 'text')} AND {x} COLLATE BINARY IN ({texts(words)})"
        right = f"{of_type(x, 'integer')} AND {x} IN (0, 1){also if words else ''}"
        yield "not_a_boolean", f"({right}) IS NOT TRUE"

    def copy(self, x, column):
        if not (column.true_for or column.false_for):
            return x
        true = f"{of_type(x, 'text')} AND {x} COLLATE BINARY IN ({texts(column.true_for)})"
        return f"CASE WHEN {x} = 1 AND {of_type(x, 'integer')} OR {true} THEN 1 ELSE 0 END"

    def here(self, x, column):
        return (self.copy(x, column),)

    def there(self, y, column):
        return (f"{y}::int",)


class Text(Kind):
    name = "text"

    def faults(self, x, column):
        yield "blob_in_text", of_type(x, "blob")
        if column.convert != DIGITS:
            yield "mixed_classes", no_type(x, "text")
        yield from self.limits(x, column)

    def unfit(self, x, column):
        conditions = [of_type(x, "blob") if column.convert == DIGITS else no_type(x, "text")]
        conditions += [f"({condition})" for _, condition in self.limits(x, column)]
        return " OR ".join(conditions)

    def limits(self, x, column):
        """What the type itself refuses."""
        if numbers := modifiers(column.type):
            most = numbers[0]  # characters; counting bytes first is quicker
            yield "too_long", f"octet_length({x}) > {most} AND length({x}) > {most}"
        if column.type.partition("(")[0] in (
            "character",
            "char",
        ):  # PostgreSQL pads it, and cuts the spaces when it reads
            yield "too_long", f"{x} <> rtrim({x}, ' ')"
        if column.labels:
            yield "not_a_label", f"{x} COLLATE BINARY NOT IN ({texts(column.labels)})"

    def copy(self, x, column):
        return escaped(x) if column.escape else x

    def here(self, x, column):
        return f"length({x})", x

    def there(self, y, column):
        return f"length({y}::text)", f"{y}::text"


class Bytes(Kind):
    name = "bytea"

    def faults(self, x, column):
        yield "text_in_blob", no_type(x, "blob")
        yield "too_large", f"octet_length({x}) > {FIELD_LIMIT // 2}"

    def copy(self, x, column):
        return rf"'\\x' || hex({x})"

    def here(self, x, column):
        return (f"hex({x})",)

    def there(self, y, column):
        return (f"upper(encode({y}, 'hex'))",)


class Json(Text):
    name = "json"

    def limits(self, x, column):
        yield "not_json", f"NOT json_valid({x}, 1)"


class Jsonb(Json):
    """PostgreSQL orders keys and drops spaces, so only that there is a value can be compared."""

    name = "jsonb"

    def here(self, x, column):
        return ("'json'",)

    def there(self, y, column):
        return (f"CASE WHEN {y} IS NOT NULL THEN 'json' END",)


class Uuid(Text):
    name = "uuid"

    def limits(self, x, column):
        yield "not_a_uuid", f"{x} NOT GLOB '{UUID}'"


class Moment(Kind):
    """Dates and times: `form` of dates.py says how SQLite's value is written."""

    def __init__(self, name: str, fault: str):
        self.name, self.fault = name, fault

    def forms(self, column):
        return date_formats.forms(self.name, column.convert)

    def unfit(self, x, column):
        return f"{self._none(x, column)}{''.join(f' OR {c}' for c in self._too_fine(x, column))}"

    def _none(self, x, column):
        matches = " OR ".join(f"({form.matches(x)})" for form in self.forms(column))
        return f"({matches}) IS NOT TRUE"  # NULL where date() finds no date

    def _too_fine(self, x, column):
        """More decimals of a second than timestamp(n) keeps."""
        if numbers := modifiers(column.type):
            plain = f"({self._by_form(x, column, 'plain')})"
            dot = f"instr({plain}, '.')"
            yield f"({dot} AND length({plain}) - {dot} > {numbers[0]})"

    def faults(self, x, column):
        if self.name in ("timestamp", "timestamptz") and not column.convert:
            other = date_formats.forms(
                "timestamptz" if self.name == "timestamp" else "timestamp", ""
            )
            yield "mixed_zones", " OR ".join(f"({form.matches(x)})" for form in other)
        yield self.fault, self._none(x, column)
        for condition in self._too_fine(x, column):
            yield "too_precise", condition

    def copy(self, x, column):
        return self._by_form(x, column, "value")

    def here(self, x, column):
        return (self._by_form(x, column, "plain"),)

    def there(self, y, column):
        return (f"({y} AT TIME ZONE 'UTC')" if self.name == "timestamptz" else y,)

    def _by_form(self, x, column, what):
        *others, last = self.forms(column)
        cases = "".join(f" WHEN {form.matches(x)} THEN {getattr(form, what)(x)}" for form in others)
        end = getattr(last, what)(x)
        return f"CASE{cases} ELSE {end} END" if cases else end


KINDS = {
    kind.name: kind
    for kind in (
        Integer(),
        Numeric(),
        Double(),
        Boolean(),
        Text(),
        Bytes(),
        Json(),
        Jsonb(),
        Uuid(),
        Moment("date", "not_a_date"),
        Moment("timestamp", "not_a_timestamp"),
        Moment("timestamptz", "not_a_timestamp"),
        Moment("time", "not_a_time"),
    )
}
"""By the names that ColumnPlan.kind may have. "other" is held as text: PostgreSQL reads it."""

KINDS["other"] = KINDS["text"]

TEXTUAL = ("text", "json", "jsonb", "uuid", "other")


def kind_of(type_: str) -> str:
    """The kind of a PostgreSQL type as format_type() prints it, "other" when it is none of ours."""
    plain = type_.partition("(")[0].strip() if "time" not in type_ else type_
    if plain in INTEGERS:
        return "integer"
    if plain.startswith("timestamp") or plain.startswith("time"):
        zone = "with time zone" in plain
        if plain.startswith("timestamp"):
            return "timestamptz" if zone else "timestamp"
        return "other" if zone else "time"
    return {
        "numeric": "numeric",
        "double precision": "double",
        "real": "double",
        "boolean": "boolean",
        "text": "text",
        "character varying": "text",
        "varchar": "text",
        "character": "text",
        "char": "text",
        "bytea": "bytea",
        "json": "json",
        "jsonb": "jsonb",
        "uuid": "uuid",
        "date": "date",
    }.get(plain, "other")


def escaped(x: str) -> str:
    """COPY's text format of a text. Most have nothing to escape, so that is asked first."""
    inner = rf"replace({x}, '\', '\\')"
    for code, sign in ((9, "t"), (10, "n"), (13, "r")):
        inner = rf"replace({inner}, char({code}), '\{sign}')"
    special = literal("*[\\\t\n\r]*")
    return f"CASE WHEN {x} GLOB {special} THEN {inner} ELSE {x} END"
