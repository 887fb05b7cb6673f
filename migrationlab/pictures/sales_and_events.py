"""A time line in two parts: what was sold, refused and lost, and what happened when."""

from dataclasses import dataclass, field

from migrationlab.pictures import svg
from migrationlab.pictures.drawing import Picture

SOLD, PARTLY, REFUSED = "sold", "partly refused", "refused"
LOST, NOTHING = "sold, and lost", "nothing"
# A fill and a sign for each: nothing rests on the colour alone.
LOOK = {
    SOLD: ("fill-added", ""),
    PARTLY: ("tint-added line-added", "·"),
    REFUSED: ("tint-plain line-plain", "–"),
    LOST: ("fill-removed", "×"),
}

# Geometry, in px.
BAR, LINE = 34, 20
LEFT = svg.MARGIN
RIGHT = svg.WIDTH - svg.MARGIN
MOST = 24  # events in the picture; the words have them all


@dataclass(frozen=True)
class Part:
    """`states`: one for each of equally long times between `begin` and `end` (seconds)."""

    name: str
    begin: float
    end: float
    states: list[str]


@dataclass(frozen=True, repr=False)
class TimeLine(Picture):
    """The picture, and its parts for those who draw it in a terminal."""

    parts: list[Part] = field(default_factory=list)


def time_line(parts: list[Part], events: list[tuple[float, str]], *, broke: float) -> TimeLine:
    """Draw the parts side by side, mark each event by its number, and tell them below.

    events   (seconds, text), oldest first
    broke    the moment of the accident
    """
    words = "\n".join(text for _, text in events)
    title = "What happened"
    lines, top = svg.head(title)
    shown = events[:MOST]
    height = top + BAR + 3 * LINE + LINE * len(shown) + LINE * (len(events) > MOST) + 2 * svg.MARGIN

    def draw(element):
        svg.put_head(element, lines)
        width = (RIGHT - LEFT) / len(parts)
        for number, part in enumerate(parts):
            draw_part(element, part, LEFT + width * number, top + LINE, width - 4)
        x = place(parts, broke, width)
        svg.add(
            element, "line", class_="line-removed", x1=x, x2=x, y1=top + 8, y2=top + LINE + BAR + 6,
            stroke_width=2,
        )  # fmt: skip
        # Before its line, where there is room: behind it the next part has its name.
        side = {"x": x - 4, "text_anchor": "end"} if x > LEFT + 200 else {"x": x + 4}
        svg.add(element, "text", "it breaks", class_="ink bold small", y=top + 14, **side)
        for number, (at, _) in enumerate(shown, 1):
            x = place(parts, at, width)
            svg.add(
                element, "text", str(number), class_="muted tiny", x=x, text_anchor="middle",
                y=top + LINE + BAR + (14 if number % 2 else 25),
            )  # fmt: skip
        draw_legend(element, top + LINE + BAR + 44)
        for number, (_, text) in enumerate(shown, 1):
            y = top + BAR + 4 * LINE + LINE * number
            told = f"{number:>2}  {text}"
            svg.put(element, LEFT, y, told, "ink mono code", width=RIGHT - LEFT, size=12)
        if len(events) > MOST:
            y = top + BAR + 4 * LINE + LINE * (MOST + 1)
            svg.put(element, LEFT, y, f"… and {len(events) - MOST} more", "muted")

    height += LINE
    return TimeLine(svg.picture("replay", title, words, height, draw), words, parts)


def draw_part(element, part: Part, x: float, y: float, width: float) -> None:
    step = width / len(part.states)
    svg.add(element, "rect", class_="card", x=x, y=y, width=width, height=BAR)
    for number, state in enumerate(part.states):
        if state != NOTHING:
            look, sign = LOOK[state]
            left = x + step * number
            svg.add(element, "rect", class_=look, x=left, y=y, width=step - 0.5, height=BAR)
            if sign:
                svg.add(
                    element, "text", sign, class_="ink bold small", x=left + step / 2,
                    y=y + BAR / 2 + 4, text_anchor="middle",
                )  # fmt: skip
    told = f"{part.name}: {part.end - part.begin:.0f} s"
    svg.put(element, x, y - 6, told, "muted small")


def draw_legend(element, y: float) -> None:
    x = LEFT
    for state, (look, sign) in LOOK.items():
        svg.add(element, "rect", class_=look, x=x, y=y - 11, width=14, height=14)
        if sign:
            svg.add(
                element, "text", sign, class_="ink bold small", x=x + 7, y=y, text_anchor="middle"
            )
        svg.put(element, x + 20, y, state, "ink small")
        x += 130


def place(parts: list[Part], at: float, width: float) -> float:
    """Where a moment stands, in px."""
    for number, part in enumerate(parts):
        if at <= part.end or number == len(parts) - 1:
            share = (at - part.begin) / max(part.end - part.begin, 0.001)
            return LEFT + width * number + min(max(share, 0.0), 1.0) * (width - 4)
    return LEFT
