"""Load through a staging schema: several streams, and one short transaction at the end."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress

import psycopg2
from psycopg2 import sql

from migrationlab.transfer import proof, target_database
from migrationlab.transfer.load import quarantine_table, sequences, staging_schema
from migrationlab.transfer.load.transfer_run import Run, share
from migrationlab.transfer.plan import value_profile
from migrationlab.transfer.plan.transfer_plan import TablePlan
from migrationlab.transfer.proof import Sum
from migrationlab.transfer.translate import ddl

SPLIT = 100_000  # rows from which a table is copied in as many parts as there are streams


def load(run: Run, streams: int) -> None:
    """All tables of the plan, or none. Raises LabError."""
    with target_database.explained():
        for name in staging_schema.remove_leftovers(run.control):
            run.notes.append(f"{name}, left behind by a transfer that was killed, is removed")
        place = staging_schema.make(run.control)
    try:
        with target_database.explained(), ExitStack() as stack:
            workers = [
                stack.enter_context(closing(target_database.connect(run.url)))
                for _ in range(max(1, min(streams, len(run.sources))))
            ]
            _fill(run, place, workers)
            _publish(run, place)
    except BaseException:
        # When the server is gone too, the next run removes the schema.
        with suppress(psycopg2.Error):
            run.control.rollback()
            staging_schema.drop(run.control, place)
        raise


def _fill(run: Run, place: str, workers: list) -> None:
    hands = list(zip(workers, run.sources, strict=False))
    by_size = sorted(run.plan.tables, key=lambda table: -table.rows)

    def stop():
        for worker, source in hands:
            with suppress(psycopg2.Error):
                worker.cancel()
            source.interrupt()

    def copy_part(hand, job):
        worker, source = hand
        table, part = job
        run.copy(worker, source, table, place, part)
        worker.commit()

    def finish(worker, table):
        _finish(run, worker, table, place)

    def compare(hand, job):
        worker, source = hand
        table, ours = job
        with worker.cursor() as cursor:
            theirs = proof.in_postgres(cursor, table, place)
        run.compare(worker, source, table, place, ours, theirs)
        worker.commit()

    with run.phase("copying"):
        with workers[0].cursor() as cursor:
            target_database.work_in(cursor, place)
            for table in run.plan.tables:
                cursor.execute(ddl.create_table(table))
        workers[0].commit()
        parts = [(table, part) for table in by_size for part in _parts(run, table, len(workers))]
        share(hands, parts, copy_part, stop)
    with ThreadPoolExecutor(1) as beside:
        # The server builds indexes and needs nothing from us: the time for our half of the proof.
        ours = beside.submit(_in_sqlite, run, parts) if run.proving else None
        try:
            with run.phase("building keys and indexes"):
                share(workers, by_size, finish, stop)
            with run.phase("checking foreign keys"), workers[0].cursor() as cursor:
                target_database.work_in(cursor, place, first=True)
                for table in run.plan.tables:
                    for statement in ddl.foreign_keys(run.plan, table):
                        cursor.execute(statement)
                workers[0].commit()
            if run.proving:
                with run.phase("proving"):
                    sums = ours.result()
                    jobs = [(table, sums[table.source.name]) for table in by_size]
                    share(hands, jobs, compare, stop)
        except BaseException:
            stop()
            raise


def _in_sqlite(run: Run, parts: list[tuple[TablePlan, str]]) -> dict[str, Sum]:
    """The fingerprint of every table by its source name."""
    sums: dict[str, Sum] = {}

    def add_up(source, job):
        return run.in_sqlite(source, *job)

    found = share(run.sources, parts, add_up)
    for (table, _), part in zip(parts, found, strict=True):
        sums[table.source.name] = sums.get(table.source.name, Sum(0, 0)) + part
    return sums


def _parts(run: Run, table: TablePlan, workers: int) -> list[str]:
    if table.rows < SPLIT:
        return [""]
    return value_profile.ranges(run.sources[0], table.source, workers)


def _finish(run: Run, worker, table: TablePlan, place: str) -> None:
    with worker.cursor() as cursor:
        target_database.work_in(cursor, place, first=True)
        for statement in ddl.keys(table) + ddl.indexes(table):
            cursor.execute(statement)
        run.of(table).counters = sequences.set_next(cursor, place, table, table.source.counter)
        cursor.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(place, table.name)))
    worker.commit()


def _publish(run: Run, place: str) -> None:
    with run.phase("publishing"), run.control.cursor() as cursor:
        staging_schema.publish(
            cursor, place, run.plan.schema, [table.name for table in run.plan.tables]
        )
        quarantine_table.write(cursor, run.sources[0], run.plan, run.marks)
        run.control.commit()
