"""What came of the drills: lines in the progress text, carried along with it.

    drill dropped_table 1 7 rescued 0 74 2 2026-11-22T18:00:00+00:00

says: the drill, level, seed, outcome, sales lost that could have been saved, seconds, hints, when.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from migrationlab.drills.measurement import rpo_rto
from migrationlab.drills.measurement.rpo_rto import RescueCost
from migrationlab.exercises import progress

OUTCOMES = {
    word.replace(", ", ",").replace(" ", "-"): word
    for word in (
        rpo_rto.RESCUED,
        rpo_rto.COLLATERAL,
        rpo_rto.LOSSES,
        rpo_rto.NOT_REPAIRED,
    )
}
ORDER = list(OUTCOMES.values())  # the best first


@dataclass(frozen=True)
class Result:
    """One drill that was ended."""

    drill: str
    level: int
    seed: int
    outcome: str
    lost: int
    seconds: int
    hints: int
    at: str


def record(measured: RescueCost) -> None:
    outcome = next(key for key, word in OUTCOMES.items() if word == measured.outcome)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    progress.record_line(
        f"drill {measured.drill} {measured.level} {measured.seed} {outcome} "
        f"{measured.avoidable} {round(measured.seconds)} {measured.hints} {now}"
    )


def read() -> list[Result]:
    """Every result, oldest first. A line that this version does not know is left out."""
    found = []
    for line in progress.read_lines("drill"):
        try:
            _, drill, level, seed, outcome, lost, seconds, hints, at = line.split()
            numbers = [int(text) for text in (lost, seconds, hints)]
            found.append(Result(drill, int(level), int(seed), OUTCOMES[outcome], *numbers, at))
        except (ValueError, KeyError):
            continue
    return found


def best(drill: str) -> Result | None:
    """The best result of a drill: outcome, then level, then fewer hints, then time."""
    own = [result for result in read() if result.drill == drill]
    return min(
        own,
        key=lambda r: (ORDER.index(r.outcome), -r.level, r.lost, r.hints, r.seconds),
        default=None,
    )
