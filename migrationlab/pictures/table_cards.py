"""The picture of a database's tables and keys, and of what changed since before."""

from dataclasses import dataclass

from migrationlab.pictures import svg
from migrationlab.pictures.card_contents import Card, Link, Mark, Row, contents
from migrationlab.pictures.card_layout import Box, Wire, arrange, grid_for, route
from migrationlab.pictures.drawing import Picture
from migrationlab.pictures.palette import DASHES, NAMES, SIGNS
from migrationlab.postgres.catalog import Catalog

MANY = 6  # more cards than this, and those that did not change show only their name
LONG = 24  # more columns than this, and those without a key or sign are counted, not shown
WIRES = 24  # more lines than this are a knot: the texts "→ authors.id" must do

SIGN_WORDS = {"+": "new", "~": "changed", "-": "removed"}
NO_TABLES = "No tables yet"

# Geometry, in px.
HEADER, ROW, DETAIL, PAD = 30, 20, 15, 7
SIDE, SIGN, KEY, DOT = 11, 13, 21, 13


@dataclass(frozen=True)
class Line:
    """One line of a card. `band` is the sign of the whole strip that it belongs to."""

    height: float
    text: str = ""
    sign: str = ""
    band: str = ""
    row: Row | None = None
    tip: str = ""


@dataclass(frozen=True)
class Shape:
    """The x of what stands in a card's lines, from the card's left side."""

    width: float
    keys: float
    name: float

    @property
    def room(self) -> float:
        return self.width - SIDE - self.name


def tables(catalog: Catalog, before: Catalog | None = None) -> Picture:
    """The tables with their columns and keys, views and enums.

    With `before`, what was added, changed or removed since then is marked with + ~ −.
    """
    cards, links = contents(catalog, before)
    compare = before is not None
    folded = {c.key for c in cards if compare and not c.sign and len(cards) > MANY}
    headline = _headline(cards, compare)
    words = _words(headline, cards, compare, folded)
    return Picture(_draw(headline, cards, links, compare, folded, words), words)


def _headline(cards: list[Card], compare: bool) -> str:
    if not cards:
        return NO_TABLES
    if not compare:
        return _count([card.kind for card in cards])
    if not any(card.sign for card in cards):
        return "Nothing changed: " + _count([card.kind for card in cards])
    parts = []
    for sign, word in SIGN_WORDS.items():
        names = [card.name or card.kind for card in cards if card.sign == sign]
        if names:
            shown = names if len(names) <= 4 else [*names[:3], f"{len(names) - 3} more"]
            parts.append(f"{word}: {', '.join(shown)}")
    text = "; ".join(parts)
    return text[0].upper() + text[1:]


def _count(kinds: list[str]) -> str:
    return ", ".join(
        f"{kinds.count(kind)} {kind}{'s' if kinds.count(kind) > 1 else ''}"
        for kind in dict.fromkeys(kinds)
    )


# ------------------------------------------------------------------ in words


def _words(headline: str, cards: list[Card], compare: bool, folded: set[str]) -> str:
    lines = [f"{headline}."]
    if not cards:
        lines.append("This database is empty: the first migration, or CREATE TABLE, makes one.")
    for card in cards:
        sign = f"{card.sign or ' '} " if compare else ""
        state = f" ({SIGN_WORDS[card.sign]})" if card.sign else ""
        if card.key in folded:
            state = " (unchanged)"
        lines.append(f"{sign}{card.kind} {card.name}{state}".rstrip())
        if card.key not in folded:
            lines += [f"  {line}" for line in _card_words(card, compare)]
    return "\n".join(lines).replace("→", "->").replace("·", "|")


def _card_words(card: Card, compare: bool) -> list[str]:
    def line(sign: str, text: str) -> str:
        return f"{sign or ' '} {text}" if compare else text

    names = {"PK": "primary key", "FK": "foreign key", "UQ": "unique"}
    lines = []
    for row in card.rows:
        facts = [row.type, *(names[key] for key in row.keys)]
        facts += ["not null"] if row.not_null else []
        plain = [detail.text for detail in row.details if not detail.sign]
        lines.append(line(row.sign, ", ".join([f"{row.name} {facts[0]}", *facts[1:], *plain])))
        lines += [f"    {line(d.sign, d.text)}" for d in row.details if d.sign]
    return lines + [line(note.sign, note.text) for note in card.notes]


# ------------------------------------------------------------------- drawing


