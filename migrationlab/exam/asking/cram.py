"""Cram: the night before. The two big questions, and the twelve follow-ups that come most."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

from migrationlab.course import yaml_text
from migrationlab.drills import definitions
from migrationlab.exam.asking import graded_answers
from migrationlab.exam.asking.conversation import Ended, Talk, choose
from migrationlab.exam.asking.learn import Summary, ask_points, ask_sure, now, places
from migrationlab.exam.bank import load_questions
from migrationlab.exam.examiner_texts import insist, say

MINUTES = 30


@dataclass(frozen=True)
class Big:
    """One of the two questions over the course, in one language."""

    topic: str
    question: str
    answer: str
    outline: tuple[str, ...]


@dataclass(frozen=True)
class Short:
    """A follow-up: the question of the bank that it belongs to, and its own words."""

    id: str
    question: str
    answer: str


@cache
def _told() -> dict:
    return yaml_text.load((Path(__file__).parent / "cram.yaml").read_text("utf-8"))


def big(language: str) -> list[Big]:
    """The two, in one language."""
    return [
        Big(topic, told["question"], told["answer"], tuple(told["outline"]))
        for topic, told in ((name, both[language]) for name, both in _told()["big"].items())
    ]


def follow_ups(language: str) -> list[Short]:
    """The twelve, in one language. Raises LabError when one is not in the bank."""
    found = []
    for line in _told()["follow_ups"]:
        id, number = line.split()
        words = load_questions.find(id).words[language]
        one = words.follow_ups[int(number) - 1] if int(number) else words
        found.append(Short(id, one.question, one.answer))
    return found


def drills() -> dict[str, definitions.Drill]:
    """topic -> the drill that one should have done."""
    return {topic: definitions.find(name) for topic, name in _told()["drills"].items()}


def cram(
    talk: Talk,
    *,
    language: str = "en",
    minutes: float = MINUTES,
    clock: Callable[[], datetime] = now,
) -> Summary:
    """Both big questions and the twelve follow-ups, aloud; then the way to one drill each.

    Raises LabError for a language that is not there.
    """
    insist(language)
    began, answered, ended = clock(), [], False
    talk.tell(say(language, "cram", round(minutes)))
    try:
        for one in big(language):
            _ask_big(talk, one, language)
        for number, one in enumerate(follow_ups(language), 1):
            if (clock() - began).total_seconds() >= minutes * 60:
                talk.tell(say(language, "time_is_up"))
                break
            share, sure = _ask_short(talk, one, number, language)
            answered.append(graded_answers.record("cram", one.id, share, sure, clock()))
    except Ended:
        ended = True
        talk.tell(say(language, "kept"))
    lines = [say(language, "cram_drills"), ""]
    lines += [
        f"- {drill.title}: `python3 lab.py drill start {drill.name}`" for drill in drills().values()
    ]
    talk.tell("\n".join(lines))
    return Summary(tuple(answered), ended)


def _ask_big(talk: Talk, one: Big, language: str) -> None:
    talk.tell(f"## {one.question}")
    talk.ask(say(language, "write"))
    points = "\n".join(f"{number}. {text}" for number, text in enumerate(one.outline, 1))
    talk.tell(
        f"**{say(language, 'model')}.** {one.answer}\n\n**{say(language, 'points')}**\n\n{points}"
    )
    had = ask_points(talk, len(one.outline), language)
    talk.tell(say(language, "cram_had", had, len(one.outline)))


def _ask_short(talk: Talk, one: Short, number: int, language: str) -> tuple[float, int]:
    worth = {say(language, "yes"): 1.0, say(language, "half"): 0.5, say(language, "no"): 0.0}
    expected = say(language, "expected", ", ".join(worth))
    head = say(language, "follow_up")
    talk.tell(f"### {head} {number}\n\n{one.question}")
    talk.ask(say(language, "write"))
    sure = ask_sure(talk, language)
    talk.tell(f"**{say(language, 'model')}.** {one.answer}")
    share = worth[choose(talk, say(language, "did_you"), list(worth), expected)]
    if share < 1:
        talk.tell(say(language, "read_again", places(load_questions.find(one.id))))
    return share, sure
