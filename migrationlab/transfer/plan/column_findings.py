"""Give every column its type, and find the values and keys that stand in the way."""

from dataclasses import replace

import apsw

from migrationlab.errors import LabError
from migrationlab.transfer.plan import column_type, mapping_advice, value_profile
from migrationlab.transfer.plan.mapping_file import Decision, TableDecision
from migrationlab.transfer.plan.problems import problem
from migrationlab.transfer.plan.transfer_plan import ColumnPlan, TablePlan
from migrationlab.transfer.sqlite import date_formats
from migrationlab.transfer.sqlite.quoting import name as quoted
from migrationlab.transfer.sqlite.sql_functions import ENCODINGS
from migrationlab.transfer.sqlite.sqlite_schema import fold
from migrationlab.transfer.sqlite.value_conversion import DIGITS, KINDS, NUMBER

OF_TEXTS = (DIGITS, *ENCODINGS)  # conversions


def examine(connections, table: TablePlan, decision: TableDecision, existing: bool) -> None:
    """Give every column its type, by what is declared and what is stored, and find the problems."""
    first, source = connections[0], table.source
    for column in table.columns:
        words = decision.columns.get(fold(column.source.name), Decision())
        if existing:
            if not column.kind:  # it has no place in the target, which is said already
                column_type.give(column, "text", "")
        elif words.type:
            column_type.give(column, column_type.normal(words.type), "the mapping says so")
        else:
            column_type.give(column, *column_type.by_declaration(column.source))
            if not column.type:
                column.stored = value_profile.classes(first, source, column)
                column_type.give(column, *column_type.by_storage(column.stored))
        _insist_on_conversion(table, column)
    todo = [c for c in table.columns if not (existing and c.why == "")]
    table.rows = first.execute(f"SELECT count(*) FROM {quoted(source.name)}").fetchone()[0]
    fixed = existing or None
    rounds = 0
    pending = todo
    while pending:
        rounds += 1
        measured = value_profile.measure(connections, table, pending)
        again = []
        for column in pending:
            found = measured.columns[column.source.name]
            column.longest, column.escape = found.longest, found.escape
            faults = value_profile.faults_by_kind(first, source, column) if found.faults else {}
            decided = decision.columns.get(fold(column.source.name), Decision()).type
            if not fixed and not decided and rounds < 4:
                if column_type.reconsider(column, faults, found.values):
                    again.append(column)
                    continue
            if not column.stored:
                column.stored = value_profile.stored(
                    column, found, table.rows
                ) or value_profile.classes(first, source, column)
            _settle(first, table, column, found.values, faults)
        pending = again
    for column in table.columns:
        key = source.integer_key
        column.identity = not existing and column.source.name == key and column.kind == "integer"
    _check_rules(first, table)
    for key in _unique_keys(table):
        _check_key(first, table, key)


def _insist_on_conversion(table: TablePlan, column: ColumnPlan) -> None:
    place = f"{table.source.name}.{column.source.name}"
    if column.kind in ("date", "time", "timestamp", "timestamptz"):
        date_formats.forms(column.kind, column.convert)
    elif column.convert == NUMBER and column.kind in ("integer", "numeric", "double"):
        pass
    elif column.convert and not (column.kind == "text" and column.convert in OF_TEXTS):
        raise LabError(
            f"The mapping asks for the conversion “{column.convert}” of {place}, which becomes "
            f"{column.type}.",
            expected="a conversion of dates and times, for numbers “number”, or for text one of "
            + ", ".join(OF_TEXTS),
        )
    if (column.true_for or column.false_for) and column.kind != "boolean":
        raise LabError(
            f"The mapping has true_for or false_for for {place}, which becomes {column.type}.",
            expected='type = "boolean"',
        )


