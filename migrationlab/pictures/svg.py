"""The few drawing steps that both pictures share: a panel, elements, text that fits."""

import hashlib
import unicodedata
from xml.etree import ElementTree

from migrationlab.pictures.palette import stylesheet

WIDTH = 800  # px: the output area of a notebook that is 900 px wide
MARGIN = 16

Element = ElementTree.Element

# Width of a character as a part of the font's size. Monospace fonts differ from 0.55 (Consolas) to
# 0.61 (DejaVu); proportional ones are guessed on the wide side, so text stays in its place.
_MONO = 0.61
_BOLD = 1.12
_SANS = {**dict.fromkeys("fijlrtI.,:;'|!()[] ", 0.42), **dict.fromkeys("mwMW@%", 0.96)}


def readable(text: str) -> str:
    """The text without characters that XML forbids or that turn the writing direction."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def _cells(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def width_of(text: str, size: float, *, mono: bool = True, bold: bool = False) -> float:
    """Width in px of one line of text, or a little more, at a font size in px."""
    if mono:
        return sum(_cells(c) for c in text) * _MONO * size  # bold is as wide
    wide = sum(_SANS.get(c, 0.72 if c.isupper() else 0.64) * _cells(c) for c in text) * size
    return wide * (_BOLD if bold else 1)


def clip(text: str, width: float, size: float, **font: bool) -> str:
    """The text, cut with … where it is wider than `width` px. `font` as for `width_of`."""
    text = readable(text)
    if width_of(text, size, **font) <= width:
        return text
    while text and width_of(text + "…", size, **font) > width:
        text = text[:-1]
    return text.rstrip() + "…"


def wrap(text: str, width: float, size: float, *, lines: int, **font: bool) -> list[str]:
    """The text in at most `lines` lines of `width` px; what is left over is cut with …"""
    rows, left = [], readable(text)
    while left and len(rows) < lines - 1 and width_of(left, size, **font) > width:
        cut = len(left)
        while cut > 1 and width_of(left[:cut], size, **font) > width:
            cut -= 1
        cut = _good_break(left, cut)
        rows.append(left[:cut].rstrip())
        left = left[cut:].lstrip()
    if left:
        rows.append(clip(left, width, size, **font))
    return rows


def _good_break(text: str, end: int) -> int:
    """Where to end a line of at most `end` characters: after a comma, before AND, at a space."""
    places = [
        text.rfind(", ", 0, end + 1) + 1,
        text.rfind(" AND ", 0, end + 1),
        text.rfind(" ", 1, end + 1),
    ]
    return next((place for place in places if place > end / 3), end)


def _number(value) -> str:
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, (int, float)) else str(value)


def add(parent: Element, tag: str, text: str | None = None, *, tip: str = "", **attributes):
    """Add an SVG element. `class_` and `stroke_width` stand for class and stroke-width; `tip` is
    the whole text, for a pointer resting on a part that was cut."""
    names = {k.rstrip("_").replace("_", "-"): _number(v) for k, v in attributes.items()}
    element = ElementTree.SubElement(parent, tag, names)
    if tip:
        ElementTree.SubElement(element, "title").text = readable(tip)
    if text is not None:
        # A <title> must come first, so the text stands behind it where there is one.
        if tip:
            element[-1].tail = readable(text)
        else:
            element.text = readable(text)
    return element


def put(
    parent: Element,
    x: float,
    y: float,
    text: str,
    class_: str,
    *,
    width: float = 0,
    size: float = 13,
    **attributes,
) -> Element:
    """Add a line of text; with `width`, cut to it and the whole text kept as a tip."""
    font = {"mono": "mono" in class_, "bold": "bold" in class_}
    shown = clip(text, width, size, **font) if width else text
    tip = text if shown != readable(text) else ""
    return add(parent, "text", shown, tip=tip, x=x, y=y, class_=class_, **attributes)


def head(text: str) -> tuple[list[str], float]:
    """The headline in one line or two, and the y at which the picture below it begins."""
    lines = wrap(text, WIDTH - 2 * MARGIN, 15, lines=2, mono=False, bold=True)
    return lines, 58 + 20 * (len(lines) - 1)


def put_head(parent: Element, lines: list[str]) -> None:
    for number, line in enumerate(lines):
        add(parent, "text", line, x=MARGIN, y=32 + 20 * number, class_="ink bold big")


def picture(kind: str, title: str, words: str, height: float, draw) -> str:
    """A whole SVG document: panel, style, title and description, and what `draw(svg)` adds.

    The ids are made from the content, so the same picture is always the same text.
    """
    mark = hashlib.sha256(f"{kind}{title}{words}".encode()).hexdigest()[:10]
    svg = Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            # JupyterLab would take what stands between two $ of a CHECK for a formula.
            "class": f"mlpic {kind} mathjax_ignore tex2jax_ignore",
            "role": "img",
            "aria-labelledby": f"t{mark} d{mark}",
            "width": str(WIDTH),
            "height": _number(height),
            "viewBox": f"0 0 {WIDTH} {_number(height)}",
            "style": "max-width: 100%; height: auto; display: block;",
        },
    )
    add(svg, "title", title, id=f"t{mark}")
    # Line ends are wanted here, so not through readable() as one string.
    add(svg, "desc", id=f"d{mark}").text = "\n".join(readable(w) for w in words.splitlines())
    add(svg, "style").text = stylesheet()
    add(svg, "rect", class_="panel", x=0.5, y=0.5, width=WIDTH - 1, height=height - 1, rx=8)
    draw(svg)
    return ElementTree.tostring(svg, encoding="unicode")
