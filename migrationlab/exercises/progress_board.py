"""The board: which exercises are right, in one table for notebooks and terminals."""

import html
from dataclasses import dataclass

from migrationlab.course import lessons
from migrationlab.exercises import progress
from migrationlab.exercises.verdict import NOT_ATTEMPTED, RIGHT, SIGNS, Verdict


@dataclass(frozen=True)
class Row:
    """One exercise on the board."""

    exercise: str
    title: str
    outcome: str
    note: str


@dataclass(frozen=True)
class Board:
    """Rows, and the headline that counts them."""

    rows: tuple[Row, ...]

    @property
    def headline(self) -> str:
        right = sum(row.outcome == RIGHT for row in self.rows)
        return f"{right} of {len(self.rows)} right"

    def __str__(self) -> str:
        lines = [
            f"{SIGNS[row.outcome]} {row.exercise:<5} {row.title}"
            + (f"  {row.note}" * bool(row.note))
            for row in self.rows
        ]
        return "\n".join([*lines, self.headline])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        body = "".join(
            "<tr>"
            + "".join(
                f'<td style="text-align:left">{html.escape(text)}</td>'
                for text in (SIGNS[row.outcome], row.exercise, row.title, row.outcome, row.note)
            )
            + "</tr>"
            for row in self.rows
        )
        return f"<table><caption><b>{self.headline}</b></caption><tbody>{body}</tbody></table>"


def of_progress() -> Board:
    """Every exercise of every lesson, with what the progress file says of it."""
    lines = progress.read()
    rows = []
    for lesson in lessons.every():
        for exercise in lesson.exercises:
            line = lines.get(exercise.id, progress.Line(exercise.id))
            note = f"{line.checks} checks, {line.hints} hints" if line.checks or line.hints else ""
            rows.append(Row(exercise.id, exercise.title, line.outcome, note))
    return Board(tuple(rows))


def of_verdicts(verdicts: list[Verdict]) -> Board:
    """Exercises that have just been checked, with what is wrong with each that is not right."""
    rows = []
    for verdict in verdicts:
        title = lessons.find_exercise(verdict.exercise).title
        note = "" if verdict.outcome in (RIGHT, NOT_ATTEMPTED) else verdict.what
        rows.append(Row(verdict.exercise, title, verdict.outcome, note))
    return Board(tuple(rows))
