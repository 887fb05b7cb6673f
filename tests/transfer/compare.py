"""The nasty files through other tools, next to ours: python -m tests.transfer.compare [NAME …]

Prints a table in Markdown. What a tool did is read from the target, not from what it says of
itself. Only files for a new schema are tried: none of the others loads into existing tables with
rules, keeps a quarantine or knows a mapping.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg2

from benchmarks import peers
from migrationlab import paths
from migrationlab.postgres import databases
from tests.transfer import judge, reader
from tests.transfer.nasty import CASES
from tests.transfer.nasty.model import Case, Gives, Moved, Refused, Stopped

TOOLS = ("pgloader", "pandas_default")
RUN = (
    "import sys; from benchmarks import peers; peers.module(sys.argv[1]).move(*sys.argv[2:],"
    " peers.Schema())"
)
PATIENCE = 60  # seconds for one small file
RIGHT, SAID, WRONG = "right", "said", "WRONG"


def comparable(case: Case) -> bool:
    only_settings = not case.target or case.target.startswith("ALTER DATABASE")
    return only_settings and not (case.existing or case.quarantine or case.mapping)


def chosen(names: list[str]) -> list[Case]:
    if unknown := set(names) - CASES.keys():
        raise SystemExit(f"There is no {', '.join(sorted(unknown))}.")
    return [
        case for case in CASES.values() if comparable(case) and (not names or case.name in names)
    ]


@contextmanager
def written(case: Case) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield judge.write(case, Path(folder))


def by(tool: str, case: Case, server) -> tuple[str, str]:
    """(RIGHT, SAID or WRONG, what came of it) for one tool and one file."""
    with written(case) as path, databases.temporary(server, "compare") as database:
        command = [sys.executable, "-c", RUN, tool, path, server.url(database)]
        if tool == "pgloader":
            command[-1] = server.url(database).replace("+psycopg2", "")
        judge.prepare(case, server, database)
        try:
            with case.around(path):
                done = subprocess.run(
                    command, cwd=paths.PROJECT, capture_output=True, timeout=PATIENCE
                )
            code = done.returncode
        except subprocess.TimeoutExpired:
            code = -1
        with reader.target(server, database) as cursor:
            return verdict(case, path, code, cursor)


def verdict(case: Case, path: Path, code: int, cursor) -> tuple[str, str]:
    rows = loaded(cursor)
    failed = "hangs" if code == -1 else "stops with an error"
    expected = next((o for o in case.outcomes if isinstance(o, Moved)), None)
    if expected is None:
        if code:
            return (SAID, failed + (f", {rows} rows are there" if rows else ""))
        if isinstance(case.outcome, Refused):
            return (WRONG, f"exit 0, {rows} rows")
        return (WRONG, "exit 0, " + lost(path, cursor))
    if code:
        return (WRONG, failed + ("" if rows == 0 else f", {rows} rows are there"))
    wrong = differing(expected, cursor) if expected.tables or rows else ["nothing arrived"]
    return (RIGHT, "right") if not wrong else (WRONG, "exit 0, " + "; ".join(wrong[:3]))


def loaded(cursor) -> int:
    total = 0
    for table in reader.target_tables(cursor):
        cursor.execute(f"SELECT count(*) FROM {reader.quoted(table)}")
        total += cursor.fetchone()[0]
    return total


def lost(path: Path, cursor) -> str:
    """How many rows arrived of a file that should have stopped it, and as what types."""
    there = {name.lower(): name for name in reader.target_tables(cursor)}
    shown = []
    for table in reader.source_tables(path):
        had = reader.source_count(path, table)
        if table.lower() not in there:
            shown.append(f"{table} is missing")
            continue
        name = there[table.lower()]
        cursor.execute(f"SELECT count(*) FROM {reader.quoted(name)}")
        has = cursor.fetchone()[0]
        types = reader.target_types(cursor, name)
        changed = [f"{c} as {t}" for c, t in types.items() if c.lower() not in ("id", "rowid")]
        if has < had:
            shown.append(f"{has} of {had} rows of {table}")
        else:
            shown.append(f"{table} whole, {', '.join(changed[:3])}")
    return "; ".join(shown)


def differing(expected: Moved, cursor) -> list[str]:
    wrong = []
    there = {name.lower(): name for name in reader.target_tables(cursor)}
    for name, table in expected.tables.items():
        if name.lower() not in there:
            wrong.append(f"{name} is missing")
            continue
        wrong += _differing_table(name, table, there[name.lower()], cursor)
    for rule in expected.rules:
        cursor.execute("SAVEPOINT before")
        try:
            cursor.execute(rule.statement)
            if not isinstance(rule, Gives):
                wrong.append("a rule is missing")
            elif reader.difference(list(rule.rows), cursor.fetchall()):
                wrong.append("a rule differs")
        except psycopg2.Error:
            if isinstance(rule, Gives):
                wrong.append("a rule is missing or differs")
        cursor.execute("ROLLBACK TO before")
    return list(dict.fromkeys(wrong))


def _differing_table(name: str, table, real: str, cursor) -> list[str]:
    """A narrower integer is no fault of theirs, as long as the values fit."""
    types = reader.target_types(cursor, real)
    columns = {column.lower(): column for column in types}
    if lacking := [c for c in table.columns if c.lower() not in columns]:
        return [f"column {lacking[0]} is missing"]
    wrong = []
    for column, type_ in table.columns.items():
        found = types[columns[column.lower()]]
        if type_ and type_ != found and (type_, found) != ("bigint", "integer"):
            wrong.append(f"{column} as {found}")
    try:
        rows = reader.target_rows(cursor, real, [columns[c.lower()] for c in table.columns])
    except (ValueError, OverflowError) as error:
        return [*wrong, f"{name} holds what Python cannot read: {error}"]
    if len(rows) != len(table.rows):
        wrong.insert(0, f"{len(rows)} of {len(table.rows)} rows of {name}")
    elif not wrong and reader.difference(table.rows, rows):
        wrong.insert(0, f"values of {name} changed")
    return wrong


def ours(case: Case, server) -> tuple[str, str]:
    with databases.temporary(server, "compare") as database:
        with tempfile.TemporaryDirectory() as folder:
            wrong = judge.judge(case, server, database, Path(folder))
    if wrong:
        return (WRONG, "; ".join(wrong)[:80])
    if isinstance(case.outcome, Stopped | tuple):
        return (RIGHT, "as stated")
    return (RIGHT, "right" if isinstance(case.outcome, Moved) else "one message")


def described(case: Case) -> str:
    if isinstance(case.outcome, Stopped):
        return "stops, names " + ", ".join(
            sorted({problem.kind.split("|")[0] or "it" for problem in case.outcome.problems})
        )
    return {Moved: "right", Refused: "one message"}.get(type(case.outcome), "as stated")


def table(cases: list[Case], tools: list[str], server) -> tuple[list[str], dict[str, dict]]:
    """The lines of the table, and for each tool how often each verdict came."""
    titles = [peers.module(tool).TITLE for tool in tools]
    lines = [f"| trap | ours | {' | '.join(titles)} |", "|---|---|" + "---|" * len(tools)]
    counts = {name: dict.fromkeys((RIGHT, SAID, WRONG), 0) for name in ("ours", *tools)}
    for case in cases:
        kind, text = ours(case, server)
        counts["ours"][kind] += 1
        cells = [described(case) if kind == RIGHT else f"**{text}**"]
        for tool in tools:
            kind, text = by(tool, case, server)
            counts[tool][kind] += 1
            cells.append(text.replace("|", "/").replace("\n", " ")[:160])
        lines.append(f"| {case.name.replace('_', ' ')} | {' | '.join(cells)} |")
        print(lines[-1], file=sys.stderr, flush=True)
    return lines, counts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="only these files")
    parser.add_argument("--save", type=Path, help="write the table to this Markdown file too")
    wanted = parser.parse_args()
    cases = chosen(wanted.names)
    tools = [tool for tool in TOOLS if not peers.module(tool).available()]
    from benchmarks.place import new_server

    with new_server() as server:
        databases.stop_syncing(server)
        lines, counts = table(cases, tools, server)
    lines += [
        "",
        "| tool | right | stops with an error where it should | wrong |",
        "|---|--:|--:|--:|",
    ]
    for name, of in counts.items():
        lines.append(f"| {name} | {of[RIGHT]} | {of[SAID]} | {of[WRONG]} |")
    print("\n".join(lines))
    if wanted.save:
        wanted.save.write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    main()
