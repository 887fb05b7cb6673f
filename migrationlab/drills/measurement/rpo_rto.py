"""The third step of a measurement: what the rescue has cost, in numbers.

RPO: the acknowledged sales that are lost. RTO: the time from the accident to this measurement.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from migrationlab.drills.measurement.comparison import Differences
from migrationlab.drills.measurement.evidence import DrillRecord
from migrationlab.drills.workload.ledger import NO, OK, Sale

RESCUED = "rescued"
COLLATERAL = "rescued, with collateral damage"
LOSSES = "rescued, with losses"
NOT_REPAIRED = "not repaired"


@dataclass(frozen=True)
class RescueCost:
    """The measured rescue.

    lost          acknowledged sales that are not in the database any more
    unavoidable   how many of them no rescue could have saved
    faults        what keeps the shop from being repaired, a sentence each
    collateral    what else has changed, a line each
    acknowledged, refused   how many sales, over the whole drill
    seconds       RTO
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


def price(
    record: DrillRecord,
    found: Differences,
    unavoidable: Collection[int] = (),
    given_up: bool = False,
) -> RescueCost:
    """`unavoidable`: the numbers of the sales that nobody could have saved."""
    avoidable = [sale for sale in found.lost if sale.n not in unavoidable]
    if found.faults:
        outcome = NOT_REPAIRED
    elif avoidable:
        outcome = LOSSES
    else:
        outcome = COLLATERAL if found.collateral else RESCUED
    return RescueCost(
        drill=record.drill,
        level=record.level,
        seed=record.seed,
        outcome=outcome,
        lost=found.lost,
        unavoidable=len(found.lost) - len(avoidable),
        faults=found.faults,
        collateral=found.collateral,
        acknowledged=sum(sale.said == OK for sale in record.sales),
        refused=sum(sale.said == NO for sale in record.sales),
        seconds=record.measured_at - record.broke,
        outage=outage(record.sales, record.broke, record.measured_at),
        hints=record.hints,
        given_up=given_up,
    )


def outage(sales: Sequence[Sale], since: float, until: float) -> float:
    """Seconds in which the till could not sell: from each refusal to the next try."""
    after = [sale for sale in sales if sale.tried_at >= since]
    ends = [sale.tried_at for sale in after[1:]] + [until]
    return sum(
        max(end - sale.tried_at, 0.0)
        for sale, end in zip(after, ends, strict=False)  # one end too many when nobody came
        if sale.said != OK
    )
