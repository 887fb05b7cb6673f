"""The bank: the questions of every lesson's exam.yaml."""

from functools import cache

from migrationlab.course import lessons
from migrationlab.errors import LabError
from migrationlab.exam.bank.parse_question import read
from migrationlab.exam.bank.question import Question


def every() -> list[Question]:
    """All questions, in the order of the lessons. Raises LabError for the first that is wrong."""
    return [question for lesson in lessons.every() for question in of_lesson(lesson)]


def of_lesson(lesson: lessons.Lesson) -> list[Question]:
    """The questions of one lesson. Raises LabError that names file, question and field."""
    file = f"{lesson.name}/exam.yaml"
    if not isinstance(lesson.exam, list):
        raise LabError(f"{file} is not a list.", expected="entries that begin with “- id:”")
    questions = [read(raw, file, lesson.number) for raw in lesson.exam]
    seen = set()
    for question in questions:
        if question.id in seen:
            raise LabError(f"{file} has two questions {question.id}.")
        seen.add(question.id)
    return questions


def find(id: str) -> Question:
    """The question with this id ("03-2"). Raises LabError."""
    number, _, _ = id.partition("-")
    found = {question.id: question for question in of_lesson(lessons.find(number))}
    if id not in found:
        raise LabError(f"There is no question {id}.", expected="one of " + ", ".join(found))
    return found[id]


@cache
def headings(lesson: lessons.Lesson) -> tuple[str, ...]:
    """The headings of a lesson as written in lesson.md, without the signs before them."""
    marked = (
        line
        for cell in lesson.cells
        if cell.kind == "markdown"
        for line in cell.source.splitlines()
    )
    return tuple(line.lstrip("#").strip() for line in marked if line.startswith("#"))
