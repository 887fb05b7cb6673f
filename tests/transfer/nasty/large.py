"""Tables that are taken in pieces, with what could lie on the border of two pieces."""

import sqlite3
from contextlib import closing
from pathlib import Path

from tests.transfer.nasty.model import Case, Gives, Moved, Refused, Rows, one_table, stops

NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {})"
MANY = 120_000  # more than one stream takes


def sums(table: str, column: str, rows: int, total: int) -> Gives:
    return Gives(f"SELECT count(*), sum({column})::bigint FROM {table}", ((rows, total),))


def only_sums(name: str, source: str, rule: Gives) -> Case:
    """A case whose rows are too many to be written down."""
    return Case(name, source, Moved({}, rules=(rule,)))


def wide(path: Path) -> None:
    """A row that fits no page of PostgreSQL, whatever is stored outside of it."""
    names = ", ".join(f"c{number} TEXT" for number in range(700))
    values = ", ".join("hex(randomblob(20))" for _ in range(700))
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"CREATE TABLE t ({names})")
        connection.execute(f"INSERT INTO t SELECT {values}")
        connection.commit()


SQUARES = sum(i * i for i in range(1, MANY + 1))

CASES = [
    only_sums(
        "many_rows_with_gaps",
        f"CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER); {NUMBERS.format(MANY)}"
        " INSERT INTO t SELECT i * i, i FROM n",
        sums("t", "n", MANY, MANY * (MANY + 1) // 2),
    ),
    only_sums(
        "many_rows_and_the_ends_of_the_numbers",  # the middle of the two ends is no middle
        f"CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER); {NUMBERS.format(MANY)}"
        " INSERT INTO t SELECT i, i FROM n; INSERT INTO t VALUES (-9223372036854775808, 1),"
        "(9223372036854775807, 2), (-9223372036854775807, 3), (9223372036854775806, 4)",
        sums("t", "n", MANY + 4, MANY * (MANY + 1) // 2 + 10),
    ),
    only_sums(
        "many_rows_without_rowid",
        f"CREATE TABLE t (k TEXT PRIMARY KEY, n INTEGER) WITHOUT ROWID; {NUMBERS.format(MANY)}"
        " INSERT INTO t SELECT 'k' || (i % 7) || '-' || i, i FROM n",
        sums("t", "n", MANY, MANY * (MANY + 1) // 2),
    ),
    only_sums(
        "many_rows_with_a_hidden_rowid",
        f"CREATE TABLE t (rowid INTEGER, _rowid_ TEXT, oid INTEGER); {NUMBERS.format(MANY)}"
        " INSERT INTO t SELECT i % 3, 'x', i FROM n",
        sums("t", "oid", MANY, MANY * (MANY + 1) // 2),
    ),
    only_sums(
        "many_empty_rows",
        f"CREATE TABLE t (s TEXT); {NUMBERS.format(MANY)} INSERT INTO t SELECT"
        " CASE i % 4 WHEN 0 THEN NULL WHEN 1 THEN '' WHEN 2 THEN '\\.' ELSE char(10) END FROM n",
        Gives(
            "SELECT count(*), count(s), count(*) FILTER (WHERE s = ''),"
            " count(*) FILTER (WHERE s = '\\.'), count(*) FILTER (WHERE s = E'\\n') FROM t",
            ((MANY, MANY * 3 // 4, MANY // 4, MANY // 4, MANY // 4),),
        ),
    ),
    Case(
        "rows_aside_among_many",
        f"CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER); {NUMBERS.format(30_000)}"
        " INSERT INTO t SELECT i, CASE i % 1000 WHEN 0 THEN 'x' ELSE i END FROM n;"
        "CREATE TABLE c (id INTEGER PRIMARY KEY, t_id INTEGER REFERENCES t);"
        "INSERT INTO c SELECT id, id FROM t WHERE id % 3000 = 0 OR id < 9",
        Moved(
            {
                "c": Rows({"id": "bigint", "t_id": "bigint"}, [(i, i) for i in range(1, 9)]),
                "t": Rows(
                    {"id": "bigint", "n": "bigint"},
                    [(i, i) for i in range(1, 30_001) if i % 1000],
                ),
            },
            aside=(
                *[("t", str(i)) for i in range(1000, 30_001, 1000)],
                *[("c", str(i)) for i in range(3000, 30_001, 3000)],
            ),
        ),
        quarantine=True,
    ),
    Case(
        "one_bad_row_at_the_very_end",
        f"CREATE TABLE t (id INTEGER PRIMARY KEY, s TEXT); {NUMBERS.format(MANY)}"
        " INSERT INTO t SELECT i, 'a' FROM n; INSERT INTO t VALUES (9223372036854775807, x'00')",
        stops(("blob_in_text", "t", "s", {"9223372036854775807": ""})),
    ),
    Case(
        "a_row_too_wide_for_a_page",
        wide,
        (stops(("too_large", "t", None)), Refused(())),
    ),
    Case(
        "texts_around_the_size_of_a_piece",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, s TEXT); WITH RECURSIVE n(i) AS"
        " (SELECT 65530 UNION ALL SELECT i + 1 FROM n WHERE i < 65542) INSERT INTO t"
        " SELECT i, replace(hex(zeroblob(i)), '00', 'æ') FROM n;"
        "WITH RECURSIVE n(i) AS (SELECT 131066 UNION ALL SELECT i + 1 FROM n WHERE i < 131078)"
        " INSERT INTO t SELECT i, replace(hex(zeroblob(i)), '00', '\\') FROM n",
        one_table(
            {"id": "bigint", "s": "text"},
            [(i, "æ" * i) for i in range(65530, 65543)]
            + [(i, "\\" * i) for i in range(131066, 131079)],
        ),
    ),
    Case(
        "many_keys_in_latin1",  # taken in pieces, whose ends are keys
        "CREATE TABLE t (k TEXT PRIMARY KEY) WITHOUT ROWID; WITH RECURSIVE n(i) AS"
        " (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE i < 999) INSERT INTO t SELECT"
        " CAST(x'f8' || i AS TEXT) FROM n",
        one_table({"k": "text"}, [(f"ø{i}",) for i in range(100, 1000)]),
        mapping={"tables": {"t": {"columns": {"k": {"convert": "latin-1"}}}}},
    ),
]
