"""Tables of odd shapes, and what besides tables is in a file."""

import sqlite3
from decimal import Decimal
from pathlib import Path

from tests.transfer.nasty.model import Case, Gives, Moved, Refuses, Rows, one_table, stops

ID = "id INTEGER PRIMARY KEY"


def run(path: Path, script: str, function: tuple | None = None, collation: str = "") -> None:
    """Make a file with a function or a collation that only the application has."""
    connection = sqlite3.connect(path)
    if function:
        connection.create_function(*function, deterministic=True)
    if collation:
        connection.create_collation(collation, lambda a, b: (a > b) - (a < b))
    connection.executescript(script)
    connection.commit()
    connection.close()


def with_an_unknown_collation(path: Path) -> None:
    run(
        path,
        f"CREATE TABLE t ({ID}, s TEXT COLLATE danish); CREATE INDEX i ON t(s);"
        "INSERT INTO t VALUES (1, 'b'), (2, 'a')",
        collation="danish",
    )


def with_an_unknown_function(path: Path) -> None:
    run(
        path,
        f"CREATE TABLE t ({ID}, s TEXT); CREATE INDEX i ON t(shorten(s));"
        "INSERT INTO t VALUES (1, 'bb'), (2, 'aa')",
        function=("shorten", 1, lambda text: text[:1]),
    )


def with_an_unknown_module(path: Path) -> None:
    run(
        path,
        f"CREATE TABLE t ({ID}); INSERT INTO t VALUES (1); PRAGMA writable_schema = ON;"
        "INSERT INTO sqlite_master VALUES"
        " ('table', 'places', 'places', 0, 'CREATE VIRTUAL TABLE places USING spatial(x, y)')",
    )


MANY = [f"c{number}" for number in range(300)]

