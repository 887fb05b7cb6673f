"""Runs one nasty file through the tool and says in what the outcome differs from the stated one."""

import hashlib
import json
import re
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg2

from migrationlab import transfer
from migrationlab.errors import LabError
from migrationlab.postgres import databases
from tests.transfer import reader
from tests.transfer.nasty.model import Case, Found, Gives, Moved, Outcome, Refused, Refuses, Stopped

QUARANTINE = "transfer_quarantine"


@dataclass
class Seen:
    """What a transfer left behind: a report or an error, and both states of the target."""

    report: object = None
    error: Exception | None = None
    before: dict = field(default_factory=dict)
    after: dict = field(default_factory=dict)


def write(case: Case, folder: Path) -> Path:
    """Make the file of a case."""
    path = folder / case.file
    if callable(case.source):
        case.source(path)
    else:
        with closing(sqlite3.connect(path)) as connection:
            connection.executescript(case.source)
            connection.commit()
    return path


def prepare(case: Case, server, database: str) -> None:
    """Make what the target holds before."""
    if case.target:
        with closing(server.connect(database)) as connection, connection.cursor() as cursor:
            for statement in statements(case.target.replace("{database}", database)):
                cursor.execute(statement)


def statements(script: str) -> list[str]:
    """One by one: ALTER DATABASE takes no company."""
    if "ALTER DATABASE" in script:
        return [part for part in script.split(";") if part.strip()]
    return [script]


