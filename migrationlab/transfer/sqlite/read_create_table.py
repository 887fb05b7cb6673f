"""Read from a CREATE statement what no PRAGMA tells: CHECKs, expressions, names, deferral.

Not with sqlglot: it refuses what SQLite takes (`CHECK (…) ON CONFLICT`, a missing comma between
constraints, a type of three words), and a statement that is half understood loses a CHECK.
"""

from dataclasses import dataclass, field

from migrationlab.transfer.sqlite.sqlite_schema import Check
from migrationlab.transfer.sqlite.tokenizer import Token, group_end, split, text, tokens

# Reserved in SQLite: a column's name is none of these unless it is quoted.
CONSTRAINTS = ("CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN")


@dataclass
class Reference:
    """A REFERENCES clause."""

    columns: tuple[str, ...]
    name: str = ""
    deferred: bool = False


@dataclass
class CreateTable:
    """What a CREATE TABLE says.

    generated   column -> expression
    uniques     (columns, the constraint's name or "") of each UNIQUE
    key_name    the name of the PRIMARY KEY's constraint
    """

    columns: list[str] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    generated: dict[str, str] = field(default_factory=dict)
    references: list[Reference] = field(default_factory=list)
    uniques: list[tuple[tuple[str, ...], str]] = field(default_factory=list)
    key_name: str = ""


@dataclass
class CreateIndex:
    """The text of each part, without COLLATE, ASC and DESC at its end, and of the WHERE."""

    parts: list[str]
    where: str


def read_create_table(sql: str) -> CreateTable:
    """Raises ValueError for a text that is not understood."""
    found = tokens(sql)
    start = next((n for n, token in enumerate(found) if token.says("(")), None)
    if start is None:
        raise ValueError("it has no list of columns")
    table = CreateTable()
    for part in split(found[start + 1 : group_end(found, start) - 1]):
        if not part:
            raise ValueError("there is nothing between two commas")
        if part[0].says(*CONSTRAINTS):
            read_constraints(table, part, ())
        else:
            table.columns.append(part[0].value)
            read_constraints(table, part[1:], (part[0].value,))
    return table


def read_constraints(table: CreateTable, part: list[Token], columns: tuple[str, ...]) -> None:
    """Note the constraints of one column, or (with no columns) some of the table's own."""
    name = ""
    keys: tuple[str, ...] = columns  # what a REFERENCES speaks of
    place = 0
    while place < len(part):
        token = part[place]
        inside, after = bracket(part, place + 1)
        place += 1
        if token.says("("):  # a type's length, a default's expression: nothing to find in it
            place = group_end(part, place - 1)
        elif token.says("CONSTRAINT"):
            name = part[place].value if place < len(part) else ""
            place += 1
        elif token.says("COLLATE", "REFERENCES"):
            if token.says("REFERENCES"):
                table.references.append(Reference(keys, name))
                name = ""
            place += 1  # a name, whatever it looks like
        elif token.says("CHECK"):
            if inside is None:
                raise ValueError("CHECK without an expression")
            table.checks.append(Check(text(inside), name))
            name, place = "", after
        elif token.says("AS") and columns:
            if inside is None:
                raise ValueError("AS without an expression")
            table.generated[columns[0]] = text(inside)
            name, place = "", after
        elif token.says("UNIQUE"):
            table.uniques.append((columns or names(inside), name))
            name, place = "", after
        elif token.says("PRIMARY"):
            table.key_name, name = name, ""
        elif token.says("FOREIGN") and not columns:
            inside, place = bracket(part, place + 1)  # after KEY
            keys = names(inside)
        elif token.says("DEFERRABLE") and table.references and not part[place - 2].says("NOT"):
            deferred = [t.text.upper() for t in part[place : place + 2]] == [
                "INITIALLY",
                "DEFERRED",
            ]
            table.references[-1].deferred = deferred
        elif token.says("NULL", "DEFAULT"):
            name = ""  # such a constraint may have a name too; PostgreSQL has none for it


def bracket(part: list[Token], place: int) -> tuple[list[Token] | None, int]:
    """What stands in the brackets that open here and the place after them; None without any."""
    if place < len(part) and part[place].says("("):
        end = group_end(part, place)
        return part[place + 1 : end - 1], end
    return None, place


def names(inside: list[Token] | None) -> tuple[str, ...]:
    """The first name of each part of a list."""
    return tuple(part[0].value for part in split(inside or []) if part)


def read_create_index(sql: str) -> CreateIndex:
    """Raises ValueError for a text that is not understood."""
    found = tokens(sql)
    start = next((n for n, token in enumerate(found) if token.says("(")), None)
    if start is None:
        raise ValueError("it has no list of columns")
    end = group_end(found, start)
    where = found[end:]
    if where and not where[0].says("WHERE"):
        raise ValueError(f"it goes on with {where[0].text}")
    parts = [without_order(part) for part in split(found[start + 1 : end - 1])]
    return CreateIndex([text(part) for part in parts], text(where[1:]))


def without_order(part: list[Token]) -> list[Token]:
    if part and part[-1].says("ASC", "DESC"):
        part = part[:-1]
    if len(part) > 2 and part[-2].says("COLLATE"):
        part = part[:-2]
    return part