def _settle(first, table: TablePlan, column: ColumnPlan, values: int, faults: dict) -> None:
    source = table.source
    x = value_profile.value(column)
    shown = value_profile.examples(first, source, column, f"{x} IS NOT NULL")
    column.examples = tuple(value for _, value in shown)
    for kind, count in faults.items():
        rows = value_profile.examples(
            first, source, column, f"({value_profile.classify(column)}) = '{kind}'"
        )
        found = problem(table, column.source.name, kind, count, rows, type=column.type)
        if kind in ("not_a_date", "not_a_timestamp", "not_a_boolean"):
            if line := mapping_advice.about(first, source, column):
                found = replace(found, todo=f"in the mapping, if it means that: {line}")
        table.problems.append(found)
    nulls = table.rows - values
    if nulls and not column.nullable and not column.generated:
        kind = "null_in_key" if column.source.name in source.primary_key else "null_not_allowed"
        rows = value_profile.examples(first, source, column, f"{x} IS NULL")
        table.problems.append(problem(table, column.source.name, kind, nulls, rows))
    _note(column)


def _note(column: ColumnPlan) -> None:
    """What is converted, in words."""
    if column.convert == NUMBER:
        column.notes.append("texts of up to 15 digits are read as numbers")
    elif column.convert == DIGITS:
        column.notes.append("numbers are written as their digits")
    elif column.convert:
        column.notes.append(f"read as {column.convert}")
    if column.null_for:
        column.notes.append("NULL for " + ", ".join(map(repr, column.null_for)))
    if column.true_for or column.false_for:
        column.notes.append(
            f"true for {', '.join(column.true_for) or '1'}; "
            f"false for {', '.join(column.false_for) or '0'}"
        )
    if column.source.collation not in ("BINARY", ""):
        column.notes.append(
            f"compared by {column.source.collation} in SQLite, byte by byte in PostgreSQL"
        )


def _check_rules(first, table: TablePlan) -> None:
    """Rows that break a CHECK: they can have come in past it (PRAGMA ignore_check_constraints)."""
    for check in table.source.checks:
        broken = f"NOT ({check.expression})"
        try:
            query = f"SELECT count(*) FROM {quoted(table.source.name)} WHERE {broken}"
            count = first.execute(query).fetchone()[0]
            if count:
                key = value_profile.key_text(table.source)
                rows = first.execute(
                    f"SELECT {key}, '' FROM {quoted(table.source.name)} WHERE {broken} LIMIT 3"
                )
                table.problems.append(
                    problem(table, "", "check_violated", count, list(rows), check=check.expression)
                )
        except apsw.SQLError:  # a function of the application's own: told when it is translated
            continue


def _unique_keys(table: TablePlan):
    """Keys in which values that SQLite keeps apart may become one: '10:00' and '10:00:00'."""
    may_merge = ("time", "timestamp", "timestamptz")
    keys = [index for index in table.source.indexes if index.unique and not index.where]
    names = {tuple(part.column for part in index.parts) for index in keys}
    if table.source.primary_key:
        names.add(table.source.primary_key)
    for key in sorted(names):
        columns = [table.column(column) for column in key if column]
        if len(columns) == len(key) and all(columns):
            if any(c.kind in may_merge or c.convert or c.true_for or c.false_for for c in columns):
                yield columns


def _check_key(first, table: TablePlan, key: list[ColumnPlan]) -> None:
    value_profile.Looker(first)
    source = quoted(table.source.name)
    texts = [KINDS[c.kind].here(value_profile.value(c), c)[-1] for c in key]
    fits = " AND ".join(
        f"{value_profile.value(c)} IS NOT NULL AND ({value_profile.classify(c)}) IS NULL"
        for c in key
    )
    names = [f"c{number}" for number in range(len(texts))]
    inner = ", ".join(f"{text} AS {name}" for text, name in zip(texts, names, strict=True))
    query = (
        f"SELECT count(*), min(k), min(v) FROM (SELECT {value_profile.key_text(table.source)} AS k,"
        f" {value_profile.printed(quoted(key[-1].source.name))} AS v, {inner} FROM {source}"
        f" WHERE {fits}) GROUP BY {', '.join(names)} HAVING count(*) > 1"
    )
    found = first.execute(query).fetchall()
    if found:
        rows = [(k, v) for _, k, v in found[:3]]
        columns = ", ".join(c.source.name for c in key)
        count = sum(number for number, _, _ in found)
        table.problems.append(problem(table, columns, "duplicate_key", count, rows, key=columns))
