"""One transfer under way: what both ways of loading share."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from queue import SimpleQueue
from threading import Lock

from migrationlab.errors import LabError
from migrationlab.transfer import proof
from migrationlab.transfer.load.copy_stream import copy
from migrationlab.transfer.load.rejected_rows import RejectedRows
from migrationlab.transfer.load.sequences import Counter
from migrationlab.transfer.plan.transfer_plan import Plan, TablePlan
from migrationlab.transfer.proof import Sum
from migrationlab.transfer.sqlite.source_file import explained


@dataclass
class TableDone:
    """What became of one table. `seconds`: copying it; `proved` is None when nobody asked."""

    name: str
    target: str
    rows: int
    loaded: int = 0
    quarantined: int = 0
    seconds: float = 0.0
    proved: bool | None = None
    counters: list[Counter] = field(default_factory=list)


class Run:
    """The plan, the connections, and what has been done so far.

    sources    SQLite connections that see one moment of the file
    control    the psycopg2 connection that publishes
    progress   is called with (what, rows done, rows in all)
    """

    def __init__(
        self, plan: Plan, sources, url: str, control, marks: RejectedRows, proving, progress
    ):
        self.plan, self.sources, self.url, self.control = plan, sources, url, control
        self.marks, self.proving = marks, proving
        self.tables = {
            table.source.name: TableDone(
                table.source.name,
                table.name,
                table.rows,
                quarantined=len(marks.rows.get(table.source.name, ())),
            )
            for table in plan.tables
        }
        self.notes: list[str] = []
        self.phases: dict[str, float] = {}
        self._progress, self._lock, self._rows = progress, Lock(), 0
        self._total = sum(done.rows - done.quarantined for done in self.tables.values())

    def of(self, table: TablePlan) -> TableDone:
        return self.tables[table.source.name]

    def say(self, what: str) -> None:
        self._progress(what, self._rows, self._total)

    @contextmanager
    def phase(self, name: str):
        """Measure and announce a part of the work."""
        self.say(name)
        began = time.monotonic()
        try:
            yield
        finally:
            self.phases[name] = time.monotonic() - began

    def copy(self, worker, source, table: TablePlan, schema: str, part: str = "") -> None:
        """Copy a table, or the part of it that a condition names, without what is in quarantine."""

        def advance(rows: int) -> None:
            with self._lock:
                self._rows += rows
                self.say("copying")

        began = time.monotonic()
        where = self._where(table, part)
        with worker.cursor() as cursor, explained(self.plan.file):
            rows = copy(cursor, source, table, schema, where, advance)
        with self._lock:
            self.of(table).loaded += rows
            self.of(table).seconds += time.monotonic() - began

    def in_sqlite(self, source, table: TablePlan, part: str = "") -> Sum:
        with explained(self.plan.file):
            return proof.in_sqlite(source, table, self._where(table, part))

    def _where(self, table: TablePlan, part: str) -> str:
        conditions = [text for text in (part, self.marks.good(table)) if text]
        return " AND ".join(f"({text})" for text in conditions)

    def compare(self, worker, source, table: TablePlan, schema: str, ours: Sum, theirs: Sum):
        """Raises LabError when the two sides differ."""
        done = self.of(table)
        done.proved = ours == theirs
        if done.proved:
            return
        with worker.cursor() as cursor:
            columns = proof.differing(source, cursor, table, schema, self.marks.good(table))
        which = ", ".join(column.source.name for column in columns) or "which values go together"
        raise LabError(
            f"The proof failed for {done.name}: the file has {ours.rows:,} rows for it, PostgreSQL "
            f"{theirs.rows:,}, and they differ in: {which}. Nothing was changed.",
            expected="the same values on both sides",
            todo="Look for a trigger or a generated column in the target that changes values.",
        )


def share(hands: list, jobs: list, do, stop=lambda: None) -> list:
    """The results of do(hand, job), with as many at once as there are hands.

    The first error is raised; `stop` is called before the others are waited for.
    """
    free: SimpleQueue = SimpleQueue()
    for hand in hands:
        free.put(hand)

    def one(job):
        hand = free.get()
        try:
            return do(hand, job)
        finally:
            free.put(hand)

    with ThreadPoolExecutor(len(hands)) as pool:
        futures = [pool.submit(one, job) for job in jobs]
        try:
            return [future.result() for future in futures]
        except BaseException:
            for future in futures:
                future.cancel()
            stop()
            raise
