"""SQLite → PostgreSQL: plan first, all or nothing, and proved.

from migrationlab import transfer

plan = transfer.make_plan("shop.sqlite3")
report = transfer.transfer("shop.sqlite3", "postgresql://me:secret@localhost/shop")
"""

import os
import time
from contextlib import ExitStack
from pathlib import Path

from migrationlab.errors import LabError
from migrationlab.transfer import target_database
from migrationlab.transfer.load import in_one_transaction, rejected_rows, through_staging
from migrationlab.transfer.load.transfer_run import Run
from migrationlab.transfer.plan import build_plan
from migrationlab.transfer.plan.transfer_plan import Plan, Problem
from migrationlab.transfer.report import Report
from migrationlab.transfer.sqlite.source_file import explained, snapshot
from migrationlab.transfer.translate import define_tables

__all__ = ["Plan", "Problem", "Report", "Stopped", "make_plan", "transfer"]


class Stopped(LabError):
    """The plan has problems, and nobody asked for the quarantine: nothing was loaded."""

    def __init__(self, plan: Plan, *, rows_may_go: bool = False):
        found = plan.every_problem()
        if rows_may_go:  # to the quarantine; what is left concerns no single row
            found = [problem for problem in found if _concerns_no_row(problem)]
        shown = [f"  {problem}\n      {problem.todo}" for problem in found]
        count = "one problem" if len(found) == 1 else f"{len(found)} problems"
        super().__init__(
            f"{Path(plan.file).name} cannot be moved as it is, {count}. Nothing was changed.\n"
            + "\n".join(shown),
            todo="Decide with a mapping: --plan --write FILE.toml, then --mapping FILE.toml."
            if rows_may_go
            else "Mend the rows, decide with a mapping (--plan --write FILE.toml, then --mapping "
            "FILE.toml), or leave the rows out with --quarantine.",
        )
        self.plan = plan


def make_plan(
    file: str | Path,
    url: str | None = None,
    mapping: str | Path | dict | None = None,
    existing: bool = False,
    schema: str = "public",
    append: tuple[str, ...] = (),
    progress=None,
) -> Plan:
    """Look at every value of a SQLite file, and say what would become of it. Changes nothing.

    With `url` the target is looked at too; `existing` needs it. Raises LabError when the file or
    the target cannot be read, or the mapping is not understood.
    """
    if existing and not url:
        raise LabError("--existing needs the address of the target.", expected="FILE URL")
    with ExitStack() as stack:
        sources = stack.enter_context(snapshot(file, hands()))
        control = stack.enter_context(target_database.connected(url)) if url else None
        return _planned(
            sources, file, control, mapping, existing, schema, append, progress or _silent
        )


def transfer(
    file: str | Path,
    url: str,
    mapping: str | Path | dict | None = None,
    existing: bool = False,
    schema: str = "public",
    quarantine: bool = False,
    append: tuple[str, ...] = (),
    prove: bool = True,
    streams: int = 0,
    progress=None,
    shown=None,
) -> Report:
    """Move a SQLite file into PostgreSQL: everything, or nothing.

    mapping     the user's decisions: a TOML file, or a dict of the same form
    existing    into tables that are there already
    quarantine  rows that cannot go, and those that depend on them, go to transfer_quarantine
    append      names of target tables that may have rows already
    streams     how many at once; 0: as many as there are processors, at most two
    progress    is called with (what, rows done, rows in all)
    shown       is called with the plan before anything is loaded

    Raises Stopped when values stand in the way, LabError for everything else. In both cases the
    target is as it was before.
    """
    began = time.monotonic()
    tell = progress or _silent
    with ExitStack() as stack:
        sources = stack.enter_context(snapshot(file, max(hands(), streams)))
        control = stack.enter_context(target_database.connected(url))
        plan = _planned(
            sources,
            file,
            control,
            mapping,
            existing,
            schema,
            append,
            lambda table, done, total: tell(f"looking at {table}", done, total),
        )
        looked = time.monotonic() - began
        if shown is not None:
            shown(plan)
        found = rejected_rows.RejectedRows()
        if problems := plan.every_problem():
            if not quarantine:
                raise Stopped(plan)
            if any(_concerns_no_row(problem) for problem in problems):
                raise Stopped(plan, rows_may_go=True)
            with explained(file):
                found = rejected_rows.find(sources[0], plan)
                for other in sources[1:]:
                    found.fill(other)
        run = Run(plan, sources, url, control, found, prove, tell)
        run.phases["looking"] = looked
        if existing or not _may_create_schemas(control):
            in_one_transaction.load(run)
        else:
            through_staging.load(run, streams or hands())
        return Report(
            plan, list(run.tables.values()), run.notes, run.phases, time.monotonic() - began
        )


def _planned(sources, file, control, mapping, existing, schema, append, progress) -> Plan:
    """The plan, and for new tables also what is made for it: keys, rules, names."""
    with explained(file), target_database.explained():
        plan = build_plan.make(
            sources,
            file,
            control,
            decisions=mapping,
            existing=existing,
            schema=schema,
            append=tuple(append),
            progress=progress,
        )
        if not existing:
            taken = target_database.relations(control, schema) if control is not None else ()
            define_tables.decide(plan, taken)
        if control is not None:
            control.rollback()  # it has only looked; no lock stays
    return plan


def _concerns_no_row(problem: Problem) -> bool:
    """Whether no row could be put aside for it; of two that are the same, nobody knows which."""
    return not problem.count or problem.kind == "duplicate_key"


def hands() -> int:
    """How many streams at once: more than two gain little, and the server has other work."""
    return min(2, os.cpu_count() or 1)


def _may_create_schemas(control) -> bool:
    with target_database.explained(), control.cursor() as cursor:
        cursor.execute("SELECT has_database_privilege(current_database(), 'CREATE')")
        may = cursor.fetchone()[0]
    control.rollback()
    return may


def _silent(*_) -> None:
    pass