def _draw(headline, cards, links: list[Link], compare, folded, words) -> str:
    grid = grid_for(cards)
    shapes = {card.key: _shape(card, grid.width, compare) for card in cards}
    lines = {
        card.key: [] if card.key in folded else _lines(card, shapes[card.key]) for card in cards
    }
    title, top = svg.head(headline)

    def height(card: Card) -> float:
        if not lines[card.key]:
            return HEADER
        return HEADER + 2 * PAD + sum(line.height for line in lines[card.key])

    boxes, bottom = arrange(cards, links, grid, top, height)

    def port(table: str, column: str) -> float:
        y = boxes[table].y + HEADER + PAD
        for line in lines[table]:
            if line.row and line.row.name == column:
                return y + ROW / 2
            y += line.height
        return boxes[table].y + HEADER / 2

    # What leads from one unchanged table to another would only draw the eye away.
    drawn = [link for link in links if link.sign or link.table not in folded]
    wires = route(drawn, boxes, grid, port) if len(drawn) <= WIRES else []
    legend = _legend(cards, links, compare, folded)
    if not cards:
        bottom = top + 64

    def draw(panel) -> None:
        svg.put_head(panel, title)
        if not cards:
            _draw_empty(panel, top)
        _draw_wires(panel, wires)
        for card in cards:
            _draw_card(
                panel,
                card,
                boxes[card.key],
                shapes[card.key],
                lines[card.key],
                _header_word(card, card.key in folded),
            )
        for wire in wires:
            _draw_ends(panel, wire)
        _draw_legend(panel, bottom + 28, legend)

    return svg.picture(
        "tables", "Tables of this database", words, bottom + (44 if legend else svg.MARGIN), draw
    )


def _shape(card: Card, width: float, compare: bool) -> Shape:
    keys = SIDE + (SIGN if compare else 0)
    slots = max((len(row.keys) for row in card.rows), default=0)
    return Shape(width, keys, keys + KEY * slots + DOT)


def _lines(card: Card, shape: Shape) -> list[Line]:
    lines: list[Line] = []
    rows = card.rows
    hidden = []
    if len(rows) > LONG:
        hidden = [r for r in rows[3:] if not r.keys and not r.sign][LONG - len(rows) - 1 :]
    for row in rows:
        if row in hidden:
            continue
        below = list(row.details)
        if not _type_fits(row, shape):
            below.insert(0, Mark("", row.type))
        lines.append(Line(ROW, row.name, row.sign, row.sign, row))
        for detail in below:
            room = shape.room - (SIGN if detail.sign else 0)
            for number, text in enumerate(svg.wrap(detail.text, room, 11, lines=3)):
                lines.append(
                    Line(DETAIL, text, "" if number else detail.sign, row.sign, tip=detail.text)
                )
    if hidden:
        lines.append(Line(ROW, f"… and {len(hidden)} more columns"))
    if lines and card.notes:
        lines.append(Line(9))
    for note in card.notes:
        room = shape.width - SIDE - shape.keys
        for number, text in enumerate(svg.wrap(note.text, room, 11, lines=3)):
            lines.append(Line(DETAIL, text, "" if number else note.sign, note.sign, tip=note.text))
    return lines


def _type_fits(row: Row, shape: Shape) -> bool:
    both = svg.width_of(svg.readable(row.name), 12) + 10 + svg.width_of(row.type, 11)
    return both <= shape.room


