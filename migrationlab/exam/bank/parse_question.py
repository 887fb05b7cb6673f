"""One entry of a lesson's exam.yaml becomes a Question. Pure: plain data in, plain data out."""

import re

from migrationlab.exam.bank.question import (
    KINDS,
    LANGUAGES,
    MARKS,
    TOPICS,
    Begin,
    FollowUp,
    Mistake,
    Place,
    Question,
    Run,
    Step,
    Task,
    Words,
)
from migrationlab.exam.bank.strict_fields import Fields, fields

QUESTION = "id kind topic where terms en da commands task runs".split()
WORDS = "question answer outline follow_ups mistakes marks demonstration".split()
TASK = "code syntax choices right also lines mended".split()
BEGIN = "bookshop seed sql files project".split()
STEP = "sql shell file text session rows error exit contains lacks".split()
HOW = ("sql", "shell", "file")
SYNTAX = ("sql", "python", "shell", "text")
SESSION = "main"


def read(raw, file: str, lesson: str) -> Question:
    """The question in one entry of exam.yaml.

    `file` and `lesson` ("03") are for messages and for the id, which begins with "03-". Raises
    LabError that names the file, the question and the field.
    """
    name = raw.get("id", "a question without id") if isinstance(raw, dict) else "an entry"
    top = fields(raw, f"{file}, {name}")
    top.only(*QUESTION)
    id = top.text("id")
    if not re.fullmatch(rf"{lesson}-[0-9]+", id):
        raise top.complain(f"id is {id!r}.", f"{lesson}- and a number, in quotation marks")
    kind = top.one_of("kind", KINDS)
    return Question(
        id=id,
        lesson=lesson,
        kind=kind,
        topic=top.one_of("topic", TOPICS),
        where=tuple(_place(top, text) for text in top.texts("where", 1, 5)),
        terms=top.texts("terms", 1, 8),
        words={language: _words(top.inner(language)) for language in LANGUAGES},
        commands=top.texts("commands", 1, 12),
        task=_task(top, kind),
        runs=_runs(top, kind),
    )


def _place(top: Fields, text: str) -> Place:
    lesson, _, heading = text.partition(" ")
    if not re.fullmatch("[0-9]{2}", lesson) or not heading:
        raise top.complain(f"where has {text!r}.", "a lesson and its heading: 03 Roll forward")
    return Place(lesson, heading)


def _words(of: Fields) -> Words:
    of.only(*WORDS)
    marks = of.inner("marks")
    marks.only(*MARKS)
    return Words(
        question=of.text("question"),
        answer=of.text("answer"),
        outline=of.texts("outline", 4, 7),
        follow_ups=of.each("follow_ups", 2, 4, _follow_up),
        mistakes=of.each("mistakes", 1, 3, _mistake),
        marks={mark: marks.text(mark) for mark in MARKS},
        demonstration=of.text("demonstration"),
    )


def _follow_up(of: Fields) -> FollowUp:
    of.only("question", "answer")
    return FollowUp(of.text("question"), of.text("answer"))


def _mistake(of: Fields) -> Mistake:
    of.only("said", "repair")
    return Mistake(of.text("said"), of.text("repair"))


def _task(top: Fields, kind: str) -> Task | None:
    chosen, ordered, wrong = kind in ("predict", "which"), kind == "order", kind == "fault"
    if not (chosen or ordered or wrong):
        if top.has("task"):
            raise top.complain(f"a question of the kind {kind} has no task.")
        return None
    of = top.inner("task")
    of.only(*TASK)
    choices = of.inner("choices", required=not wrong)
    task = Task(
        code=of.text("code", required=kind in ("predict", "fault")),
        syntax=of.one_of("syntax", SYNTAX, required=of.has("code")) or "text",
        choices={str(letter): _choice(choices, letter) for letter in choices.raw},
        right=of.texts("right", 1, 1 if chosen else 10, required=not wrong),
        also=tuple(tuple(str(order).split()) for order in of.texts("also", 0, required=False)),
        lines=of.numbers("lines", required=wrong),
        mended=of.text("mended", required=wrong),
    )
    _insist_on_sense(of, task, kind)
    return task


