"""Run what a question claims, on a throw-away database of a real server, and compare."""

import re
import shutil
import tempfile
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg2
import sqlparse
from psycopg2 import sql

from migrationlab import commands, paths
from migrationlab.course import lessons, start_states
from migrationlab.errors import LabError
from migrationlab.exam.bank.question import Begin, Question, Run, Step, Task
from migrationlab.postgres import databases

PROJECT = ("alembic.ini", "alembic", "bookshop")
MADE_BY_PROGRAMS = shutil.ignore_patterns("__pycache__")


@dataclass(frozen=True)
class Outcome:
    """What came of one step.

    text     the step's text as it was run
    printed  what a person would have seen: status, rows, notices, the error, a program's output
    rows     of the last statement, or None
    error    SQLSTATE, or ""
    exit     exit code of the last command line
    """

    step: Step
    text: str
    printed: str = ""
    rows: tuple[tuple, ...] | None = None
    error: str = ""
    exit: int = 0


def play(server, question: Question, run: Run) -> list[Outcome]:
    """Do the steps of a run, one after the other, in a database and a folder of their own.

    A step that fails against expectation does not end the run: see `differences`. Everything
    is gone afterwards. Raises LabError when the start state cannot be made.
    """
    with _database(server, run.begin) as database, tempfile.TemporaryDirectory() as folder:
        _lay_out(Path(folder), question, run.begin)
        names = {name: f"{database}_{name}" for name in run.databases}
        sessions: dict = {}
        with ExitStack() as open_sessions:
            open_sessions.callback(_drop, server, list(names.values()))
            outcomes = []
            for step in run.steps:
                text = _renamed(_filled(step.text, question.task), names)
                if step.how == "file":
                    target = Path(folder, step.name)
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_text(text.rstrip("\n") + "\n", "utf-8")
                    outcomes.append(Outcome(step, text))
                elif step.how == "shell":
                    outcomes.append(_shell(step, text, Path(folder), server.environment(database)))
                else:
                    if step.name not in sessions:
                        connection = server.connect(database, application_name=step.name)
                        sessions[step.name] = open_sessions.enter_context(closing(connection))
                    outcomes.append(_sql(step, text, sessions[step.name]))
    return outcomes


def differences(question: Question, outcome: Outcome) -> list[str]:
    """What came otherwise than the bank says; empty when it is right."""
    step, found = outcome.step, []
    if outcome.error != step.error:
        found.append(f"SQLSTATE {outcome.error or 'none'}, not {step.error or 'none'}")
    if outcome.exit != step.exit:
        found.append(f"exit code {outcome.exit}, not {step.exit}")
    right = _right(question.task)
    if step.rows is not None:
        wanted = tuple(tuple(right if cell == "<right>" else cell for cell in r) for r in step.rows)
        if _plain(outcome.rows) != _plain(wanted):
            found.append(f"rows {outcome.rows}, not {wanted}")
    for text in step.contains:
        if text.replace("<right>", right) not in outcome.printed:
            found.append(f"{text!r} was not printed")
    for text in step.lacks:
        if text in outcome.printed:
            found.append(f"{text!r} was printed")
    if found:
        found.append(f"after: {outcome.text}\nprinted: {outcome.printed}")
    return found


@contextmanager
def _database(server, begin: Begin):
    template = "template1"
    if begin.bookshop:
        template = start_states.template(server, lessons.Start(begin.bookshop, begin.seed))
    with databases.temporary(server, f"{server.prefix}lab_exam", template=template) as name:
        if begin.sql:
            with closing(server.connect(name)) as connection, connection.cursor() as cursor:
                cursor.execute(begin.sql)
        yield name


def _lay_out(folder: Path, question: Question, begin: Begin) -> None:
    if begin.project:
        for name in PROJECT:
            source = paths.PROJECT / name
            if source.is_dir():
                shutil.copytree(source, folder / name, ignore=MADE_BY_PROGRAMS)
            else:
                shutil.copy(source, folder)
    if begin.files:
        source = lessons.find(question.lesson).folder / begin.files
        if not source.is_dir():
            raise LabError(f"Question {question.id} names the folder {begin.files}, not there.")
        shutil.copytree(source, folder, ignore=MADE_BY_PROGRAMS, dirs_exist_ok=True)


def _filled(text: str, task: Task | None) -> str:
    """The text with <code>, <mended> and <steps> (in the right order) put in."""
    if task is None:
        return text
    steps = "\n".join(task.choices[letter]["en"] for letter in task.right)
    for sign, there in (("<code>", task.code), ("<mended>", task.mended), ("<steps>", steps)):
        text = text.replace(sign, there)
    return text


def _right(task: Task | None) -> str:
    return task.choices[task.right[0]]["en"] if task and task.right else ""


def _renamed(text: str, names: dict[str, str]) -> str:
    for name, real in names.items():
        text = re.sub(rf"\b{re.escape(name)}\b", real, text)
    return text


def _shell(step: Step, text: str, folder: Path, environment: dict) -> Outcome:
    """Run command lines; the first that fails ends the step, as in a terminal cell."""
    printed, code = [], 0
    for command in commands.split(text):
        code = commands.stream(
            command, folder=folder, environment=environment, write=printed.append
        )
        if code:
            break
    return Outcome(step, text, "".join(printed), exit=code)


def _sql(step: Step, text: str, connection) -> Outcome:
    """Run statements, each final at once unless it stands after BEGIN; an error ends the step."""
    printed, rows, error = [], None, ""
    connection.notices.clear()
    with connection.cursor() as cursor:
        for statement in sqlparse.split(text):
            if not sqlparse.format(statement, strip_comments=True).strip(" ;\n"):
                continue
            rows = None
            try:
                cursor.execute(statement)
                printed.append(cursor.statusmessage or "")
                if cursor.description:
                    rows = tuple(cursor.fetchall())
                    printed += [" | ".join(map(str, row)) for row in rows]
            except psycopg2.Error as failed:
                error = failed.pgcode or type(failed).__name__
                printed.append(str(failed).strip())
            printed += [notice.strip() for notice in connection.notices]
            connection.notices.clear()
            if error:
                break
    return Outcome(step, text, "\n".join(printed), rows, error)


def _plain(rows) -> list[list] | None:
    """Rows as YAML can write them: NULL and truth as they are, everything else as a text."""
    if rows is None:
        return None
    kept = (bool, type(None))
    return [[cell if isinstance(cell, kept) else str(cell) for cell in row] for row in rows]


def _drop(server, names: list[str]) -> None:
    """Drop what the steps made themselves (createdb leaves no mark of ours)."""
    with closing(server.connect(databases.MAINTENANCE)) as connection, connection.cursor() as c:
        for name in names:
            c.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
            )
