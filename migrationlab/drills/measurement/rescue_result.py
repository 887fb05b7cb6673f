"""The last step of a measurement: the result of a rescue in words."""

import html
import textwrap
from datetime import UTC, datetime

from migrationlab.drills.measurement.rpo_rto import (
    COLLATERAL,
    LOSSES,
    NOT_REPAIRED,
    RESCUED,
    RescueCost,
)

SIGNS = {RESCUED: "✓", COLLATERAL: "!", LOSSES: "!", NOT_REPAIRED: "✗"}
MOST_LINES = 5


class RescueResult(RescueCost):
    """`str()` gives it for a terminal of 80 columns; a notebook shows the same."""

    def __str__(self) -> str:
        told = [f"{SIGNS[self.outcome]} {self.headline}"]
        told += [_wrapped("  ", text) for text in self.faults]
        sales = [f"{sale}, {clock(sale.at)}" for sale in self.lost[:MOST_LINES]]
        if len(self.lost) > MOST_LINES:
            sales.append(f"… and {len(self.lost) - MOST_LINES} more")
        told.append(_wrapped("RPO", self.rpo))
        told += [_wrapped("", text) for text in sales]
        told.append(_wrapped("RTO", self.rto))
        collateral = self.collateral or ["nothing"]
        if self.outcome == NOT_REPAIRED and len(collateral) > MOST_LINES:  # the faults come first
            rest = len(collateral) - MOST_LINES
            collateral = [*collateral[:MOST_LINES], f"… and {rest} more"]
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


def say(cost: RescueCost) -> RescueResult:
    return RescueResult(**vars(cost))
