"""The page: all its parts are put into one file."""

from collections.abc import Callable, Mapping
from datetime import date
from functools import partial
from pathlib import Path

import nbformat
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from migrationlab.course import yaml_text
from migrationlab.course.lessons import Lesson
from migrationlab.course_book import lesson_html, notebook_html, redaction
from migrationlab.exam.bank import glossary, load_questions
from migrationlab.exam.bank.question import LANGUAGES, Task
from migrationlab.exam.examiner_texts import insist
from migrationlab.exam.examiner_texts import say as exam_says
from migrationlab.pictures.palette import stylesheet
from migrationlab.server import Server

FOLDER = Path(__file__).parent


def write(
    file: Path,
    runs: Mapping[Lesson, Path],
    server: Server,
    language: str = "en",
    progress: Callable[[str], None] = lambda text: None,
) -> None:
    """Write the page of these lessons, each with the notebook that holds its outputs.

    `language` is the one in which the questions are shown first. Raises LabError when a password
    or the home folder of this machine would stand in the page.
    """
    text = page(runs, server, insist(language), progress)
    redaction.insist_on_no_secret(text, server)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8", newline="\n")


def page(
    runs: Mapping[Lesson, Path],
    server: Server,
    language: str,
    progress: Callable[[str], None] = lambda text: None,
) -> str:
    """The text of the page; see `write`."""
    clean = redaction.cleaner(server)
    numbers = [lesson.number for lesson in runs]
    seen: set[str] = set()
    chapters = []
    for lesson, result in runs.items():
        progress(f"Lesson {lesson.number} …")
        content = nbformat.read(result, as_version=4)
        redaction.clean_outputs(content, clean)
        html, contents = lesson_html.shaped(
            notebook_html.notebook(content), lesson.number, numbers, seen
        )
        chapters.append(
            {
                "lesson": lesson,
                "html": Markup(html),
                "contents": contents,
                "questions": load_questions.of_lesson(lesson),
            }
        )
    progress("Questions and glossary …")
    terms = sorted(glossary.every().values(), key=lambda term: term.words["en"][0].lower())
    return (
        _environment(numbers)
        .get_template("page.html.j2")
        .render(
            chapters=chapters,
            terms=terms,
            term=glossary.find,
            languages=LANGUAGES,
            language=language,
            made=date.today().isoformat(),
            style=Markup(_part("book.css") + stylesheet()),
            script=Markup(_part("book.js")),
            words=yaml_text.load(_part("words.yaml")),
            kind=lambda language, kind: exam_says(language, f"kind_{kind}"),
        )
    )


def _part(name: str) -> str:
    return (FOLDER / name).read_text("utf-8")


def _environment(numbers: list[str]) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(notebook_html.TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "md": lambda text: Markup(notebook_html.inline(text)),
        "code": _code,
        "anchor": partial(_place, numbers),
    }
    return environment


def _place(numbers: list[str], place) -> str:
    """Where the answer is taught, as an anchor; "" for a lesson that is not in the page."""
    return lesson_html.anchor(place.lesson, place.heading) if place.lesson in numbers else ""


def _code(task: Task, text: str) -> Markup:
    """A task's snippet in colours; with numbers before its lines where one of them is wrong."""
    if task.lines and text == task.code:
        numbered = enumerate(text.rstrip("\n").splitlines(), 1)
        text = "\n".join(f"{number:>2}  {line}" for number, line in numbered)
    return Markup(notebook_html.markdown(f"~~~~{task.syntax}\n{text.rstrip()}\n~~~~"))
