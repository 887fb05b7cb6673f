"""What a rescue was worth: RPO, RTO, collateral, in numbers and in words."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from migrationlab.drills.ledger import Sale

RESCUED = "rescued"
COLLATERAL = "rescued, with collateral damage"
LOSSES = "rescued, with losses"
NOT_REPAIRED = "not repaired"
SIGNS = {RESCUED: "✓", COLLATERAL: "!", LOSSES: "!", NOT_REPAIRED: "✗"}
SHOWN = 5


@dataclass(frozen=True)
class Verdict:
    """The measured rescue.

    lost          acknowledged sales that are not in the database any more
    unavoidable   how many of them no rescue could have saved
    faults        what keeps the shop from being repaired, a sentence each
    collateral    what else has changed, a line each
    acknowledged, refused   how many sales, over the whole drill
    seconds       RTO: from the accident to this verdict
    outage        seconds since the accident in which the till could not sell what it wanted
    hints         how many were read
    """

    drill: str
    level: int
    seed: int
    outcome: str
    lost: list[Sale] = field(default_factory=list)
    unavoidable: int = 0
    faults: list[str] = field(default_factory=list)
    collateral: list[str] = field(default_factory=list)
    acknowledged: int = 0
    refused: int = 0
    seconds: float = 0.0
    outage: float = 0.0
    hints: int = 0

    @property
    def avoidable(self) -> int:
        """How many of the lost sales a better rescue would have saved."""
        return max(len(self.lost) - self.unavoidable, 0)

    def __str__(self) -> str:
        lines = [f"{SIGNS[self.outcome]} {self.headline}"]
        lines += [f"  {text}" for text in self.faults]
        lines += [f"RPO         {self.rpo}"]
        lines += [f"            {sale}, {clock(sale.at)}" for sale in self.lost[:SHOWN]]
        if len(self.lost) > SHOWN:
            lines.append(f"            … and {len(self.lost) - SHOWN} more")
        lines.append(f"RTO         {self.rto}")
        lines.append(f"Collateral  {self.collateral[0] if self.collateral else 'nothing'}")
        lines += [f"            {text}" for text in self.collateral[1:]]
        if self.hints:
            lines.append(f"Hints       {self.hints}")
        return "\n".join(lines)

    @property
    def headline(self) -> str:
        return {
            RESCUED: "Rescued.",
            COLLATERAL: "Rescued, but something else has changed.",
            LOSSES: f"The shop works again, but {_sales(self.avoidable)} are lost that could have "
            "been saved.",
            NOT_REPAIRED: "Not repaired yet: the clock goes on.",
        }[self.outcome]

    @property
    def rpo(self) -> str:
        total = f"{self.acknowledged:,} acknowledged sales"
        if not self.lost:
            return f"0 of {total} lost"
        kroner = sum(sale.worth for sale in self.lost)
        first, last = self.lost[0].at, self.lost[-1].at
        text = f"{len(self.lost)} of {total} lost, worth {kroner:,.0f} kr, over "
        text += f"{last - first:.1f} s ({clock(first)} to {clock(last)})"
        if self.unavoidable:
            text += f"; {self.unavoidable} of them nobody could have saved"
        return text

    @property
    def rto(self) -> str:
        return (
            f"{duration(self.seconds)} from the accident to this verdict; the till could not sell "
            f"for {duration(self.outage)} of it ({_sales(self.refused)} refused)"
        )


def _sales(count: int) -> str:
    return "1 sale" if count == 1 else f"{count:,} sales"


def clock(seconds: float) -> str:
    """A moment in UTC, as PostgreSQL's log in this drill has it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%H:%M:%S.%f")[:-5]


def duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s"
