"""The oral: draw a topic, prepare, present, answer follow-ups about your own database, a mark."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from migrationlab.exam.asking import demonstrations, graded_answers, learn, live_questions, schedule
from migrationlab.exam.asking.conversation import Ended, Talk, choose
from migrationlab.exam.asking.learn import ask_points, now, places
from migrationlab.exam.asking.live_questions import Standing
from migrationlab.exam.bank.question import MARKS, Question
from migrationlab.exam.examiner_texts import insist, say

KINDS = ("explain", "compare", "demonstrate")  # what one can speak on for five minutes
PREPARATION, PRESENTATION = 5, 5  # minutes
FOLLOW_UPS, LIVE = 2, 3
PARTS = {"presentation": 4, "follow_ups": 3, "live": 2, "shown": 1}  # of ten
SCALE = ((0.9, "12"), (0.75, "10"), (0.6, "7"), (0.5, "4"), (0.4, "02"), (0.2, "00"), (0, "-3"))
"""The Danish 7-point scale: the mark from this share on."""


@dataclass
class Oral:
    """What came of each part, as a share of 0.0 to 1.0; None when it was not reached."""

    question: Question
    parts: dict[str, float | None] = field(default_factory=lambda: dict.fromkeys(PARTS))
    sure: int = 1

    @property
    def share(self) -> float:
        return sum((self.parts[name] or 0.0) * weight for name, weight in PARTS.items()) / 10

    @property
    def mark(self) -> str:
        return next(mark for least, mark in SCALE if self.share >= least)


def draw(topic: str, chance: random.Random) -> Question:
    """One that was seldom answered well, by chance among the weakest third. Raises LabError."""
    plan = schedule.plan(graded_answers.read())
    found = [question for question in learn.chosen(topic) if question.kind in KINDS]
    chance.shuffle(found)
    found.sort(key=lambda question: plan.known(question.id, now()))
    return found[chance.randrange(max(len(found) // 3, 1))]


def oral(
    talk: Talk,
    standing: Standing,
    *,
    language: str = "en",
    topic: str = "",
    seed: int | None = None,
    clock: Callable[[], datetime] = now,
) -> Oral:
    """One whole oral exam of about fifteen minutes. Raises LabError for bad options.

    What is not reached because the student ends it counts nothing; the mark says so.
    """
    insist(language)
    chance = random.Random(seed)
    found = Oral(draw(topic, chance))
    try:
        _present(talk, found, language, clock)
        _follow(talk, found, language)
        shell = f"python3 lab.py shell {standing.where}".strip()
        talk.tell(say(language, "standing", standing.database, shell))
        _live(talk, found, standing, language, chance)
        _show(talk, found, standing, language)
    except Ended:
        talk.tell(say(language, "kept"))
    if found.parts["presentation"] is not None:
        graded_answers.record("oral", found.question.id, found.share, found.sure, clock())
    _mark(talk, found, language)
    return found


def _present(talk: Talk, found: Oral, language: str, clock) -> None:
    words = found.question.words[language]
    talk.tell(f"## {say(language, 'drawn')}\n\n**{words.question}**")
    talk.ask(say(language, "prepare", PREPARATION))
    found.sure = learn.ask_sure(talk, language)
    began = clock()
    talk.ask(say(language, "present", PRESENTATION))
    seconds = (clock() - began).total_seconds()
    talk.tell(say(language, "took", f"{int(seconds // 60)}:{int(seconds % 60):02}"))
    if seconds < PRESENTATION * 60 * 0.6:
        talk.tell(say(language, "too_short", PRESENTATION))
    elif seconds > PRESENTATION * 60 * 1.2:
        talk.tell(say(language, "too_long", PRESENTATION))
    points = "\n".join(f"{n}. {text}" for n, text in enumerate(words.outline, 1))
    talk.tell(f"**{say(language, 'points')}**\n\n{points}")
    count = len(words.outline)
    found.parts["presentation"] = ask_points(talk, count, language) / count


def _follow(talk: Talk, found: Oral, language: str) -> None:
    """The last two of the question's follow-ups, the hard one among them."""
    worth = {say(language, "yes"): 1.0, say(language, "half"): 0.5, say(language, "no"): 0.0}
    expected = say(language, "expected", ", ".join(worth))
    shares = []
    for follow_up in found.question.words[language].follow_ups[-FOLLOW_UPS:]:
        talk.tell(f"### {say(language, 'follow_up')}\n\n{follow_up.question}")
        talk.ask(say(language, "write"))
        talk.tell(f"**{say(language, 'model')}.** {follow_up.answer}")
        shares.append(worth[choose(talk, say(language, "did_you"), list(worth), expected)])
        found.parts["follow_ups"] = sum(shares) / FOLLOW_UPS


