"""What a rescue is judged by: plain data, read once while the till stands still."""

from dataclasses import dataclass, field

from migrationlab.drills.workload.ledger import Sale

Rows = dict[str, dict[str, dict[str, str]]]
"""table -> key -> column -> value as text (None is NULL)."""


@dataclass(frozen=True)
class DrillRecord:
    """The drill so far.

    broke, measured_at   seconds since 1970
    hints   how many were read
    sales   the ledger, oldest first
    facts   what the drill remembers about itself
    """

    drill: str
    level: int
    seed: int
    broke: float
    measured_at: float
    hints: int = 0
    sales: tuple[Sale, ...] = ()
    facts: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Findings:
    """What a drill has looked at besides rows and schema: sentences.

    faults       what keeps the shop from being repaired
    collateral   what else is not as it was
    """

    faults: tuple[str, ...] = ()
    collateral: tuple[str, ...] = ()


@dataclass(frozen=True)
class Inventory:
    """All of a database but the rows that are compared one by one.

    facts     as backup/inventory.py gathers them; None when they could not be read
    unread    why not, a sentence
    counter, highest   where the counter of orders.id stands, and the highest id; None: neither
    """

    facts: dict | None
    unread: str = ""
    counter: int | None = None
    highest: int | None = None


@dataclass(frozen=True)
class ShopReading:
    """The database that the till uses, and what it must be like.

    expected     the rows of the beginning, as this drill wants them to be in the end
    rows         what is there; a table that cannot be read is left out
    unreadable   a sentence for each such table
    refusals     a sentence for each type of sale that is not possible now
    before       the facts of the beginning, as in Inventory
    inventory    the same now; None when a table cannot be read
    """

    expected: Rows
    rows: Rows
    unreadable: tuple[str, ...]
    refusals: tuple[str, ...]
    before: dict
    inventory: Inventory | None
    findings: Findings


@dataclass(frozen=True)
class DrillHistory:
    """What a time line shows. `lost`: the numbers of the sales that the last measurement missed.

    broke, ended   seconds since 1970; 0.0: not ended
    """

    events: tuple[tuple[float, str], ...]
    sales: tuple[Sale, ...]
    broke: float
    ended: float = 0.0
    lost: frozenset[int] = frozenset()
