"""Say a SQLite expression in PostgreSQL's words, or say why it must be done by hand.

Only what means the same on both sides for every value, NULL included, is let through. SQLite
computes with whatever is stored and PostgreSQL with types, so each part carries its kind, and a
part of no known kind is left to the hand. sqlglot reads the expression; it does not write it: its
own translation is by name, and `x < 'a'`, `5 / 0` or `lower('Æ')` have other values there.
"""

import logging
import re
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date

from migrationlab.transfer.plan.postgres_names import quoted
from migrationlab.transfer.plan.transfer_plan import TablePlan
from migrationlab.transfer.sqlite.sqlite_schema import Affinity, fold
from migrationlab.transfer.translate.precedence import is_ambiguous

NUMBERS = ("integer", "numeric", "double")
LARGEST = 2**63 - 1
BINARY, NOCASE, RTRIM = "BINARY", "NOCASE", "RTRIM"
SWAPPED = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]")
UUID = re.compile("-".join(f"[0-9a-f]{{{length}}}" for length in (8, 4, 4, 4, 12)))

# Why the best known expressions are not translated.
REASONS = {
    "Like": "LIKE ignores the case of ASCII letters in SQLite (ILIKE ignores it of all letters)",
    "Glob": "PostgreSQL has no GLOB (use a regular expression)",
    "RegexpLike": "REGEXP is a function of the application",
    "Match": "MATCH is a full-text search of SQLite",
    "Typeof": "typeof() asks for the storage class, which a PostgreSQL type has decided already",
    "Round": "round() rounds halves of a double otherwise",
    "Rand": "random() gives other numbers",
    "Subquery": "it asks a query",
    "Select": "it asks a query",
    "Exists": "it asks a query",
    "Greatest": "max() with a NULL is NULL in SQLite, greatest() leaves NULLs out",
    "Least": "min() with a NULL is NULL in SQLite, least() leaves NULLs out",
    "JSONExtract": "JSON paths are written otherwise",
    "JSONExtractScalar": "JSON paths are written otherwise",
}


class ByHand(Exception):
    """An expression that is not translated; the text is the reason, without a full stop."""


@dataclass(frozen=True)
class Part:
    """A piece of the expression.

    sql       in PostgreSQL's words
    kind      a column's kind, or "null"
    literal   the value, for a literal number (int or float), text or bytes
    atom      whether it can be an operand without brackets
    collation what SQLite compares it with, "" when it leaves that to the other side
    explicit  whether a COLLATE says so
    column    the plan of the column that it is, else None
    """

    sql: str
    kind: str
    literal: int | float | str | bytes | None = None
    atom: bool = False
    collation: str = ""
    explicit: bool = False
    column: object = None

    @property
    def operand(self) -> str:
        return self.sql if self.atom else f"({self.sql})"


def translate(expression: str, table: TablePlan, *, kind: str = "") -> str:
    """The expression over the target's columns; with `kind` "boolean", as a condition.

    `kind` is what the result must be ("" for anything). Raises ByHand.
    """
    part = Translator(table).whole(expression)
    if kind == "boolean":
        return condition(part).sql
    if kind and part.kind not in (kind, "null"):
        part = converted(part, kind)
    return part.sql


