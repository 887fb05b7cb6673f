"""Where the cards of the tables' picture stand, and how the lines between them run."""

from collections.abc import Callable
from dataclasses import dataclass

from migrationlab.pictures import svg
from migrationlab.pictures.card_contents import Card, Link

GAP_Y = 26  # between two cards of a column: room for lines that pass
TRACK = 7  # between two lines that run side by side
STEPS = (0, 4, -4, 8, -8)  # where in a gap a line can pass
UNEVEN = 160  # px that a column may be longer before a card goes further to the right


@dataclass(frozen=True)
class Box:
    """A card's place. `column` counts from the left; all in px."""

    column: int
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Wire:
    """A line of straight pieces, from the foreign key's column to the column it refers to."""

    link: Link
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Grid:
    """`count` columns of cards, `width` px wide each, and what is left between them."""

    count: int
    width: float

    @property
    def gutter(self) -> float:
        if self.count == 1:
            return 36
        return (svg.WIDTH - 2 * svg.MARGIN - self.count * self.width) / (self.count - 1)

    def left(self, column: int) -> float:
        return svg.MARGIN + column * (self.width + self.gutter)

    def lane(self, gutter: int, track: int, tracks: int) -> float:
        """x of a line in the space left of the column with the same number, from 1 up."""
        middle = self.left(gutter) - self.gutter / 2
        step = min(TRACK, (self.gutter - 8) / tracks)
        return middle + (track - (tracks - 1) / 2) * step


def grid_for(cards: list[Card]) -> Grid:
    """Three columns of cards; fewer and wider ones for one or two cards."""
    return Grid(3, 232) if len(cards) > 2 else Grid(len(cards), 366)


def arrange(
    cards: list[Card], links: list[Link], grid: Grid, top: float, height: Callable[[Card], float]
) -> tuple[dict[str, Box], float]:
    """A box for every card, tables right of those they refer to, and the lower end of them all.

    The same cards and links always give the same places.
    """
    by_name = {card.name: card for card in cards if card.is_table}
    targets = {name: set() for name in by_name}
    for link in links:
        if link.to_table in by_name and link.to_table != link.table:
            targets[link.table].add(link.to_table)
    linked = {name for name in by_name if targets[name]}.union(*targets.values())
    levels = _levels(targets)
    ends = [top] * grid.count
    boxes: dict[str, Box] = {}

    def put(name: str, column: int, tall: float) -> None:
        boxes[name] = Box(column, grid.left(column), ends[column], grid.width, tall)
        ends[column] += tall + GAP_Y

    def middle(name: str) -> float:
        places = [boxes[target].y for target in targets[name] if target in boxes]
        return sum(places) / len(places) if places else 0

    for level in range(max(levels.values(), default=-1) + 1):
        names = [name for name in sorted(linked) if levels[name] == level]
        for name in sorted(names, key=lambda name: (middle(name), name)):
            # Right of what it refers to, if there is a column left and it is not much longer.
            first = 1 + max((boxes[t].column for t in targets[name] if t in boxes), default=-1)
            wanted = min(first, grid.count - 1)
            choice = range(first if first < grid.count else 0, grid.count)
            shortest = min(choice, key=lambda column: ends[column])
            slack = UNEVEN if level else 3 * UNEVEN
            uneven = ends[wanted] > ends[shortest] + slack
            put(name, shortest if uneven else wanted, height(by_name[name]))
    for card in cards:
        if not card.is_table or card.name not in linked:
            put(card.key, ends.index(min(ends)), height(card))
    return boxes, max(ends) - GAP_Y if cards else top


def _levels(targets: dict[str, set[str]]) -> dict[str, int]:
    """How many foreign keys in a row lead down from each table; circles are cut by name."""
    levels: dict[str, int] = {}

    def level(name: str, path: tuple[str, ...]) -> int:
        if name not in levels:
            path = (*path, name)
            below = [level(t, path) for t in sorted(targets[name]) if t not in path]
            levels[name] = 1 + max(below, default=-1)
        return levels[name]

    for name in sorted(targets):
        level(name, ())
    return levels


