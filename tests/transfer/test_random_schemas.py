"""Random schemas and values: either every problem is named, or both sides are the same."""

import json
import os
import sqlite3
from collections import Counter
from contextlib import closing, suppress
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from migrationlab import transfer
from migrationlab.postgres import databases
from tests.transfer import oracle, reader

# The same examples on every machine and every day. To look for new ones:
# HYPOTHESIS_PROFILE=explore python -m pytest tests/transfer/test_random_schemas.py
COMMON = dict(
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
    report_multiple_bugs=False,
)
settings.register_profile("fixed", derandomize=True, max_examples=60, **COMMON)
settings.register_profile("explore", max_examples=1500, **COMMON)
PROFILE = settings.get_profile(os.environ.get("HYPOTHESIS_PROFILE", "fixed"))

NAMES = ["a", "B b", "select", "æ", "x'y", "%s"]
KEYS = ["none", "integer", "text", "composite", "without rowid"]

days = st.dates().map(str)
moments = st.datetimes().map(lambda at: at.isoformat(" "))
zones = st.sampled_from(["Z", "+02:00", "-05:30"])
modern = st.datetimes(min_value=oracle.datetime(1900, 1, 1), max_value=oracle.datetime(2100, 1, 1))
zoned = st.tuples(modern, zones).map(lambda pair: pair[0].isoformat() + pair[1])
words = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
integers = st.one_of(
    st.integers(-3, 12), st.integers(-(2**63), 2**63 - 1), st.sampled_from([-(2**63), 2**63 - 1])
)
reals = st.floats(allow_nan=False)
short = st.sampled_from(["", "a", "A", "\\N", "\\.", "\t", "x\\", "æøå😀x", "ab   ", "0", "1_000"])
nearly = st.sampled_from(
    ["2023-02-29", "0000-00-00", "31/01/2024", "today", "24:00", "2024-01-05", "12:30:59.1234567"]
    + ["2024-01-05 24:00:00", "2024-01-05T10:00", "yes", "t", "1e5", " 7", "0x1f", "inf", "nul\0"]
)
GOOD = {
    "INTEGER": integers,
    "BIGINT": integers,
    "REAL": reals,
    "DOUBLE": reals,
    "DECIMAL(6,2)": st.decimals(-9999, 9999, places=2).map(float),
    "NUMERIC": st.one_of(integers, st.floats(-1e9, 1e9)),
    "BOOLEAN": st.integers(0, 1),
    "BLOB": st.binary(max_size=6),
    "DATE": days,
    "DATETIME": moments,
    "TIMESTAMP": zoned,
    "TIME": st.times().map(str),
    "UUID": st.uuids().map(str),
    "TEXT": st.one_of(words.map(lambda text: text.replace("\0", "")), short),
    "VARCHAR(5)": short,
    "": integers,
}
odd = st.one_of(integers, reals, short, nearly, words, st.binary(max_size=4), moments, zoned)


@dataclass(frozen=True)
class Made:
    """A random table: SQL, rows, and what its key and its foreign key are."""

    name: str
    columns: tuple[tuple[str, str], ...]
    key: tuple[str, ...]
    parent: str
    sql: str
    rows: tuple[tuple, ...]


@st.composite
def tables(draw) -> list[Made]:
    """One to three tables; some refer to one that is there, or to themselves."""
    spoilt = draw(st.sampled_from([0, 0, 20]))  # per cent of values of another kind
    made: list[Made] = []
    for number in range(draw(st.integers(1, 3))):
        made.append(draw(_table(f"t{number}", made, spoilt)))
    return made


