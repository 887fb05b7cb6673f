"""Puts a chain of revisions into rows and lanes: newest on top, branches side by side."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from migrationlab.pictures.read_revisions import Revision

BASE = ""  # the row below all revisions; no revision can have an empty id


@dataclass(frozen=True)
class Edge:
    """From a revision down to one that it follows; it runs in its own lane between the rows."""

    upper: str
    lower: str
    lane: int
    depends: bool


def with_ancestors(chain: Mapping[str, Revision], ids: Iterable[str]) -> set[str]:
    """These revisions and everything below them."""
    found, todo = set(), [one for one in ids if one in chain]
    while todo:
        one = todo.pop()
        if one not in found:
            found.add(one)
            todo.extend(chain[one].below)
    return found


def top_down(chain: Mapping[str, Revision], applied: set[str]) -> list[str]:
    """All ids, each above everything it follows; what is not applied stands on top.

    So the applied revisions lie at the bottom like water in a glass. Within that, a branch is
    written to its end before the next one begins.
    """
    above = dict.fromkeys(chain, 0)
    for revision in chain.values():
        for lower in revision.below:
            above[lower] += 1
    ready = sorted((one for one in chain if not above[one]), reverse=True)
    order: list[str] = []
    while ready:
        # The last of the list continues the branch just written.
        waiting = [one for one in ready if one not in applied] or ready
        one = waiting[-1]
        ready.remove(one)
        order.append(one)
        for lower in sorted(chain[one].below, reverse=True):
            above[lower] -= 1
            if not above[lower]:
                ready.append(lower)
    return order


def assign(chain: Mapping[str, Revision], order: list[str]) -> tuple[dict[str, int], list[Edge]]:
    """The lane of each row (BASE among them) and the edges between rows. Lanes count from 0."""
    lanes: list[tuple[str, str, bool] | None] = []  # a running edge: (upper, lower, depends)
    place: dict[str, int] = {}
    edges: list[Edge] = []

    def free() -> int:
        if None not in lanes:
            lanes.append(None)
        return lanes.index(None)

    for one in [*order, BASE]:
        mine = [i for i, edge in enumerate(lanes) if edge and edge[1] == one]
        place[one] = mine[0] if mine else free()
        for lane in mine:
            edges.append(Edge(*lanes[lane][:2], lane, lanes[lane][2]))
            lanes[lane] = None
        if one == BASE:
            break
        below = [(lower, False) for lower in chain[one].parents or (BASE,)]
        below += [(lower, True) for lower in chain[one].depends]
        for number, (lower, depends) in enumerate(below):
            lane = place[one] if number == 0 else free()
            lanes[lane] = (one, lower, depends)
    return place, edges
