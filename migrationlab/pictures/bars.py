"""Shares as bars, in groups under a heading, each with its words beside it."""

from dataclasses import dataclass

from migrationlab.pictures import svg
from migrationlab.pictures.drawing import Picture

# Geometry, in px.
LINE, HEAD = 26, 34
NAME, BAR_X, BAR = svg.MARGIN, 300, 200
NOTE_X = BAR_X + BAR + 64
RIGHT = svg.WIDTH - svg.MARGIN


@dataclass(frozen=True)
class Bar:
    """`share` is 0.0 to 1.0, or None when there is nothing to show."""

    name: str
    share: float | None
    note: str


def bars(title: str, groups: list[tuple[str, list[Bar]]], words: str) -> Picture:
    """Draw each group below its heading. `words` is the same as text."""
    lines, top = svg.head(title)
    height = top + sum(HEAD + LINE * len(rows) for _, rows in groups) + svg.MARGIN

    def draw(element):
        svg.put_head(element, lines)
        y = top
        for heading, rows in groups:
            svg.put(element, NAME, y + 14, heading, "ink bold", width=RIGHT - NAME)
            y += HEAD
            for row in rows:
                draw_bar(element, row, y)
                y += LINE

    return Picture(svg.picture("bars", title, words, height, draw), words)


def draw_bar(element, row: Bar, y: float) -> None:
    svg.put(element, NAME, y + 12, row.name, "ink", width=BAR_X - NAME - 12)
    svg.add(
        element, "rect", class_="tint-plain line-plain", x=BAR_X, y=y, width=BAR, height=15, rx=2
    )
    if row.share is not None:
        svg.add(
            element, "rect", class_="fill-added", x=BAR_X, y=y, width=BAR * row.share, height=15,
            rx=2,
        )  # fmt: skip
        svg.put(element, BAR_X + BAR + 10, y + 12, f"{row.share:.0%}", "ink bold")
    svg.put(element, NOTE_X, y + 12, row.note, "muted", width=RIGHT - NOTE_X)
