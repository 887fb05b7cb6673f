"""How far a student has come: a text file, one line an exercise, that survives everything.

    2.3 right 4 2026-11-22T18:00:00+00:00

says: exercise 2.3 is right, after four checks, first right at that time. Lines that begin with
"drill" or "exam" are results of others: they are kept as they are, and travel along.
"""

import os
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from migrationlab import paths
from migrationlab.errors import LabError
from migrationlab.exercises.verdict import NOT_ATTEMPTED, RIGHT, WRONG, Verdict
from migrationlab.file_locks import locked

HEADER = "# Migration Lab progress: exercise, outcome, checks, hints, first right at"
OTHERS = ("drill ", "exam ")
OUTCOMES = {word.replace(" ", "-"): word for word in (NOT_ATTEMPTED, WRONG, RIGHT)}


@dataclass(frozen=True)
class Line:
    """One exercise's standing. Once right it stays right."""

    exercise: str
    outcome: str = NOT_ATTEMPTED
    checks: int = 0
    hints: int = 0
    right_at: str = "-"

    def __str__(self) -> str:
        outcome = self.outcome.replace(" ", "-")
        return f"{self.exercise} {outcome} {self.checks} {self.hints} {self.right_at}"


def file() -> Path:
    return paths.state() / "progress.txt"


def read() -> dict[str, Line]:
    """exercise -> Line, for every exercise that was ever checked or hinted at."""
    return parse(_saved())


def parse(text: str) -> dict[str, Line]:
    """Lines of a progress text. Raises LabError at the first one that is not of the form."""
    lines = {}
    for number, raw in enumerate(text.splitlines(), 1):
        if not raw.strip() or raw.startswith(("#", *OTHERS)):
            continue
        try:
            exercise, outcome, checks, hints, right_at = raw.split()
            line = Line(exercise, OUTCOMES[outcome], int(checks), int(hints), right_at)
            if right_at != "-":
                datetime.fromisoformat(right_at)
        except (ValueError, KeyError):
            raise LabError(
                f"Line {number} is not a line of progress: {raw[:60]!r}",
                expected="such as: 2.3 right 4 1 2026-11-22T18:00:00+00:00",
                todo="Import a text that lab.py progress --export wrote.",
            ) from None
        lines[exercise] = line
    return lines


def read_lines(kind: str) -> list[str]:
    """The lines of another kind of result ("drill", "exam"), oldest first."""
    return [line for line in _others(_saved()) if line.startswith(f"{kind} ")]


def record_line(line: str) -> None:
    """Append a result of another kind; its first word is the kind."""
    if not line.startswith(OTHERS) or "\n" in line:
        raise ValueError(f"no line of {OTHERS}: {line!r}")
    with locked("progress"):
        _write(read(), [*_others(_saved()), line])


def _saved() -> str:
    return file().read_text("utf-8") if file().exists() else ""


def _others(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith(OTHERS)]


def record(verdict: Verdict) -> None:
    """Count a check. Cannot-check is no answer of the student's and is not counted."""
    if verdict.outcome not in OUTCOMES.values():
        return
    with locked("progress"):
        lines = read()
        line = lines.get(verdict.exercise, Line(verdict.exercise))
        line = replace(line, checks=line.checks + 1)
        if line.outcome != RIGHT:
            now = datetime.now(UTC).isoformat(timespec="seconds")
            line = replace(
                line, outcome=verdict.outcome, right_at=now if verdict.right else line.right_at
            )
        _write({**lines, line.exercise: line})


def record_hint(exercise: str, shown: int) -> None:
    """Remember that `shown` hints of an exercise have been seen."""
    with locked("progress"):
        lines = read()
        line = lines.get(exercise, Line(exercise))
        _write({**lines, exercise: replace(line, hints=max(line.hints, shown))})


def export() -> str:
    """The whole progress as text, to be carried to another machine."""
    return _text(read(), _others(_saved()))


def merge(text: str) -> int:
    """Take progress from another machine; what is right on either stays right.

    Returns the number of lines taken. Raises LabError, changing nothing, when the text is not
    progress.
    """
    theirs = parse(text)
    with locked("progress"):
        ours = read()
        for exercise, line in theirs.items():
            mine = ours.get(exercise, Line(exercise))
            better = line if line.outcome == RIGHT and mine.outcome != RIGHT else mine
            if mine.checks == 0 and mine.outcome != RIGHT:
                better = line
            ours[exercise] = replace(
                better, checks=max(mine.checks, line.checks), hints=max(mine.hints, line.hints)
            )
        mine = _others(_saved())
        new = [line for line in _others(text) if line not in mine]
        _write(ours, sorted([*mine, *new], key=lambda line: line.split()[-1]))
    return len(theirs) + len(new)


def _write(lines: dict[str, Line], others: list[str] | None = None) -> None:
    target = file()
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_suffix(".unfinished")
    others = _others(_saved()) if others is None else others
    unfinished.write_text(_text(lines, others), "utf-8")
    os.replace(unfinished, target)  # a full disk or a power cut leaves the old file whole


def _text(lines: dict[str, Line], others: list[str]) -> str:
    def place(exercise: str) -> list[int]:
        return [int(part) for part in exercise.split(".")]

    own = [str(lines[key]) for key in sorted(lines, key=place)]
    return "\n".join([HEADER, *own, *others]) + "\n"