def route(
    links: list[Link], boxes: dict[str, Box], grid: Grid, port: Callable[[str, str], float]
) -> list[Wire]:
    """Lines with right angles through the spaces between the cards.

    Lines to the same column share their way. `port` gives the y of a table's column.
    """
    drawn = [link for link in links if link.table in boxes and link.to_table in boxes]
    plans = [(link, *_plan(link, boxes, grid, port)) for link in drawn]
    _side_by_side(plans)
    # Every vertical piece: in which gutter, for which target, from where to where.
    spans: dict[int, dict[tuple[str, str], list[float]]] = {}
    for link, gutters, ys in plans:
        target = (link.to_table, link.to_column)
        for number, gutter in enumerate(gutters):
            span = spans.setdefault(gutter, {}).setdefault(target, [])
            span += [ys[number], ys[number + 1]]
    lanes = {gutter: _tracks(wanted) for gutter, wanted in spans.items()}
    wires = []
    for link, gutters, ys in plans:
        target = (link.to_table, link.to_column)
        xs = [grid.lane(g, lanes[g][target], 1 + max(lanes[g].values())) for g in gutters]
        source, goal = boxes[link.table], boxes[link.to_table]
        start = source.x if xs[0] < source.x else source.x + source.width
        end = goal.x if xs[-1] < goal.x else goal.x + goal.width
        points = [(start, ys[0])]
        for x, y1, y2 in zip(xs, ys, ys[1:], strict=False):
            points += [(x, y1), (x, y2)]
        wires.append(Wire(link, (*points, (end, ys[-1]))))
    return wires


def _plan(link: Link, boxes, grid: Grid, port) -> tuple[list[int], list[float]]:
    """The gutters that a line goes through, and the heights at which it changes between them."""
    source, goal = boxes[link.table], boxes[link.to_table]
    y1, y2 = port(link.table, link.column), port(link.to_table, link.to_column)
    if source.column == goal.column:
        last = source.column == grid.count - 1 and grid.count > 1
        return [source.column + (not last)], [y1, y2]
    if source.column > goal.column:
        first, end = source.column, goal.column + 1
    else:
        first, end = source.column + 1, goal.column
    if first == end:
        return [first], [y1, y2]
    between = range(min(source.column, goal.column) + 1, max(source.column, goal.column))
    return [first, end], [y1, _gap(boxes, between, y1), y2]


def _side_by_side(plans) -> None:
    """Move lines that cross in a gap, so that none lies on a line to another column."""
    taken = [y for _, _, ys in plans for y in (ys[0], ys[-1])]
    places: dict[tuple, float] = {}
    for link, _, ys in plans:
        for number, y in enumerate(ys[1:-1], 1):
            key = (y, link.to_table, link.to_column)
            if key not in places:
                near = [min(abs(y + step - other) for other in taken) for step in STEPS]
                free = [min(distance, TRACK) for distance in near]
                places[key] = y + STEPS[free.index(max(free))]
                taken.append(places[key])
            ys[number] = places[key]


def _gap(boxes: dict[str, Box], columns: range, y: float) -> float:
    """The height nearest to `y` at which no card of these columns stands in the way."""
    cards = [box for box in boxes.values() if box.column in columns]
    tops = {box.y - GAP_Y / 2 for box in cards} | {box.y + box.height + GAP_Y / 2 for box in cards}
    free = [t for t in tops if not any(b.y < t < b.y + b.height for b in cards)]
    return min(free, key=lambda t: (abs(t - y), t), default=y)


def _tracks(wanted: dict[tuple[str, str], list[float]]) -> dict[tuple[str, str], int]:
    """A track for each target, so that lines to different targets do not run on each other."""
    tracks: dict[tuple[str, str], int] = {}
    for target in sorted(wanted, key=lambda t: (min(wanted[t]), t)):
        low, high = min(wanted[target]) - 8, max(wanted[target]) + 8
        taken = {tracks[o] for o in tracks if min(wanted[o]) < high and max(wanted[o]) > low}
        tracks[target] = next(n for n in range(len(tracks) + 1) if n not in taken)
    return tracks