def _draw_card(panel, card: Card, box: Box, shape: Shape, lines: list[Line], right: str) -> None:
    group = svg.add(panel, "g", transform=f"translate({box.x:g} {box.y:g})")
    name = NAMES[card.sign]
    svg.add(group, "rect", class_="card", width=box.width, height=box.height, rx=6)
    # The header's tint: round above, straight below, like the card's frame.
    foot = "" if lines else "q0 5 -5 5H6q-5 0 -5 -5"
    svg.add(
        group,
        "path",
        class_=f"tint-{name}",
        d=f"M1 {HEADER - 6 * (not lines)}V6q0 -5 5 -5H{box.width - 6:g}q5 0 5 5"
        f"V{HEADER - 6 * (not lines)}{foot}Z",
    )
    if lines:
        svg.add(group, "path", class_="line rule", d=f"M0 {HEADER}H{box.width:g}", stroke_width=0.7)
    frame = {"stroke_dasharray": DASHES[card.sign]} if DASHES[card.sign] else {}
    svg.add(
        group,
        "rect",
        class_=f"line line-{name}",
        width=box.width,
        height=box.height,
        rx=6,
        stroke_width=2 if card.sign else 1,
        **frame,
    )
    if right:
        svg.put(group, box.width - SIDE, 19.5, right, "muted small", text_anchor="end")
    title_x = SIDE + (SIGN + 2 if card.sign else 0)
    if card.sign:
        svg.put(group, SIDE - 1, 20, SIGNS[card.sign], "ink bold big mono")
    room = box.width - SIDE - title_x - svg.width_of(right, 11, mono=False) - 6
    gone = " gone" if card.sign == "-" else ""
    svg.put(group, title_x, 20, card.name or card.kind, f"ink bold mono{gone}", width=room)
    _draw_bands(group, lines, box.width)
    y, last_row = HEADER + PAD, None
    for line in lines:
        if line.row:
            last_row = line.row
            _draw_row(group, line.row, shape, y + 14)
        elif not line.text:
            last_row = None
            svg.add(
                group,
                "path",
                class_="line rule",
                stroke_width=0.7,
                d=f"M{SIDE} {y + 4:g}H{box.width - SIDE:g}",
            )
        else:
            x = shape.name if last_row else shape.keys
            _draw_text(group, line, x, y + 10.5, in_row=last_row is not None)
        y += line.height


def _header_word(card: Card, folded: bool) -> str:
    if folded:
        count = len(card.rows)
        state = f"{count} column{'' if count == 1 else 's'}, same" if count else "same"
    else:
        state = SIGN_WORDS.get(card.sign, "")
    kind = "" if card.kind == "table" or not card.name else card.kind
    return ", ".join(filter(None, [kind, state]))


def _draw_bands(group, lines: list[Line], width: float) -> None:
    """A tinted strip with a line of its own style behind everything that has the same sign."""
    y, start, band = HEADER + PAD, 0.0, ""
    for line in [*lines, Line(0)]:
        fresh = line.row is not None or line.band != band
        if fresh and band:
            name, dash = NAMES[band], DASHES[band]
            svg.add(
                group,
                "rect",
                class_=f"tint-{name}",
                x=2,
                y=start,
                width=width - 4,
                height=y - start - 1,
            )
            svg.add(
                group,
                "path",
                class_=f"line line-{name}",
                stroke_width=3,
                d=f"M3.5 {start:g}V{y - 1:g}",
                **({"stroke_dasharray": dash} if dash else {}),
            )
        if fresh:
            start, band = y, line.band
        y += line.height


def _draw_badge(group, key: str, x: float, y: float) -> None:
    """PK, FK or UQ in a small frame; the primary key's is filled."""
    filled = key == "PK"
    svg.add(
        group,
        "rect",
        class_="badge badge-line" if filled else "line badge-line",
        x=x,
        y=y - 10,
        width=KEY - 3,
        height=13,
        rx=3,
    )
    text = f"{'badge-text' if filled else 'muted'} tiny"
    svg.put(group, x + (KEY - 3) / 2, y, key, text, text_anchor="middle")


def _draw_row(group, row: Row, shape: Shape, y: float) -> None:
    if row.sign:
        svg.put(group, SIDE - 1, y, SIGNS[row.sign], "ink bold mono")
    for number, key in enumerate(row.keys):
        x = shape.keys + number * KEY
        _draw_badge(group, key, x, y)
    svg.add(
        group,
        "circle",
        class_="badge badge-line" if row.not_null else "line badge-line",
        cx=shape.name - 8,
        cy=y - 4,
        r=2.8,
    )
    gone = " gone" if row.sign == "-" else ""
    fits = _type_fits(row, shape)
    room = shape.room - (10 + svg.width_of(row.type, 11) if fits else 0)
    svg.put(group, shape.name, y, row.name, f"ink mono code{gone}", size=12, width=room)
    if fits:
        svg.put(
            group, shape.width - SIDE, y, row.type, f"muted mono small{gone}", text_anchor="end"
        )


def _draw_text(group, line: Line, x: float, y: float, *, in_row: bool) -> None:
    gone = " gone" if line.band == "-" and not line.sign and in_row else ""
    tip = line.tip if line.text.endswith("…") else ""
    if line.sign:
        svg.put(group, x if in_row else SIDE - 1, y, SIGNS[line.sign], "ink bold mono code")
        x += SIGN - 2 if in_row else 0
    shade = "ink" if line.band else "muted"
    svg.add(group, "text", line.text, tip=tip, x=x, y=y, class_=f"{shade} mono small{gone}")


