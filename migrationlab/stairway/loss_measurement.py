"""The loss meter's trips: up and down again, down and up again, and every value that died."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from alembic.script import Script

from migrationlab.postgres.catalog import Catalog, snapshot
from migrationlab.stairway.alembic_chain import Chain, Irreversible, Stop
from migrationlab.stairway.invented_rows import Inventor
from migrationlab.stairway.lost_values import Memory
from migrationlab.stairway.step_result import Step
from migrationlab.stairway.up_down_up import Climb

SINCE = "downgrade with new rows"


class Measure(Climb):
    """A Climb that remembers every value.

    Rows are invented where the seed leaves a table or a column empty, unless `own_rows`: then the
    database's own are measured on.
    """

    def __init__(
        self, chain: Chain, watcher, fill: Callable | None, note: Callable, own_rows: bool = False
    ):
        super().__init__(chain, watcher, fill, note)
        self.own_rows = own_rows

    def run_applied(self) -> None:
        """Measure what the database has already, from the head down; it ends at the base."""
        applied = self.chain.applied()
        steps = []
        for number, revision in enumerate(applied):
            steps.append(self.step(revision, self.findings_downwards))
            if revision.revision in self.heads():  # it has no way down, and hides what is below
                hidden = applied[number + 1 :]
                steps += [Step(r.revision, (r.doc or "").strip(), measured=False) for r in hidden]
                break
        for step in reversed(steps):
            self.note(step=step.to_json())

    def findings(self, revision: Script) -> Iterator[dict]:
        """On the way up: what was there before the upgrade, then what was entered after it."""
        inventor = Inventor(self.watcher, self.ours)
        self.enter(inventor)
        start = self.as_left()
        with self.remember(start[0]) as before:
            self.first_up(revision, start)
            top = self.look()
            changes, rows = self.compare(start, top)
            yield {"upgraded": True, "changes": changes, "rows_changed": rows}
            try:
                self.down(revision, "downgrade")
            except Irreversible:
                # What the upgrade takes away, nobody brings back.
                yield {"lost_up_down": before.lost(top[0])}
                self.insist_on_unchanged(top)
                raise
            bottom = self.look()
            changes, rows = self.compare(start, bottom)
            yield {
                "downgraded": True,
                "schema_after_down": changes,
                "rows_after_down": rows,
                "lost_up_down": before.lost(bottom[0]),
                "left_behind": before.appeared(bottom[0]),
            }
        self.up(revision, "second upgrade")
        again = self.look()
        changes, rows = self.compare(top, again)
        yield {"again": True, "schema_after_again": changes, "rows_after_again": rows}
        self.enter(inventor, start[0])
        yield {"unfilled": inventor.unfilled}
        nothing_entered = self.own_rows and not self.fill
        with self.remember(again[0] if nothing_entered else snapshot(self.watcher)) as since:
            try:
                self.down(revision, SINCE)
            except Stop as stop:
                yield {"down_with_new_rows": str(stop)}
                return
            self.up(revision, "upgrade after a downgrade with new rows")
            end = self.look() if nothing_entered else (snapshot(self.watcher),)
            yield {"lost_down_up": since.lost(end[0])}
        if nothing_entered:
            self.left = end

    def findings_downwards(self, revision: Script) -> Iterator[dict]:
        """From above, on the rows that are there: down, up, and down again to stay below."""
        yield {"upgraded": True}
        top = self.look()
        with self.remember(top[0]) as since:
            try:
                self.down(revision, "downgrade")
            except Irreversible:
                self.insist_on_unchanged(top)
                raise
            bottom = self.look()
            yield {"downgraded": True, "changes": self.compare(bottom, top)[0]}
            with self.remember(bottom[0]) as before:
                self.up(revision, "second upgrade")
                again = self.look()
                yield {
                    "again": True,
                    "schema_after_again": self.compare(top, again)[0],
                    "lost_down_up": since.lost(again[0]),
                }
                self.down(revision, "second downgrade")
                end = self.look()
                changes, rows = self.compare(bottom, end)
                yield {
                    "schema_after_down": changes,
                    "rows_after_down": rows,
                    "lost_up_down": before.lost(end[0]),
                    "left_behind": before.appeared(end[0]),
                }

    def enter(self, inventor: Inventor, before: Catalog | None = None) -> None:
        """What people would enter at this revision; `before`: what there was already."""
        self.seed()
        if not self.own_rows:
            inventor.fill(snapshot(self.watcher), before)

    def insist_on_unchanged(self, top: tuple) -> None:
        """A downgrade that refuses must have done nothing before it did."""
        changes, rows = self.compare(top, self.look())
        if changes or rows:
            done = "; ".join([*map(str, changes), *rows])
            raise Stop(f"downgrade: it says that there is no way back, after it has done: {done}")

    @contextmanager
    def remember(self, catalog: Catalog) -> Iterator[Memory]:
        memory = Memory(self.watcher, catalog, self.ours)
        try:
            yield memory
        finally:
            memory.forget()