class Translator:
    """One method for each kind of node that is let through, by sqlglot's name for it."""

    def __init__(self, table: TablePlan):
        self.table = table

    def whole(self, expression: str) -> Part:
        from sqlglot import errors, parse_one  # a tenth of a second, and many files need none

        if is_ambiguous(expression):
            raise ByHand("it has comparisons in a row without brackets")
        try:
            with silent():
                # In brackets: else REPLACE and some other words begin a statement.
                return self.part(parse_one(f"({expression}\n)", read="sqlite"))
        except (errors.SqlglotError, RecursionError):
            raise ByHand("it cannot be read") from None

    def part(self, node) -> Part:
        name = type(node).__name__
        if method := getattr(self, f"on_{name}", None):
            return method(node)
        if name in REASONS:
            raise ByHand(REASONS[name])
        text = node.sql("sqlite")
        if called := re.match(r"(\w+)\(", text):
            raise ByHand(f"the function {called[1].lower()}() is not translated")
        raise ByHand(f"{text[:60]} is not translated")

    def on_Anonymous(self, node) -> Part:
        if fold(node.name) == "json_valid" and len(node.expressions) == 1:
            part = self.part(node.expressions[0])
            if part.kind in ("json", "jsonb"):  # what is in such a column is valid
                return Part(f"CASE WHEN {part.sql} IS NOT NULL THEN TRUE END", "boolean", atom=True)
        raise ByHand(f"the function {fold(node.name)}() is not translated")

    # Values

    def on_Paren(self, node) -> Part:
        return self.part(node.this)

    def on_Null(self, node) -> Part:
        return Part("NULL", "null", atom=True)

    def on_Boolean(self, node) -> Part:
        return Part("TRUE" if node.this else "FALSE", "boolean", int(node.this), atom=True)

    def on_Literal(self, node) -> Part:
        return text_part(node.this) if node.is_string else number_part(node.this)

    def on_HexString(self, node) -> Part:
        if len(node.this) % 2:
            raise ByHand("the blob has half a byte")
        return Part(rf"CAST('\x{node.this}' AS bytea)", "bytea", bytes.fromhex(node.this), True)

    def on_Column(self, node) -> Part:
        name, identifier = node.name, node.this
        if node.args.get("db") or node.table and fold(node.table) != fold(self.table.source.name):
            raise ByHand(f"{node.sql('sqlite')} is in another table")
        names = [fold(column.name) for column in self.table.source.columns]
        if fold(name) not in names:
            # SQLite: a name in double quotes that is no column is a text.
            if identifier.quoted and not node.table:
                return text_part(name)
            if fold(name) in ("rowid", "_rowid_", "oid") and self.table.source.integer_key:
                name = self.table.source.integer_key
            else:
                raise ByHand(f"{name} is no column of the table")
        plan = self.table.column(name)
        if plan is None:
            raise ByHand(f"the column {name} is left behind")
        if plan.generated:
            self.generated(plan)
        collation = plan.source.collation.upper() or BINARY
        return Part(quoted(plan.name), plan.kind, atom=True, collation=collation, column=plan)

    def generated(self, plan) -> None:
        """For a subclass that may not name generated columns."""

    # Conditions

    def on_And(self, node) -> Part:
        return self.joined(node, "AND")

    def on_Or(self, node) -> Part:
        return self.joined(node, "OR")

    def joined(self, node, word: str) -> Part:
        parts = [condition(self.part(item)) for item in node.flatten()]
        return Part(f" {word} ".join(part.operand for part in parts), "boolean")

    def on_Not(self, node) -> Part:
        return Part(f"NOT {condition(self.part(node.this)).operand}", "boolean")

    def on_Is(self, node) -> Part:
        left = self.part(node.this)
        if type(node.expression).__name__ == "Null":
            return is_null(left)
        if type(node.expression).__name__ == "Boolean":
            return Part(f"{condition(left).operand} IS {node.expression.sql()}", "boolean")
        raise ByHand("this IS is not translated")

    def on_EQ(self, node) -> Part:
        return compared(*self.sides(node), "=")

    def on_NEQ(self, node) -> Part:
        return compared(*self.sides(node), "<>")

    def on_LT(self, node) -> Part:
        return compared(*self.sides(node), "<")

    def on_LTE(self, node) -> Part:
        return compared(*self.sides(node), "<=")

    def on_GT(self, node) -> Part:
        return compared(*self.sides(node), ">")

    def on_GTE(self, node) -> Part:
        return compared(*self.sides(node), ">=")

    def on_NullSafeEQ(self, node) -> Part:
        return compared(*self.sides(node), "IS NOT DISTINCT FROM")

    def on_NullSafeNEQ(self, node) -> Part:
        return compared(*self.sides(node), "IS DISTINCT FROM")

    def sides(self, node) -> tuple[Part, Part]:
        return self.part(node.this), self.part(node.expression)

    def on_Between(self, node) -> Part:
        value = self.part(node.this)
        low = compared(value, self.part(node.args["low"]), ">=")
        high = compared(value, self.part(node.args["high"]), "<=")
        return Part(f"{low.operand} AND {high.operand}", "boolean")

    def on_In(self, node) -> Part:
        value = self.part(node.this)
        items = [self.part(item) for item in node.expressions]
        constant = all(item.literal is not None or item.kind == "null" for item in items)
        if not items or not constant or any(item.explicit for item in items):
            raise ByHand("IN is translated with a list of constants only")
        pairs = [sides_of(value, item, "=") for item in items]
        if len({left for left, _, _ in pairs}) > 1 or any(word != "=" for *_, word in pairs):
            return Part(" OR ".join(f"{lt} {word} {rt}" for lt, rt, word in pairs), "boolean")
        return Part(f"{pairs[0][0]} IN ({', '.join(right for _, right, _ in pairs)})", "boolean")

    def on_Collate(self, node) -> Part:
        collation = node.expression.name.upper()
        return replace(self.part(node.this), collation=collation, explicit=True)

    # Arithmetic

    def on_Neg(self, node) -> Part:
        part = self.part(node.this)
        if isinstance(part.literal, (int, float)) and part.kind in NUMBERS:
            return number_part(part.sql[1:] if part.sql.startswith("-") else f"-{part.sql}")
        number = as_number(part)
        return Part(f"- {number.operand}", number.kind)

    def on_Add(self, node) -> Part:
        return arithmetic(*self.sides(node), "+")

    def on_Sub(self, node) -> Part:
        return arithmetic(*self.sides(node), "-")

    def on_Mul(self, node) -> Part:
        return arithmetic(*self.sides(node), "*")

    def on_Div(self, node) -> Part:
        return divided(*self.sides(node), "/")

    def on_Mod(self, node) -> Part:
        return divided(*self.sides(node), "%")

    def on_Abs(self, node) -> Part:
        number = as_number(self.part(node.this))
        return Part(f"abs({number.sql})", number.kind, atom=True)

    # Texts

    def on_DPipe(self, node) -> Part:
        left, right = (as_text(part) for part in self.sides(node))
        return Part(f"{left.operand} || {right.operand}", "text")

    def on_Length(self, node) -> Part:
        part = self.part(node.this)
        if part.kind == "bytea":
            return Part(f"length({part.sql})", "integer", atom=True)
        return Part(f"length({as_text(part).sql})", "integer", atom=True)

    def on_Lower(self, node) -> Part:
        return self.cased(node, "lower")

    def on_Upper(self, node) -> Part:
        return self.cased(node, "upper")

    def cased(self, node, word: str) -> Part:
        # SQLite knows the case of ASCII letters only, and so does the collation "C".
        return Part(
            f'{word}({as_text(self.part(node.this)).operand} COLLATE "C")', "text", None, True
        )

    def on_Trim(self, node) -> Part:
        word = {"LEADING": "ltrim", "TRAILING": "rtrim"}.get(node.args.get("position"), "btrim")
        what = node.expression
        characters = as_text(self.part(what)).sql if what else "' '"
        return Part(f"{word}({as_text(self.part(node.this)).sql}, {characters})", "text", atom=True)

    def on_Substring(self, node) -> Part:
        part = as_text(self.part(node.this))
        start, length = node.args.get("start"), node.args.get("length")
        numbers = [self.part(item).literal for item in (start, length) if item]
        if any(not isinstance(number, int) for number in numbers) or min(numbers) < 0:
            raise ByHand("substr() is translated with positions that are constant and not negative")
        if numbers[0] < 1:
            raise ByHand("substr() counts from 1")
        listed = ", ".join(map(str, numbers))
        return Part(f"substr({part.sql}, {listed})", "text", atom=True)

    def on_StrPosition(self, node) -> Part:
        return self.called("strpos", "integer", node.this, node.args["substr"])

    def on_Replace(self, node) -> Part:
        if not self.part(node.expression).literal:  # '' with a NULL to put there is not NULL
            raise ByHand("replace() is translated with a constant text to look for")
        return self.called("replace", "text", node.this, node.expression, node.args["replacement"])

    def called(self, word: str, kind: str, *arguments) -> Part:
        texts = ", ".join(as_text(self.part(argument)).sql for argument in arguments)
        return Part(f"{word}({texts})", kind, atom=True)

    # Choices

    def on_Coalesce(self, node) -> Part:
        parts = self.alike([node.this, *node.expressions])
        listed = ", ".join(part.sql for part in parts)
        return result(f"coalesce({listed})", kind_of(parts))

    def on_Nullif(self, node) -> Part:
        left, right = self.sides(node)
        same = compared(left, right, "=")
        return result(f"CASE WHEN {same.sql} THEN NULL ELSE {left.sql} END", left.kind)

    def on_Case(self, node) -> Part:
        base = self.part(node.this) if node.this else None
        tests = []
        for branch in node.args["ifs"]:
            test = self.part(branch.this)
            tests.append(compared(base, test, "=") if base else condition(test))
        default = node.args.get("default")
        return self.chosen(tests, [branch.args["true"] for branch in node.args["ifs"]], default)

    def on_If(self, node) -> Part:
        test = condition(self.part(node.this))
        return self.chosen([test], [node.args["true"]], node.args.get("false"))

    def chosen(self, tests: list[Part], results: list, default) -> Part:
        parts = self.alike([*results, *([default] if default is not None else [])])
        cases = zip(tests, parts, strict=False)
        text = " ".join(f"WHEN {test.sql} THEN {result.sql}" for test, result in cases)
        other = f" ELSE {parts[-1].sql}" if default is not None else ""
        return result(f"CASE {text}{other} END", kind_of(parts))

    def alike(self, nodes: list) -> list[Part]:
        """The parts, if they are of one kind: PostgreSQL chooses a type for all of them."""
        parts = [plain(self.part(node)) for node in nodes]
        kinds = {part.kind for part in parts} - {"null"}
        if kinds == {"boolean", "integer"}:
            parts = [as_number(part) if part.kind == "boolean" else part for part in parts]
        elif len(kinds) > 1:
            raise ByHand(f"it chooses between {' and '.join(sorted(kinds))}")
        return parts

    # Conversions

    def on_Cast(self, node) -> Part:
        from migrationlab.transfer.sqlite.read_schema import affinity

        part = plain(self.part(node.this))
        wanted = affinity(node.args["to"].sql("sqlite"))
        if part.kind in ("integer", "boolean") and wanted in (Affinity.INTEGER, Affinity.NUMERIC):
            return as_number(part)
        if part.kind == "double" and wanted == Affinity.INTEGER:
            return Part(f"CAST(trunc({part.sql}) AS bigint)", "integer", atom=True)
        if wanted == Affinity.TEXT:
            return as_text(part)
        if wanted == Affinity.REAL and part.kind in (*NUMBERS, "boolean"):
            return as_double(as_number(part))
        raise ByHand(f"CAST of {part.kind} to {wanted.lower()} is not translated")


