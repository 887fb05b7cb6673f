"""In which order tables are filled, so that what a row points to is there already."""

from migrationlab.transfer.plan.transfer_plan import Plan, TablePlan


def by_keys(plan: Plan) -> tuple[list[TablePlan], set[str]]:
    """(tables, parents first; names of the source tables that lie on a circle of keys).

    A key of a table to itself makes no circle: one COPY is checked at its end.
    """
    parents = {
        table.source.name: {key.parent for key in table.foreign_keys} - {table.source.name}
        for table in plan.tables
    }
    names = {name: plan.table(name) for name in parents}
    parents = {
        name: {plan.table(parent).source.name for parent in wanted} - {name}
        for name, wanted in parents.items()
    }
    ordered: list[str] = []
    circle: set[str] = set()
    left = list(parents)
    while left:
        ready = [name for name in left if parents[name] <= set(ordered)]
        if not ready:
            # Whatever is left lies on a circle or behind one; the first is taken, and the keys
            # of all of them are checked at the end.
            circle |= set(left)
            ready = left[:1]
        ordered += ready
        left = [name for name in left if name not in ordered]
    return [names[name] for name in ordered], circle
