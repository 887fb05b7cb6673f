"""Make the plan: what becomes of each table and column, and everything that stands in the way."""

from pathlib import Path

import apsw

from migrationlab.errors import LabError
from migrationlab.transfer import target_database
from migrationlab.transfer.plan import column_findings, foreign_keys, mapping_file, name_matching
from migrationlab.transfer.plan.mapping_file import Decision, TableDecision
from migrationlab.transfer.plan.postgres_names import MOST_COLUMNS, target_name
from migrationlab.transfer.plan.transfer_plan import ColumnPlan, Plan, TablePlan
from migrationlab.transfer.sqlite import read_schema
from migrationlab.transfer.sqlite.sqlite_schema import Table, fold

VERSION_TABLE = "alembic_version"


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
    decided = mapping_file.read(decisions, source)
    there = target_database.tables(connection, schema) if connection is not None else {}
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
        name_matching.match(plan, there, decided)
    else:
        name_matching.insist_on_names(plan, connection)
    for number, table in enumerate(plan.tables):
        if len(table.columns) > MOST_COLUMNS:
            continue
        progress(table.source.name, number, len(plan.tables))
        column_findings.examine(
            connections, table, decided.get(fold(table.source.name), TableDecision()), existing
        )
    foreign_keys.decide_keys(connections, plan, there, decided, append)
    if existing:
        name_matching.insist_on_room(plan, connection, there, append)
    else:
        _tell_by_hand(plan, source)
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
