"""CHECKs, unique rules and indexes: kept, or named for the hand; never in the way of the rows."""

import sqlite3
from datetime import datetime
from pathlib import Path

from tests.transfer.nasty.model import Case, Gives, Refused, Refuses, one_table, stops

ID = "id INTEGER PRIMARY KEY"
TEXT = {"id": "bigint", "s": "text"}


def with_a_row_against_the_check(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.executescript(
        f"CREATE TABLE t ({ID}, n INTEGER CHECK (n > 0)); PRAGMA ignore_check_constraints = ON;"
        "INSERT INTO t VALUES (1, 5), (2, -5)"
    )
    connection.close()


def with_long_random_text(path: Path) -> None:
    """Text that does not compress below the 2,704 bytes that an index entry may have."""
    connection = sqlite3.connect(path)
    connection.executescript(f"CREATE TABLE t ({ID}, s TEXT); CREATE INDEX i ON t(s)")
    noise = "".join(chr(0x4E00 + (i * 7919 + i * i * 104729) % 20000) for i in range(9000))
    connection.execute("INSERT INTO t VALUES (1, ?), (2, 'x')", (noise,))
    connection.commit()
    connection.close()


CASES = [
    Case(
        "checks",
        f"CREATE TABLE t ({ID}, n INTEGER CHECK (n >= 0 AND n < 100), s TEXT,"
        " CONSTRAINT named CHECK (s IN ('open', 'closed')), CHECK (length(s) > 1 OR n IS NULL));"
        "INSERT INTO t VALUES (1, 5, 'open'), (2, NULL, NULL)",
        one_table(
            {"id": "bigint", "n": "bigint", "s": "text"},
            [(1, 5, "open"), (2, None, None)],
            rules=(
                Refuses("INSERT INTO t VALUES (9, 100, 'open')", "23514"),
                Refuses("INSERT INTO t VALUES (9, 1, 'ajar')", "23514"),
                Gives("INSERT INTO t VALUES (9, NULL, 'closed') RETURNING 1", ((1,),)),
            ),
        ),
    ),
    Case(
        "a_check_on_a_boolean",  # as SQLAlchemy writes it; PostgreSQL has no boolean = integer
        f"CREATE TABLE t ({ID}, b BOOLEAN CHECK (b IN (0, 1)), c BOOLEAN, CHECK (c = 1 OR b = 0));"
        "INSERT INTO t VALUES (1, 1, 1), (2, 0, NULL)",
        one_table(
            {"id": "bigint", "b": "boolean", "c": "boolean"}, [(1, True, True), (2, False, None)]
        ),
    ),
    Case(
        "a_check_with_text_in_double_quotes",  # for SQLite "open" is a text
        f'CREATE TABLE t ({ID}, s TEXT CHECK (s IN ("open", "closed")));'
        "INSERT INTO t VALUES (1, 'open')",
        one_table(
            TEXT,
            [(1, "open")],
            rules=(Refuses("INSERT INTO t VALUES (9, 'ajar')", "23514", told="open"),),
        ),
    ),
    Case(
        "a_check_with_like",  # LIKE does not tell a from A in SQLite
        f"CREATE TABLE t ({ID}, s TEXT CHECK (s LIKE 'A%'));"
        "INSERT INTO t VALUES (1, 'abc'), (2, 'ABC')",
        one_table(
            TEXT,
            [(1, "abc"), (2, "ABC")],
            rules=(Refuses("INSERT INTO t VALUES (9, 'xyz')", "23514", told="LIKE"),),
        ),
    ),
    Case(
        "checks_beyond_postgres",
        f"CREATE TABLE t ({ID}, s TEXT CHECK (typeof(s) = 'text'), d TEXT CHECK (d GLOB '[0-9]*'),"
        " e TEXT CHECK (date(e) IS NOT NULL)); INSERT INTO t VALUES (1, 'a', '1', '2024-01-05')",
        one_table(
            {"id": "bigint", "s": "text", "d": "text", "e": "text"},
            [(1, "a", "1", "2024-01-05")],
            told=("GLOB",),
        ),
    ),
    Case(
        "a_check_that_means_otherwise",  # SQLite compares s with the text '5'
        f"CREATE TABLE t ({ID}, s TEXT CHECK (s > 5), n INTEGER CHECK (n), m TEXT CHECK (m <> 1));"
        "INSERT INTO t VALUES (1, '7', 1, '2'), (2, 'abc', -1, 'x')",
        one_table(
            {"id": "bigint", "s": "text", "n": "bigint", "m": "text"},
            [(1, "7", 1, "2"), (2, "abc", -1, "x")],
        ),
    ),
    Case(
        "a_row_against_its_check",
        with_a_row_against_the_check,
        stops(("check_violated", "t", None, {"2": ""})),
    ),
    Case(
        "a_definition_full_of_comments",
        f"""CREATE TABLE t ({ID}, -- the key, ) CHECK (1 = 0)
        /* , ghost TEXT CHECK (ghost) */ a TEXT DEFAULT ') , (', "b, c" TEXT DEFAULT '--x',
        n INTEGER CONSTRAINT "of )( n" CHECK (n > 0 /* and more ( */) -- the end
        );
        INSERT INTO t VALUES (1, 'x', 'y', 5)""",
        one_table(
            {"id": "bigint", "a": "text", "b, c": "text", "n": "bigint"},
            [(1, "x", "y", 5)],
            rules=(
                Refuses("INSERT INTO t (n) VALUES (-1)", "23514"),
                Gives('INSERT INTO t (n) VALUES (1) RETURNING a, "b, c"', ((") , (", "--x"),)),
            ),
        ),
    ),
    Case(
        "what_to_do_on_conflict",  # PostgreSQL has no such words in a table's definition
        "CREATE TABLE t (id INTEGER PRIMARY KEY ON CONFLICT REPLACE, a TEXT NOT NULL ON CONFLICT"
        " IGNORE UNIQUE ON CONFLICT FAIL, b INTEGER, UNIQUE (a, b) ON CONFLICT ROLLBACK);"
        "INSERT INTO t VALUES (1, 'x', 2)",
        one_table(
            {"id": "bigint", "a": "text", "b": "bigint"},
            [(1, "x", 2)],
            rules=(
                Refuses("INSERT INTO t (a) VALUES (NULL)", "23502"),
                Refuses("INSERT INTO t (a) VALUES ('x')", "23505"),
            ),
        ),
    ),
    Case(
        "columns_renamed_and_dropped_later",
        f"CREATE TABLE t ({ID}, old TEXT CHECK (old <> ''), gone INTEGER, n INTEGER);"
        "CREATE INDEX i ON t(old, n); INSERT INTO t VALUES (1, 'x', 2, 3);"
        'ALTER TABLE t RENAME COLUMN old TO "new ""name"""; ALTER TABLE t DROP COLUMN gone;'
        "ALTER TABLE t RENAME TO u",
        one_table(
            {"id": "bigint", 'new "name"': "text", "n": "bigint"},
            [(1, "x", 3)],
            name="u",
            rules=(Refuses("INSERT INTO u VALUES (9, '', 1)", "23514"),),
        ),
    ),
    Case(
        "an_index_on_a_generated_column",
        f"CREATE TABLE t ({ID}, s TEXT, year TEXT AS (strftime('%Y', s)) VIRTUAL,"
        " low TEXT AS (lower(s)) STORED UNIQUE); CREATE INDEX i ON t(year);"
        "INSERT INTO t (id, s) VALUES (1, '2024-01-05'), (2, 'Ab')",
        one_table(
            {"id": "bigint", "s": "text", "year": "text", "low": "text"},
            [(1, "2024-01-05", "2024", "2024-01-05"), (2, "Ab", None, "ab")],
        ),
    ),
    Case(
        "unique_with_nulls",
        f"CREATE TABLE t ({ID}, a TEXT, b INTEGER, UNIQUE (a, b));"
        "INSERT INTO t VALUES (1, 'x', NULL), (2, 'x', NULL), (3, NULL, 1), (4, 'x', 1)",
        one_table(
            {"id": "bigint", "a": "text", "b": "bigint"},
            [(1, "x", None), (2, "x", None), (3, None, 1), (4, "x", 1)],
            rules=(
                Refuses("INSERT INTO t VALUES (9, 'x', 1)", "23505"),
                Gives("INSERT INTO t VALUES (9, 'x', NULL) RETURNING 1", ((1,),)),
            ),
        ),
    ),
    Case(
        "a_partial_unique_index",
        f"CREATE TABLE t ({ID}, s TEXT, deleted INTEGER);"
        "CREATE UNIQUE INDEX living ON t(s) WHERE deleted = 0;"
        "INSERT INTO t VALUES (1, 'a', 0), (2, 'a', 1), (3, 'a', 1)",
        one_table(
            {"id": "bigint", "s": "text", "deleted": "bigint"},
            [(1, "a", 0), (2, "a", 1), (3, "a", 1)],
            rules=(
                Refuses("INSERT INTO t VALUES (9, 'a', 0)", "23505"),
                Gives("INSERT INTO t VALUES (9, 'a', 1) RETURNING 1", ((1,),)),
            ),
        ),
    ),
    Case(
        "a_partial_unique_index_on_a_boolean",
        f"CREATE TABLE t ({ID}, s TEXT, gone BOOLEAN);"
        "CREATE UNIQUE INDEX living ON t(s) WHERE gone = 0;"
        "CREATE INDEX dead ON t(s) WHERE gone; CREATE INDEX there ON t(s) WHERE NOT gone;"
        "INSERT INTO t VALUES (1, 'a', 0), (2, 'a', 1), (3, 'a', 1)",
        one_table(
            {"id": "bigint", "s": "text", "gone": "boolean"},
            [(1, "a", False), (2, "a", True), (3, "a", True)],
            rules=(Refuses("INSERT INTO t VALUES (9, 'a', false)", "23505", told="living"),),
        ),
    ),
    Case(
        "an_expression_index",
        f"CREATE TABLE t ({ID}, s TEXT, n INTEGER);"
        "CREATE UNIQUE INDEX low ON t(lower(s)); CREATE INDEX sum ON t(n + 1, s DESC);"
        "INSERT INTO t VALUES (1, 'Ida', 1), (2, 'Bo', 2)",
        one_table(
            {"id": "bigint", "s": "text", "n": "bigint"},
            [(1, "Ida", 1), (2, "Bo", 2)],
            rules=(Refuses("INSERT INTO t VALUES (9, 'IDA', 1)", "23505", told="low"),),
        ),
    ),
    Case(
        "lower_knows_no_danish_in_sqlite",  # there 'ÆBLE' and 'æble' are two even in lower case
        f"CREATE TABLE t ({ID}, s TEXT); CREATE UNIQUE INDEX low ON t(lower(s));"
        "INSERT INTO t VALUES (1, 'ÆBLE'), (2, 'æble')",
        (one_table(TEXT, [(1, "ÆBLE"), (2, "æble")]), stops(("duplicate_key", "t", None))),
    ),
    Case(
        "unique_without_regard_to_case",
        f"CREATE TABLE t ({ID}, s TEXT UNIQUE COLLATE NOCASE);"
        "INSERT INTO t VALUES (1, 'Ida@b.dk'), (2, 'bo'), (3, 'ÆBLE'), (4, 'æble'), (5, NULL)",
        one_table(
            TEXT,
            [(1, "Ida@b.dk"), (2, "bo"), (3, "ÆBLE"), (4, "æble"), (5, None)],
            rules=(Refuses("INSERT INTO t VALUES (9, 'IDA@B.DK')", "23505", told="NOCASE"),),
        ),
    ),
    Case(
        "unique_index_without_regard_to_case",
        f"CREATE TABLE t ({ID}, s TEXT); CREATE UNIQUE INDEX low ON t(s COLLATE NOCASE);"
        "INSERT INTO t VALUES (1, 'Ida')",
        one_table(
            TEXT,
            [(1, "Ida")],
            rules=(Refuses("INSERT INTO t VALUES (9, 'IDA')", "23505", told="NOCASE"),),
        ),
    ),
    Case(
        "a_key_without_regard_to_case",
        "CREATE TABLE t (code TEXT PRIMARY KEY COLLATE NOCASE, n INTEGER);"
        "INSERT INTO t VALUES ('Ab', 1), ('b', 2)",
        one_table(
            {"code": "text", "n": "bigint"},
            [("Ab", 1), ("b", 2)],
            rules=(Refuses("INSERT INTO t VALUES ('Ab', 3)", "23505"),),
        ),
    ),
    Case(
        "one_moment_written_in_two_ways",  # different texts for SQLite, one value for PostgreSQL
        f"CREATE TABLE t ({ID}, at DATETIME UNIQUE);"
        "INSERT INTO t VALUES (1, '2024-01-05 10:00'), (2, '2024-01-05T10:00:00')",
        stops(("duplicate_key", "t", None)),
    ),
    Case(
        "one_moment_in_two_zones",
        "CREATE TABLE t (at TIMESTAMP PRIMARY KEY, s TEXT);"
        "INSERT INTO t VALUES ('2024-01-05 10:00Z', 'a'), ('2024-01-05 12:00+02:00', 'b')",
        stops(("duplicate_key", "t", None)),
    ),
    Case(
        "two_words_for_true_in_a_unique_column",
        f"CREATE TABLE t ({ID}, b TEXT UNIQUE); INSERT INTO t VALUES (1, 'yes'), (2, 'ja')",
        stops(("duplicate_key", "t", None)),
        mapping={
            "tables": {"t": {"columns": {"b": {"type": "boolean", "true_for": ["yes", "ja"]}}}}
        },
    ),
    Case(
        "an_index_entry_that_is_too_long",
        with_long_random_text,
        (stops(("too_large", "t", None)), Refused(())),
    ),
    Case(
        "seven_indexes",
        f"CREATE TABLE t ({ID}, a TEXT, b INTEGER, at DATETIME); CREATE INDEX i1 ON t(a);"
        "CREATE INDEX i2 ON t(b, a); CREATE INDEX i3 ON t(a DESC); CREATE INDEX i4 ON t(at);"
        "CREATE INDEX i5 ON t(b) WHERE b IS NOT NULL; CREATE INDEX i6 ON t(b) WHERE a = 'x';"
        "CREATE UNIQUE INDEX i7 ON t(a, b); INSERT INTO t VALUES (1, 'x', 2, '2024-01-05 10:00')",
        one_table(
            {"id": "bigint", "a": "text", "b": "bigint", "at": "timestamp without time zone"},
            [(1, "x", 2, datetime(2024, 1, 5, 10))],
            rules=(
                Gives("SELECT count(*) FROM pg_indexes WHERE schemaname = 'public'", ((8,),)),
                Gives(
                    "SELECT count(*) FROM pg_index WHERE indpred IS NOT NULL"
                    " AND indrelid = 't'::regclass AND indisvalid",
                    ((2,),),
                ),
            ),
        ),
    ),
]
