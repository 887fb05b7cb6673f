"""The picture of a chain of revisions, and where a database stands in it."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from migrationlab.pictures import svg
from migrationlab.pictures.branch_lanes import BASE, Edge, assign, top_down, with_ancestors
from migrationlab.pictures.drawing import Picture
from migrationlab.pictures.read_revisions import Revision, read_chain

LONG = 14  # more rows than this, and the middle of long straight runs is folded
KEPT = 2  # revisions that stay at each end of a folded run

APPLIED, PENDING, UNKNOWN = "applied", "not yet applied", "cannot tell"
HERE = "this database is here"
STATUS_CLASS = {APPLIED: "applied", PENDING: "pending", UNKNOWN: "pending"}

# Geometry, in px.
ROW, LANE, NODE = 34, 26, 7.5
SECOND = 16  # a second line of the message, or a note
STATUS_X, HERE_X = 496, 606
UNKNOWN_ROW = 62


@dataclass(frozen=True)
class Row:
    """One line of the picture. A folded row stands for several revisions: `more` counts them."""

    id: str
    name: str
    text: str
    status: str
    here: bool = False
    tags: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    more: int = 0


def revision_graph(folder: Path | str, current: Iterable[str]) -> Picture:
    """The revisions of the Alembic project in `folder`, newest on top.

    `current` holds the ids in the database's alembic_version table: none, one or several. An id
    that no file has is drawn apart, with a warning. Raises LabError where the files cannot be read.
    """
    chain, current = read_chain(folder), sorted(set(current))
    unknown = [one for one in current if one not in chain]
    applied = with_ancestors(chain, current)
    order = top_down(chain, applied)
    rows = {one: _row(chain, one, applied, current, bool(unknown)) for one in order}
    rows[BASE] = Row(
        BASE, "base", "the database before the first revision", APPLIED, here=not current
    )
    place, edges = assign(chain, order)
    shown, edges = _fold(chain, rows, edges)
    headline = _headline(chain, current, unknown, applied)
    warnings = [
        f"No file here has the id {svg.clip(one, 180, 11)}: a file is missing, "
        "or this database belongs to another project."
        for one in unknown
    ]
    words = _words(headline, unknown, warnings, shown)
    return Picture(_draw(headline, unknown, warnings, shown, place, edges, words), words)


def _row(chain, one: str, applied: set[str], current: list[str], doubt: bool) -> Row:
    revision: Revision = chain[one]
    after = sorted(r.id for r in chain.values() if one in r.parents)
    tags = () if after else ("head",)
    notes = []
    if len(revision.parents) > 1:
        notes.append(f"merges {_and(revision.parents)}")
    if len(after) > 1:
        notes.append(f"branch point: {_and(after)} follow")
    if revision.depends:
        notes.append(f"depends on {_and(revision.depends)}")
    status = APPLIED if one in applied else UNKNOWN if doubt else PENDING
    return Row(one, one, revision.message, status, one in current, tags, tuple(notes))


def _and(ids: Iterable[str]) -> str:
    *first, last = sorted(ids)
    return f"{', '.join(first)} and {last}" if first else last


def _headline(chain, current, unknown, applied) -> str:
    if not chain and not current:
        return "There is no revision yet"
    if unknown:
        return f"This database is at {_and(current)}, which is not in these files"
    waiting = len(chain) - len(applied)
    place = _and(current) if current else "base"
    if not waiting:
        return f"This database is at {place}: everything is applied"
    revisions = "1 revision is" if waiting == 1 else f"{waiting} revisions are"
    return f"This database is at {place}: {revisions} not yet applied"


def _fold(chain, rows: dict[str, Row], edges: list[Edge]) -> tuple[list[Row], list[Edge]]:
    """In a long chain, put the middle of every straight run of equal revisions into one row."""
    if len(rows) <= LONG:
        return list(rows.values()), edges
    shown: list[Row] = []
    for run in _runs(list(rows.values()), chain):
        if len(run) <= 2 * KEPT + 1:
            shown += run
            continue
        middle = run[KEPT:-KEPT]
        text = f"{len(middle)} more: {middle[-1].id} to {middle[0].id}"
        # It keeps the id of its lowest revision: edges that end inside the run end here.
        fold = Row(middle[-1].id, "", text, middle[0].status, more=len(middle))
        shown += [*run[:KEPT], fold, *run[-KEPT:]]
    kept = {row.id for row in shown}
    return shown, _joined(edges, kept)


def _runs(rows: list[Row], chain) -> list[list[Row]]:
    """Rows that follow each other directly, with nothing to say about any of them but its id."""

    def plain(row: Row) -> bool:
        return row.id != BASE and not (row.here or row.tags or row.notes)

    runs = [[rows[0]]]
    for last, row in zip(rows, rows[1:], strict=False):
        follow = plain(last) and plain(row) and chain[last.id].below == (row.id,)
        if follow and row.status == last.status:
            runs[-1].append(row)
        else:
            runs.append([row])
    return runs


def _joined(edges: list[Edge], kept: set[str]) -> list[Edge]:
    """Edges between the rows that are left: a folded run is passed through in a straight line."""
    below = {edge.upper: edge for edge in edges}
    joined = []
    for edge in edges:
        if edge.upper in kept:
            lower = edge.lower
            while lower not in kept and lower != BASE:
                lower = below[lower].lower
            joined.append(Edge(edge.upper, lower, edge.lane, edge.depends))
    return joined


def _words(headline, unknown, warnings, rows: list[Row]) -> str:
    lines = [f"{headline}."]
    for one, warning in zip(unknown, warnings, strict=True):
        lines += [f"* {one}  <- {HERE}", f"  Warning: {warning}"]
    if len(rows) == 1:
        lines.append('  `alembic revision -m "…"` writes the first one.')
    wide = max(len(row.name) for row in rows)
    for row in rows:
        name = "..." if row.more else row.name
        facts = [row.status] if row.id != BASE else []
        facts += [*row.tags, *row.notes]
        line = f"{'*' if row.here else ' '} {name:<{wide}}  {row.text}"
        line += f"  [{'; '.join(facts)}]" if facts else ""
        lines.append(line + (f"  <- {HERE}" if row.here else ""))
    return "\n".join(lines)


def _draw(headline, unknown, warnings, rows, place, edges, words) -> str:
    lanes = 1 + max([*place.values(), *(edge.lane for edge in edges)])
    gap = min(LANE, 200 / lanes)
    lane_x = [svg.MARGIN + 16 + gap * lane for lane in range(lanes)]
    text_x = lane_x[-1] + 22
    id_width = min(max(svg.width_of(row.name, 13) for row in rows), 170)
    texts = {row.id: _wrapped(row, text_x, id_width) for row in rows}
    title, top = svg.head(headline)
    centre, y = {}, top + len(unknown) * UNKNOWN_ROW
    for row in rows:
        centre[row.id] = (lane_x[place[row.id]], y + ROW / 2)
        y += ROW + _extra(row, texts)
    legend_y = y + 30

    def draw(panel) -> None:
        svg.put_head(panel, title)
        for number, (one, warning) in enumerate(zip(unknown, warnings, strict=True)):
            _draw_unknown(panel, top + number * UNKNOWN_ROW, one, warning)
        for row in rows:
            if row.here:
                svg.add(
                    panel,
                    "rect",
                    class_="here-band",
                    x=8,
                    y=centre[row.id][1] - ROW / 2 + 2,
                    width=svg.WIDTH - 16,
                    height=ROW - 4 + _extra(row, texts),
                    rx=6,
                )
        status = {row.id: row.status for row in rows}
        for edge in edges:
            _draw_edge(
                panel,
                centre[edge.upper],
                centre[edge.lower],
                lane_x[edge.lane],
                status[edge.upper],
                edge.depends,
            )
        for row in rows:
            _draw_node(panel, *centre[row.id], row)
            _draw_text(panel, row, texts[row.id], text_x, centre[row.id][1], id_width)
        _draw_legend(panel, legend_y, rows)

    return svg.picture("revisions", "Revisions of this project", words, legend_y + 18, draw)


def _message_x(row: Row, text_x: float, id_width: float) -> float:
    return text_x if row.more else text_x + id_width + 12


def _wrapped(row: Row, text_x: float, id_width: float) -> list[str]:
    """The message in the lines that its place gives: one beside the status, or two."""
    right = (STATUS_X if row.id != BASE else HERE_X) - 12
    tags = sum(svg.width_of(tag, 11, mono=False) + 22 for tag in row.tags)
    room = right - _message_x(row, text_x, id_width) - tags
    return svg.wrap(row.text, room, 13, lines=2, mono=False)


def _extra(row: Row, texts: dict[str, list[str]]) -> float:
    """Height that a row needs beyond its first line."""
    return SECOND * (len(texts[row.id]) - 1 + bool(row.notes))


def _draw_edge(panel, upper, lower, x, status, depends) -> None:
    """Down from one node to another, in the lane at `x`, which it enters and leaves in a curve."""
    (x1, y1), (x2, y2) = upper, lower
    turn = ROW * 0.8
    path = f"M{x1:g} {y1:g}"
    if x1 != x:
        path += f"C{x1:g} {y1 + turn / 2:g} {x:g} {y1 + turn / 2:g} {x:g} {y1 + turn:g}"
    if x2 != x:
        path += f"L{x:g} {y2 - turn:g}"
        path += f"C{x:g} {y2 - turn / 2:g} {x2:g} {y2 - turn / 2:g} {x2:g} {y2:g}"
    else:
        path += f"L{x:g} {y2:g}"
    dash = "1.5 4" if depends else "" if status == APPLIED else "5 4"
    svg.add(
        panel,
        "path",
        d=path,
        class_=f"line edge-{STATUS_CLASS[status]}",
        stroke_width=2 if status != APPLIED or depends else 3,
        **({"stroke_dasharray": dash} if dash else {}),
    )


def _draw_node(panel, x, y, row: Row) -> None:
    kind = f"node-{STATUS_CLASS[row.status]}"
    dash = {} if row.status == APPLIED else {"stroke_dasharray": "3 2.5"}
    if row.more:
        svg.add(panel, "rect", class_="patch", x=x - 9, y=y - 11, width=18, height=22)
        for step in (-7, 0, 7):
            svg.add(panel, "circle", class_=kind, cx=x, cy=y + step, r=2)
    elif row.id == BASE:
        svg.add(panel, "rect", class_=kind, x=x - 6, y=y - 6, width=12, height=12, rx=1)
    else:
        svg.add(panel, "circle", class_=kind, cx=x, cy=y, r=NODE, stroke_width=2, **dash)
        if row.status == UNKNOWN:
            svg.put(panel, x, y + 4, "?", "muted small bold", text_anchor="middle")


def _draw_text(panel, row: Row, lines: list[str], text_x, y, id_width) -> None:
    base_line, message_x = y + 4.5, _message_x(row, text_x, id_width)
    if not row.more:
        svg.put(panel, text_x, base_line, row.name, "ink mono bold", width=id_width)
    quiet = "muted" if row.more or row.id == BASE else "ink"
    for number, line in enumerate(lines):
        tip = row.text if number == len(lines) - 1 and line.endswith("…") else ""
        svg.add(
            panel, "text", line, tip=tip, x=message_x, y=base_line + SECOND * number, class_=quiet
        )
    end = message_x + svg.width_of(lines[0] if lines else "", 13, mono=False) + 8
    for tag in row.tags:
        size = svg.width_of(tag, 11, mono=False) + 14
        svg.add(
            panel, "rect", class_="line badge-line", x=end, y=y - 9, width=size, height=18, rx=9
        )
        svg.put(panel, end + size / 2, y + 4, tag, "muted small bold", text_anchor="middle")
        end += size + 8
    if row.id != BASE:
        strong = "ink" if row.status == APPLIED else "muted"
        svg.put(panel, STATUS_X, base_line, row.status, strong)
    if row.notes:
        svg.put(
            panel,
            message_x,
            base_line + SECOND * max(len(lines), 1),
            "; ".join(row.notes),
            "muted small",
            size=11,
            width=svg.WIDTH - svg.MARGIN - message_x,
        )
    if row.here:
        _draw_here(panel, HERE_X, y)


def _draw_here(panel, x, y) -> None:
    """The marker: a label whose point shows to the left, at the revision of its row."""
    right = svg.WIDTH - svg.MARGIN
    svg.add(
        panel,
        "path",
        class_="here",
        d=f"M{x:g} {y:g}l11 -11H{right - 4:g}q4 0 4 4v14q0 4 -4 4H{x + 11:g}Z",
    )
    svg.put(panel, (x + 8 + right) / 2, y + 4.5, HERE, "here-ink bold", text_anchor="middle")


def _draw_unknown(panel, y, one, warning) -> None:
    """A revision that only the database knows: apart from the others, with no line to them."""
    width = svg.WIDTH - 2 * svg.MARGIN
    svg.add(
        panel,
        "rect",
        class_="warning",
        x=8,
        y=y,
        width=svg.WIDTH - 16,
        height=52,
        rx=6,
        stroke_width=1.5,
        stroke_dasharray="4 3",
    )
    svg.put(panel, svg.MARGIN + 16, y + 22, "?", "ink bold big", text_anchor="middle")
    svg.put(panel, svg.MARGIN + 34, y + 22, one, "ink mono bold", width=HERE_X - 70)
    svg.put(panel, svg.MARGIN + 34, y + 41, warning, "ink small", width=width - 44, size=11)
    _draw_here(panel, HERE_X, y + 17)


def _draw_legend(panel, y, rows: list[Row]) -> None:
    x = svg.MARGIN + 16
    seen = {row.status for row in rows if row.id != BASE}
    for status in (APPLIED, PENDING, UNKNOWN):
        if status not in seen:
            continue
        _draw_edge(panel, (x, y - 16), (x, y + 8), x, status, False)
        _draw_node(panel, x, y - 4, Row("legend", "", "", status))
        svg.put(panel, x + 14, y, status, "muted small")
        x += 34 + svg.width_of(status, 11, mono=False)
    hint = "upgrade moves up, downgrade moves down"
    if not seen:
        x, hint = svg.MARGIN, 'alembic revision -m "create accounts table" writes the first one'
    svg.put(panel, x, y, hint, "muted small")
