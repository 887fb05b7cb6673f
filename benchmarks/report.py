"""The rows as a table on the terminal and as Markdown."""

from rich.table import Table

from benchmarks.measure import Row, Side

HEADINGS = ("what", "seconds", "plain alternative", "seconds", "ratio", "aim")


def table(rows: list[Row]) -> Table:
    made = Table(*HEADINGS, show_lines=True)
    for row in rows:
        made.add_row(*_cells(row))
    return made


def markdown(rows: list[Row], about: list[str]) -> str:
    lines = ["# Benchmarks", "", *[f"- {line}" for line in about], ""]
    lines += ["Seconds: the median, and in brackets the fastest and the slowest repetition.", ""]
    lines += [f"| {' | '.join(HEADINGS)} |", "| --- | ---: | --- | ---: | ---: | --- |"]
    lines += [f"| {' | '.join(_cells(row))} |" for row in rows]
    return "\n".join(lines) + "\n"


def _cells(row: Row) -> tuple[str, ...]:
    aim = f"{'✓' if row.aim.test(row) else '✗'} {row.aim.text}" if row.aim else ""
    ratio = f"{row.ratio:.3f}" if row.ratio < 0.1 else f"{row.ratio:.2f}"
    return row.ours.what, _seconds(row.ours), row.plain.what, _seconds(row.plain), ratio, aim


def _seconds(side: Side) -> str:
    text = f"{side.median:.2f}"
    if len(side.seconds) > 1:
        text += f" ({min(side.seconds):.2f}–{max(side.seconds):.2f})"
    return text
