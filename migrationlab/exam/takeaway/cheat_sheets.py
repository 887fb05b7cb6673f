"""The two cheat sheets, one page each: what stands on them. How they look is cheat_pdf, cheat_html.

The answer and its outline come from cram.yaml, the commands and the traps from the bank; the
decision trees, and what is picked, stand in sheets.yaml.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from migrationlab.course import lessons, yaml_text
from migrationlab.errors import LabError
from migrationlab.exam.asking import cram
from migrationlab.exam.bank import load_questions
from migrationlab.exam.bank.question import LANGUAGES, TOPICS, Question
from migrationlab.exam.bank.strict_fields import Fields, fields
from migrationlab.exam.examiner_texts import insist

FILE = Path(__file__).with_name("sheets.yaml")
SHAPES = ("cases", "steps")


@dataclass(frozen=True)
class Branch:
    """One row of a decision tree: the case or the question, what it is, and how it is done."""

    case: str
    then: str
    how: str


@dataclass(frozen=True)
class Tree:
    """A decision tree. Of "cases" one is meant; of "steps" the first yes counts."""

    shape: str
    ask: str
    branches: tuple[Branch, ...]


@dataclass(frozen=True)
class Command:
    """A command line of the bank, and what one says with it."""

    line: str
    why: str


@dataclass(frozen=True)
class Group:
    """Command lines that belong together."""

    label: str
    commands: tuple[Command, ...]


@dataclass(frozen=True)
class Trap:
    """What is said by mistake, the sentence that repairs it, and the lesson's number."""

    said: str
    repair: str
    lesson: str


@dataclass(frozen=True)
class Sheet:
    """One page. Texts may have code between backticks.

    words    the headings and small words of the page, by name
    lessons  number -> title of the lessons that it comes from
    """

    topic: str
    language: str
    title: str
    question: str
    answer: str
    outline: tuple[str, ...]
    trees: tuple[Tree, ...]
    groups: tuple[Group, ...]
    traps: tuple[Trap, ...]
    words: dict[str, str]
    lessons: dict[str, str]


def sheet(topic: str, language: str) -> Sheet:
    """A sheet in one language. Raises LabError when it names what the bank does not have."""
    insist(language)
    if topic not in TOPICS:
        raise LabError(f"There is no cheat sheet {topic!r}.", expected=" or ".join(TOPICS))
    told = fields(_told()[topic], f"{FILE.name}, {topic}")
    told.only("title", "trees", "commands", "traps")
    (big,) = (one for one in cram.big(language) if one.topic == topic)
    traps = tuple(_trap(entry, language) for entry in told.texts("traps", 1))
    lines = [of for group in _told()[topic]["commands"] for of in _named(group)]
    return Sheet(
        topic,
        language,
        _in(told, "title", language),
        big.question,
        big.answer,
        big.outline,
        told.each("trees", 1, 2, lambda raw: _tree(raw, language)),
        told.each("commands", 1, 9, lambda raw: _group(raw, language)),
        traps,
        {name: text[language] for name, text in _told()["words"].items()},
        _titles({line.partition("-")[0] for line in lines} | {trap.lesson for trap in traps}),
    )


def runs(text: str) -> list[tuple[str, bool]]:
    """A text in pieces, each with whether it is code: every second piece between backticks."""
    return [(piece, number % 2 == 1) for number, piece in enumerate(text.split("`")) if piece]


@cache
def _told() -> dict:
    return yaml_text.load(FILE.read_text("utf-8"))


@cache
def _questions() -> dict[str, Question]:
    return {question.id: question for question in load_questions.every()}


def _question(id: str) -> Question:
    return _questions().get(id) or load_questions.find(id)  # which says what there is


def _in(told: Fields, name: str, language: str) -> str:
    both = told.inner(name)
    both.only(*LANGUAGES)
    return both.text(language)


def _tree(told: Fields, language: str) -> Tree:
    told.only("shape", "ask", "rows")
    return Tree(
        told.one_of("shape", SHAPES),
        _in(told, "ask", language),
        told.each("rows", 2, 6, lambda raw: _branch(raw, language)),
    )


def _branch(told: Fields, language: str) -> Branch:
    told.only("if", "then", "how")
    return Branch(*(_in(told, name, language) for name in ("if", "then", "how")))


def _group(told: Fields, language: str) -> Group:
    told.only("label", "lines")
    return Group(
        _in(told, "label", language), told.each("lines", 1, 9, lambda raw: _command(raw, language))
    )


def _named(group: dict) -> list[str]:
    return [line["of"] for line in group["lines"]]


def _command(told: Fields, language: str) -> Command:
    """The one command line of a question that is so or begins so: its place there may change."""
    told.only("of", "why")
    id, _, start = told.text("of").partition(" ")
    there = _question(id).commands
    found = {
        line for line in there if line == start or start not in there and line.startswith(start)
    }
    if len(found) != 1:
        raise told.complain(
            f"of question {id}, {len(found)} commands begin with {start!r}.", "exactly one"
        )
    return Command(found.pop(), _in(told, "why", language))


def _trap(entry: str, language: str) -> Trap:
    id, _, number = entry.partition(" ")
    question = _question(id)
    mistakes = question.words[language].mistakes
    if not number.isdecimal() or not 1 <= int(number) <= len(mistakes):
        raise LabError(
            f"{FILE.name}: there is no trap {entry!r}.",
            expected=f"a number from 1 to {len(mistakes)} after the question {id}",
        )
    mistake = mistakes[int(number) - 1]
    return Trap(mistake.said, mistake.repair, question.lesson)


def _titles(numbers: set[str]) -> dict[str, str]:
    return {number: lessons.find(number).title for number in sorted(numbers)}
