"""What a rescue was worth: RPO, RTO, collateral, in numbers and in words."""

import html
import textwrap
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
    given_up      measured because the drill was stopped
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
    given_up: bool = False

    @property
    def avoidable(self) -> int:
        """How many of the lost sales a better rescue would have saved."""
        return max(len(self.lost) - self.unavoidable, 0)

    def __str__(self) -> str:
        told = [f"{SIGNS[self.outcome]} {self.headline}"]
        told += [_wrapped("  ", text) for text in self.faults]
        sales = [f"{sale}, {clock(sale.at)}" for sale in self.lost[:SHOWN]]
        if len(self.lost) > SHOWN:
            sales.append(f"… and {len(self.lost) - SHOWN} more")
        told.append(_wrapped("RPO", self.rpo))
        told += [_wrapped("", text) for text in sales]
        told.append(_wrapped("RTO", self.rto))
        collateral = self.collateral or ["nothing"]
        if self.outcome == NOT_REPAIRED and len(collateral) > SHOWN:  # the faults come first
            rest = len(collateral) - SHOWN
            collateral = [*collateral[:SHOWN], f"… and {rest} more"]
        for number, text in enumerate(collateral):
            told.append(_wrapped("" if number else "Collateral", text))
        if self.hints:
            told.append(_wrapped("Hints", str(self.hints)))
        return "\n".join(told)

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(str(self))}</pre>"

    @property
    def headline(self) -> str:
        return {
            RESCUED: "Rescued.",
            COLLATERAL: "Rescued, but something else has changed.",
            LOSSES: f"The shop works again, but {_sales(self.avoidable)} are lost that could have "
            "been saved.",
            NOT_REPAIRED: "Not repaired."
            if self.given_up
            else "Not repaired yet: the clock goes on.",
        }[self.outcome]

    @property
    def rpo(self) -> str:
        total = f"{self.acknowledged:,} acknowledged sales"
        if not self.lost:
            return f"0 of {total} lost"
        kroner = sum(sale.worth for sale in self.lost)
        first, last = self.lost[0].at, self.lost[-1].at
        text = f"{len(self.lost)} of {total} lost, "
        text += f"worth {kroner:,.0f} kr, " if kroner else ""  # a new address costs nothing
        text += f"over {last - first:.1f} s ({clock(first)} to {clock(last)})"
        if self.unavoidable:
            text += f"; {self.unavoidable} of them nobody could have saved"
        return text

    @property
    def rto(self) -> str:
        return (
            f"{duration(self.seconds)} from the accident to this verdict; the till could not sell "
            f"for {duration(self.outage)} of it ({_sales(self.refused)} refused)"
        )


def _wrapped(name: str, text: str) -> str:
    """A name and its text in lines that fit a terminal, the text below itself."""
    head = name if name.isspace() else f"{name:<12}"
    return textwrap.fill(text, 80, initial_indent=head, subsequent_indent=" " * len(head))


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
