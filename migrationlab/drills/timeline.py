"""What happened in a drill, on a time line: sales, refusals, losses, and the events between them.

The first part runs from the opening of the till to the call, the second from the call to the end;
each has a scale of its own, because the first takes seconds and the second may take half an hour.
"""

from dataclasses import dataclass

from migrationlab.drills.environment import Scene
from migrationlab.drills.ledger import NO, OK, Sale
from migrationlab.drills.rescue_result import clock
from migrationlab.pictures.sales_and_events import (
    LOST,
    NOTHING,
    PARTLY,
    REFUSED,
    SOLD,
    Part,
    TimeLine,
    time_line,
)

COLUMNS = 34  # of each part: the whole fits into a terminal of 80 columns
SIGNS = {SOLD: "█", PARTLY: "▒", REFUSED: "░", LOST: "×", NOTHING: " "}
CALLED = "You are called."


@dataclass(frozen=True)
class Replay:
    """`str()` gives it in words and signs for a terminal; a notebook shows the picture."""

    line: TimeLine

    def __str__(self) -> str:
        bars = "│".join("".join(SIGNS[state] for state in part.states) for part in self.line.parts)
        signs = "   ".join(f"{sign} {state}" for state, sign in SIGNS.items() if sign.strip())
        return "\n".join([*self.line.words.splitlines(), "", bars, f"│ the call   {signs}"])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return self.line._repr_html_()


def replay(scene: Scene) -> Replay:
    """The replay of a drill so far; what is lost is known after `done`."""
    sales = scene.sales()
    lost = set(scene.facts.get("lost", ()))
    events = scene.events()
    called = next((at for at, text in events if text == CALLED), scene.broke)
    end = scene.ended or max([called, *(sale.tried_at for sale in sales), events[-1][0]])
    begin = min([events[0][0], *(sale.tried_at for sale in sales[:1])])
    parts = [
        _part("until the call", begin, called, sales, lost),
        _part("the rescue", called, end, sales, lost),
    ]
    told = [(at, f"{clock(at)}  {at - scene.broke:+7.1f} s  {text}") for at, text in events]
    return Replay(time_line(parts, told, broke=scene.broke))


def _part(name: str, begin: float, end: float, sales: list[Sale], lost: set[int]) -> Part:
    """The states of COLUMNS equally long times."""
    length = max(end - begin, 0.001)
    columns: list[list[str]] = [[] for _ in range(COLUMNS)]
    for sale in sales:
        if begin <= sale.tried_at <= end and sale.said in (OK, NO):
            number = min(int((sale.tried_at - begin) / length * COLUMNS), COLUMNS - 1)
            state = REFUSED if sale.said == NO else LOST if sale.n in lost else SOLD
            columns[number].append(state)
    return Part(name, begin, end, [_state(states) for states in columns])


def _state(states: list[str]) -> str:
    """One that was lost decides; else whether all, some or none were refused."""
    if LOST in states:
        return LOST
    kinds = set(states)
    return PARTLY if len(kinds) > 1 else kinds.pop() if kinds else NOTHING
