"""A problem in the words of problem_texts.py."""

from migrationlab.transfer.plan.problem_texts import REASONS
from migrationlab.transfer.plan.transfer_plan import Problem, TablePlan


def problem(
    table: TablePlan, column: str, kind: str, count: int = 0, examples=(), **words: str
) -> Problem:
    """A Problem of a table; `words` fill the gaps in the reason's text."""
    reason, todo = REASONS[kind]
    return Problem(
        table.source.name, column, kind, reason.format(**words), count, tuple(examples), todo
    )