def _draw_wires(panel, wires: list[Wire]) -> None:
    # Marked lines last, so that they lie on top where lines share their way.
    ordered = sorted(wires, key=lambda wire: bool(wire.link.sign))
    paths = [(wire, _rounded(wire.points)) for wire in ordered]
    for _, path in paths:
        svg.add(panel, "path", class_="line halo", d=path, stroke_width=5)
    for wire, path in paths:
        sign = wire.link.sign
        svg.add(
            panel,
            "path",
            class_=f"line line-{NAMES[sign]}",
            d=path,
            stroke_width=2 if sign else 1.3,
            **({"stroke_dasharray": DASHES[sign]} if DASHES[sign] else {}),
        )


def _draw_ends(panel, wire: Wire) -> None:
    """A dot at the foreign key, an arrow head at what it refers to."""
    name = NAMES[wire.link.sign]
    (x1, y1), (x2, y2) = wire.points[0], wire.points[-1]
    svg.add(panel, "circle", class_=f"fill-{name}", cx=x1, cy=y1, r=3)
    side = 8 if wire.points[-2][0] > x2 else -8
    svg.add(panel, "path", class_=f"fill-{name}", d=f"M{x2:g} {y2:g}l{side} -4v8Z")


def _rounded(points, radius: float = 6) -> str:
    """A path through the points with rounded corners."""
    path = f"M{points[0][0]:g} {points[0][1]:g}"
    for before, (x, y), after in zip(points, points[1:], points[2:], strict=False):
        ends = []
        for px, py in (before, after):
            length = abs(px - x) + abs(py - y)  # one of them is 0: all pieces are straight
            part = min(radius, length / 2) / length if length else 0
            ends.append((x + (px - x) * part, y + (py - y) * part))
        path += "L{:g} {:g}Q{:g} {:g} {:g} {:g}".format(*ends[0], x, y, *ends[1])
    return path + f"L{points[-1][0]:g} {points[-1][1]:g}"


def _draw_empty(panel, y: float) -> None:
    svg.add(
        panel,
        "rect",
        class_="line line-plain",
        x=svg.MARGIN,
        y=y,
        width=svg.WIDTH - 2 * svg.MARGIN,
        height=64,
        rx=6,
        stroke_dasharray="4 4",
    )
    svg.put(
        panel,
        svg.WIDTH / 2,
        y + 37,
        "This database is empty: the first migration, or CREATE TABLE, makes one.",
        "muted",
        text_anchor="middle",
    )


def _legend(cards: list[Card], links, compare: bool, folded: set[str]) -> list[tuple[str, str]]:
    """What the signs in this picture mean: only those that are used."""
    shown = [card for card in cards if card.key not in folded]
    rows = [row for card in shown for row in card.rows]
    keys = {key for row in rows for key in row.keys}
    names = {"PK": "primary key", "FK": "foreign key", "UQ": "unique"}
    legend = [(key, name) for key, name in names.items() if key in keys]
    if any(card.is_table and card.rows for card in shown):
        legend += [("●", "NOT NULL"), ("○", "NULL allowed")]
    used = (
        {c.sign for c in cards}
        | {r.sign for r in rows}
        | {mark.sign for c in shown for mark in (*c.notes, *(d for r in c.rows for d in r.details))}
    )
    return legend + [(sign, word) for sign, word in SIGN_WORDS.items() if compare and sign in used]


def _draw_legend(panel, y: float, legend: list[tuple[str, str]]) -> None:
    x = svg.MARGIN
    for mark, text in legend:
        if mark in SIGN_WORDS:
            name, dash = NAMES[mark], DASHES[mark]
            svg.add(panel, "rect", class_=f"tint-{name}", x=x, y=y - 12, width=18, height=16)
            svg.add(
                panel,
                "path",
                class_=f"line line-{name}",
                d=f"M{x:g} {y - 12:g}v16",
                stroke_width=3,
                **({"stroke_dasharray": dash} if dash else {}),
            )
            svg.put(panel, x + 10, y, SIGNS[mark], "ink bold mono", text_anchor="middle")
            x += 24
        elif len(mark) == 2:
            _draw_badge(panel, mark, x, y)
            x += KEY + 2
        else:
            svg.add(
                panel,
                "circle",
                cx=x + 4,
                cy=y - 4,
                r=2.8,
                class_="badge badge-line" if mark == "●" else "line badge-line",
            )
            x += 12
        svg.put(panel, x, y, text, "muted small")
        x += svg.width_of(text, 11, mono=False) + 14