def text_part(text: str) -> Part:
    if "\0" in text:
        raise ByHand("a text in PostgreSQL holds no NUL character")
    return Part("'" + text.replace("'", "''") + "'", "text", text, atom=True)


def number_part(text: str) -> Part:
    """A literal number: an integer of 64 bits, or a double as SQLite reads it."""
    digits = text.lstrip("-")
    if digits.isdigit():
        if not -LARGEST - 1 <= int(text) <= LARGEST:
            raise ByHand(f"{text} is a rounded double in SQLite")
        return Part(str(int(text)), "integer", int(text), atom=int(text) >= 0)
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ByHand("infinity is not translated")
    # As the shortest digits that read back as the same double: those that a numeric column holds.
    return Part(repr(number), "double", number, atom=not text.startswith("-"))


def plain(part: Part) -> Part:
    """The part, if its value in PostgreSQL is the one that SQLite has."""
    column = part.column
    if column is not None:
        if column.convert or column.null_for or column.true_for or column.false_for:
            raise ByHand(f"the values of {column.source.name} are converted")
        if column.kind in ("json", "jsonb", "other", "timestamptz"):
            raise ByHand(f"{column.source.name} is of type {column.type} in PostgreSQL")
        if column.type.startswith("char") and not column.type.startswith("character varying"):
            raise ByHand(f"{column.type} of PostgreSQL takes no notice of spaces at the end")
    return part


