"""The picture of the loss meter: what each revision would cost, dead values struck through."""

import html
from dataclasses import dataclass, field

from migrationlab.pictures import svg
from migrationlab.pictures.drawing import Picture
from migrationlab.stairway.lost_values import ROWS, Loss, shown
from migrationlab.stairway.step_descriptions import DOWN_UP, TAKEN, UP_DOWN, findings, headline
from migrationlab.stairway.step_result import BROKEN, IRREVERSIBLE, LOSES, REVERSIBLE, Step

# A sign and a line style for each answer: nothing rests on the colour alone.
SIGNS = {REVERSIBLE: "✓", LOSES: "!", BROKEN: "✗", IRREVERSIBLE: "⊘"}
KINDS = {REVERSIBLE: "added", LOSES: "removed", BROKEN: "removed", IRREVERSIBLE: "changed"}

# Geometry, in px.
LINE, HEAD, GAP = 22, 34, 12
LEFT, BAR_X, BAR, COUNT_X = 40, 300, 110, 425
BADGE = 176
RIGHT = svg.WIDTH - svg.MARGIN
MOST = 14  # lines of one revision; the table below the picture has them all


@dataclass(frozen=True, repr=False)
class Meter(Picture):
    """What the loss meter found, as a picture and a table; `str()` gives it in words."""

    steps: list[Step] = field(default_factory=list)

    @property
    def verdicts(self) -> dict[str, str]:
        """revision → "reversible", "loses data", "broken" or "declared irreversible"."""
        return {step.revision: step.verdict for step in self.steps}

    def _repr_html_(self) -> str:
        return self.svg + table(self.steps)


@dataclass(frozen=True)
class Line:
    """One line below a revision: a loss with its bar, examples of what is dead, or only words."""

    text: str
    loss: Loss | None = None
    examples: bool = False


def loss_meter(steps: list[Step]) -> Meter:
    """The picture of what stairway.measure() has found, oldest revision first."""
    words = "\n".join([headline(steps), *map(in_words, steps)])
    blocks = [(step, lines_of(step)) for step in steps]
    title, top = svg.head(headline(steps))
    height = top + sum(HEAD + LINE * len(lines) + GAP for _, lines in blocks) + svg.MARGIN

    def draw(element):
        svg.put_head(element, title)
        y = top
        for step, lines in blocks:
            draw_step(element, step, lines, y)
            y += HEAD + LINE * len(lines) + GAP

    return Meter(svg.picture("losses", headline(steps), words, height, draw), words, steps)


def in_words(step: Step) -> str:
    head = f"{name_of(step)}: {step.verdict}"
    return "\n".join([head, *(f"  {line}" for line in findings(step))])


def name_of(step: Step) -> str:
    return f"{step.revision} {step.message}".strip() or "the chain"


def lines_of(step: Step) -> list[Line]:
    lost = {
        TAKEN if step.verdict == IRREVERSIBLE else UP_DOWN: step.lost_up_down,
        DOWN_UP: step.lost_down_up,
    }
    losses = {f"{when}: {loss}" for when, found in lost.items() for loss in found}
    lines = [Line(text) for text in findings(step) if text not in losses]
    for when, found in lost.items():
        if found:
            lines.append(Line(f"{when}:"))
            for loss in found:
                lines.append(Line("", loss))
                lines += [Line("", loss, examples=True)] if loss.examples else []
    if len(lines) > MOST:
        more = len(lines) - MOST + 1
        lines = [*lines[: MOST - 1], Line(f"… {more} more in the table below")]
    return lines


