"""Decide which foreign keys PostgreSQL gets, and look for rows that point to nothing."""

from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue

from migrationlab.transfer.plan import orphan_rows
from migrationlab.transfer.plan.mapping_file import TableDecision
from migrationlab.transfer.plan.problems import problem
from migrationlab.transfer.plan.transfer_plan import Plan, TablePlan
from migrationlab.transfer.sqlite.sqlite_schema import ForeignKey, fold


def decide_keys(connections, plan: Plan, there: dict, decided: dict, append) -> None:
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
            return orphan_rows.broken(connection, *job)
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
