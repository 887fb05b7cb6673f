"""Numbers: what INTEGER, REAL, DECIMAL and no type at all may hold in SQLite."""

from decimal import Decimal

from tests.transfer.nasty.model import Case, Gives, one_table, stops

ID = "id INTEGER PRIMARY KEY"

CASES = [
    Case(
        "letters_in_an_integer",
        f"CREATE TABLE t ({ID}, n INTEGER); INSERT INTO t VALUES (1, 5), (2, 'abc'), (7, '12abc')",
        stops(("not_a_number", "t", "n", {"2": "abc", "7": "12abc"})),
    ),
    Case(
        "empty_text_in_an_integer",
        f"CREATE TABLE t ({ID}, n INTEGER); INSERT INTO t VALUES (1, 5), (2, ''), (3, NULL)",
        stops(("not_a_number", "t", "n", {"2": ""})),
    ),
    Case(
        "underscore_in_an_integer",  # PostgreSQL 16 and later reads 1_000 and 0x1F as numbers
        f"CREATE TABLE t ({ID}, n INTEGER); INSERT INTO t VALUES (1, '1_000'), (2, '0x1F'), (3, 7)",
        stops(("not_a_number", "t", "n", {"1": "1_000", "2": "0x1F"})),
    ),
    Case(
        "infinity_as_text_in_a_real",  # PostgreSQL's parser would take the word
        f"CREATE TABLE t ({ID}, n REAL); INSERT INTO t VALUES (1, 'Infinity'), (2, 'NaN'), (3, 2)",
        stops(("not_a_number", "t", "n", {"1": "Infinity", "2": "NaN"})),
    ),
    Case(
        "comma_in_a_decimal",
        f"CREATE TABLE t ({ID}, p DECIMAL(10,2)); INSERT INTO t VALUES (1, 9.5), (2, '12,50')",
        stops(("not_a_number", "t", "p", {"2": "12,50"})),
    ),
    Case(
        "fraction_in_an_integer",
        f"CREATE TABLE t ({ID}, n INTEGER); INSERT INTO t VALUES (1, 1.5), (2, 2.0), (3, '3.0')",
        stops(("not_an_integer", "t", "n", {"1": "1.5"})),
    ),
    Case(
        "integer_over_63_bits",  # SQLite has made a double of it, and digits are lost already there
        f"CREATE TABLE t ({ID}, n INTEGER);"
        "INSERT INTO t VALUES (1, 9223372036854775808), (2, 9223372036854775807)",
        stops(("not_an_integer|out_of_range", "t", "n", {"1": "9.223372036854"})),
    ),
    Case(
        "smallest_and_largest_integer",
        f"CREATE TABLE t ({ID}, n BIGINT);"
        "INSERT INTO t VALUES (1, -9223372036854775808), (2, 9223372036854775807), (3, 0),"
        "(4, 9007199254740993), (5, -1)",
        one_table(
            {"id": "bigint", "n": "bigint"},
            [(1, -(2**63)), (2, 2**63 - 1), (3, 0), (4, 2**53 + 1), (5, -1)],
        ),
    ),
    Case(
        "every_word_for_integer",
        "CREATE TABLE t (a MEDIUMINT, b TINYINT, c UNSIGNED BIG INT, d INT8, e INT UNSIGNED,"
        "f int, g INT2); INSERT INTO t VALUES (1, 2, 3000000000, 4, 5, 6, 70000)",
        one_table(dict.fromkeys("abcdefg", "bigint"), [(1, 2, 3000000000, 4, 5, 6, 70000)]),
    ),
    Case(
        "exact_doubles",
        f"CREATE TABLE t ({ID}, r REAL); INSERT INTO t VALUES (1, 0.1 + 0.2), (2, 1e300),"
        "(3, 5e-324), (4, 1.7976931348623157e308), (5, -2.5), (6, 100.0), (7, 1.0/3), (8, NULL),"
        "(9, 123456789012345680000.0), (10, 2.2250738585072014e-308)",
        one_table(
            {"id": "bigint", "r": "double precision"},
            [
                (1, 0.1 + 0.2),
                (2, 1e300),
                (3, 5e-324),
                (4, 1.7976931348623157e308),
                (5, -2.5),
                (6, 100.0),
                (7, 1 / 3),
                (8, None),
                (9, 123456789012345680000.0),
                (10, 2.2250738585072014e-308),
            ],
        ),
    ),
    Case(
        "infinite_doubles",  # SQLite makes NULL of NaN and 0.0 of -0.0 when it stores them
        f"CREATE TABLE t ({ID}, r DOUBLE); INSERT INTO t VALUES (1, 9e999), (2, -9e999),"
        "(3, 9e999 - 9e999), (4, -0.0)",
        one_table(
            {"id": "bigint", "r": "double precision"},
            [(1, float("inf")), (2, float("-inf")), (3, None), (4, 0.0)],
        ),
    ),
    Case(
        "integers_in_a_real",
        f"CREATE TABLE t ({ID}, r REAL, f FLOAT, d DOUBLE PRECISION);"
        "INSERT INTO t VALUES (1, 7, 9007199254740993, '2'), (2, -1, 0, '2.50')",
        one_table(
            {
                "id": "bigint",
                "r": "double precision",
                "f": "double precision",
                "d": "double precision",
            },
            [(1, 7.0, 9007199254740992.0, 2.0), (2, -1.0, 0.0, 2.5)],
        ),
    ),
    Case(
        "decimals_that_fit",
        f"CREATE TABLE t ({ID}, p DECIMAL(10, 2), q NUMERIC(5));"
        "INSERT INTO t VALUES (1, 19.99, 99999), (2, 5, -7), (3, 0.1, 0), (4, 99999999.99, NULL),"
        "(5, '1.10', 1)",
        one_table(
            {"id": "bigint", "p": "numeric(10,2)", "q": "numeric(5,0)"},
            [
                (1, Decimal("19.99"), Decimal(99999)),
                (2, Decimal(5), Decimal(-7)),
                (3, Decimal("0.1"), Decimal(0)),
                (4, Decimal("99999999.99"), None),
                (5, Decimal("1.1"), Decimal(1)),
            ],
        ),
    ),
    Case(
        "decimals_too_precise",  # numeric(10,2) would round them in silence
        f"CREATE TABLE t ({ID}, p DECIMAL(10,2)); INSERT INTO t VALUES (1, 1.005), (2, 0.1 + 0.2)",
        one_table(
            {"id": "bigint", "p": "numeric"},
            [(1, Decimal("1.005")), (2, Decimal("0.30000000000000004"))],
        ),
    ),
    Case(
        "decimals_too_large",
        f"CREATE TABLE t ({ID}, p DECIMAL(5,2)); INSERT INTO t VALUES (1, 1234.5), (2, 1e300)",
        one_table(
            {"id": "bigint", "p": "numeric"}, [(1, Decimal("1234.5")), (2, Decimal("1e300"))]
        ),
    ),
    Case(
        "a_large_decimal_beside_an_empty_text",  # only the text is a problem: numeric holds 10000
        f"CREATE TABLE t ({ID}, p DECIMAL(5,2), s VARCHAR(2));"
        "INSERT INTO t VALUES (1, 10000, 'long'), (2, '', x'00'), (3, 1.005, 'x')",
        stops(("not_a_number", "t", "p", {"2": ""}), ("blob_in_text", "t", "s", {"2": ""})),
    ),
    Case(
        "infinity_in_a_decimal",
        f"CREATE TABLE t ({ID}, p DECIMAL(5,2)); INSERT INTO t VALUES (1, 9e999), (2, 1)",
        (
            one_table(
                {"id": "bigint", "p": "numeric"}, [(1, Decimal("Infinity")), (2, Decimal(1))]
            ),
            stops(("", "t", "p", {"1": ""})),
        ),
    ),
    Case(
        "scales_that_postgres_does_not_know",
        f"CREATE TABLE t ({ID}, p DECIMAL(2000,2), q VARCHAR(99999999), r DECIMAL, s VARCHAR);"
        "INSERT INTO t VALUES (1, 1.5, 'x', 2, 'y')",
        one_table(
            {
                "id": "bigint",
                "p": "numeric",
                "q": "text",
                "r": "numeric",
                "s": None,
            },
            [(1, Decimal("1.5"), "x", Decimal(2), "y")],
        ),
    ),
    Case(
        "untyped_integers",
        "CREATE TABLE t (a, b, c, d); INSERT INTO t VALUES (1, 1.5, 'x', x'01'), (2, 2.0, '', x'')",
        one_table(
            {"a": "bigint", "b": "double precision", "c": "text", "d": "bytea"},
            [(1, 1.5, "x", b"\x01"), (2, 2.0, "", b"")],
        ),
    ),
    Case(
        "untyped_integers_and_fractions",  # a double would lose the last digit of 2**53 + 1
        "CREATE TABLE t (a); INSERT INTO t VALUES (1), (2.5), (9007199254740993)",
        one_table({"a": "numeric"}, [(Decimal(1),), (Decimal("2.5"),), (Decimal(2**53 + 1),)]),
    ),
    Case(
        "untyped_numbers_and_text",
        f"CREATE TABLE t ({ID}, a); INSERT INTO t VALUES (1, 1), (2, 'x'), (3, NULL)",
        stops(("mixed_classes", "t", "a")),
    ),
    Case(
        "untyped_numbers_and_text_as_digits",
        f"CREATE TABLE t ({ID}, a);"
        "INSERT INTO t VALUES (1, 1), (2, 'x'), (3, NULL), (4, ''), (5, 0.1), (6, -5)",
        one_table(
            {"id": "bigint", "a": "text"},
            [(1, "1"), (2, "x"), (3, None), (4, ""), (5, "0.1"), (6, "-5")],
        ),
        mapping={"tables": {"t": {"columns": {"a": {"type": "text", "convert": "digits"}}}}},
    ),
    Case(
        "the_type_string",  # has NUMERIC affinity: SQLite itself lost the zeros of '007'
        f"CREATE TABLE t ({ID}, code STRING); INSERT INTO t VALUES (1, '007'), (2, '42')",
        (
            one_table({"id": "bigint", "code": "bigint"}, [(1, 7), (2, 42)]),
            stops(("mixed_classes", "t", "code")),  # whoever wrote STRING meant text
        ),
    ),
    Case(
        "the_type_floating_point",  # has INTEGER affinity, because of the INT in POINT
        f"CREATE TABLE t ({ID}, x FLOATING POINT); INSERT INTO t VALUES (1, 1.5), (2, 0.25)",
        (
            one_table({"id": "bigint", "x": "double precision"}, [(1, 1.5), (2, 0.25)]),
            stops(("not_an_integer", "t", "x", {"1": "1.5", "2": "0.25"})),
        ),
    ),
    Case(
        "a_strict_table",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, i INT, r REAL, s TEXT, b BLOB) STRICT;"
        "INSERT INTO t VALUES (1, 2, 3, '4', x'05')",
        one_table(
            {"id": "bigint", "i": "bigint", "r": "double precision", "s": "text", "b": "bytea"},
            [(1, 2, 3.0, "4", b"\x05")],
        ),
    ),
    Case(
        "any_in_a_strict_table",
        f"CREATE TABLE t ({ID}, a ANY) STRICT; INSERT INTO t VALUES (1, 1), (2, '1'), (3, x'31')",
        stops(("mixed_classes", "t", "a"), ("blob_in_text", "t", "a", {"3": ""})),
    ),
    Case(
        "largest_rowid",  # there is no next id: the transfer must not fail on counting further
        f"CREATE TABLE t ({ID}, a TEXT); INSERT INTO t VALUES (9223372036854775807, 'last')",
        one_table({"id": "bigint", "a": "text"}, [(2**63 - 1, "last")]),
    ),
    Case(
        "negative_rowids_and_gaps",
        f"CREATE TABLE t ({ID}, a TEXT);"
        "INSERT INTO t VALUES (-9223372036854775808, 'first'), (-5, 'b'), (0, 'c'), (3, 'd'),"
        "(4000000000, 'e'), (4000000001, 'f'), (1000000000000, 'g')",
        one_table(
            {"id": "bigint", "a": "text"},
            [
                (-(2**63), "first"),
                (-5, "b"),
                (0, "c"),
                (3, "d"),
                (4000000000, "e"),
                (4000000001, "f"),
                (1000000000000, "g"),
            ],
            rules=(Gives("INSERT INTO t (a) VALUES ('new') RETURNING id", ((1000000000001,),)),),
        ),
    ),
    Case(
        "only_negative_rowids",
        f"CREATE TABLE t ({ID}, a TEXT); INSERT INTO t VALUES (-9, 'x'), (-2, 'y')",
        one_table(
            {"id": "bigint", "a": "text"},
            [(-9, "x"), (-2, "y")],
            # SQLite would give -1; PostgreSQL may give any that is free.
            rules=(Gives("INSERT INTO t (a) VALUES ('new') RETURNING id > -2", ((True,),)),),
        ),
    ),
]
