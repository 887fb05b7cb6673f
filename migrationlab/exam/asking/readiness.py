"""How ready one is, topic by topic, and how well one knows what one knows."""

from dataclasses import dataclass
from datetime import datetime

from migrationlab.course import lessons
from migrationlab.exam.asking import graded_answers, learn, schedule
from migrationlab.exam.asking.learn import RIGHT
from migrationlab.pictures.bars import Bar, bars

LEVELS = {0: "guessed", 1: "not sure", 2: "sure", 3: "certain"}
FEW = 5  # answers, below which a share says little


@dataclass(frozen=True)
class Topic:
    """A lesson: how many questions it has, how many were ever answered, and how many one would
    answer now (the sum of FSRS's probabilities; one that was never answered counts nothing)."""

    name: str
    questions: int
    answered: int
    known: float

    @property
    def share(self) -> float:
        return self.known / self.questions if self.questions else 0.0


@dataclass(frozen=True)
class Calibration:
    """What came of the answers of which one was so sure. `level` 0 guessed … 3 certain."""

    level: int
    answers: int
    right: int


@dataclass(frozen=True)
class Readiness:
    topics: tuple[Topic, ...]
    calibration: tuple[Calibration, ...]
    due: int

    def __str__(self) -> str:
        wide = max(len(topic.name) for topic in self.topics)
        lines = [
            f"{topic.name:<{wide}}  {bar(topic.share)} {topic.share:>4.0%}  "
            f"{topic.answered} of {topic.questions} questions answered"
            for topic in self.topics
        ]
        lines += ["", "What you said you knew, and what was right:"]
        for one in self.calibration:
            if one.answers:
                few = "  (few answers: this says little)" if one.answers < FEW else ""
                share = one.right / one.answers
                lines.append(
                    f"  {LEVELS[one.level]:<9} {bar(share)} {share:>4.0%}  "
                    f"{one.right} of {one.answers}{few}"
                )
        if not any(one.answers for one in self.calibration):
            lines.append("  nothing answered yet")
        lines += ["", f"{self.due} questions are due now."]
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        topics = [
            Bar(one.name, one.share, f"{one.answered} of {one.questions} answered")
            for one in self.topics
        ]
        sure = [
            Bar(
                f"you said: {LEVELS[one.level]}",
                one.right / one.answers if one.answers else None,
                f"{one.right} of {one.answers} right",
            )
            for one in self.calibration
        ]
        groups = [
            ("What you would answer now", topics),
            ("What you said you knew, and what was right", sure),
        ]
        return bars(f"Ready? {self.due} questions are due now", groups, str(self)).svg


def bar(share: float, width: int = 20) -> str:
    """A share as a bar of signs that needs no colour."""
    full = round(share * width)
    return "█" * full + "·" * (width - full)


def readiness(now: datetime) -> Readiness:
    """From all answers so far."""
    given = graded_answers.read()
    plan = schedule.plan(given)
    questions = learn.chosen("")
    topics = []
    for lesson in lessons.every():
        own = [question.id for question in questions if question.lesson == lesson.number]
        topics.append(
            Topic(
                f"{lesson.number} {lesson.title}",
                len(own),
                sum(id in plan.cards for id in own),
                sum(plan.known(id, now) for id in own),
            )
        )
    calibration = tuple(
        Calibration(
            level,
            sum(review.sure == level for review in given),
            sum(review.sure == level and review.share >= RIGHT for review in given),
        )
        for level in LEVELS
    )
    return Readiness(tuple(topics), calibration, len(plan.due(now)))
