"""Names: the target's table and column for each of the source's, and names that clash."""

from collections import Counter

from migrationlab.transfer import target_database
from migrationlab.transfer.plan import column_type
from migrationlab.transfer.plan.mapping_file import Decision, TableDecision
from migrationlab.transfer.plan.postgres_names import MOST_COLUMNS, SYSTEM
from migrationlab.transfer.plan.problems import problem
from migrationlab.transfer.plan.transfer_plan import Plan
from migrationlab.transfer.sqlite.sqlite_schema import fold


def match(plan: Plan, there: dict, decided: dict[str, TableDecision]) -> None:
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
            column_type.give(column, place.type, "the target's type")
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


def insist_on_names(plan: Plan, connection) -> None:
    taken = target_database.relations(connection, plan.schema) if connection is not None else set()
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


def insist_on_room(plan: Plan, connection, there: dict, append: tuple[str, ...]) -> None:
    for table in plan.tables:
        if table.name in there and not {table.name, table.source.name} & set(append):
            if target_database.has_rows(connection, plan.schema, table.name):
                table.problems.append(problem(table, "", "not_empty"))
