"""The list of the drills, with the best result in each."""

import html
from dataclasses import dataclass

from migrationlab.drills import best_results, definitions
from migrationlab.drills.measurement import rescue_result

NONE = "○"


@dataclass(frozen=True)
class Row:
    """One drill: its sign, name, title, minutes, and the best result in words."""

    sign: str
    name: str
    title: str
    minutes: int
    note: str


@dataclass(frozen=True)
class Overview:
    """All drills; `str()` for a terminal, a table in a notebook."""

    rows: tuple[Row, ...]

    @property
    def headline(self) -> str:
        rescued = sum(row.sign == rescue_result.SIGNS[rescue_result.RESCUED] for row in self.rows)
        return f"{rescued} of {len(self.rows)} drills rescued without any loss"

    def __str__(self) -> str:
        lines = [f"{r.sign} {r.name:<24} {r.minutes:>2} min  {r.title}{r.note}" for r in self.rows]
        return "\n".join([*lines, self.headline])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        body = "".join(
            "<tr>"
            + "".join(
                f'<td style="text-align:left">{html.escape(text)}</td>'
                for text in (r.sign, r.name, r.title, f"{r.minutes} min", r.note.strip(" ()"))
            )
            + "</tr>"
            for r in self.rows
        )
        return f"<table><caption><b>{self.headline}</b></caption><tbody>{body}</tbody></table>"


def overview() -> Overview:
    """Every drill there is, in the order of their numbers."""
    rows = []
    for drill in definitions.every():
        best = best_results.best(drill.name)
        note = ""
        if best:
            when = rescue_result.duration(best.seconds)
            note = f"  ({best.outcome}, level {best.level}, {best.lost} lost, {when})"
        sign = rescue_result.SIGNS[best.outcome] if best else NONE
        rows.append(Row(sign, drill.name, drill.title, drill.minutes, note))
    return Overview(tuple(rows))