@contextmanager
def place(case: Case, server, kept: str) -> Iterator[str]:
    """An empty database: the one that is kept, or one of its own for a case that alters it.

    Making and dropping a database takes 100 ms, half of what a case takes.
    """
    if "ALTER DATABASE" in case.target:
        with databases.temporary(server, "nasty") as database:
            yield database
        return
    with closing(server.connect(kept)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT nspname FROM pg_namespace WHERE oid >= 16384 OR nspname = 'public'")
        for (schema,) in cursor.fetchall():
            cursor.execute(f"DROP SCHEMA {reader.quoted(schema)} CASCADE")
        cursor.execute("CREATE SCHEMA public")
    yield kept


def judge(case: Case, server, kept: str, folder: Path) -> list[str]:
    """Everything that is wrong; nothing when one of the stated outcomes came about."""
    path = write(case, folder)
    content = digest(path)
    with place(case, server, kept) as database, reader.target(server, database) as cursor:
        prepare(case, server, database)
        seen = Seen()
        seen.before = reader.state(cursor)
        cursor.connection.rollback()  # nobody has to wait for what a reader has locked
        with case.around(path):
            run(case, path, server.url(database), seen)
        same = case.changes or digest(path) == content  # our own readers may end a WAL
        seen.after = reader.state(cursor)
        wrong = []
        for outcome in case.outcomes:
            cursor.connection.rollback()
            wrong.append(complaints(case, outcome, path, server.url(database), cursor, seen))
        found = min(wrong, key=len)
    if not same:
        found.append("the file itself was changed")
    return found


def digest(path: Path) -> bytes:
    return hashlib.sha256(path.read_bytes()).digest() if path.is_file() else b""


def run(case: Case, path: Path, url: str, seen: Seen) -> None:
    """Through the Python interface; anything but a LabError is a bug and comes out."""
    try:
        seen.report = transfer.transfer(
            str(path),
            url,
            mapping=case.mapping,
            existing=case.existing,
            schema=case.schema,
            quarantine=case.quarantine,
            append=case.append,
        )
    except LabError as error:
        seen.error = error


def complaints(case: Case, outcome: Outcome, path: Path, url: str, cursor, seen) -> list[str]:
    match outcome:
        case Moved():
            return wrong_move(case, outcome, path, cursor, seen)
        case Stopped():
            return wrong_stop(case, outcome, path, url, seen)
        case Refused():
            return wrong_refusal(outcome, seen)


def wrong_refusal(outcome: Refused, seen: Seen) -> list[str]:
    if seen.error is None:
        return ["it was not refused"]
    if isinstance(seen.error, transfer.Stopped):
        return [f"it was stopped by problems: {described(seen.error.plan.every_problem())}"]
    said = str(seen.error)
    wrong = [f"the message lacks {word!r}: {said}" for word in outcome.words if word not in said]
    if len(said) > 700 or said.count("\n") > 7:
        wrong.append(f"the message is not short: {said}")
    return wrong + unchanged(seen)


def unchanged(seen: Seen) -> list[str]:
    changed = {
        what
        for what in seen.before.keys() | seen.after.keys()
        if seen.before.get(what) != seen.after.get(what)
    }
    return [f"the target was changed: {', '.join(sorted(changed))}"] if changed else []


def wrong_stop(case: Case, outcome: Stopped, path: Path, url: str, seen: Seen) -> list[str]:
    if seen.error is None:
        return ["it was not stopped"]
    if not isinstance(seen.error, transfer.Stopped):
        return [f"it failed otherwise: {seen.error}"]
    found = seen.error.plan.every_problem()
    wrong = unmatched(outcome.problems, found) + unchanged(seen)
    # The plan alone, asked for beforehand, says the same.
    plan = transfer.make_plan(
        str(path),
        url,
        mapping=case.mapping,
        existing=case.existing,
        schema=case.schema,
        append=case.append,
    )
    if keys(found) != keys(plan.every_problem()):
        wrong.append(f"the plan alone says {described(plan.every_problem())}")
    return wrong


def keys(problems) -> list[tuple]:
    return sorted((p.table, p.column, p.kind, p.count) for p in problems)


def described(problems) -> str:
    shown = [f"{p.kind} {p.table}.{p.column} x{p.count} {p.examples}" for p in problems]
    return " | ".join(shown)[:700] or "nothing"


def unmatched(expected: tuple[Found, ...], problems: list) -> list[str]:
    left, wrong = list(problems), []
    for found in expected:
        match = next((p for p in left if fits(found, p)), None)
        if match is None:
            wrong.append(f"{found} is not among: {described(problems)}")
        else:
            left.remove(match)
            wrong += wrong_rows(found, match)
    return wrong + ([f"also found: {described(left)}"] if left else [])


def fits(found: Found, problem) -> bool:
    return (
        problem.table.lower() == found.table.lower()
        and (found.column is None or problem.column.lower() == found.column.lower())
        and (not found.kind or problem.kind in found.kind.split("|"))
    )


def wrong_rows(found: Found, problem) -> list[str]:
    """The right number, and examples that name the row and show the value."""
    if not found.rows:
        return []
    wrong = []
    if problem.count != len(found.rows):
        wrong.append(
            f"{len(found.rows)} rows expected, not {problem.count}: {described([problem])}"
        )
    if len(problem.examples) < min(3, len(found.rows)):
        wrong.append(f"too few examples: {described([problem])}")
    for key, value in problem.examples:
        fitting = [piece for name, piece in found.rows.items() if names(key, str(name))]
        if not fitting:
            wrong.append(f"an example is none of {list(found.rows)[:9]}: {key!r}")
        elif not any(piece in value for piece in fitting):
            wrong.append(f"row {key} should show {fitting}, not {value!r}")
    return wrong


def names(text: str, key: str) -> bool:
    """Whether a row key names this key as a word of its own."""
    return not key or bool(re.search(rf"(?<![\w.-]){re.escape(key)}(?!\w)", text))


def wrong_move(case: Case, outcome: Moved, path: Path, cursor, seen: Seen) -> list[str]:
    if seen.error:
        if isinstance(seen.error, transfer.Stopped):
            return [f"it was stopped: {described(seen.error.plan.every_problem())}"]
        return [f"it failed: {seen.error}"]
    wrong = wrong_tables(outcome, cursor)
    wrong += wrong_quarantine(case, outcome, path, cursor)
    if outcome.also:
        outcome.also(cursor.connection, seen.report)
    wrong += wrong_rules(outcome, cursor, seen.report)
    wrong += wrong_report(case, outcome, path, seen.report)
    return wrong


def wrong_tables(outcome: Moved, cursor) -> list[str]:
    wrong = []
    cursor.execute("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'transfer%'")
    if left := cursor.fetchall():
        wrong.append(f"left behind: {left}")
    there = reader.target_tables(cursor) - {QUARANTINE}
    if outcome.tables and there != set(outcome.tables):
        return [*wrong, f"tables {sorted(outcome.tables)} expected, not {sorted(there)}"]
    for name, expected in outcome.tables.items():
        types = reader.target_types(cursor, name)
        if lacking := expected.columns.keys() - types.keys():
            wrong.append(f"{name} lacks {sorted(lacking)}: it has {sorted(types)}")
            continue
        for column, type_ in expected.columns.items():
            if type_ not in (None, types[column]):
                wrong.append(f"{name}.{column} is {types[column]}, not {type_}")
        rows = reader.target_rows(cursor, name, list(expected.columns))
        if shown := reader.difference(expected.rows, rows):
            wrong.append(f"{name}: {shown}")
    return wrong


def wrong_quarantine(case: Case, outcome: Moved, path: Path, cursor) -> list[str]:
    """Each row is there once, named, whole, and readable by SQLite as what it was."""
    if QUARANTINE not in reader.target_tables(cursor):
        return ["there is no quarantine"] if outcome.aside else []
    cursor.execute(f"SELECT source_table, row_key, reasons, row_data::jsonb FROM {QUARANTINE}")
    rows, wrong = cursor.fetchall(), []
    expected = Counter(table for table, _ in outcome.aside)
    if expected != Counter(row[0] for row in rows):
        return [f"aside {dict(expected)} expected, not {[row[:3] for row in rows]}"]
    for table, key in outcome.aside:
        if not any(row[0] == table and names(row[1], key) for row in rows):
            wrong.append(f"no row {key} of {table} aside: {[row[:2] for row in rows]}")
    if nothing := [row[:2] for row in rows if not row[2]]:
        wrong.append(f"no reason given for {nothing}")
    for table in expected:
        of_source = Counter(repr(sorted(row.items())) for row in reader.source_rows(path, table))
        aside = Counter(
            repr(sorted(reader.evaluated(json.loads(row[3])).items()))
            for row in rows
            if row[0] == table
        )
        if strange := aside - of_source:
            wrong.append(f"rows aside that {table} never had: {list(strange)[:2]}")
    return wrong


def wrong_rules(outcome: Moved, cursor, report) -> list[str]:
    wrong = []
    for rule in outcome.rules:
        cursor.connection.rollback()  # each in a transaction of its own, and nothing stays
        try:
            cursor.execute(rule.statement)
            if isinstance(rule, Refuses):
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        except psycopg2.Error as error:
            if isinstance(rule, Gives) or error.pgcode != rule.state:
                wrong.append(f"{rule.statement}: {error}")
            continue
        if isinstance(rule, Gives):
            found = cursor.fetchall()
            if reader.difference(list(rule.rows), found):
                wrong.append(f"{rule.statement}: {rule.rows} expected, not {found}")
        elif not rule.told or not tells(report, rule.told):
            wrong.append(f"accepted: {rule.statement}")
    cursor.connection.rollback()
    return wrong


def tells(report, word: str) -> bool:
    return any(word in sentence for sentence in report.by_hand)


def wrong_report(case: Case, outcome: Moved, path: Path, report) -> list[str]:
    wrong = []
    for word in outcome.told:
        if not tells(report, word):
            wrong.append(f"{word} is not among what is left for the hand: {report.by_hand}")
    code = 4 if outcome.aside else 0
    if report.exit_code != code:
        wrong.append(f"exit code {report.exit_code}, not {code}")
    for table in report.tables:
        rows = reader.source_count(path, table.name)
        if (table.rows, table.loaded + table.quarantined) != (rows, rows):
            wrong.append(
                f"{table.name} has {rows} rows; the report says {table.rows}, loaded"
                f" {table.loaded}, aside {table.quarantined}"
            )
        if table.proved is not True:
            wrong.append(f"{table.name} is not proved")
    if not (str(report) and report.markdown() and "<table" in report.html()):
        wrong.append("the report is empty")
    return wrong
