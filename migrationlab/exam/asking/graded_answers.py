"""What was answered: one line for each answer, in the progress text, carried along with it.

    exam learn 03-2 3 2 0.8 2026-11-27T18:00:00+00:00

says: in the mode learn, question 03-2 was rated 3 (1 again, 2 hard, 3 good, 4 easy); before the
answer was shown the student was sure at 2 (0 guessed … 3 certain), and had 0.8 of what it takes.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from migrationlab.exercises import progress

AGAIN, HARD, GOOD, EASY = 1, 2, 3, 4
MODES = ("learn", "predict", "oral", "cram")
SURE = range(4)


@dataclass(frozen=True)
class Review:
    """One answer. `share` is 0.0 to 1.0: how much of the right answer it had."""

    mode: str
    question: str
    rating: int
    sure: int
    share: float
    at: datetime


def rating(share: float, sure: int) -> int:
    """What an answer is worth for the schedule.

    A right answer that was guessed is not known: it is hard, and comes again soon.
    """
    if share < 0.5:
        return AGAIN
    if share < 0.75 or sure == 0:
        return HARD
    return EASY if share == 1.0 and sure == 3 else GOOD


def record(mode: str, question: str, share: float, sure: int, now: datetime) -> Review:
    """Keep an answer."""
    found = Review(mode, question, rating(share, sure), sure, round(share, 2), now)
    at = now.astimezone(UTC).isoformat(timespec="seconds")
    progress.record_line(f"exam {mode} {question} {found.rating} {sure} {found.share} {at}")
    return found


def read() -> list[Review]:
    """Every answer, oldest first. A line that this version does not know is left out."""
    found = []
    for line in progress.read_lines("exam"):
        try:
            _, mode, question, rated, sure, share, at = line.split()
            when = datetime.fromisoformat(at).astimezone(UTC)
            one = Review(mode, question, int(rated), int(sure), float(share), when)
        except ValueError:
            continue
        if one.mode in MODES and one.rating in range(1, 5) and one.sure in SURE:
            found.append(one)
    return sorted(found, key=lambda review: review.at)