def is_null(part: Part) -> Part:
    if part.column is not None and part.column.null_for:
        raise ByHand(f"some texts of {part.column.source.name} become NULL")
    return Part(f"{part.operand} IS NULL", "boolean")


def condition(part: Part) -> Part:
    """As PostgreSQL wants it after WHERE: a boolean. In SQLite every number but 0 is true."""
    if part.kind == "null":
        return Part("CAST(NULL AS boolean)", "boolean", atom=True)
    if part.kind == "boolean":
        column = part.column
        if column is not None and (column.true_for or column.false_for or column.null_for):
            raise ByHand(f"the values of {column.source.name} are converted")
        return part
    if part.kind in NUMBERS:
        return Part(f"{plain(part).operand} <> 0", "boolean")
    raise ByHand(f"a {part.kind} is no condition in PostgreSQL")


def as_number(part: Part) -> Part:
    part = plain(part)
    if part.kind == "boolean":
        if isinstance(part.literal, int):
            return number_part(str(part.literal))
        return Part(f"CAST({part.sql} AS integer)", "integer", atom=True)
    if part.kind not in NUMBERS:
        raise ByHand(f"it computes with a {part.kind}")
    if part.column is not None and part.kind == "integer" and part.column.type != "bigint":
        return wide(part)  # else 32 bits overflow where SQLite has 64
    return replace(part, collation="", column=None)


