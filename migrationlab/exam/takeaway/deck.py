"""What stands in the Anki deck: notes as plain data. deck_file.py writes them down.

A note's key names what it is about, never how it is worded: a question's id, and for a follow-up
the id and its place ("03-1 follow-up 2"), for a term its id in the glossary. So a text may be
mended, and the learner's history stays. A follow-up that is put before others gets the history of
the one that stood there.
"""

from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path

from migrationlab.course import yaml_text
from migrationlab.exam.asking import cram
from migrationlab.exam.bank import glossary, load_questions
from migrationlab.exam.bank.question import LANGUAGES, Question, Task
from migrationlab.exam.examiner_texts import insist, say
from migrationlab.exam.takeaway.cheat_sheets import runs

QUESTION_FIELDS = "Id Kind Context Question Shown Right Answer Outline Show Where".split()
TERM_FIELDS = "Id Term Other Sentence".split()


@dataclass(frozen=True)
class Note:
    """One note. Its fields are HTML.

    key     what it is about, the same for ever
    part    "questions", "follow_ups" or "terms"
    fields  the texts in the order of QUESTION_FIELDS or TERM_FIELDS
    tags    lesson::03, topic::migrate, kind::explain …
    """

    key: str
    part: str
    fields: tuple[str, ...]
    tags: tuple[str, ...]


@cache
def _told() -> dict[str, dict[str, str]]:
    return yaml_text.load(Path(__file__).with_name("deck.yaml").read_text("utf-8"))


def word(language: str, name: str) -> str:
    """One of the deck's own words (deck.yaml)."""
    return _told()[name][language]


def notes(language: str) -> list[Note]:
    """All notes, in the order in which one would learn them. Raises LabError."""
    insist(language)
    questions = load_questions.every()
    found = [_big(one, language) for one in cram.big(language)]
    for question in questions:
        found.append(_question(question, language))
        found += _follow_ups(question, language)
    return found + [_term(term, questions, language) for term in glossary.every().values()]


def _big(one: cram.Big, language: str) -> Note:
    fields = _fields(
        Id=f"00 {one.topic}",
        Kind=escape(word(language, "big")),
        Question=_rich(one.question),
        Answer=_rich(one.answer),
        Outline=_list("ol", one.outline),
    )
    return Note(f"big {one.topic}", "questions", fields, (f"topic::{one.topic}", "kind::big"))


def _question(question: Question, language: str) -> Note:
    words, task = question.words[language], question.task
    commands = "\n".join(question.commands)
    fields = _fields(
        Id=question.id,
        Kind=escape(say(language, f"kind_{question.kind}")),
        Question=_rich(words.question),
        Shown=_shown(task, language) if task else "",
        Right=_right(task, language) if task else "",
        Answer=_rich(words.answer),
        Outline=_list("ol", words.outline),
        Show=f"<p>{_rich(words.demonstration)}</p>{_block(commands)}",
        Where=_list("ul", [f"{place.lesson} {place.heading}" for place in question.where]),
    )
    return Note(question.id, "questions", fields, _tags(question, question.kind))


def _follow_ups(question: Question, language: str) -> list[Note]:
    found = []
    for number, one in enumerate(question.words[language].follow_ups, 1):
        fields = _fields(
            Id=f"{question.id} · {number}",
            Kind=escape(say(language, "follow_up").lower()),
            Context=_rich(question.words[language].question),
            Question=_rich(one.question),
            Answer=_rich(one.answer),
        )
        key = f"{question.id} follow-up {number}"
        found.append(Note(key, "follow_ups", fields, _tags(question, "follow_up")))
    return found


def _term(term: glossary.Term, questions: list[Question], language: str) -> Note:
    """The other language's word only where it is another one."""
    (other,) = (name for name in LANGUAGES if name != language)
    here, there = term.words[language][0], term.words[other][0]
    differ = here.casefold() != there.casefold()
    fields = (
        term.id,
        _rich(here),
        _rich(there) if differ else "",
        _rich(term.sentences[language]),
    )
    about = [question for question in questions if term.id in question.terms]
    tags = {f"lesson::{question.lesson}" for question in about}
    tags |= {f"topic::{question.topic}" for question in about}
    return Note(f"term {term.id}", "terms", fields, (*sorted(tags), "kind::term"))


def _fields(**texts: str) -> tuple[str, ...]:
    return tuple(texts.get(name, "") for name in QUESTION_FIELDS)


def _tags(question: Question, kind: str) -> tuple[str, ...]:
    return f"lesson::{question.lesson}", f"topic::{question.topic}", f"kind::{kind}"


def _shown(task: Task, language: str) -> str:
    """The snippet (with numbers before its lines when one is wrong) and the choices."""
    code = task.code.rstrip("\n")
    if task.lines:
        lines = enumerate(code.splitlines(), 1)
        code = "\n".join(f"{number:>2}  {line}" for number, line in lines)
    choices = _choices(task, tuple(task.choices), language) if task.choices else ""
    return (_block(code) if code else "") + choices


def _right(task: Task, language: str) -> str:
    """The wrong line and the mended text, or the right choices with their words."""
    if task.lines:
        mended = f"<p>{escape(say(language, 'mended'))}</p>{_block(task.mended.rstrip())}"
        return ", ".join(map(str, task.lines)) + mended
    return _choices(task, task.right, language)


def _choices(task: Task, letters: tuple[str, ...], language: str) -> str:
    lines = (f"<b>{letter}</b> {_rich(task.choices[letter][language])}" for letter in letters)
    return f'<ul class="choices">{"".join(f"<li>{line}</li>" for line in lines)}</ul>'


def _rich(text: str) -> str:
    return "".join(
        f"<code>{escape(piece)}</code>" if code else escape(piece) for piece, code in runs(text)
    )


def _list(kind: str, texts) -> str:
    return f"<{kind}>{''.join(f'<li>{_rich(text)}</li>' for text in texts)}</{kind}>"


def _block(code: str) -> str:
    return f"<pre>{escape(code)}</pre>"
