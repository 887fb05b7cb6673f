"""Learn: one question at a time, recalled first and read afterwards, when it is due."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from migrationlab.course import lessons
from migrationlab.errors import LabError
from migrationlab.exam.asking import graded_answers, schedule
from migrationlab.exam.asking.conversation import Ended, Talk, choose
from migrationlab.exam.bank import glossary, load_questions
from migrationlab.exam.bank.question import Question
from migrationlab.exam.examiner_texts import insist, say

RIGHT = 0.75  # of the points: counted as known


@dataclass(frozen=True)
class Summary:
    """What came of a session."""

    answered: tuple[graded_answers.Review, ...]
    ended: bool  # by the student, before the time was up


def now() -> datetime:
    return datetime.now(UTC)


def learn(
    talk: Talk,
    *,
    language: str = "en",
    minutes: float = 15,
    topic: str = "",
    clock: Callable[[], datetime] = now,
) -> Summary:
    """Ask what is due and then what is new, until the minutes are over or `q` is answered.

    topic   "migrate", "backup", a lesson's number, or "" for all
    Each answer is kept at once. Raises LabError for a language or topic that is not there.
    """
    insist(language)
    questions = {question.id: question for question in chosen(topic)}
    began, plan = clock(), schedule.plan(graded_answers.read())
    todo = schedule.order(plan, list(questions), began)
    due = sum(id in plan.cards for id in todo)
    ahead = " ".join(map(str, plan.forecast(began)))
    talk.tell(say(language, "welcome", due, len(todo) - due, plan.streak(began.date()), ahead))
    if not todo:
        dates = [plan.cards[id].due for id in questions]
        talk.tell(say(language, "nothing", f"{min(dates):%Y-%m-%d %H:%M} UTC"))
        return Summary((), False)
    talk.tell(say(language, "how"))
    answered, ended = [], False
    try:
        for id in todo:
            if (clock() - began).total_seconds() >= minutes * 60:
                talk.tell(say(language, "time_is_up"))
                break
            share, sure = ask(talk, questions[id], language)
            answered.append(graded_answers.record("learn", id, share, sure, clock()))
    except Ended:
        ended = True
        talk.tell(say(language, "kept"))
    after = schedule.plan(graded_answers.read())
    spent = round((clock() - began).total_seconds() / 60)
    right = sum(review.share >= RIGHT for review in answered)
    tomorrow = sum(after.forecast(clock(), 2))
    talk.tell(say(language, "summary", len(answered), spent, right, tomorrow))
    return Summary(tuple(answered), ended)


def chosen(topic: str) -> list[Question]:
    """The questions of a topic or lesson. Raises LabError when there are none."""
    found = [
        question
        for question in load_questions.every()
        if topic in ("", question.topic, question.lesson, question.lesson.lstrip("0"))
    ]
    if not found:
        raise LabError(
            f"There are no questions on {topic!r}.",
            expected="migrate, backup, or the number of a lesson",
        )
    return found


def ask(talk: Talk, question: Question, language: str) -> tuple[float, int]:
    """Ask one question to its end: how much of it was right (0.0 to 1.0), and how sure before."""
    put(talk, question, language)
    if question.task:
        return judge_task(talk, question, language)
    words = question.words[language]
    written = talk.ask(say(language, "write"))
    sure = ask_sure(talk, language)
    points = "\n".join(f"{n}. {text}" for n, text in enumerate(words.outline, 1))
    talk.tell(
        f"**{say(language, 'model')}.** {words.answer}\n\n**{say(language, 'points')}**\n\n{points}"
    )
    if written:
        talk.tell(terms_in(written, question, language))
    mistake = words.mistakes[0]
    talk.tell(say(language, "mistake", mistake.said.rstrip("."), mistake.repair))
    share = ask_points(talk, len(words.outline), language) / len(words.outline)
    if share < RIGHT:
        talk.tell(say(language, "read_again", places(question)))
    return share, sure


def put(talk: Talk, question: Question, language: str) -> None:
    """Show the question, with its code and choices."""
    kind = say(language, f"kind_{question.kind}")
    head = say(language, "question", question.id, kind, question.lesson)
    parts = [f"### {head}", question.words[language].question]
    if question.task and question.task.code:
        code = question.task.code.rstrip("\n")
        if question.task.lines:
            lines = enumerate(code.splitlines(), 1)
            code = "\n".join(f"{number:>2}  {line}" for number, line in lines)
        parts.append(f"```{question.task.syntax}\n{code}\n```")
    if question.task:
        parts += [
            f"- **{letter}**  {texts[language]}" for letter, texts in question.task.choices.items()
        ]
    talk.tell("\n\n".join(parts))


def judge_task(talk: Talk, question: Question, language: str) -> tuple[float, int]:
    """Ask for the choice, the line or the order, and say whether it is right."""
    given = ask_task(talk, question, language)
    sure = ask_sure(talk, language)
    return float(tell_right(talk, question, given, language)), sure


def ask_task(talk: Talk, question: Question, language: str) -> tuple:
    task = question.task
    if task.lines:
        numbers = [str(n) for n in range(1, len(task.code.splitlines()) + 1)]
        expected = say(language, "expected", f"1–{numbers[-1]}")
        return (int(choose(talk, say(language, "line"), numbers, expected)),)
    letters = list(task.choices)
    expected = say(language, "expected", ", ".join(letters))
    if question.kind != "order":
        return (choose(talk, say(language, "choice"), letters, expected),)
    while True:
        given = re.findall(r"\w", talk.ask(say(language, "steps")).upper())
        if given and set(given) <= set(letters) and len(set(given)) == len(given):
            return tuple(given)
        talk.tell(expected)


def tell_right(talk: Talk, question: Question, given: tuple, language: str) -> bool:
    """Say whether it is right, and why."""
    task, words = question.task, question.words[language]
    right = task.accepts(given)
    answer = ", ".join(map(str, task.lines or task.right))
    verdict = say(language, "right") if right else say(language, "wrong", answer)
    parts = [f"**{verdict}** {words.answer}"]
    if task.mended:
        mended = task.mended.rstrip("\n")
        parts.append(f"{say(language, 'mended')}\n\n```{task.syntax}\n{mended}\n```")
    if not right:
        parts.append(say(language, "read_again", places(question)))
    talk.tell("\n\n".join(parts))
    return right


def ask_sure(talk: Talk, language: str) -> int:
    levels = [str(level) for level in graded_answers.SURE]
    expected = say(language, "expected", ", ".join(levels))
    return int(choose(talk, say(language, "sure"), levels, expected))


def ask_points(talk: Talk, count: int, language: str) -> int:
    """How many of the points the student had."""
    every, none = say(language, "all"), say(language, "none")
    while True:
        answer = talk.ask(say(language, "had")).lower()
        if answer in (every, "all"):
            return count
        if answer in (none, "none", "0"):
            return 0
        numbers = set(re.findall(r"\d+", answer))
        plain = re.fullmatch(r"[\d\s,;.]+", answer)
        if plain and numbers and all(1 <= int(number) <= count for number in numbers):
            return len({int(number) for number in numbers})
        talk.tell(say(language, "had_wrong", count))


def terms_in(written: str, question: Question, language: str) -> str:
    """Which of the terms that must appear stand in a text."""
    there, missing = [], []
    for id in question.terms:
        term = glossary.find(id)
        (there if term.stands_in(written, language) else missing).append(term.words[language][0])
    return say(language, "terms", ", ".join(there) or "–", ", ".join(missing) or "–")


def places(question: Question) -> str:
    """Where to read: links into the lessons."""
    return ", ".join(
        f"[{place.lesson} {place.heading}](notebooks/{lessons.find(place.lesson).name}.ipynb)"
        for place in question.where
    )
