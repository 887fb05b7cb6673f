"""The user's decisions: a TOML file that `--plan --write` makes and `--mapping` reads back."""

import tomllib
from dataclasses import dataclass, field
from pathlib import Path

import tomlkit

from migrationlab.errors import LabError
from migrationlab.transfer.plan.transfer_plan import Plan
from migrationlab.transfer.sqlite.sqlite_schema import fold

TABLE_WORDS = {"name": str, "skip": bool, "skip_foreign_keys": list, "columns": dict}
COLUMN_WORDS = {
    "name": str,
    "type": str,
    "convert": str,
    "null_for": list,
    "true_for": list,
    "false_for": list,
    "skip": bool,
}
HEAD = """\
Decisions for the transfer of {file}. Change what you want, and use it with --mapping.
A line that begins with # changes nothing: take the # away to use it.
Words for a table:  name, skip, skip_foreign_keys = [["column", …], …]
Words for a column: name, type (a PostgreSQL type), convert, null_for = ["", …],
                    true_for = ["yes"], false_for = ["no"], skip
convert: a pattern such as "DD/MM/YYYY", "unix seconds", "unix milliseconds", "julian day",
         "iso | DD/MM/YYYY" for several forms, "midnight"; for texts "digits" (numbers are
         written as their digits), "latin-1" or "windows-1252" (bytes that are no UTF-8); for
         numbers "number" (texts of digits are read as numbers).
"""


@dataclass(frozen=True)
class Decision:
    """About one column; "" and () are no decision."""

    name: str = ""
    type: str = ""
    convert: str = ""
    null_for: tuple[str, ...] = ()
    true_for: tuple[str, ...] = ()
    false_for: tuple[str, ...] = ()
    skip: bool = False


@dataclass(frozen=True)
class TableDecision:
    """About one table; `columns` by folded name."""

    name: str = ""
    skip: bool = False
    skip_foreign_keys: tuple[tuple[str, ...], ...] = ()
    columns: dict[str, Decision] = field(default_factory=dict)


def read(mapping: str | Path | dict | None, schema) -> dict[str, TableDecision]:
    """Decisions by folded table name. Raises LabError when a word or a name is unknown."""
    if mapping is None:
        return {}
    if not isinstance(mapping, dict):
        mapping = _load(Path(mapping))
    found = {}
    _insist(mapping, {"tables": dict}, "the mapping")
    for table_name, words in mapping.get("tables", {}).items():
        table = next((t for t in schema.tables if fold(t.name) == fold(table_name)), None)
        if table is None:
            raise LabError(
                f"The mapping speaks of a table {table_name}, which the file does not have.",
                expected=", ".join(t.name for t in schema.tables),
            )
        _insist(words, TABLE_WORDS, f"the table {table_name}")
        columns = {}
        for column_name, more in words.get("columns", {}).items():
            try:
                table.column(column_name)
            except KeyError:
                raise LabError(
                    f"The mapping speaks of a column {table_name}.{column_name}, which the file "
                    "does not have.",
                    expected=", ".join(c.name for c in table.columns),
                ) from None
            _insist(more, COLUMN_WORDS, f"the column {table_name}.{column_name}")
            columns[fold(column_name)] = Decision(
                **{
                    key: tuple(map(str, value)) if isinstance(value, list) else value
                    for key, value in more.items()
                }
            )
        found[fold(table.name)] = TableDecision(
            words.get("name", ""),
            words.get("skip", False),
            tuple(
                tuple([key] if isinstance(key, str) else key)
                for key in words.get("skip_foreign_keys", ())
            ),
            columns,
        )
    return found


def _load(path: Path) -> dict:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise LabError(f"The mapping {path} cannot be read: {error.strerror}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise LabError(f"The mapping {path} is no TOML: {error}.") from None


def _insist(words, known: dict[str, type], where: str) -> None:
    if not isinstance(words, dict):
        raise LabError(f"In the mapping {where} is no table of words.")
    for word, value in words.items():
        if word not in known:
            raise LabError(
                f"In the mapping {where} has the word “{word}”, which nothing understands.",
                expected=", ".join(known),
            )
        if not isinstance(value, known[word]):
            raise LabError(
                f"In the mapping {where} has {word} = {value!r}.",
                expected={str: "a text", bool: "true or false", list: "a list"}.get(
                    known[word], "a table"
                ),
            )


def write(plan: Plan, path: str | Path) -> None:
    """Write a mapping that decides nothing yet: every column, and what could be decided.

    Raises LabError when the file exists already: it may hold decisions.
    """
    document = tomlkit.document()
    for line in HEAD.format(file=Path(plan.file).name).splitlines():
        document.add(tomlkit.comment(line))
    tables = tomlkit.table(is_super_table=True)
    for table in plan.tables:
        entry = tomlkit.table()
        entry.add("name", table.name)
        columns = tomlkit.table(is_super_table=True)
        for column in table.columns:
            inner = tomlkit.table()
            inner.add("name", column.name)
            if not column.source.generated:
                inner.add("type", column.type)
            stored = ", ".join(f"{count:,} {kind}" for kind, count in column.stored.items())
            inner.add(tomlkit.comment(f"declared {column.source.declared or '-'}; {stored}"))
            for problem in table.problems:
                if fold(problem.column) == fold(column.source.name):
                    inner.add(tomlkit.comment(f"PROBLEM: {problem}".replace("\n", " ")))
                    inner.add(tomlkit.comment(f"  {problem.todo}"))
            columns.add(column.source.name, inner)
        entry.add("columns", columns)
        tables.add(table.source.name, entry)
    document.add("tables", tables)
    try:
        with open(path, "x", encoding="utf-8") as file:
            file.write(tomlkit.dumps(document))
    except FileExistsError:
        raise LabError(
            f"{path} exists already, and may hold your decisions.", todo="Give another name."
        ) from None
    except OSError as error:
        raise LabError(f"{path} cannot be written: {error.strerror}.") from None