CASES = [
    Case(
        "a_table_without_rows",
        f"CREATE TABLE t ({ID}, n INTEGER, s VARCHAR(5), d DATE, b BOOLEAN, p DECIMAL(5,2))",
        one_table(
            {
                "id": "bigint",
                "n": "bigint",
                "s": "character varying(5)",
                "d": "date",
                "b": "boolean",
                "p": "numeric(5,2)",
            },
            [],
            rules=(Gives("INSERT INTO t DEFAULT VALUES RETURNING id", ((1,),)),),
        ),
    ),
    Case(
        "a_table_without_rowid",
        "CREATE TABLE t (b TEXT, a INTEGER, n REAL, PRIMARY KEY (a, b)) WITHOUT ROWID;"
        "INSERT INTO t VALUES ('z', 1, 1.5), ('a', 2, NULL), ('', 1, 2.5), ('x', -1, 0.5)",
        one_table(
            {"b": "text", "a": "bigint", "n": "double precision"},
            [("z", 1, 1.5), ("a", 2, None), ("", 1, 2.5), ("x", -1, 0.5)],
            rules=(
                Refuses("INSERT INTO t VALUES ('z', 1, 0)", "23505"),
                Gives(
                    "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'p'"
                    " AND conrelid = 't'::regclass",
                    (("PRIMARY KEY (a, b)",),),
                ),
            ),
        ),
    ),
    Case(
        "a_table_without_rowid_with_bad_rows",
        "CREATE TABLE t (a TEXT, b INTEGER, n INTEGER, PRIMARY KEY (a, b)) WITHOUT ROWID;"
        "INSERT INTO t VALUES ('left', 71, 'x'), ('right', 72, 1)",
        stops(("not_a_number", "t", "n", {"71": "x"})),
    ),
    Case(
        "three_hundred_columns",
        f"CREATE TABLE t ({', '.join(f'{name} INTEGER' for name in MANY)});"
        f"INSERT INTO t VALUES ({', '.join(str(n) for n in range(300))});"
        f"INSERT INTO t (c299) VALUES (7)",
        one_table(dict.fromkeys(MANY, "bigint"), [tuple(range(300)), (*[None] * 299, 7)]),
    ),
    Case(
        "three_hundred_columns_of_text",
        f"CREATE TABLE t ({', '.join(f'{name} TEXT' for name in MANY)});"
        f"INSERT INTO t VALUES ({', '.join(repr(name) for name in MANY)})",
        one_table(dict.fromkeys(MANY, "text"), [tuple(MANY)]),
    ),
    Case(
        "more_columns_than_postgres_has",
        f"CREATE TABLE t ({', '.join(f'c{number} INTEGER' for number in range(1700))})",
        stops(("", "t", None)),
    ),
    Case(
        "counter_beyond_the_largest_id",  # AUTOINCREMENT never gives a number twice
        "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, s TEXT);"
        "INSERT INTO t VALUES (1, 'a'), (100, 'b'); DELETE FROM t WHERE id = 100;"
        "CREATE TABLE e (id INTEGER PRIMARY KEY AUTOINCREMENT); INSERT INTO e VALUES (41);"
        "DELETE FROM e",
        Moved(
            {
                "t": Rows({"id": "bigint", "s": "text"}, [(1, "a")]),
                "e": Rows({"id": "bigint"}, []),
            },
            rules=(
                Gives("INSERT INTO t (s) VALUES ('c') RETURNING id", ((101,),)),
                Gives("INSERT INTO e DEFAULT VALUES RETURNING id", ((42,),)),
            ),
        ),
    ),
    Case(
        "a_key_without_the_counter",
        "CREATE TABLE t (id INT PRIMARY KEY, s TEXT); INSERT INTO t VALUES (5, 'a')",
        one_table(
            {"id": "bigint", "s": "text"},
            [(5, "a")],
            rules=(
                Refuses("INSERT INTO t (s) VALUES ('b')", "23502"),
                Refuses("INSERT INTO t VALUES (5, 'b')", "23505"),
            ),
        ),
    ),
    Case(
        "integer_primary_key_desc",  # no rowid, by a slip kept for old files
        "CREATE TABLE t (id INTEGER PRIMARY KEY DESC, s TEXT);"
        "INSERT INTO t VALUES (1, 'a'), (NULL, 'b')",
        stops(("null_in_key", "t", None)),
    ),
    Case(
        "null_in_a_text_key",
        "CREATE TABLE t (code TEXT PRIMARY KEY, s TEXT); INSERT INTO t VALUES ('x', 'a'),"
        "(NULL, 'b'), (NULL, 'c')",
        stops(("null_in_key", "t", None)),
    ),
    Case(
        "null_in_a_composite_key",
        "CREATE TABLE t (a TEXT, b INTEGER, PRIMARY KEY (a, b)); INSERT INTO t VALUES ('x', 1),"
        "('x', NULL), ('x', NULL)",
        stops(("null_in_key", "t", None)),
    ),
    Case(
        "empty_text_is_not_null",
        f"CREATE TABLE t ({ID}, s TEXT NOT NULL, v VARCHAR(3) NOT NULL, k TEXT UNIQUE);"
        "INSERT INTO t VALUES (1, '', '', ''), (2, ' ', ' ', NULL), (3, '', '', NULL)",
        one_table(
            {"id": "bigint", "s": "text", "v": "character varying(3)", "k": "text"},
            [(1, "", "", ""), (2, " ", " ", None), (3, "", "", None)],
            rules=(
                Refuses("INSERT INTO t (v) VALUES ('')", "23502"),
                Refuses("INSERT INTO t (s, v, k) VALUES ('', '', '')", "23505"),
            ),
        ),
    ),
    Case(
        "null_made_in_a_required_column",  # by the user's own decision
        f"CREATE TABLE t ({ID}, s TEXT NOT NULL); INSERT INTO t VALUES (1, 'a'), (2, '-')",
        stops(("null_not_allowed", "t", "s", {"2": ""})),
        mapping={"tables": {"t": {"columns": {"s": {"null_for": ["-"]}}}}},
    ),
    Case(
        "views_triggers_and_full_text",
        f"CREATE TABLE t ({ID}, s TEXT); INSERT INTO t VALUES (1, 'a');"
        "CREATE VIEW overview AS SELECT s FROM t;"
        "CREATE TRIGGER watcher AFTER INSERT ON t BEGIN SELECT 1; END;"
        "CREATE VIRTUAL TABLE finder USING fts5(body); INSERT INTO finder VALUES ('hello');"
        "CREATE TABLE u (id INTEGER PRIMARY KEY AUTOINCREMENT); ANALYZE",
        Moved(
            {
                "t": Rows({"id": "bigint", "s": "text"}, [(1, "a")]),
                "u": Rows({"id": "bigint"}, []),
            },
            told=("overview", "watcher", "finder"),
        ),
    ),
    Case(
        "a_virtual_table_of_an_unknown_module",
        with_an_unknown_module,
        one_table({"id": "bigint"}, [(1,)], told=("places",)),
    ),
    Case(
        "a_view_that_no_longer_works",
        f"CREATE TABLE gone (x); CREATE TABLE t ({ID}); INSERT INTO t VALUES (1);"
        "CREATE VIEW broken AS SELECT x FROM gone; DROP TABLE gone",
        one_table({"id": "bigint"}, [(1,)], told=("broken",)),
    ),
    Case(
        "a_collation_of_the_application",  # SQLite cannot even sort by it without the application
        with_an_unknown_collation,
        one_table({"id": "bigint", "s": "text"}, [(1, "b"), (2, "a")], told=("danish",)),
    ),
    Case(
        "a_function_of_the_application",
        with_an_unknown_function,
        one_table({"id": "bigint", "s": "text"}, [(1, "bb"), (2, "aa")], told=("shorten",)),
    ),
    Case(
        "a_generated_column",
        f"CREATE TABLE t ({ID}, price DECIMAL(10,2), n INTEGER,"
        " total DECIMAL(12,2) GENERATED ALWAYS AS (price * n) STORED,"
        " name TEXT, loud TEXT AS (name || '!') VIRTUAL);"
        "INSERT INTO t (id, price, n, name) VALUES (1, 2.5, 3, 'a'), (2, NULL, 1, NULL)",
        one_table(
            {
                "id": "bigint",
                "price": "numeric(10,2)",
                "n": "bigint",
                "total": None,
                "name": "text",
                "loud": "text",
            },
            [
                (1, Decimal("2.5"), 3, Decimal("7.5"), "a", "a!"),
                (2, None, 1, None, None, None),
            ],
        ),
    ),
    Case(
        "a_generated_column_that_postgres_rounds",  # CAST cuts in SQLite and rounds in PostgreSQL
        f"CREATE TABLE t ({ID}, price REAL,"
        " cents INTEGER AS (CAST(price * 100 AS INTEGER)) STORED);"
        "INSERT INTO t (id, price) VALUES (1, 0.999), (2, -0.999), (3, 1)",
        one_table(
            {"id": "bigint", "price": "double precision", "cents": "bigint"},
            [(1, 0.999, 99), (2, -0.999, -99), (3, 1.0, 100)],
        ),
    ),
    Case(
        "a_generated_column_beyond_postgres",
        f"CREATE TABLE t ({ID}, at TEXT, year TEXT AS (strftime('%Y', at)) VIRTUAL);"
        "INSERT INTO t (id, at) VALUES (1, '2024-01-05'), (2, NULL)",
        one_table(
            {"id": "bigint", "at": "text", "year": "text"},
            [(1, "2024-01-05", "2024"), (2, None, None)],
        ),
    ),
    Case(
        "defaults",
        f"CREATE TABLE t ({ID}, n INTEGER DEFAULT 5, m INTEGER DEFAULT -1, s TEXT DEFAULT 'it''s',"
        " b BOOLEAN DEFAULT 0, c BOOLEAN DEFAULT TRUE, r REAL DEFAULT 1e2,"
        " e INTEGER DEFAULT (1 + 2), p DECIMAL(5,2) DEFAULT '1.50', d DATE DEFAULT '2024-01-05',"
        " x BLOB DEFAULT x'00ff',"
        " q TEXT DEFAULT \"dq\", z TEXT DEFAULT NULL, t TEXT DEFAULT '');"
        "INSERT INTO t (id) VALUES (1)",
        one_table(
            {
                "id": "bigint",
                "n": "bigint",
                "m": "bigint",
                "s": "text",
                "b": "boolean",
                "c": "boolean",
                "r": "double precision",
                "e": "bigint",
                "p": "numeric(5,2)",
                "x": "bytea",
                "q": "text",
                "z": "text",
                "t": "text",
            },
            [
                (
                    1,
                    5,
                    -1,
                    "it's",
                    False,
                    True,
                    100.0,
                    3,
                    Decimal("1.5"),
                    b"\0\xff",
                    "dq",
                    None,
                    "",
                ),
            ],
            rules=(
                Gives(
                    "INSERT INTO t DEFAULT VALUES RETURNING"
                    " n, m, s, b, c, r, e, p, d::text, x = '\\x00ff', q, z, t",
                    (
                        (
                            5,
                            -1,
                            "it's",
                            False,
                            True,
                            100.0,
                            3,
                            Decimal("1.50"),
                            "2024-01-05",
                            True,
                            "dq",
                            None,
                            "",
                        ),
                    ),
                ),
            ),
        ),
    ),
    Case(
        "the_time_now_as_default",  # in SQLite it is UTC's, in PostgreSQL the session's
        f"CREATE TABLE t ({ID}, at DATETIME DEFAULT CURRENT_TIMESTAMP, d DATE DEFAULT CURRENT_DATE,"
        " s TEXT DEFAULT CURRENT_TIMESTAMP); INSERT INTO t VALUES (1, NULL, NULL, NULL)",
        one_table(
            {
                "id": "bigint",
                "at": "timestamp without time zone",
                "d": "date",
                "s": "text",
            },
            [(1, None, None, None)],
            rules=(
                Gives(
                    "INSERT INTO t DEFAULT VALUES RETURNING"
                    " abs(extract(epoch from at - (now() AT TIME ZONE 'UTC'))) < 60,"
                    " d = (now() AT TIME ZONE 'UTC')::date,"
                    " s IS NULL OR s LIKE"
                    " to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD') || ' __:__:__'",
                    ((True, True, True),),
                ),
            ),
        ),
        target="ALTER DATABASE {database} SET timezone = 'Pacific/Kiritimati'",
    ),
    Case(
        "defaults_that_do_not_fit",
        f"CREATE TABLE t ({ID}, n INTEGER DEFAULT '', d DATE DEFAULT '0000-00-00',"
        " b BOOLEAN DEFAULT 'no', s VARCHAR(2) DEFAULT 'long', r TEXT DEFAULT (hex(randomblob(4))),"
        " j DATE DEFAULT (julianday('now')));"
        "INSERT INTO t VALUES (1, 2, '2024-01-05', 1, 'x', 'y', NULL)",
        one_table(
            {"id": "bigint", "n": "bigint", "b": "boolean", "r": "text"},
            [(1, 2, True, "y")],
            told=("0000-00-00",),
        ),
    ),
]