def _choice(choices: Fields, letter) -> dict[str, str]:
    """A choice in each language; one text when it is the same in both."""
    if isinstance(choices.raw[letter], dict):
        both = choices.inner(letter)
        both.only(*LANGUAGES)
        return {language: both.text(language) for language in LANGUAGES}
    return dict.fromkeys(LANGUAGES, choices.text(letter))


def _insist_on_sense(of: Fields, task: Task, kind: str) -> None:
    if kind == "fault":
        if task.choices or task.right:
            raise of.complain("a fault has lines and mended, not choices.")
        last = len(task.code.splitlines())
        if wrong := [line for line in task.lines if not 1 <= line <= last]:
            raise of.complain(f"lines has {wrong[0]}.", f"1 to {last}")
        if task.code and task.code == task.mended:
            raise of.complain("mended is the same as code.")
        return
    if task.lines or task.mended:
        raise of.complain("only a fault has lines and mended.")
    if task.also and kind != "order":
        raise of.complain("only an order has also.")
    for letters in (task.right, *task.also):
        if unknown := [letter for letter in letters if letter not in task.choices]:
            raise of.complain(f"{unknown[0]!r} is not among the choices.")
        if len(set(letters)) != len(letters):
            raise of.complain("a letter stands twice in right or also.")
    least = 4 if kind == "order" else 2
    if len(task.choices) < least:
        raise of.complain(f"choices has {len(task.choices)} entries.", f"{least} or more")
    if kind == "order" and list(task.right) == sorted(task.choices):
        raise of.complain("the steps stand in the right order already.", "shuffled ones")


def _runs(top: Fields, kind: str) -> tuple[Run, ...]:
    runs = top.each("runs", 1 if kind == "predict" else 0, 4, _run)
    text = "\n".join(step.text for run in runs for step in run.steps)
    needed = {"predict": ("<code>",), "fault": ("<code>", "<mended>"), "order": ("<steps>",)}
    for sign in needed.get(kind, ()):
        if runs and sign not in text:
            raise top.complain(f"no run uses {sign}.", "what is shown is what is run")
    return runs


def _run(of: Fields) -> Run:
    of.only("begin", "steps", "databases")
    begin = of.inner("begin", required=False)
    begin.only(*BEGIN)
    return Run(
        begin=Begin(
            bookshop=begin.text("bookshop", required=False) or None,
            seed=begin.flag("seed"),
            sql=begin.text("sql", required=False),
            files=begin.text("files", required=False),
            project=begin.flag("project"),
        ),
        steps=of.each("steps", 1, 12, _step),
        databases=of.texts("databases", 0, required=False),
    )


def _step(of: Fields) -> Step:
    of.only(*STEP)
    named = [how for how in HOW if of.has(how)]
    if len(named) != 1:
        raise of.complain(f"has {len(named)} of sql, shell and file.", "just one of them")
    (how,) = named
    for name, owner in {"text": "file", "session": "sql", "rows": "sql", "error": "sql"}.items():
        if of.has(name) and how != owner:
            raise of.complain(f"{name} is for {owner} only.")
    if of.has("exit") and how != "shell":
        raise of.complain("exit is for shell only.")
    rows = of.raw.get("rows")
    if rows is not None and not (
        isinstance(rows, list) and all(isinstance(row, list) for row in rows)
    ):
        raise of.complain(f"rows is {rows!r}.", "a list of rows, each a list: [[1, null]]")
    code = of.raw.get("exit", 0)
    if type(code) is not int:
        raise of.complain(f"exit is {code!r}.", "a whole number")
    session, file = of.text("session", required=False), of.text("file", required=False)
    name = {"sql": session or SESSION, "file": file, "shell": ""}
    return Step(
        how=how,
        text=of.text("text" if how == "file" else how),
        name=name[how],
        rows=None if rows is None else tuple(tuple(row) for row in rows),
        error=of.text("error", required=False),
        exit=code,
        contains=of.texts("contains", 0, required=False),
        lacks=of.texts("lacks", 0, required=False),
    )
