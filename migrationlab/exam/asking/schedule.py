"""When a question comes again: FSRS, computed anew from the answers each time.

The answers are all that is kept, so the schedule travels with them, and another version of the
library may plan otherwise without losing anything.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from fsrs import Card, Rating, Scheduler

from migrationlab.exam.asking.graded_answers import Review

# Without the random spreading of days: the same answers give the same plan on every machine.
SCHEDULER = Scheduler(enable_fuzzing=False)


@dataclass(frozen=True)
class Plan:
    """`cards`: question id -> its FSRS card, for the questions that were ever answered."""

    cards: dict[str, Card]
    days: tuple[date, ...]  # on which something was answered, oldest first

    def due(self, now: datetime) -> list[str]:
        """The questions that are due, the longest overdue first."""
        late = [(card.due, id) for id, card in self.cards.items() if card.due <= now]
        return [id for _, id in sorted(late)]

    def forecast(self, now: datetime, days: int = 7) -> list[int]:
        """How many questions come due on each of the next days; what is overdue is today's."""
        counts = [0] * days
        for card in self.cards.values():
            day = max((card.due.date() - now.date()).days, 0)
            if day < days:
                counts[day] += 1
        return counts

    def streak(self, today: date) -> int:
        """Days in a row with an answer, today or yesterday the last of them."""
        done = set(self.days)
        day = today if today in done else today - timedelta(days=1)
        count = 0
        while day in done:
            count, day = count + 1, day - timedelta(days=1)
        return count

    def known(self, id: str, now: datetime) -> float:
        """The probability, 0.0 to 1.0, that a question would be answered now; 0.0 for a new one."""
        card = self.cards.get(id)
        return SCHEDULER.get_card_retrievability(card, now) if card else 0.0


def plan(reviews: list[Review]) -> Plan:
    """What FSRS makes of the answers, oldest first."""
    cards: dict[str, Card] = {}
    for review in reviews:
        at = review.at.astimezone(UTC)
        card = cards.get(review.question) or Card(card_id=len(cards) + 1, due=at)
        cards[review.question], _ = SCHEDULER.review_card(card, Rating(review.rating), at)
    return Plan(cards, tuple(sorted({review.at.date() for review in reviews})))


def order(plan: Plan, ids: list[str], now: datetime) -> list[str]:
    """The questions to ask: those that are due, then new ones in the bank's order."""
    due = [id for id in plan.due(now) if id in ids]
    return due + [id for id in ids if id not in plan.cards]
