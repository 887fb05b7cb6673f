"""Read the lessons' sources: one folder in `lessons/` holds all of one lesson.

This module turns texts into plain data and knows no notebook and no database.
"""

import importlib.util
import re
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise, takewhile
from pathlib import Path
from types import ModuleType

from migrationlab import paths
from migrationlab.course import yaml_text
from migrationlab.errors import LabError

FENCE = re.compile(
    r"^:::\{(?P<kind>[a-z]+)\}[ \t]*(?P<argument>.*?)\n(?P<body>.*?)^:::[ \t]*$", re.M | re.S
)
SOLUTION = re.compile(
    r"^(?P<indent> *)[^\n]*BEGIN SOLUTION[^\n]*\n(?P<body>.*?)^[^\n]*END SOLUTION[^\n]*$\n?",
    re.M | re.S,
)
EXERCISE_HEADING = re.compile(r"^## (?P<id>\d+\.\d+) (?P<title>.+)$", re.M)


@dataclass(frozen=True)
class Start:
    """The state in which a lesson or an exercise begins.

    bookshop: a revision of the project's own chain, or None for an empty database
    seed: whether the bookshop gets its rows
    sql: a file run after that, or None
    files: a folder copied into the working folder, or None
    """

    bookshop: str | None = None
    seed: bool = False
    sql: Path | None = None
    files: Path | None = None


@dataclass(frozen=True)
class Cell:
    """One cell of a source: its kind ("markdown" or "code"), text and tags."""

    kind: str
    source: str
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Exercise:
    """One exercise as its author wrote it: solutions, hints and reasons included."""

    id: str
    title: str
    lesson: "Lesson" = field(repr=False)
    start: Start
    cells: tuple[Cell, ...] = field(repr=False)

    def _fenced(self, kind: str) -> list[str]:
        return [
            match["body"].strip()
            for cell in self.cells
            if cell.kind == "markdown"
            for match in FENCE.finditer(cell.source)
            if match["kind"] == kind
        ]

    @property
    def hints(self) -> list[str]:
        return self._fenced("hint")

    @property
    def why(self) -> str:
        return "\n\n".join(self._fenced("why"))

    @property
    def solution(self) -> list[Cell]:
        """The code cells with the solution in them, its markers removed."""
        return [solved(cell) for cell in self.cells if cell.kind == "code"]


@dataclass(frozen=True)
class Answer:
    """An answer in `answers/`: its cells, and for a wrong one the words that it must be told."""

    exercise: str
    title: str
    right: bool
    expected: str
    cells: tuple[Cell, ...] = field(repr=False)


