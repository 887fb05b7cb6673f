"""Make the plan: what becomes of each table and column, and everything that stands in the way."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue

import apsw

from migrationlab.errors import LabError
from migrationlab.transfer import (
    advice,
    choose,
    dates,
    ddl,
    links,
    mapping,
    profile,
    read_schema,
    target,
)
from migrationlab.transfer.functions import ENCODINGS
from migrationlab.transfer.kinds import DIGITS, KINDS
from migrationlab.transfer.mapping import Decision, TableDecision
from migrationlab.transfer.model import (
    ColumnPlan,
    ForeignKey,
    Plan,
    Problem,
    Table,
    TablePlan,
    fold,
)
from migrationlab.transfer.naming import MOST_COLUMNS, SYSTEM, target_name
from migrationlab.transfer.quoting import name as quoted
from migrationlab.transfer.words import REASONS

VERSION_TABLE = "alembic_version"
OF_TEXTS = (DIGITS, *ENCODINGS)  # conversions


def make(
    connections: list[apsw.Connection],
    file: str | Path,
    connection=None,
    *,
    decisions: str | Path | dict | None = None,
    existing: bool = False,
    schema: str = "public",
    append: tuple[str, ...] = (),
    progress=lambda table, done, total: None,
) -> Plan:
    """Look at every value of the file. `connection` leads to the target, None: not asked.

    Raises LabError for a mapping that nothing understands, and when there is nothing to move.
    """
    source = read_schema.read(connections[0])
    if not source.tables:
        raise LabError(f"{Path(file).name} has no tables.", expected="a SQLite file with tables")
    decided = mapping.read(decisions, source)
    there = target.tables(connection, schema) if connection is not None else {}
    plan = Plan(str(file), schema, existing, [])
    for table in source.tables:
        decision = decided.get(fold(table.name), TableDecision())
        if decision.skip:
            plan.skipped.append(f"{table.name}: left behind, as the mapping says")
        elif existing and fold(table.name) == VERSION_TABLE and VERSION_TABLE in there:
            plan.skipped.append(f"{table.name}: the target has its own")
        else:
            plan.tables.append(_table(table, decision, schema))
    if existing:
        _match(plan, there, decided)
    else:
        _insist_on_names(plan, connection)
    for number, table in enumerate(plan.tables):
        if len(table.columns) > MOST_COLUMNS:
            continue
        progress(table.source.name, number, len(plan.tables))
        _examine(
            connections, table, decided.get(fold(table.source.name), TableDecision()), existing
        )
    _foreign_keys(connections, plan, there, decided, append)
    if existing:
        _insist_on_room(plan, connection, there, append)
    else:
        _tell_by_hand(plan, source)
        ddl.decide(plan, target.relations(connection, schema) if connection is not None else ())
    return plan


def _table(table: Table, decision: TableDecision, schema: str) -> TablePlan:
    plan = TablePlan(table, schema, decision.name or target_name(table.name), [])
    for column in table.columns:
        words = decision.columns.get(fold(column.name), Decision())
        if words.skip:
            plan.skipped.append(column.name)
            continue
        found = ColumnPlan(
            column,
            words.name or target_name(column.name),
            convert=words.convert,
            null_for=words.null_for,
            true_for=words.true_for,
            false_for=words.false_for,
            nullable=not column.not_null and column.name not in table.primary_key,
        )
        if not words.name and found.name != fold(column.name):
            plan.notes.append(f"{column.name} is called {found.name}: PostgreSQL has 63 bytes")
        plan.columns.append(found)
    if not decision.name and plan.name != fold(table.name):
        plan.notes.append(f"the table is called {plan.name}: PostgreSQL has 63 bytes")
    return plan


def problem(table: TablePlan, column: str, kind: str, count=0, examples=(), **words) -> Problem:
    reason, todo = REASONS[kind]
    return Problem(
        table.source.name, column, kind, reason.format(**words), count, tuple(examples), todo
    )


def _match(plan: Plan, there: dict, decided: dict[str, TableDecision]) -> None:
    """Find the target's table and column for each of the source's, by name."""
    for table in plan.tables:
        found = (
            there.get(table.source.name) if table.source.name in there else there.get(table.name)
        )
        given = decided.get(fold(table.source.name), TableDecision()).name
        found = there.get(given) if given else found
        if found is None:
            table.problems.append(problem(table, "", "no_place", what="table"))
            continue
        table.name = found.name
        for column in table.columns:
            words = decided.get(fold(table.source.name), TableDecision()).columns.get(
                fold(column.source.name), Decision()
            )
            exact = column.source.name if not words.name else words.name
            place = found.columns.get(exact) or found.columns.get(column.name)
            if place is None:
                table.problems.append(problem(table, column.source.name, "no_place", what="column"))
                continue
            column.name = place.name
            choose.give(column, place.type, "the target's type")
            column.nullable, column.labels = not place.not_null, place.labels
            column.generated = "in the target" if place.generated else ""
        taken = {column.name for column in table.columns}
        for place in found.columns.values():
            if place.name in taken or place.generated:
                continue
            if place.not_null and not place.has_default:
                table.problems.append(problem(table, place.name, "nothing_for"))
            else:
                default = "its default" if place.has_default else "NULL"
                table.notes.append(f"{place.name} is not in the file: it gets {default}")


def _insist_on_names(plan: Plan, connection) -> None:
    taken = target.relations(connection, plan.schema) if connection is not None else set()
    tables = Counter(table.name for table in plan.tables)
    for table in plan.tables:
        if table.name in taken:
            table.problems.append(problem(table, "", "exists"))
        if tables[table.name] > 1:
            table.problems.append(problem(table, "", "name_clash", name=table.name))
        if not table.name:
            table.problems.append(problem(table, "", "no_name"))
        if len(table.columns) > MOST_COLUMNS:
            count = len(table.columns)
            table.problems.append(problem(table, "", "too_many_columns", columns=f"{count:,}"))
        columns = Counter(column.name for column in table.columns)
        for column in table.columns:
            if not column.name:
                table.problems.append(problem(table, column.source.name, "no_name"))
            if column.name in SYSTEM:
                table.problems.append(problem(table, column.source.name, "reserved_name"))
            if columns[column.name] > 1:
                table.problems.append(
                    problem(table, column.source.name, "name_clash", name=column.name)
                )


def _insist_on_room(plan: Plan, connection, there: dict, append: tuple[str, ...]) -> None:
    for table in plan.tables:
        if table.name in there and not {table.name, table.source.name} & set(append):
            if target.has_rows(connection, plan.schema, table.name):
                table.problems.append(problem(table, "", "not_empty"))


def _examine(connections, table: TablePlan, decision: TableDecision, existing: bool) -> None:
    """Give every column its type, by what is declared and what is stored, and find the problems."""
    first, source = connections[0], table.source
    for column in table.columns:
        words = decision.columns.get(fold(column.source.name), Decision())
        if existing:
            if not column.kind:  # it has no place in the target, which is said already
                choose.give(column, "text", "")
        elif words.type:
            choose.give(column, choose.normal(words.type), "the mapping says so")
        else:
            choose.give(column, *choose.by_declaration(column.source))
            if not column.type:
                column.stored = profile.classes(first, source, column)
                choose.give(column, *choose.by_storage(column.stored))
        _insist_on_conversion(table, column)
    todo = [c for c in table.columns if not (existing and c.why == "")]
    table.rows = first.execute(f"SELECT count(*) FROM {quoted(source.name)}").fetchone()[0]
    fixed = existing or None
    rounds = 0
    pending = todo
    while pending:
        rounds += 1
        measured = profile.measure(connections, table, pending)
        again = []
        for column in pending:
            found = measured.columns[column.source.name]
            column.longest, column.escape = found.longest, found.escape
            faults = profile.faults_by_kind(first, source, column) if found.faults else {}
            decided = decision.columns.get(fold(column.source.name), Decision()).type
            if not fixed and not decided and rounds < 4:
                if choose.reconsider(column, faults, found.values):
                    again.append(column)
                    continue
            if not column.stored:
                column.stored = profile.stored(column, found, table.rows) or profile.classes(
                    first, source, column
                )
            _settle(first, table, column, found.values, faults)
        pending = again
    for column in table.columns:
        key = source.integer_key
        column.identity = not existing and column.source.name == key and column.kind == "integer"
    _check_rules(first, table)
    for key in _unique_keys(table):
        _check_key(first, table, key)


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
    profile.Looker(first)
    source = quoted(table.source.name)
    texts = [KINDS[c.kind].here(profile.value(c), c)[-1] for c in key]
    fits = " AND ".join(
        f"{profile.value(c)} IS NOT NULL AND ({profile.classify(c)}) IS NULL" for c in key
    )
    names = [f"c{number}" for number in range(len(texts))]
    inner = ", ".join(f"{text} AS {name}" for text, name in zip(texts, names, strict=True))
    query = (
        f"SELECT count(*), min(k), min(v) FROM (SELECT {profile.key_text(table.source)} AS k,"
        f" {profile.printed(quoted(key[-1].source.name))} AS v, {inner} FROM {source}"
        f" WHERE {fits}) GROUP BY {', '.join(names)} HAVING count(*) > 1"
    )
    found = first.execute(query).fetchall()
    if found:
        rows = [(k, v) for _, k, v in found[:3]]
        columns = ", ".join(c.source.name for c in key)
        count = sum(number for number, _, _ in found)
        table.problems.append(problem(table, columns, "duplicate_key", count, rows, key=columns))


def _insist_on_conversion(table: TablePlan, column: ColumnPlan) -> None:
    place = f"{table.source.name}.{column.source.name}"
    if column.kind in ("date", "time", "timestamp", "timestamptz"):
        dates.forms(column.kind, column.convert)
    elif column.convert and not (column.kind == "text" and column.convert in OF_TEXTS):
        raise LabError(
            f"The mapping asks for the conversion “{column.convert}” of {place}, which becomes "
            f"{column.type}.",
            expected="a conversion of dates and times, or for text one of " + ", ".join(OF_TEXTS),
        )
    if (column.true_for or column.false_for) and column.kind != "boolean":
        raise LabError(
            f"The mapping has true_for or false_for for {place}, which becomes {column.type}.",
            expected='type = "boolean"',
        )


def _settle(first, table: TablePlan, column: ColumnPlan, values: int, faults: dict) -> None:
    source = table.source
    x = profile.value(column)
    shown = profile.examples(first, source, column, f"{x} IS NOT NULL")
    column.examples = tuple(value for _, value in shown)
    for kind, count in faults.items():
        rows = profile.examples(first, source, column, f"({profile.classify(column)}) = '{kind}'")
        found = problem(table, column.source.name, kind, count, rows, type=column.type)
        if kind in ("not_a_date", "not_a_timestamp", "not_a_boolean"):
            if line := advice.about(first, source, column):
                found = replace(found, todo=f"in the mapping, if it means that: {line}")
        table.problems.append(found)
    nulls = table.rows - values
    if nulls and not column.nullable and not column.generated:
        kind = "null_in_key" if column.source.name in source.primary_key else "null_not_allowed"
        rows = profile.examples(first, source, column, f"{x} IS NULL")
        table.problems.append(problem(table, column.source.name, kind, nulls, rows))
    _note(column)


def _note(column: ColumnPlan) -> None:
    """What is converted, in words."""
    if column.convert == DIGITS:
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
                key = profile.key_text(table.source)
                rows = first.execute(
                    f"SELECT {key}, '' FROM {quoted(table.source.name)} WHERE {broken} LIMIT 3"
                )
                table.problems.append(
                    problem(table, "", "check_violated", count, list(rows), check=check.expression)
                )
        except apsw.SQLError:  # a function of the application's own: told when it is translated
            continue


def _foreign_keys(connections, plan: Plan, there: dict, decided: dict, append) -> None:
    """Decide which foreign keys PostgreSQL gets, and look for rows that point to nothing."""
    jobs = []
    for table in plan.tables:
        given_up = decided.get(fold(table.source.name), TableDecision()).skip_foreign_keys
        if plan.existing:
            keys = _keys_of_target(plan, table, there)
        else:
            keys = list(table.source.foreign_keys)
        for key in keys:
            if not plan.existing and _names(key.columns) in [_names(k) for k in given_up]:
                table.notes.append(
                    f"the foreign key ({', '.join(key.columns)}) → {key.parent} is given up, as "
                    "the mapping says"
                )
                continue
            if any(table.column(column) is None for column in key.columns):
                table.notes.append(f"the foreign key to {key.parent} goes with its column")
                continue
            fault = key.fault or _impossible(plan, table, key)
            if fault:
                table.problems.append(
                    problem(table, ", ".join(key.columns), "impossible_foreign_key", fault=fault)
                )
                continue
            table.foreign_keys.append(key)
            parent = plan.table(key.parent)
            if not (plan.existing and {parent.name, parent.source.name} & set(append)):
                jobs.append((table, parent, key))
    free = SimpleQueue()
    for connection in connections:
        free.put(connection)

    def count(job):
        connection = free.get()
        try:
            return links.broken(connection, *job)
        finally:
            free.put(connection)

    with ThreadPoolExecutor(len(connections)) as pool:
        for (table, parent, key), (broken, rows) in zip(jobs, pool.map(count, jobs), strict=True):
            if broken:
                table.problems.append(
                    problem(
                        table,
                        ", ".join(key.columns),
                        "broken_foreign_key",
                        broken,
                        rows,
                        parent=parent.source.name,
                    )
                )


def _names(columns) -> list[str]:
    return [fold(column) for column in columns]


def _keys_of_target(plan: Plan, table: TablePlan, there: dict) -> list[ForeignKey]:
    """The target's foreign keys between planned tables, in the source's names."""
    by_target = {other.name: other for other in plan.tables}
    found = []
    for key in there[table.name].keys if table.name in there else ():
        parent = by_target.get(key.parent)
        own = [next((c for c in table.columns if c.name == n), None) for n in key.columns]
        theirs = [
            next((c for c in parent.columns if c.name == n), None) if parent else None
            for n in key.parent_columns
        ]
        if parent is not None and all(own) and all(theirs):
            found.append(
                ForeignKey(
                    len(found),
                    tuple(c.source.name for c in own),
                    parent.source.name,
                    tuple(c.source.name for c in theirs),
                    name=key.name,
                )
            )
    return found


def _impossible(plan: Plan, table: TablePlan, key: ForeignKey) -> str:
    """Why PostgreSQL cannot have this key given the planned types, "" when it can."""
    parent = plan.table(key.parent)
    if parent is None:
        return f"the table {key.parent} is left behind"
    for own, other in zip(key.columns, key.parent_columns, strict=True):
        child, father = table.column(own), parent.column(other)
        if father is None:
            return f"the column {key.parent}.{other} is left behind"
        if not comparable(child.kind, father.kind):
            return f"{own} is {child.type} and {key.parent}.{other} is {father.type}"
    return ""


def comparable(one: str, other: str) -> bool:
    """Whether PostgreSQL has an = for two kinds that a foreign key can use."""
    numbers = {"integer", "numeric", "double"}
    days = {"date", "timestamp", "timestamptz"}
    return one == other or {one, other} <= numbers or {one, other} <= days


def _tell_by_hand(plan: Plan, source) -> None:
    plan.texts = source.views | source.triggers | source.virtual
    tell = plan.by_hand.append
    for name in source.views:
        tell(f"The view {name} is not moved: write it for PostgreSQL.")
    for name in source.triggers:
        tell(f"The trigger {name} is not moved: PostgreSQL's triggers are functions.")
    for name in source.virtual:
        tell(f"The virtual table {name} and its rows are not moved: PostgreSQL has no such module.")
    plan.by_hand.extend(source.unread)
