"""Hints one at a time, and the solution as a reward or when asked for twice."""

from dataclasses import dataclass

from migrationlab import paths
from migrationlab.course import lessons
from migrationlab.exercises import progress
from migrationlab.exercises.verdict import RIGHT

ASKED = "solution-asked"


@dataclass(frozen=True)
class Text:
    """Markdown that a notebook renders and a terminal prints."""

    markdown: str

    def _repr_markdown_(self) -> str:
        return self.markdown

    def __str__(self) -> str:
        return self.markdown

    __repr__ = __str__


def hint(exercise_id: str) -> Text:
    """The next hint; after the last one all of them again, and the way to the solution."""
    exercise = lessons.find_exercise(exercise_id)
    hints = exercise.hints
    seen = progress.read().get(exercise.id, progress.Line(exercise.id)).hints
    if seen >= len(hints):
        text = "\n\n".join(f"**Hint {n} of {len(hints)}.** {h}" for n, h in enumerate(hints, 1))
        return Text(f'{text}\n\nThat was every hint. `lab.solution("{exercise.id}")` comes next.')
    progress.record_hint(exercise.id, seen + 1)
    return Text(f"**Hint {seen + 1} of {len(hints)}.** {hints[seen]}")


def solution(exercise_id: str) -> Text:
    """The solution and why it is right: after a pass, or when it is asked for a second time."""
    exercise = lessons.find_exercise(exercise_id)
    passed = progress.read().get(exercise.id, progress.Line(exercise.id)).outcome == RIGHT
    if not passed and not _asked_before(exercise.id):
        return Text(
            f"You have not passed {exercise.id} yet, and finding it yourself is what stays. "
            f'Try `lab.hint("{exercise.id}")`. To see the solution all the same, ask once more.'
        )
    cells = "\n\n".join(
        f"```{_language(cell.source)}\n{cell.source}\n```" for cell in exercise.solution
    )
    return Text(f"**Solution {exercise.id}: {exercise.title}**\n\n{cells}\n\n{exercise.why}")


def _asked_before(exercise_id: str) -> bool:
    file = paths.state() / ASKED
    asked = file.read_text("utf-8").split() if file.exists() else []
    if exercise_id in asked:
        return True
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join([*asked, exercise_id]) + "\n", "utf-8")
    return False


def _language(source: str) -> str:
    if source.startswith(("%%sql", "%%session")):
        return "sql"
    return "text" if source.startswith("%%terminal") else "python"