def _live(talk: Talk, found: Oral, standing: Standing, language: str, chance) -> None:
    asked = live_questions.questions(standing, language, chance, LIVE)
    right = 0
    for question in asked:
        talk.tell(f"### {say(language, 'follow_up')}\n\n{question.question}")
        accepted = question.accepts(talk.ask(f"{say(language, 'answer')}:"))
        right += accepted
        verdict = "right" if accepted else "wrong"
        told = say(language, verdict, f"**{question.right}**")
        talk.tell(f"{told} {say(language, 'found_by', question.why)}")
        found.parts["live"] = right / len(asked)


def _show(talk: Talk, found: Oral, standing: Standing, language: str) -> None:
    wanted = demonstrations.choose(standing, found.question.topic)
    talk.tell(f"### {say(language, 'show')}\n\n{wanted.question(language)}")
    while True:
        if talk.ask(say(language, "show_done")).lower() == "skip":
            shown = demonstrations.Shown(False, say(language, "skipped"))
        else:
            shown = wanted.judge(language)
        talk.tell(say(language, "show_right" if shown.right else "show_wrong", shown.words))
        found.parts["shown"] = float(shown.right)
        if shown.right or shown.words == say(language, "skipped"):
            return


def _mark(talk: Talk, found: Oral, language: str) -> None:
    lines = [say(language, "mark", found.mark), ""]
    for name, share in found.parts.items():
        told = "–" if share is None else f"{share:.0%}"
        lines.append(f"- {say(language, f'part_{name}', told)}")
    marks = found.question.words[language].marks
    lines += ["", f"**{say(language, 'rubric')}**", ""]
    lines += [f"- **{mark}**: {marks[mark]}" for mark in MARKS]
    lines += ["", say(language, "read_again", places(found.question))]
    talk.tell("\n".join(lines))


def sheets(
    standing: Standing, *, language: str = "en", topic: str = "", seed: int | None = None
) -> tuple[str, str]:
    """For two people: the examiner's sheet and the student's, Markdown. Raises LabError."""
    insist(language)
    chance = random.Random(seed)
    question = draw(topic, chance)
    words = question.words[language]
    rules = say(language, "sheet_rules", PREPARATION, PRESENTATION)
    student = f"# {say(language, 'sheet_student')}\n\n**{words.question}**\n\n{rules}\n"
    lines = [f"# {say(language, 'sheet_examiner')}", "", f"**{words.question}**", "", rules, ""]
    lines += [f"**{say(language, 'points')}**", ""]
    lines += [f"- [ ] {text}" for text in words.outline]
    for follow_up in words.follow_ups:
        lines += ["", f"**{say(language, 'follow_up')}.** {follow_up.question}", ""]
        lines += [f"- [ ] {follow_up.answer}"]
    for asked in live_questions.questions(standing, language, chance, LIVE):
        lines += ["", f"**{say(language, 'follow_up')}.** {asked.question}", ""]
        told = say(language, "found_by", asked.why)
        lines += [f"- [ ] {say(language, 'answer')}: {asked.right}. {told}"]
    lines += ["", f"**{say(language, 'show')}.** {words.demonstration}", ""]
    lines += [f"- `{command}`" for command in question.commands]
    lines += ["", f"**{say(language, 'rubric')}**", ""]
    lines += [f"- **{mark}**: {words.marks[mark]}" for mark in MARKS]
    lines += ["", say(language, "sheet_scale")]
    return "\n".join(lines) + "\n", student