@dataclass(frozen=True)
class Lesson:
    """One lesson's folder, read when asked for."""

    folder: Path

    @property
    def number(self) -> str:
        return self.folder.name[:2]

    @property
    def name(self) -> str:
        return self.folder.name

    @cached_property
    def _lesson(self) -> tuple[dict, str]:
        return read_source(self.folder / "lesson.md")

    @cached_property
    def _exercises(self) -> tuple[dict, str]:
        return read_source(self.folder / "exercises.md")

    @property
    def front(self) -> dict:
        """The front matter of lesson.md: title, minutes, objectives, key points, …"""
        return self._lesson[0]

    @property
    def title(self) -> str:
        return self.front["title"]

    @property
    def start(self) -> Start:
        return self._start(self.front.get("start"))

    @property
    def cells(self) -> list[Cell]:
        return read_cells(self._lesson[1])

    @property
    def exercises_front(self) -> dict:
        return self._exercises[0]

    @property
    def exercises_introduction(self) -> list[Cell]:
        return self._exercise_parts[0]

    @property
    def exercises(self) -> list[Exercise]:
        return self._exercise_parts[1]

    @cached_property
    def _exercise_parts(self) -> tuple[list[Cell], list[Exercise]]:
        front, body = self._exercises
        starts = front.get("starts", {})
        introduction, parts = split_exercises(body)
        exercises = []
        for id, title, cells in parts:
            if id in {exercise.id for exercise in exercises}:
                raise LabError(f"{self.name}/exercises.md has two exercises {id}.")
            start = self._start(starts.get(id, front.get("start")))
            exercises.append(Exercise(id, title, self, start, tuple(cells)))
        if unknown := set(starts) - {exercise.id for exercise in exercises}:
            raise LabError(f"{self.name}/exercises.md: starts names {sorted(unknown)}, not there.")
        return introduction, exercises

    def answers(self, exercise: str) -> list[Answer]:
        """The other right answers and the wrong ones for one exercise, in file order."""
        file = self.folder / "answers" / f"{exercise}.md"
        return list(_read_answers(exercise, file.read_text("utf-8"))) if file.exists() else []

    @cached_property
    def exam(self) -> list[dict]:
        """exam.yaml as it is written; `exam.bank` makes questions of it."""
        file = self.folder / "exam.yaml"
        return yaml_text.load(file.read_text("utf-8")) if file.exists() else []

    def load_checks(self) -> ModuleType:
        """Import the lesson's checks.py, anew each time, under a name of its own."""
        name = f"migrationlab_lesson_{self.name}_checks"
        spec = importlib.util.spec_from_file_location(name, self.folder / "checks.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    def _start(self, raw: dict | None) -> Start:
        raw = raw or {}
        if unknown := set(raw) - {"bookshop", "seed", "sql", "files"}:
            raise LabError(f"{self.name}: a start state has no {sorted(unknown)}.")
        named = {key: self.folder / raw[key] for key in ("sql", "files") if raw.get(key)}
        for path in named.values():
            if not path.exists():
                raise LabError(f"{self.name}: the start state names {path}, which is not there.")
        bookshop = raw.get("bookshop")
        return Start(str(bookshop) if bookshop else None, bool(raw.get("seed")), **named)


def every() -> list[Lesson]:
    """All lessons, in the order of their numbers."""
    return [Lesson(file.parent) for file in sorted(paths.LESSONS.glob("[0-9][0-9]_*/lesson.md"))]


def find(number: str | int) -> Lesson:
    """The lesson with this number ("2", "02", 2) or folder name. Raises LabError."""
    wanted = str(number)
    for lesson in every():
        if wanted == lesson.name or wanted.zfill(2) == lesson.number:
            return lesson
    there = ", ".join(lesson.number for lesson in every())
    raise LabError(f"There is no lesson {wanted}.", expected=f"one of {there}")


def find_exercise(id: str) -> Exercise:
    """The exercise with this id ("2.3" or "02.3"). Raises LabError."""
    lesson, _, number = str(id).partition(".")
    if not (lesson.isdigit() and number.isdigit()):
        raise LabError(
            f"{id!r} is not the number of an exercise.", expected="lesson.exercise, such as 2.3"
        )
    wanted = f"{int(lesson)}.{int(number)}"
    exercises = find(lesson).exercises
    for exercise in exercises:
        if exercise.id == wanted:
            return exercise
    raise LabError(
        f"Lesson {lesson} has no exercise {wanted}.",
        expected="one of " + ", ".join(exercise.id for exercise in exercises),
    )


def read_source(file: Path) -> tuple[dict, str]:
    """The front matter and the body of a Markdown source. Raises LabError without front matter."""
    text = file.read_text("utf-8")
    match = re.match(r"---\n(.*?)\n---\n(.*)", text, re.S)
    if not match:
        raise LabError(f"{file} has no front matter.", expected="a block between two lines of ---")
    return yaml_text.load(match[1]) or {}, match[2]


def read_cells(body: str) -> list[Cell]:
    """The cells of a MyST Markdown body: `{code-cell}` fences, and `+++` between two texts.

    The part of jupytext's md:myst that lessons use, read here because importing
    jupytext (and with it nbformat) takes a second, which every check would wait
    for. A test holds the two against each other on every source.
    """
    cells: list[Cell] = []
    text: list[str] = []
    lines = iter(body.splitlines())

    def end_text() -> None:
        if source := "\n".join(text).strip("\n"):
            cells.append(Cell("markdown", source))
        text.clear()

    for line in lines:
        if line.rstrip() == "+++":
            end_text()
        elif line.startswith("```{code-cell}"):
            end_text()
            code = list(takewhile(lambda inner: inner.rstrip() != "```", lines))
            tags = yaml_text.load(code.pop(0)[6:]) if code and code[0][:6] == ":tags:" else []
            source = "\n".join(code).strip("\n")
            if source:
                cells.append(Cell("code", source, tuple(tags)))
        else:
            text.append(line)
    end_text()
    return cells


def split_exercises(body: str) -> tuple[list[Cell], list[tuple[str, str, list[Cell]]]]:
    """The introduction, and (id, title, cells) for every `## N.M Title` heading."""
    introduction: list[Cell] = []
    parts: list[tuple[str, str, list[Cell]]] = []
    for cell in read_cells(body):
        pieces = [cell]
        if cell.kind == "markdown":
            cuts = [match.start() for match in EXERCISE_HEADING.finditer(cell.source)]
            edges = [0, *cuts, len(cell.source)]
            texts = [cell.source[a:b].strip() for a, b in pairwise(edges)]
            pieces = [Cell("markdown", text, cell.tags) for text in texts if text]
        for piece in pieces:
            match = EXERCISE_HEADING.match(piece.source) if piece.kind == "markdown" else None
            if match:
                parts.append((match["id"], match["title"].strip(), []))
            (parts[-1][2] if parts else introduction).append(piece)
    return introduction, parts


def unsolved(cell: Cell) -> Cell:
    """The cell as a student gets it: what stands between the solution's markers is taken out."""
    first = cell.source.lstrip().partition("\n")[0].rstrip()
    comment = "--" if first.startswith(("%%sql", "%%session")) or first.endswith(".sql") else "#"
    what = "SQL" if comment == "--" else "answer"
    stub = f"{comment} write your {what} here\n"
    source = SOLUTION.sub(lambda m: m["indent"] + stub, cell.source)
    return Cell(cell.kind, source.rstrip("\n"), cell.tags)


def solved(cell: Cell) -> Cell:
    """The cell with its solution, without the markers."""
    return Cell(cell.kind, SOLUTION.sub(lambda m: m["body"], cell.source).rstrip("\n"), cell.tags)


def _read_answers(exercise: str, text: str):
    for part in re.split(r"^(?=# (?:Right|Wrong): )", text, flags=re.M):
        heading = re.match(r"# (Right|Wrong): (.+)\n", part)
        if not heading:
            continue
        cells = read_cells(part[heading.end() :])
        quotes = [
            line[1:].strip()
            for cell in cells
            if cell.kind == "markdown"
            for line in cell.source.splitlines()
            if line.startswith(">")
        ]
        code = tuple(cell for cell in cells if cell.kind == "code")
        yield Answer(exercise, heading[2].strip(), heading[1] == "Right", " ".join(quotes), code)