def wide(part: Part) -> Part:
    return Part(f"CAST({part.sql} AS bigint)", "integer", atom=True)


def as_double(part: Part) -> Part:
    if part.kind == "double" and part.literal is None:
        return part
    return Part(f"CAST({part.sql} AS double precision)", "double", atom=True)


def as_text(part: Part) -> Part:
    """As the text that SQLite makes of it; of doubles and dates that is not the same text."""
    part = plain(part)
    if part.kind == "text":
        return part
    if part.kind in ("integer", "boolean"):
        return Part(f"CAST({as_number(part).sql} AS text)", "text", atom=True)
    if part.kind == "null":
        return Part("CAST(NULL AS text)", "text", atom=True)
    raise ByHand(f"a {part.kind} as a text may look otherwise in PostgreSQL")


def converted(part: Part, kind: str) -> Part:
    """The result in a column of this kind."""
    if kind == "integer" and part.kind == "boolean":
        return as_number(part)
    if kind in ("double", "numeric") and part.kind in ("integer", "boolean"):
        return as_number(part)
    if kind == "double" and part.kind == "numeric":
        return as_double(part)
    if kind == "text" and part.kind == "integer":
        return as_text(part)
    if kind == "numeric" and part.kind == "double":
        raise ByHand("SQLite computes it as a double, and a numeric is exact")
    raise ByHand(f"the result is {part.kind} and the column {kind}")


def kind_of(parts: list[Part]) -> str:
    return next((part.kind for part in parts if part.kind != "null"), "null")


def result(sql: str, kind: str) -> Part:
    """Of a choice; a choice between NULLs only would be a text to PostgreSQL."""
    return Part("NULL" if kind == "null" else sql, kind, atom=True)


