"""Turn a lesson's data into the cells of its notebooks. Pure: texts in, cells out."""

import re

from migrationlab.course.lessons import FENCE, Cell, Exercise, Lesson, every, solved, unsolved
from migrationlab.errors import LabError

# MyST's colon fences become JupyterLab's own alert boxes: (title, class of the box).
BOXES = {
    "predict": ("Predict first", "alert-info"),
    "note": ("Note", "alert-info"),
    "warning": ("Careful", "alert-warning"),
}
TOLD = "Told, not shown here"
HIDDEN_UNTIL_ASKED = ("hint", "why")
DEMONSTRATE = "Show it"


def lesson_cells(lesson: Lesson) -> list[Cell]:
    """The cells of the lesson's notebook, opening and closing made from its front matter."""
    opening = f'from migrationlab import lab\n\nlab.open("{lesson.number}")'
    return [
        Cell("markdown", _opening(lesson)),
        Cell("code", opening),
        *(_boxed(cell, lesson) for cell in lesson.cells),
        Cell("markdown", _closing(lesson)),
    ]


def exercise_cells(lesson: Lesson, *, with_solutions: bool) -> list[Cell]:
    """The cells of the exercise notebook, or of its worked answers."""
    kind = "Worked answers" if with_solutions else "Exercises"
    minutes = lesson.exercises_front.get("minutes")
    head = f"# {kind} {lesson.number}: {lesson.title}\n\nAbout {minutes} minutes. "
    if with_solutions:
        head += f"The tasks are in `exercises/{lesson.name}.ipynb`; try them there first."
    else:
        head += (
            "Every exercise has a database and a folder of its own, so you can begin with any of "
            'them. `lab.check("…")` judges what you did, `lab.hint("…")` helps a little, '
            "`lab.reset()` brings the open exercise back to its start and sets your work aside, "
            '`lab.solution("…")` shows a worked answer once you have passed.'
        )
    cells = [Cell("markdown", head), Cell("code", "from migrationlab import lab")]
    cells += [_boxed(cell, lesson) for cell in lesson.exercises_introduction]
    for exercise in lesson.exercises:
        cells += _exercise(exercise, with_solutions)
    again = f"## All of lesson {lesson.number} once more\n\nEvery exercise is checked again."
    cells += [
        Cell("markdown", again),
        Cell("code", f'lab.check("{int(lesson.number)}")'),
    ]
    return cells


def _exercise(exercise: Exercise, with_solutions: bool) -> list[Cell]:
    body = []
    opened = False
    for cell in exercise.cells:
        if cell.kind == "code":
            if not opened:
                opening = f'lab.exercise("{exercise.id}")'
                if with_solutions:  # whatever a student has left there is set aside
                    opening += "\nlab.reset()"
                body.append(Cell("code", opening))
                opened = True
            body.append(solved(cell) if with_solutions else unsolved(cell))
        elif text := _boxed(cell, exercise.lesson).source:
            body.append(Cell("markdown", text, cell.tags))
    if not opened:
        raise LabError(f"Exercise {exercise.id} has no cell to write an answer in.")
    body.append(Cell("code", f'lab.check("{exercise.id}")'))
    if with_solutions and exercise.why:
        body.append(Cell("markdown", f"**Why.** {exercise.why}"))
    return body


def _opening(lesson: Lesson) -> str:
    front = lesson.front
    objectives = "\n".join(f"- {text}" for text in front["objectives"])
    return (
        f"# {lesson.number} {lesson.title}\n\n{_course(lesson)}\n\n"
        f"**{front['minutes']} minutes.** After this lesson you can:\n\n{objectives}"
    )


def _course(lesson: Lesson) -> str:
    """Where you are in the course: every lesson's number, this one with its title."""
    places = [
        f"**{other.number} {other.title}**" if other.number == lesson.number else other.number
        for other in every()
    ]
    return "*The course:* " + " · ".join(places)


def _closing(lesson: Lesson) -> str:
    points = "\n".join(f"- {text}" for text in lesson.front["key_points"])
    text = f"## Key points\n\n{points}\n\n## Now you\n\n"
    if lesson.exercises:
        text += (
            f"Open [`exercises/{lesson.name}.ipynb`](../exercises/{lesson.name}.ipynb): "
            f"{len(lesson.exercises)} exercises, about {lesson.exercises_front['minutes']} minutes."
        )
    later = [other for other in every() if other.number > lesson.number]
    if later:
        text += f"\n\nThen go on with [{later[0].number} {later[0].title}]({later[0].name}.ipynb)."
    return text


def _boxed(cell: Cell, lesson: Lesson) -> Cell:
    if cell.kind != "markdown":
        return cell

    def render(match: re.Match) -> str:
        kind, body = match["kind"], match["body"].strip()
        if kind in HIDDEN_UNTIL_ASKED:
            return ""
        if kind == "exam":
            return _exam(lesson, match["argument"].strip())
        if kind == "told":  # what is not done here looks like a quotation, not like a box
            text = f"**{match['argument'].strip() or TOLD}.** {body}"
            return "\n".join(f"> {line}".rstrip() for line in text.splitlines())
        if kind not in BOXES:
            raise LabError(
                f"{lesson.name} uses a box {kind!r}.",
                expected="one of told, exam, " + ", ".join(BOXES),
            )
        title, style = BOXES[kind]
        return _box(match["argument"].strip() or title, body, style)

    text = FENCE.sub(render, cell.source)
    return Cell(cell.kind, re.sub(r"\n{3,}", "\n\n", text).strip(), cell.tags)


def _box(title: str, body: str, style: str) -> str:
    # An empty line after the tag makes Markdown inside the box work.
    return f'<div class="alert alert-block {style}">\n\n**{title}.** {body}\n\n</div>\n'


def _exam(lesson: Lesson, id: str) -> str:
    for question in lesson.exam:
        if question["id"] == id:
            break
    else:
        raise LabError(f"{lesson.name}/exam.yaml has no question {id!r}.")
    english = question["en"]
    body = f"*{english['question']}*\n\n{english['answer'].strip()}\n\n"
    first = english["follow_ups"][0]
    body += f"**The follow-up:** *{first['question']}* {first['answer'].strip()}"
    if steps := question.get("commands"):
        body += f"\n\n**{DEMONSTRATE}:** " + " → ".join(f"`{step}`" for step in steps)
    return _box("In the exam", body, "alert-success")
