"""Text and bytes: what COPY could misread, and what SQLite calls text though it is none."""

from datetime import date

from tests.transfer.nasty.model import Case, Moved, Rows, one_table, stops

ID = "id INTEGER PRIMARY KEY"
ODD = ["\t", "\n", "\r", "\r\n", "\\", "\\N", "\\.", "\b\f\v", "", " ", "a\tb\\n", "'", '"', "\x01"]
ODD += ["\x7f", "\\\\", "x\\", "\\t", "NULL", "null", "{}", "a,b", "%s", ";--", "\\x41"]


def literal(text: str) -> str:
    return "CAST(x'" + text.encode().hex() + "' AS TEXT)"


def values(texts: list[str]) -> str:
    return ", ".join(f"({number}, {literal(text)})" for number, text in enumerate(texts, 1))


UNICODE = [
    "æøå ÆØÅ",
    "😀👩‍👩‍👧",
    "e\u0301 is not é",
    "\ufeffmark",
    "\uffff\ufffe",
    "\u2028",
    "\U0010ffff",
]
UNICODE += ["ß ẞ", "\u00a0", "\u200b", "日本語", "\u0085"]
BIG = "æ€😀x" * 100_000  # 1 MB

CASES = [
    Case(
        "odd_characters",
        f"CREATE TABLE t ({ID}, s TEXT); INSERT INTO t VALUES {values(ODD)}, (99, NULL)",
        one_table({"id": "bigint", "s": "text"}, [*enumerate(ODD, 1), (99, None)]),
    ),
    Case(
        "one_column_with_empty_text",  # renders as an empty line
        "CREATE TABLE t (s TEXT);"
        "INSERT INTO t VALUES (''), (''), (NULL), ('\\.'), ('\\N'), (' '), ('x'), ('\\')",
        one_table(
            {"s": "text"},
            [("",), ("",), (None,), ("\\.",), ("\\N",), (" ",), ("x",), ("\\",)],
        ),
    ),
    Case(
        "one_column_of_bytes",
        "CREATE TABLE t (b BLOB); INSERT INTO t VALUES (x''), (NULL), (x'5c2e'), (x'00')",
        one_table({"b": "bytea"}, [(b"",), (None,), (b"\\.",), (b"\x00",)]),
    ),
    Case(
        "nul_character",
        f"CREATE TABLE t ({ID}, s TEXT);"
        "INSERT INTO t VALUES (1, 'ab'), (2, 'a' || char(0) || 'b'), (3, char(0))",
        stops(("nul_character", "t", "s", {"2": "", "3": ""})),
    ),
    Case(
        "text_that_is_not_utf8",
        f"CREATE TABLE t ({ID}, s TEXT);"
        "INSERT INTO t VALUES (1, 'ab'), (2, CAST(x'ff41' AS TEXT)), (3, CAST(x'61c3' AS TEXT))",
        stops(("invalid_utf8", "t", "s", {"2": "", "3": ""})),
    ),
    Case(
        "text_that_is_nearly_utf8",  # a surrogate, an overlong slash, a character beyond the last
        f"CREATE TABLE t ({ID}, s TEXT);"
        "INSERT INTO t VALUES (1, CAST(x'eda080' AS TEXT)), (2, CAST(x'c0af' AS TEXT)),"
        "(3, CAST(x'f4908080' AS TEXT)), (4, CAST(x'f48fbfbf' AS TEXT))",
        stops(("invalid_utf8", "t", "s", {"1": "", "2": "", "3": ""})),
    ),
    Case(
        "latin1_text",
        f"CREATE TABLE t ({ID}, s VARCHAR(20));"
        "INSERT INTO t VALUES (1, CAST(x'72f864' AS TEXT)), (2, 'rød')",
        stops(("invalid_utf8", "t", "s", {"1": ""})),
    ),
    Case(
        "bytes_in_a_text",
        f"CREATE TABLE t ({ID}, s TEXT); INSERT INTO t VALUES (1, 'a'), (2, x'00ff'), (3, x'61')",
        stops(("blob_in_text", "t", "s", {"2": "", "3": ""})),
    ),
    Case(
        "text_in_bytes",
        f"CREATE TABLE t ({ID}, b BLOB); INSERT INTO t VALUES (1, x'61'), (2, 'abc'), (3, '')",
        stops(("text_in_blob", "t", "b", {"2": "abc", "3": ""})),
    ),
    Case(
        "a_number_in_bytes",
        f"CREATE TABLE t ({ID}, b BLOB); INSERT INTO t VALUES (1, x'61'), (2, 42), (3, 1.5)",
        stops(("", "t", "b", {"2": "42", "3": "1.5"})),
    ),
    Case(
        "bytes_in_a_number",
        f"CREATE TABLE t ({ID}, n INTEGER, r REAL);"
        "INSERT INTO t VALUES (1, 1, 1), (2, x'31', 2), (3, 3, x'')",
        stops(("", "t", "n", {"2": ""}), ("", "t", "r", {"3": ""})),
    ),
    Case(
        "bytes",
        f"CREATE TABLE t ({ID}, b BLOB);"
        "INSERT INTO t VALUES (1, x''), (2, NULL), (3, x'00'), (4, x'5c7841'), (5, x'0a0d095c'),"
        "(6, x'ffd8ffe000104a464946')",
        one_table(
            {"id": "bigint", "b": "bytea"},
            [
                (1, b""),
                (2, None),
                (3, b"\x00"),
                (4, b"\\xA"),
                (5, b"\n\r\t\\"),
                (6, bytes.fromhex("ffd8ffe000104a464946")),
            ],
        ),
        target="ALTER DATABASE {database} SET bytea_output = 'escape'",
    ),
    Case(
        "characters_of_the_world",
        f"CREATE TABLE t ({ID}, s TEXT); INSERT INTO t VALUES {values(UNICODE)}",
        one_table({"id": "bigint", "s": "text"}, list(enumerate(UNICODE, 1))),
    ),
    Case(
        "utf16_database",
        f"PRAGMA encoding = 'UTF-16le'; CREATE TABLE t ({ID}, s TEXT, d DATE, n INTEGER);"
        "INSERT INTO t VALUES (1, 'æ😀', '2024-01-05', 7), (2, '\\', NULL, 8), (3, '', NULL, 9)",
        one_table(
            {"id": "bigint", "s": "text", "d": "date", "n": "bigint"},
            [
                (1, "æ😀", date(2024, 1, 5), 7),
                (2, "\\", None, 8),
                (3, "", None, 9),
            ],
        ),
    ),
    Case(
        "a_megabyte_next_to_tiny_rows",
        f"CREATE TABLE t ({ID}, s TEXT); WITH RECURSIVE n(i) AS"
        " (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)"
        " INSERT INTO t SELECT i, 'tiny ' || i FROM n;"
        f"UPDATE t SET s = '{BIG}' WHERE id IN (2, 1500)",
        one_table(
            {"id": "bigint", "s": "text"},
            [(i, BIG if i in (2, 1500) else f"tiny {i}") for i in range(1, 3001)],
        ),
    ),
    Case(
        "varchar_counts_characters",
        f"CREATE TABLE t ({ID}, s VARCHAR(5), c CHAR(5), n NVARCHAR(5), v character varying (5));"
        "INSERT INTO t VALUES (1, 'æøåæø', 'ab', '😀😀😀😀😀', 'x'), (2, '', '', '', '')",
        one_table(
            {"id": "bigint", **dict.fromkeys("scnv", "character varying(5)")},
            [(1, "æøåæø", "ab", "😀😀😀😀😀", "x"), (2, "", "", "", "")],
        ),
    ),
    Case(
        "varchar_too_long",
        f"CREATE TABLE t ({ID}, s VARCHAR(5)); INSERT INTO t VALUES (1, 'Andersen'), (2, 'x')",
        one_table({"id": "bigint", "s": "text"}, [(1, "Andersen"), (2, "x")]),
    ),
    Case(
        "varchar_too_long_by_spaces",  # PostgreSQL would cut them off without a word
        f"CREATE TABLE t ({ID}, s VARCHAR(3)); INSERT INTO t VALUES (1, 'ab   '), (2, 'x')",
        one_table({"id": "bigint", "s": "text"}, [(1, "ab   "), (2, "x")]),
    ),
    Case(
        "spaces_that_tell_keys_apart",
        "CREATE TABLE t (code CHAR(5) PRIMARY KEY);INSERT INTO t VALUES ('a'), ('a '), (''), (' ')",
        one_table({"code": "character varying(5)"}, [("a",), ("a ",), ("",), (" ",)]),
    ),
    Case(
        "numbers_as_text",
        f"CREATE TABLE t ({ID}, zip VARCHAR(10), phone TEXT);"
        "INSERT INTO t VALUES (1, '0800', '+45 12'), (2, 0800, 12345678), (3, '1e5', 1.0)",
        one_table(
            {"id": "bigint", "zip": "character varying(10)", "phone": "text"},
            [(1, "0800", "+45 12"), (2, "800", "12345678"), (3, "1e5", "1.0")],
        ),
    ),
    Case(
        "uuids",
        f"CREATE TABLE t ({ID}, u UUID);"
        "INSERT INTO t VALUES (1, '123e4567-e89b-12d3-a456-426614174000'), (2, NULL)",
        one_table(
            {"id": "bigint", "u": "uuid"}, [(1, "123e4567-e89b-12d3-a456-426614174000"), (2, None)]
        ),
    ),
    Case(
        "uuids_that_would_change",
        f"CREATE TABLE t ({ID}, u UUID);"
        "INSERT INTO t VALUES (1, '123E4567-E89B-12D3-A456-426614174000'),"
        "(2, '123e4567-e89b-12d3-a456-426614174000'), (3, '{{123e4567e89b12d3a456426614174000}}')",
        stops(("not_a_uuid", "t", "u", {"1": "123E4567", "3": ""})),
    ),
    Case(
        "json",  # as it was written: jsonb would sort the keys and drop one
        f"""CREATE TABLE t ({ID}, j JSON);
        INSERT INTO t VALUES (1, '{{"b": 1,  "a": 2, "a": 3}}'),
        (2, '[1.10, "æ\\n"]'), (3, NULL)""",
        one_table(
            {"id": "bigint", "j": "json"},
            [(1, '{"b": 1,  "a": 2, "a": 3}'), (2, '[1.10, "æ\\n"]'), (3, None)],
        ),
    ),
    Case(
        "json_that_is_none",  # the second has a line break within a string
        f"""CREATE TABLE t ({ID}, j JSON); INSERT INTO t VALUES (1, '{{a: 1}}'),
        (2, '{{"a": "x' || char(10) || 'y"}}'), (3, ''), (4, '{{"a": 1}}')""",
        stops(("not_json", "t", "j", {"1": "a: 1", "2": "", "3": ""})),
    ),
    Case(
        "odd_type_names",
        f"CREATE TABLE t ({ID}, a VARCHAR ( 9 ), b TINYTEXT, c NATIVE CHARACTER(9),"
        " d \"my type\", e 'quoted', f LONGBLOB, g ENUM, h timestamp with time zone,"
        " i double precision, j [bracket])",
        one_table(
            {
                "id": "bigint",
                "a": "character varying(9)",
                "b": "text",
                "c": "character varying(9)",
                "d": None,
                "e": None,
                "f": "bytea",
                "g": None,
                "h": None,
                "i": "double precision",
                "j": None,
            },
            [],
        ),
    ),
    Case(
        "a_column_added_later",  # the old rows do not hold its value; SQLite fills it in
        f"CREATE TABLE t ({ID}); INSERT INTO t VALUES (1), (2);"
        "ALTER TABLE t ADD COLUMN s TEXT NOT NULL DEFAULT 'old'; INSERT INTO t VALUES (3, 'new')",
        one_table({"id": "bigint", "s": "text"}, [(1, "old"), (2, "old"), (3, "new")]),
    ),
    Case(
        "rows_that_are_alike",
        "CREATE TABLE t (a TEXT, n INTEGER); INSERT INTO t VALUES ('x', 1), ('x', 1), ('x', 1),"
        "(NULL, NULL), (NULL, NULL)",
        one_table(
            {"a": "text", "n": "bigint"},
            [("x", 1), ("x", 1), ("x", 1), (None, None), (None, None)],
        ),
    ),
    Case(
        "two_tables_of_which_one_is_bad",  # nothing of the good one may stay either
        f"CREATE TABLE good ({ID}); INSERT INTO good VALUES (1);"
        f"CREATE TABLE bad ({ID}, n INTEGER); INSERT INTO bad VALUES (1, 'x')",
        stops(("not_a_number", "bad", "n", {"1": "x"})),
    ),
    Case(
        "all_kinds_of_problems_at_once",
        f"CREATE TABLE a ({ID}, n INTEGER, d DATE, b BOOLEAN, s TEXT); INSERT INTO a VALUES"
        "(1, 'x', '', 2, x'00'), (2, 'y', 'today', 1, 'ok'), (3, 1, '2024-01-05', 0, 'ok');"
        f"CREATE TABLE c ({ID}, a_id INTEGER REFERENCES a); INSERT INTO c VALUES (1, 3), (2, 77)",
        stops(
            ("not_a_number", "a", "n", {"1": "x", "2": "y"}),
            ("not_a_date", "a", "d", {"1": "", "2": "today"}),
            ("not_a_boolean", "a", "b", {"1": "2"}),
            ("blob_in_text", "a", "s", {"1": ""}),
            ("broken_foreign_key", "c", None, {"2": "77"}),
        ),
    ),
    Case(
        "many_rows_with_a_problem",  # the count is right though only a few are shown
        f"CREATE TABLE t ({ID}, n INTEGER); WITH RECURSIVE n(i) AS"
        " (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)"
        " INSERT INTO t SELECT i, CASE WHEN i % 7 = 0 THEN 'x' || i ELSE i END FROM n",
        stops(("not_a_number", "t", "n", dict.fromkeys(range(7, 5001, 7), ""))),
    ),
    Case(
        "skipped_column_and_table",
        f"CREATE TABLE t ({ID}, secret TEXT, n INTEGER); INSERT INTO t VALUES (1, x'00', 2);"
        "CREATE TABLE scratch (x INTEGER); INSERT INTO scratch VALUES ('bad')",
        Moved({"things": Rows({"id": "bigint", "number": "bigint"}, [(1, 2)])}),
        mapping={
            "tables": {
                "t": {
                    "name": "things",
                    "columns": {"secret": {"skip": True}, "n": {"name": "number"}},
                },
                "scratch": {"skip": True},
            }
        },
    ),
]