def arithmetic(left: Part, right: Part, sign: str) -> Part:
    left, right = as_number(left), as_number(right)
    if left.kind == right.kind == "integer":
        if left.literal is not None and right.literal is not None:
            if max(abs(left.literal), 1) * max(abs(right.literal), 1) >= 2**30:
                left = wide(left)
        return Part(f"{left.operand} {sign} {right.operand}", "integer")
    # SQLite knows no exact decimals: 0.1 + 0.2 is a double there, and must be here.
    left, right = as_double(left), as_double(right)
    return Part(f"{left.operand} {sign} {right.operand}", "double")


def divided(left: Part, right: Part, sign: str) -> Part:
    left, right = as_number(left), as_number(right)
    if "numeric" in (left.kind, right.kind):
        raise ByHand("5 / 2 of a numeric is 2 in SQLite where it is stored as integers, else 2.5")
    if left.kind == right.kind == "integer":
        kind = "integer"
    elif sign == "%":
        raise ByHand("% takes the integer part of a double in SQLite")
    else:
        kind, left, right = "double", as_double(left), as_double(right)
    # Division by zero is NULL in SQLite and an error in PostgreSQL.
    safe = right.operand if right.literal else f"nullif({right.sql}, 0)"
    return Part(f"{left.operand} {sign} {safe}", kind)


def compared(left: Part, right: Part, word: str) -> Part:
    one, other, word = sides_of(left, right, word)
    return Part(f"{one} {word} {other}", "boolean")


def sides_of(left: Part, right: Part, word: str) -> tuple[str, str, str]:
    """Both sides as PostgreSQL must compare them to come to SQLite's answer, and the operator."""
    if "null" in (left.kind, right.kind):
        known = left if right.kind == "null" else right
        if word.startswith("IS"):
            is_null(known)
        return left.operand, right.operand, word
    for one, other in ((left, right), (right, left)):
        if one.kind == "boolean" and other.literal is not None:
            truth = truth_of(one, other)
            return (one.operand, truth, word) if one is left else (truth, one.operand, word)
    left, right = plain(left), plain(right)
    if left.literal is not None and right.literal is None:
        right_sql, left_sql, word = sides_of(right, left, SWAPPED.get(word, word))
        return left_sql, right_sql, SWAPPED.get(word, word)
    if left.kind in NUMBERS or left.kind == "boolean":
        return numbers_compared(left, right, word)
    if left.kind == "text":
        return texts_compared(left, right, word)
    if left.kind == right.kind:
        return left.operand, right.operand, word
    if right.kind == "text" and isinstance(right.literal, str):
        sql, word = moment(left, right.literal, word)
        return left.operand, sql, word
    raise ByHand(f"it compares {left.kind} with {right.kind}")


def truth_of(part: Part, constant: Part) -> str:
    """TRUE or FALSE for what a boolean is compared with."""
    column, value = part.column, constant.literal
    if column is not None and column.null_for:
        raise ByHand(f"some texts of {column.source.name} become NULL")
    if column is not None and (column.true_for or column.false_for):
        if value in column.true_for:
            return "TRUE"
        if value in column.false_for:
            return "FALSE"
        raise ByHand(f"the values of {column.source.name} are converted")
    if value in (0, 1) and isinstance(value, int):
        return "TRUE" if value else "FALSE"
    raise ByHand(f"it compares a boolean with {constant.sql}")


def numbers_compared(left: Part, right: Part, word: str) -> tuple[str, str, str]:
    if right.kind == "text" and isinstance(right.literal, str) and left.column is not None:
        # The affinity of the column makes a number of the text.
        if left.column.source.affinity != Affinity.BLOB and re.fullmatch(
            "-?[0-9]{1,18}", right.literal
        ):
            right = number_part(right.literal)
    if left.kind == right.kind == "boolean":
        return left.operand, right.operand, word
    left, right = as_number(left), as_number(right)
    kinds = {left.kind, right.kind}
    if kinds == {"integer", "double"} and left.literal is None and right.literal is None:
        raise ByHand("SQLite compares integers with doubles exactly, PostgreSQL rounds first")
    if kinds == {"numeric", "double"} and right.literal is None:
        left, right = as_double(left), as_double(right)
    large = isinstance(right.literal, int) and abs(right.literal) > 2**53
    if kinds == {"integer", "double"} and large:
        raise ByHand("SQLite compares integers with doubles exactly, PostgreSQL rounds first")
    return left.operand, right.operand, word