@st.composite
def _table(draw, name: str, earlier: list[Made], spoilt: int) -> Made:
    kind = draw(st.sampled_from(KEYS))
    columns = {"none": [], "integer": [("id", "INTEGER")], "text": [("id", "TEXT")]}.get(
        kind, [("k1", "INTEGER"), ("k2", "TEXT")]
    )
    key = tuple(column for column, _ in columns)
    own = tuple(columns)
    for column in draw(st.lists(st.sampled_from(NAMES), unique=True, min_size=1, max_size=4)):
        columns.append((column, draw(st.sampled_from(oracle.DECLARED))))
    parents = [table for table in earlier if table.key]
    keys = {table.name: table.columns[: len(table.key)] for table in parents}
    if key:
        keys[name] = own
    parent = draw(st.sampled_from(["", *keys]))
    links = [(f"f{at}", declared) for at, (_, declared) in enumerate(keys.get(parent, ()))]
    columns += links
    lines = [f"{reader.quoted(column)} {declared}" for column, declared in columns]
    if kind == "integer":
        lines[0] = '"id" INTEGER PRIMARY KEY'
    elif key:
        lines.append(f"PRIMARY KEY ({', '.join(key)})")
    if links:
        lines.append(
            f"FOREIGN KEY ({', '.join(column for column, _ in links)}) REFERENCES {parent}"
        )
    end = " WITHOUT ROWID" if kind == "without rowid" else ""
    rows = draw(st.lists(_row(columns, key, spoilt), max_size=6))
    sql = f"CREATE TABLE {name} ({', '.join(lines)}){end}"
    return Made(name, tuple(columns), key, parent, sql, tuple(rows))


@st.composite
def _row(draw, columns, key, spoilt: int) -> tuple:
    few = {"INTEGER": st.integers(1, 4), "TEXT": st.sampled_from(["a", "b", ""])}
    row = []
    for column, declared in columns:
        if draw(st.integers(0, 99)) < spoilt:
            row.append(draw(odd))
        elif column in key or column[0] == "f":  # few values: keys must meet
            row.append(draw(few[declared]))
        else:
            row.append(draw(st.one_of(st.none(), GOOD[declared], GOOD[declared])))
    return tuple(row)


def write(path, made: list[Made]) -> None:
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as connection:
        for table in made:
            connection.execute(table.sql)
            marks = ", ".join("?" * len(table.columns))
            for row in table.rows:
                with suppress(sqlite3.IntegrityError):  # a key that is there, or is no number
                    connection.execute(f"INSERT INTO {table.name} VALUES ({marks})", row)
        connection.commit()


@dataclass
class Truth:
    """What is in a table, and what stands in its way."""

    rows: list[dict[str, oracle.Cell]]
    bad: dict[str, set[int]]  # column -> rows
    keyless: set[int]  # rows with NULL in the key
    orphans: set[int]
    whole: bool
    unknown: bool

    @property
    def faulty(self) -> set[int]:
        return set().union(self.keyless, self.orphans, *self.bad.values())


def truth(path, made: list[Made]) -> dict[str, Truth]:
    found = {}
    rows = {table.name: reader.source_rows(path, table.name) for table in made}
    for table in made:
        own = rows[table.name]
        verdicts = {
            column: oracle.judge(declared, [row[column] for row in own])
            for column, declared in table.columns
        }
        found[table.name] = Truth(
            own,
            {column: verdict.bad for column, verdict in verdicts.items()},
            {n for n, row in enumerate(own) if any(row[k][0] == "null" for k in table.key)},
            orphans(table, own, keys_of(made, rows, table.parent)),
            any(verdict.whole for verdict in verdicts.values()),
            any(verdict.unknown for verdict in verdicts.values()),
        )
    return found


def link(table: Made, row: dict) -> tuple | None:
    """The key that a row refers to, None when it refers to none."""
    cells = tuple(row[column] for column, _ in table.columns if column[0] == "f")
    return None if not cells or any(cell[0] == "null" for cell in cells) else cells


def keys_of(made: list[Made], rows: dict, parent: str, without=frozenset()) -> set[tuple]:
    table = next((table for table in made if table.name == parent), None)
    if table is None:
        return set()
    return {
        tuple(row[column] for column in table.key)
        for number, row in enumerate(rows[parent])
        if number not in without
    }


def orphans(table: Made, rows: list[dict], keys: set[tuple]) -> set[int]:
    links = {number: link(table, row) for number, row in enumerate(rows)}
    return {number for number, cells in links.items() if cells and cells not in keys}


def aside(made: list[Made], found: dict[str, Truth]) -> dict[str, set[int]]:
    """The rows that cannot go, and those that hang on them, until no more are found."""
    gone = {name: set(of.faulty) for name, of in found.items()}
    rows = {name: of.rows for name, of in found.items()}
    while True:
        size = sum(map(len, gone.values()))
        for table in made:
            if table.parent:
                left = keys_of(made, rows, table.parent, gone[table.parent])
                gone[table.name] |= orphans(table, rows[table.name], left)
        if sum(map(len, gone.values())) == size:
            return gone


@pytest.fixture(scope="module")
def place(server):
    """A database whose schema public is made anew for every example."""
    with databases.temporary(server, "properties") as name:
        yield name


