"""Load in one transaction: into tables that are there already, or without a staging schema."""

from psycopg2 import sql

from migrationlab.transfer import proof, target_database
from migrationlab.transfer.load import quarantine_table, sequences, table_order
from migrationlab.transfer.load.transfer_run import Run
from migrationlab.transfer.plan.transfer_plan import Plan, TablePlan
from migrationlab.transfer.proof import Sum
from migrationlab.transfer.translate import ddl


def load(run: Run) -> None:
    """All tables of the plan, or none. Raises LabError."""
    plan, control = run.plan, run.control
    with target_database.explained():
        try:
            with control.cursor() as cursor:
                target_database.work_in(cursor, plan.schema)
                if plan.existing:
                    _fill_existing(run, cursor)
                else:
                    _fill_new(run, cursor)
                for table in plan.tables:
                    done = run.of(table)
                    done.counters = sequences.set_next(
                        cursor, plan.schema, table, table.source.counter
                    )
                    place = sql.Identifier(plan.schema, table.name)
                    cursor.execute(sql.SQL("ANALYZE {}").format(place))
                quarantine_table.write(cursor, run.sources[0], plan, run.marks)
            control.commit()
        except BaseException:
            if not control.closed:
                control.rollback()
            raise


def _fill_new(run: Run, cursor) -> None:
    plan = run.plan
    with run.phase("copying"):
        for table in plan.tables:
            cursor.execute(ddl.create_table(table))
            run.copy(run.control, run.sources[0], table, plan.schema)
    target_database.work_in(cursor, plan.schema, first=True)
    with run.phase("building keys and indexes"):
        for table in plan.tables:
            for statement in ddl.keys(table) + ddl.indexes(table):
                cursor.execute(statement)
    with run.phase("checking foreign keys"):
        for table in plan.tables:
            for statement in ddl.foreign_keys(plan, table):
                cursor.execute(statement)
    target_database.work_in(cursor, plan.schema)
    _prove(run, cursor, {})


def _fill_existing(run: Run, cursor) -> None:
    plan = run.plan
    tables, circle = table_order.by_keys(plan)
    _lock(cursor, plan)
    before = {
        table.source.name: proof.in_postgres(cursor, table, plan.schema)
        for table in plan.tables
        if run.proving
    }
    deferred = _defer(cursor, plan, circle)
    with run.phase("copying"):
        for table in tables:
            run.copy(run.control, run.sources[0], table, plan.schema)
    with run.phase("checking foreign keys"):
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table, key in deferred:
            _alter(cursor, plan, table, key, "NOT DEFERRABLE")
    _prove(run, cursor, before)


def _lock(cursor, plan: Plan) -> None:
    """From here on nobody else writes these tables; reading goes on."""
    for table in plan.tables:
        place = sql.Identifier(plan.schema, table.name)
        cursor.execute(sql.SQL("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE").format(place))


def _defer(cursor, plan: Plan, circle: set[str]) -> list[tuple[TablePlan, str]]:
    """Let keys on a circle be checked at the end; which ones were not deferrable before."""
    changed = []
    cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    there = target_database.tables(cursor.connection, plan.schema)
    for table in plan.tables:
        for key in there[table.name].keys:
            if table.source.name in circle and not key.deferrable and key.parent != table.name:
                _alter(cursor, plan, table, key.name, "DEFERRABLE INITIALLY DEFERRED")
                changed.append((table, key.name))
    return changed


def _alter(cursor, plan: Plan, table: TablePlan, key: str, how: str) -> None:
    cursor.execute(
        sql.SQL("ALTER TABLE {} ALTER CONSTRAINT {} " + how).format(
            sql.Identifier(plan.schema, table.name), sql.Identifier(key)
        )
    )


def _prove(run: Run, cursor, before: dict[str, Sum]) -> None:
    """What came in is what is there now, less what was there before: sums can be subtracted."""
    if not run.proving:
        return
    source = run.sources[0]
    with run.phase("proving"):
        for table in run.plan.tables:
            ours = run.in_sqlite(source, table)
            theirs = proof.in_postgres(cursor, table, run.plan.schema)
            old = before.get(table.source.name, Sum(0, 0))
            run.compare(run.control, source, table, run.plan.schema, ours, theirs - old)