def texts_compared(left: Part, right: Part, word: str) -> tuple[str, str, str]:
    if right.kind == "integer" and right.literal is not None and left.column is not None:
        if left.column.source.affinity == Affinity.TEXT:  # it makes a text of the number
            right = text_part(str(right.literal))
    if right.kind != "text":
        raise ByHand(f"it compares text with {right.kind}")
    # A numeric affinity makes a number of the text on the other side if it looks like one.
    affinities = [side.column.source.affinity for side in (left, right) if side.column is not None]
    if any(affinity not in (Affinity.TEXT, Affinity.BLOB) for affinity in affinities):
        if right.literal is None or re.match(r"\s*[-+.0-9]", right.literal):
            raise ByHand("SQLite compares as numbers what looks like one")
    # SQLite: a COLLATE counts first, then the collation of the left column, then of the right.
    sides = [side for side in (left, right) if side.explicit]
    sides += [side for side in (left, right) if side.collation and not side.explicit]
    collation = sides[0].collation if sides else BINARY
    one, other = folded(left, collation), folded(right, collation)
    # Only for order: whether two texts are equal does not depend on the collation.
    if word in SWAPPED and '"C"' not in one:
        one = f'{one if collation != BINARY else left.operand} COLLATE "C"'
    return one, other, word


def folded(part: Part, collation: str) -> str:
    """The text of which SQLite's collation compares the bytes."""
    if collation == BINARY:
        return part.operand
    if collation == NOCASE:
        return f'lower({part.operand} COLLATE "C")'
    if collation == RTRIM:
        return f"rtrim({part.sql}, ' ')"
    raise ByHand(f"the collation {collation} is the application's own")


def moment(part: Part, text: str, word: str) -> tuple[str, str]:
    """A constant day or time as PostgreSQL's type, and the operator.

    SQLite compares the texts, and a longer one comes after its own beginning: a moment of
    2024-01-01 is greater than the text '2024-01-01', also at midnight.
    """
    if part.kind == "date" and is_day(text):
        return f"DATE '{text}'", word
    if part.kind == "timestamp" and is_moment(text):
        return f"TIMESTAMP '{text}'", word
    if part.kind == "timestamp" and is_day(text) and word in SWAPPED:
        return f"TIMESTAMP '{text} 00:00:00'", ">=" if word in (">", ">=") else "<"
    if part.kind == "time" and CLOCK.fullmatch(text):
        return f"TIME '{text}'", word
    if part.kind == "time" and CLOCK.fullmatch(f"{text}:00") and word in (">=", "<"):
        return f"TIME '{text}:00'", word
    if part.kind == "uuid" and UUID.fullmatch(text):
        return f"CAST('{text}' AS uuid)", word
    raise ByHand(f"'{text}' is no {part.kind} that both sides read alike")


def is_day(text: str) -> bool:
    """Whether it is YYYY-MM-DD and such a day exists."""
    try:
        return bool(DAY.fullmatch(text)) and bool(date.fromisoformat(text))
    except ValueError:
        return False


def is_moment(text: str) -> bool:
    """Whether it is YYYY-MM-DD HH:MM:SS and exists."""
    day, space, clock = text.partition(" ")
    return bool(space) and is_day(day) and bool(CLOCK.fullmatch(clock))


@contextmanager
def silent():
    """sqlglot warns on the log of what it does not know; it is told in the plan instead."""
    logger = logging.getLogger("sqlglot")
    before, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = before