def draw_step(element, step: Step, lines: list[Line], y: float) -> None:
    kind = KINDS.get(step.verdict, "plain")
    if step.verdict == LOSES and not step.loses_what_was_there:
        kind = "changed"  # only who goes down loses it: told, and not refused
    height = HEAD + LINE * len(lines)
    svg.add(
        element, "rect", class_="card", x=svg.MARGIN, y=y, width=RIGHT - svg.MARGIN, height=height,
        rx=6,
    )  # fmt: skip
    svg.add(element, "rect", class_=f"fill-{kind}", x=svg.MARGIN, y=y, width=5, height=height, rx=2)
    width = RIGHT - BADGE - LEFT
    svg.put(element, LEFT - 6, y + 22, name_of(step), "ink bold", width=width)
    sign = SIGNS.get(step.verdict, "–")
    svg.add(
        element, "rect", class_=f"tint-{kind} line-{kind}", x=RIGHT - BADGE, y=y + 6,
        width=BADGE - 8, height=23, rx=11, stroke_width=1.5,
    )  # fmt: skip
    svg.add(
        element, "text", f"{sign} {step.verdict}", class_="ink bold", x=RIGHT - BADGE / 2 - 4,
        y=y + 22, text_anchor="middle",
    )  # fmt: skip
    for number, line in enumerate(lines):
        base = y + HEAD + LINE * number + 14
        if line.examples:
            draw_examples(element, line.loss, base - 3)
        elif line.loss is None:
            font = "ink bold" if line.text == f"{UP_DOWN}:" else "muted"
            svg.put(element, LEFT - 6, base, line.text, font, width=RIGHT - LEFT - 8)
        else:
            draw_loss(element, line.loss, base)


def draw_loss(element, loss: Loss, base: float) -> None:
    """The place, and how much of it is dead."""
    svg.put(element, LEFT + 8, base, loss.place, "ink mono code", width=BAR_X - LEFT - 16, size=12)
    dead = max(BAR * loss.lost / max(loss.of, 1), 3)
    svg.add(
        element, "rect", class_="tint-plain line-plain", x=BAR_X, y=base - 11, width=BAR,
        height=14, rx=2,
    )  # fmt: skip
    svg.add(
        element, "rect", class_="fill-removed", x=BAR_X, y=base - 11, width=dead, height=14, rx=2
    )
    noun = "rows" if loss.kind == ROWS else "values"
    svg.put(element, COUNT_X, base, f"{loss.lost} of {loss.of} {noun}", "ink")


def draw_examples(element, loss: Loss, base: float) -> None:
    """Whose values they were, each with a line through it, as many as there is room for."""
    x = LEFT + 20
    for whose, before, after in loss.examples:
        if loss.kind == ROWS:
            x = put_dead(element, x, base, "", whose, None)
        else:
            x = put_dead(element, x, base, whose, shown(before), after)
        if x > RIGHT - 60:
            break


def put_dead(element, x: float, base: float, whose: str, value: str, after: str | None) -> float:
    """One example; returns where the next one begins."""
    for text, class_ in (
        (whose, "muted small"),
        (value, "ink gone small"),
        (f"→ {shown(after)}" if after is not None else "", "muted small"),
    ):
        room = RIGHT - 10 - x
        if not text or room < 24:
            continue
        # Two spaces in a name stay two.
        svg.put(element, x, base, text, class_, width=room, size=11, style="white-space: pre")
        x += svg.width_of(svg.clip(text, room, 11, mono=False), 11, mono=False) + 6
    return x + 8


def table(steps: list[Step]) -> str:
    """The same facts, whole: one row a revision."""
    rows = "".join(
        f"<tr><td style='text-align:left'>{html.escape(name_of(step))}</td>"
        f"<td style='text-align:left'>{SIGNS.get(step.verdict, '–')} {step.verdict}</td>"
        f"<td style='text-align:left; white-space:pre-wrap'>"
        f"{'<br>'.join(map(html.escape, findings(step))) or '–'}</td>"
        "</tr>"
        for step in steps
    )
    head = "".join(f"<th style='text-align:left'>{h}</th>" for h in ("revision", "answer", "why"))
    # JupyterLab would take what stands between two $ for a formula.
    return f"<table class='mathjax_ignore tex2jax_ignore'><tr>{head}</tr>{rows}</table>"
