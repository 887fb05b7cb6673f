"""What a plan and a finished transfer look like: on the terminal, as Markdown and as HTML."""

from dataclasses import dataclass, field
from pathlib import Path

from markdown_it import MarkdownIt

from migrationlab.transfer.load.transfer_run import TableDone
from migrationlab.transfer.plan.transfer_plan import ColumnPlan, Plan, TablePlan

STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; max-width: 70em; margin: 2em auto; padding: 0 1em }
table { border-collapse: collapse; margin: .6em 0 }
th, td { border: 1px solid #8888; padding: .25em .6em; text-align: left; vertical-align: top }
code { font-size: 90% }
"""


@dataclass
class Report:
    """A transfer that is done: `phases` are seconds by name.

    `exit_code` is 4 when rows are in quarantine, else 0; `proved` of a table is None when the
    proof was switched off.
    """

    plan: Plan
    tables: list[TableDone]
    notes: list[str] = field(default_factory=list)
    phases: dict[str, float] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def by_hand(self) -> list[str]:
        return self.plan.by_hand

    @property
    def quarantined(self) -> int:
        return sum(table.quarantined for table in self.tables)

    @property
    def exit_code(self) -> int:
        return 4 if self.quarantined else 0

    def headline(self) -> str:
        loaded = sum(table.loaded for table in self.tables)
        rate = loaded / self.seconds if self.seconds else 0
        asked = all(table.proved for table in self.tables)
        proof = "each table proved" if asked else "NOT proved: nobody asked for it"
        aside = f"; {_rows(self.quarantined)} in quarantine" if self.quarantined else ""
        return (
            f"{_rows(loaded)} in {_count(len(self.tables), 'table')} moved in {self.seconds:.1f} s "
            f"({rate:,.0f} rows a second), {proof}{aside}."
        )

    def __str__(self) -> str:
        lines = [self.headline()]
        lines += [f"By hand: {sentence}" for sentence in self.by_hand]
        return "\n".join(lines + self.notes)

    def rows(self) -> list[tuple[str, ...]]:
        """A line for each table: source, target, rows, moved, quarantine, proof, next number."""
        return [
            (
                table.name,
                table.target,
                f"{table.rows:,}",
                f"{table.loaded:,}",
                f"{table.quarantined:,}" if table.quarantined else "",
                {True: "equal", False: "differs", None: "not asked"}[table.proved],
                ", ".join(
                    f"{counter.column}: {counter.next if counter.next else 'used up'}"
                    for counter in table.counters
                ),
            )
            for table in self.tables
        ]

    def markdown(self) -> str:
        """The whole report: totals, tables, phases, the plan, and what is left for the hand."""
        parts = [
            f"# Transfer of {_plain(Path(self.plan.file).name)}",
            self.headline(),
            _grid(HEADINGS, self.rows()),
        ]
        if self.notes:
            parts += ["## Notes", _bullets(self.notes)]
        phases = [(name, f"{seconds:.2f}") for name, seconds in self.phases.items()]
        parts += ["## Where the time went", _grid(("part", "seconds"), phases)]
        parts.append(plan_markdown(self.plan))
        return "\n\n".join(parts) + "\n"

    def html(self) -> str:
        """The same as a page of its own."""
        return page(self.markdown(), f"Transfer of {Path(self.plan.file).name}")

    def _repr_html_(self) -> str:
        text = "\n\n".join([self.headline(), _grid(HEADINGS, self.rows())])
        if self.by_hand:
            text += "\n\nLeft for the hand:\n\n" + _bullets(self.by_hand)
        return _html(text)


HEADINGS = ("table", "in PostgreSQL", "rows", "moved", "quarantine", "proof", "next number")


def page(markdown: str, title: str) -> str:
    escaped = title.replace("&", "&amp;").replace("<", "&lt;")
    return (
        f'<!doctype html><meta charset="utf-8"><title>{escaped}</title><style>{STYLE}</style>\n'
        + _html(markdown)
    )


def plan_markdown(plan: Plan) -> str:
    """The plan: problems first, then every column, then what is left behind or for the hand."""
    parts = ["## The plan"]
    if problems := plan.every_problem():
        lines = [f"{problem}. *{problem.todo}*" for problem in problems]
        parts += [f"### {_count(len(problems), 'problem')}", _bullets(lines, keep="*")]
    for table in plan.tables:
        parts.append(f"### {_plain(headline(table))}")
        parts.append(_grid(COLUMN_HEADINGS, [column_row(column) for column in table.columns]))
        if sentences := about(table):
            parts.append(_bullets(sentences))
    if plan.skipped:
        parts += ["### Left behind", _bullets(plan.skipped)]
    if plan.by_hand:
        parts += ["### Left for the hand", _bullets(plan.by_hand)]
    return "\n\n".join(parts)


COLUMN_HEADINGS = ("column", "declared", "stored", "becomes", "why")


def headline(table: TablePlan) -> str:
    return f"{table.source.name} → {table.schema}.{table.name}, {_rows(table.rows)}"


def column_row(column: ColumnPlan) -> tuple[str, ...]:
    stored = ", ".join(f"{count:,} {kind}" for kind, count in column.stored.items())
    shown = f" ({column.examples[0]})" if column.examples else ""
    why = column.why + "".join(f"; {note}" for note in column.notes)
    if column.identity:
        why += "; PostgreSQL numbers new rows"
    if column.generated:
        why = "PostgreSQL computes it"
    named = "" if column.name == column.source.name else f"{column.name} "
    return (
        column.source.name,
        column.source.declared or "-",
        stored + shown,
        named + column.type,
        why,
    )


def about(table: TablePlan) -> list[str]:
    return table.notes + [f"{column} is left behind" for column in table.skipped]


def _rows(count: int) -> str:
    return _count(count, "row")


def _count(count: int, word: str) -> str:
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def _grid(headings, rows) -> str:
    lines = [headings, ["---"] * len(headings), *([_plain(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _bullets(sentences: list[str], keep: str = "") -> str:
    return "\n".join(f"- {_plain(sentence, keep)}" for sentence in sentences)


def _plain(text: str, keep: str = "") -> str:
    """Names and values of others must not become Markdown."""
    for sign in "\\`*_[]<>|#~":
        if sign not in keep:
            text = text.replace(sign, "\\" + sign)
    return " ".join(text.split())


def _html(markdown: str) -> str:
    return MarkdownIt("commonmark", {"html": False}).enable("table").render(markdown)