def empty(server, database: str) -> None:
    with closing(server.connect(database)) as connection:
        connection.cursor().execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")


@PROFILE
@given(made=tables())
def test_all_or_nothing(made, server, place, tmp_path_factory):
    """Assert that a transfer either names what another judge finds too, or moves all values."""
    path = tmp_path_factory.getbasetemp() / "random.sqlite3"
    write(path, made)
    found = truth(path, made)
    assume(not any(of.unknown for of in found.values()))
    empty(server, place)
    try:
        transfer.transfer(str(path), server.url(place))
    except transfer.Stopped as stopped:
        _assert_right_problems(stopped.plan.every_problem(), made, found)
        with reader.target(server, place) as cursor:
            assert reader.target_tables(cursor) == set()
        return
    assert not any(of.faulty or of.whole for of in found.values())
    with reader.target(server, place) as cursor:
        for table in made:
            _assert_same(cursor, table, found[table.name].rows)


@PROFILE
@given(made=tables())
def test_nothing_is_lost_in_quarantine(made, server, place, tmp_path_factory):
    """Assert that each row is either in its table or set aside, once, and the right ones are."""
    path = tmp_path_factory.getbasetemp() / "random.sqlite3"
    write(path, made)
    found = truth(path, made)
    assume(not any(of.unknown or of.whole for of in found.values()))
    empty(server, place)
    report = transfer.transfer(str(path), server.url(place), quarantine=True)
    gone = aside(made, found)
    assert report.exit_code == (4 if any(gone.values()) else 0)
    with reader.target(server, place) as cursor:
        kept = Counter()
        if any(gone.values()):
            cursor.execute("SELECT source_table, row_data::jsonb FROM transfer_quarantine")
            for table, data in cursor.fetchall():
                kept[table, repr(sorted(reader.evaluated(json.loads(data)).items()))] += 1
        expected = Counter(
            (name, repr(sorted(of.rows[number].items())))
            for name, of in found.items()
            for number in gone[name]
        )
        assert kept == expected
        for table in made:
            rows = found[table.name].rows
            stays = [row for n, row in enumerate(rows) if n not in gone[table.name]]
            _assert_same(cursor, table, stays)


def _assert_right_problems(problems, made: list[Made], found: dict[str, Truth]) -> None:
    assert problems
    values = Counter()
    broken, keyless, whole = set(), set(), set()
    mixed = [problem for problem in problems if problem.kind == "mixed_classes"]
    types = {(table.name, column): kind for table in made for column, kind in table.columns}
    untyped = {(p.table, p.column) for p in mixed if not types[p.table, p.column]}
    for problem in problems:
        if problem.kind == "broken_foreign_key":
            broken.add(problem.table)
        elif problem.kind == "null_in_key":
            keyless.add(problem.table)
        elif problem.kind == "mixed_zones" or (problem.table, problem.column) in untyped:
            whole.add(problem.table)
        else:
            values[problem.table, problem.column] += problem.count
    bad = {(name, c): len(rows) for name, of in found.items() for c, rows in of.bad.items()}
    assert values == Counter(bad)
    assert keyless == {name for name, of in found.items() if of.keyless}
    assert whole == {name for name, of in found.items() if of.whole}
    for table in made:
        of = found[table.name]
        links = [rows for column, rows in of.bad.items() if column[0] == "f"]
        if of.orphans - set().union(*links):  # a value that has no place may count as either
            assert table.name in broken
        assert of.orphans or table.name not in broken


def _assert_same(cursor, table: Made, rows: list[dict]) -> None:
    """Compare as multisets: match every row of the one side with one of the other."""
    columns = [oracle_fold(column) for column, _ in table.columns]
    types = reader.target_types(cursor, table.name)
    assert set(types) == set(columns)
    left = reader.target_text(cursor, table.name, columns)
    for row in rows:
        match = next((there for there in left if _equal(table, row, types, columns, there)), None)
        assert match is not None, f"{row} is not in {left}"
        left.remove(match)
    assert left == []


def _equal(table: Made, row: dict, types: dict, columns: list[str], there: tuple) -> bool:
    return all(
        oracle.same(row[source], types[column], value)
        for (source, _), column, value in zip(table.columns, columns, there, strict=True)
    )


def oracle_fold(name: str) -> str:
    return "".join(c.lower() if c.isascii() else c for c in name)
