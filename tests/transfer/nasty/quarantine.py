"""Rows set aside, with all that depended on them; and every other row moved, once."""

from datetime import date

from tests.transfer.nasty.model import Case, Gives, Moved, Refused, Rows, one_table, stops

ID = "id INTEGER PRIMARY KEY"
FAMILY = ("p", "c", "d", "e")


def family() -> str:
    """Four generations; each row of a younger one has one parent in the older."""
    script = f"CREATE TABLE p ({ID}, n INTEGER); INSERT INTO p VALUES (1, 'bad'), (2, 5);"
    for parent, child in zip(FAMILY, FAMILY[1:], strict=False):
        script += f"CREATE TABLE {child} ({ID}, up INTEGER REFERENCES {parent});"
        script += f"INSERT INTO {child} VALUES (1, 1), (2, 2), (3, NULL), (4, 1);"
    return script


def case(name: str, source: str, outcome, **keywords) -> Case:
    return Case(name, source, outcome, quarantine=True, **keywords)


YOUNGER = Rows({"id": "bigint", "up": "bigint"}, [(2, 2), (3, None)])

CASES = [
    case(
        "one_bad_row_aside",
        f"CREATE TABLE t ({ID}, d DATE, b BLOB, r REAL, s TEXT); INSERT INTO t VALUES"
        "(1, '31/01/2024', x'00ff', 0.1, 'it''s'), (2, '2024-01-31', NULL, 1e300, '')",
        one_table(
            {"id": "bigint", "d": "date", "b": "bytea", "r": "double precision", "s": "text"},
            [(2, date(2024, 1, 31), None, 1e300, "")],
            aside=(("t", "1"),),
            rules=(Gives("INSERT INTO t (s) VALUES ('x') RETURNING id > 2", ((True,),)),),
        ),
    ),
    case(
        "three_generations_aside",
        # Row 4 of a younger table hangs on row 1 of the older, which is aside from the first on.
        family(),
        Moved(
            {"p": Rows({"id": "bigint", "n": "bigint"}, [(2, 5)]), **dict.fromkeys("cde", YOUNGER)},
            aside=(
                ("p", "1"),
                *[(table, key) for table in "cde" for key in ("1", "4")],
            ),
        ),
    ),
    case(
        "a_whole_branch_of_a_tree_aside",
        f"CREATE TABLE t ({ID}, up INTEGER REFERENCES t, n INTEGER); INSERT INTO t VALUES"
        "(1, NULL, 0), (2, 1, 'bad'), (3, 2, 0), (4, 3, 0), (5, 1, 0), (6, 5, 0), (7, 4, 0)",
        one_table(
            {"id": "bigint", "up": "bigint", "n": "bigint"},
            [(1, None, 0), (5, 1, 0), (6, 5, 0)],
            aside=(("t", "2"), ("t", "3"), ("t", "4"), ("t", "7")),
        ),
    ),
    case(
        "a_circle_aside",
        f"CREATE TABLE a ({ID}, b_id INTEGER REFERENCES b, n INTEGER);"
        f"CREATE TABLE b ({ID}, a_id INTEGER REFERENCES a);"
        "INSERT INTO a VALUES (1, 1, 'bad'), (2, 2, 0), (3, 1, 0);"
        "INSERT INTO b VALUES (1, 3), (2, 2), (3, 1)",
        Moved(
            # a1 is bad; b3 hangs on a1. b1 hangs on a3, a3 on b1: those two may stay.
            {
                "a": Rows(
                    {"id": "bigint", "b_id": "bigint", "n": "bigint"}, [(2, 2, 0), (3, 1, 0)]
                ),
                "b": Rows({"id": "bigint", "a_id": "bigint"}, [(1, 3), (2, 2)]),
            },
            aside=(("a", "1"), ("b", "3")),
        ),
    ),
    case(
        "orphans_aside",
        f"CREATE TABLE p ({ID}); INSERT INTO p VALUES (1);"
        f"CREATE TABLE c ({ID}, p_id INTEGER REFERENCES p); INSERT INTO c VALUES (1, 1), (2, 9);"
        f"CREATE TABLE d ({ID}, c_id INTEGER REFERENCES c); INSERT INTO d VALUES (1, 1), (2, 2)",
        Moved(
            {
                "p": Rows({"id": "bigint"}, [(1,)]),
                "c": Rows({"id": "bigint", "p_id": "bigint"}, [(1, 1)]),
                "d": Rows({"id": "bigint", "c_id": "bigint"}, [(1, 1)]),
            },
            aside=(("c", "2"), ("d", "2")),
        ),
    ),
    case(
        "composite_dependants_aside",
        "CREATE TABLE p (a INTEGER, b TEXT, n INTEGER, PRIMARY KEY (a, b)) WITHOUT ROWID;"
        "INSERT INTO p VALUES (61, 'x', 'bad'), (62, 'x', 1);"
        f"CREATE TABLE c ({ID}, pa INTEGER, pb TEXT, FOREIGN KEY (pa, pb) REFERENCES p);"
        "INSERT INTO c VALUES (1, 61, 'x'), (2, 62, 'x'), (3, 61, NULL)",
        Moved(
            {
                "p": Rows({"a": "bigint", "b": "text", "n": "bigint"}, [(62, "x", 1)]),
                "c": Rows(
                    {"id": "bigint", "pa": "bigint", "pb": "text"}, [(2, 62, "x"), (3, 61, None)]
                ),
            },
            aside=(("p", "61"), ("c", "1")),
        ),
    ),
    case(
        "bytes_that_json_cannot_hold_aside",
        f"CREATE TABLE t ({ID}, s TEXT, r REAL); INSERT INTO t VALUES"
        "(1, CAST(x'610062' AS TEXT), 9e999), (2, CAST(x'ff' AS TEXT), -9e999), (3, x'00', 5e-324),"
        "(4, 'a''\\\"', 0.1)",
        one_table(
            {"id": "bigint", "s": "text", "r": "double precision"},
            [(4, "a'\\\"", 0.1)],
            aside=(("t", "1"), ("t", "2"), ("t", "3")),
        ),
    ),
    case(
        "a_row_with_two_faults_aside",
        f"CREATE TABLE t ({ID}, n INTEGER, d DATE);INSERT INTO t VALUES (1, 'x', ''), (2, 1, NULL)",
        one_table(
            {"id": "bigint", "n": "bigint", "d": "date"},
            [(2, 1, None)],
            aside=(("t", "1"),),
            rules=(Gives("SELECT cardinality(reasons) FROM transfer_quarantine", ((2,),)),),
        ),
    ),
    case(
        "twins_aside",  # no key tells them apart, and both must be kept
        "CREATE TABLE t (s TEXT, n INTEGER); INSERT INTO t VALUES ('a', 'x'), ('a', 'x'), ('a', 1),"
        "('a', 1)",
        one_table({"s": "text", "n": "bigint"}, [("a", 1), ("a", 1)], aside=(("t", ""), ("t", ""))),
    ),
    case(
        "a_fault_that_no_row_has",
        f"CREATE TABLE t ({ID}, n INTEGER, g INTEGER REFERENCES gone); INSERT INTO t (id, n) VALUES"
        "(1, 'x'), (2, 1)",
        stops(("not_a_number", "t", "n", {"1": "x"}), ("impossible_foreign_key", "t", None)),
    ),
    case(
        "nothing_to_set_aside",
        f"CREATE TABLE t ({ID}, n INTEGER); INSERT INTO t VALUES (1, 5)",
        one_table({"id": "bigint", "n": "bigint"}, [(1, 5)]),
    ),
    case(
        "all_rows_aside",
        f"CREATE TABLE t ({ID}, n INTEGER); INSERT INTO t VALUES (1, 'x'), (2, 'y')",
        one_table({"id": "bigint", "n": "bigint"}, [], aside=(("t", "1"), ("t", "2"))),
    ),
    case(
        "too_long_rows_aside",
        f"CREATE TABLE t ({ID}, s TEXT); INSERT INTO t VALUES (1, 'abc'), (2, 'abcd'), (3, 'x');"
        f"CREATE TABLE c ({ID}, t_id INTEGER); INSERT INTO c VALUES (1, 1), (2, 2)",
        Moved(
            {
                "t": Rows({"id": "bigint", "s": "character varying(3)"}, [(1, "abc"), (3, "x")]),
                "c": Rows({"id": "bigint", "t_id": "bigint"}, [(1, 1)]),
            },
            aside=(("t", "2"), ("c", "2")),
        ),
        target="CREATE TABLE t (id bigint PRIMARY KEY, s varchar(3));"
        "CREATE TABLE c (id bigint PRIMARY KEY, t_id bigint REFERENCES t)",
        existing=True,
    ),
    case(
        "bad_values_in_a_key_aside",
        "CREATE TABLE p (code TEXT PRIMARY KEY); INSERT INTO p VALUES ('a'), (x'62'), (NULL);"
        f"CREATE TABLE c ({ID}, code TEXT REFERENCES p);"
        "INSERT INTO c VALUES (1, 'a'), (2, x'62'), (3, NULL)",
        Moved(
            {
                "p": Rows({"code": "text"}, [("a",)]),
                "c": Rows({"id": "bigint", "code": "text"}, [(1, "a"), (3, None)]),
            },
            aside=(("p", ""), ("p", ""), ("c", "2")),
        ),
    ),
    case(
        "keys_that_are_no_text_aside",  # Python could not take them as texts
        "CREATE TABLE t (k TEXT PRIMARY KEY, n INTEGER) WITHOUT ROWID; WITH RECURSIVE n(i) AS"
        " (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE i < 999) INSERT INTO t SELECT"
        " CASE i % 100 WHEN 0 THEN CAST(x'ff' || i AS TEXT) WHEN 1 THEN 'a' || char(0) || i"
        " ELSE 'a' || i END, i FROM n",
        one_table(
            {"k": "text", "n": "bigint"},
            [(f"a{i}", i) for i in range(100, 1000) if i % 100 > 1],
            aside=(("t", ""),) * 18,
        ),
    ),
    case(
        "keys_of_every_class_aside",
        "CREATE TABLE t (k INTEGER PRIMARY KEY, n INTEGER) WITHOUT ROWID; WITH RECURSIVE n(i) AS"
        " (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE i < 999) INSERT INTO t SELECT"
        " CASE i % 100 WHEN 0 THEN 'x' || i WHEN 1 THEN x'ff' WHEN 2 THEN i + 0.5 ELSE i END, i"
        " FROM n WHERE i % 100 <> 1 OR i = 101",
        one_table(
            {"k": "bigint", "n": "bigint"},
            [(i, i) for i in range(100, 1000) if i % 100 > 2],
            aside=(("t", ""),) * 19,
        ),
    ),
    case(
        "rows_that_nobody_can_name",
        "CREATE TABLE t (rowid INTEGER, _rowid_ TEXT, oid TEXT);"
        "INSERT INTO t VALUES ('x', 'a', 'b'), (1, 'c', 'd')",
        (stops(("not_a_number", "t", "rowid")), Refused(("rowid",))),
    ),
    case(
        "twins_by_conversion",  # which of the two should go aside?
        f"CREATE TABLE t ({ID}, at DATETIME UNIQUE);"
        "INSERT INTO t VALUES (1, '2024-01-05 10:00'), (2, '2024-01-05T10:00')",
        (stops(("duplicate_key", "t", None)), Refused(("t",))),
    ),
    case(
        "a_row_against_its_check_aside",
        f"CREATE TABLE t ({ID}, n INTEGER CHECK (n > 0)); PRAGMA ignore_check_constraints = ON;"
        "INSERT INTO t VALUES (1, -1), (2, 1)",
        one_table({"id": "bigint", "n": "bigint"}, [(2, 1)], aside=(("t", "1"),)),
    ),
]
