"""Values that pass a careless check: a line break at the end, a NUL within, digits of elsewhere."""

from tests.transfer.nasty.model import Case, one_table, stops

DAY, MOMENT = "2024-01-05", "2024-01-05 10:00:00"
UUID = "123e4567-e89b-12d3-a456-426614174000"
KINDS = {
    "DATE": (DAY, "not_a_date"),
    "DATETIME": (MOMENT, "not_a_timestamp"),
    "TIME": ("10:00:00", "not_a_time"),
    "UUID": (UUID, "not_a_uuid"),
    "JSON": ('{"a": "b"}', "not_json"),
}
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")  # digits for Python's \d
ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


def literal(data: bytes) -> str:
    return f"CAST(x'{data.hex()}' AS TEXT)"


def columns() -> str:
    named = ", ".join(f"c_{kind.lower()} {kind}" for kind in KINDS)
    return f"CREATE TABLE t (id INTEGER PRIMARY KEY, {named});"


def row(number: int, values: list[str]) -> str:
    return f"INSERT INTO t VALUES ({number}, {', '.join(values)});"


def good(number: int) -> str:
    return row(number, [literal(value.encode()) for value, _ in KINDS.values()])


def each(kind_of, rows: dict[str, str], without: tuple[str, ...] = ()):
    return stops(
        *[
            (kind_of(kind), "t", f"c_{name.lower()}", rows)
            for name, (_, kind) in KINDS.items()
            if name not in without
        ]
    )


def spoilt(number: int, change, without: tuple[str, ...] = ()) -> str:
    return row(
        number,
        [
            "NULL" if name in without else literal(change(value.encode()))
            for name, (value, _) in KINDS.items()
        ],
    )


CASES = [
    Case(
        "a_line_break_at_the_end",  # Python's $ looks before it; JSON allows it
        columns() + good(1) + spoilt(2, lambda value: value + b"\n", ("JSON",)),
        each(lambda kind: kind, {"2": ""}, ("JSON",)),
    ),
    Case(
        "spaces_around",  # PostgreSQL's parser would take them off
        columns() + good(1) + spoilt(2, lambda value: b" " + value + b" ", ("JSON",)),
        each(lambda kind: kind, {"2": ""}, ("JSON",)),
    ),
    Case(
        "a_nul_at_the_end",  # SQLite's own length() and LIKE do not look behind it
        columns() + good(1) + spoilt(2, lambda value: value + b"\0"),
        each(lambda kind: f"{kind}|nul_character", {"2": ""}),
    ),
    Case(
        "something_behind_a_nul",
        columns() + good(1) + spoilt(2, lambda value: value + b"\0secret"),
        each(lambda kind: f"{kind}|nul_character", {"2": ""}),
    ),
    Case(
        "bytes_that_are_no_text_at_the_end",
        columns() + good(1) + spoilt(2, lambda value: value + b"\xff"),
        each(lambda kind: f"{kind}|invalid_utf8", {"2": ""}),
    ),
    Case(
        "blobs_that_look_right",
        columns() + good(1) + row(2, [f"x'{v.encode().hex()}'" for v, _ in KINDS.values()]),
        each(lambda kind: "", {"2": ""}),
    ),
    Case(
        "digits_of_elsewhere",
        columns()
        + good(1)
        + spoilt(2, lambda value: value.decode().translate(FULL_WIDTH).encode(), ("JSON",))
        + spoilt(3, lambda value: value.decode().translate(ARABIC).encode(), ("JSON",)),
        each(lambda kind: kind, {"2": "", "3": ""}, ("JSON",)),
    ),
    Case(
        "digits_of_elsewhere_as_numbers",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER, r REAL, p DECIMAL(5,2));"
        "INSERT INTO t VALUES (1, 1, 1, 1), (2, '１２', '１.５', '٣')",
        stops(
            ("not_a_number", "t", "n", {"2": "１２"}),
            ("not_a_number", "t", "r", {"2": "１.５"}),
            ("not_a_number", "t", "p", {"2": "٣"}),
        ),
    ),
    Case(
        "numbers_that_only_postgres_reads",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER, r REAL, p DECIMAL(5,2));"
        "INSERT INTO t VALUES (1, '0b11', '0x1p3', '1_0.5'), (2, '0o17', 'inf', 'nan'),"
        "(3, '1e', '-Infinity', '+')",
        stops(
            ("not_a_number", "t", "n", {"1": "0b11", "2": "0o17", "3": "1e"}),
            ("not_a_number", "t", "r", {"1": "0x1p3", "2": "inf", "3": "-Infinity"}),
            ("not_a_number", "t", "p", {"1": "1_0.5", "2": "nan", "3": "+"}),
        ),
    ),
    Case(
        "small_letters_in_a_moment",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, at DATETIME); INSERT INTO t VALUES"
        "(1, '2024-01-05t10:00:00'), (2, '2024-01-05 10:00:00 PM'), (3, '2024-01-05 10'),"
        "(4, '2024-01-05 10:00')",
        stops(("not_a_timestamp", "t", "at", {"1": "t10", "2": "PM", "3": "05 10"})),
    ),
    Case(
        "moments_that_postgres_reads_otherwise",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, at DATETIME); INSERT INTO t VALUES"
        "(1, '20240105T100000'), (2, '2024-005 10:00:00'), (3, 'J2451187'),"
        "(4, '2024-01-05 10:00')",
        stops(("not_a_timestamp", "t", "at", {"1": "20240105T", "2": "2024-005", "3": "J"})),
    ),
    Case(
        "a_time_with_a_zone",  # time would drop it
        "CREATE TABLE t (id INTEGER PRIMARY KEY, at TIME);"
        "INSERT INTO t VALUES (1, '10:00:00+02:00'), (2, '10:00Z'), (3, '10:00')",
        stops(("not_a_time", "t", "at", {"1": "+02:00", "2": "Z"})),
    ),
    Case(
        "zones_at_the_ends_of_the_calendar",  # in UTC the year is 0 or 10000
        "CREATE TABLE t (id INTEGER PRIMARY KEY, at DATETIME);"
        "INSERT INTO t VALUES (1, '0001-01-01 00:00:00+02:00'), (2, '2024-01-05 10:00:00Z'),"
        "(3, '9999-12-31 23:00:00-02:00')",
        (
            stops(("not_a_timestamp", "t", "at", {"1": "", "3": ""})),
            one_table({"id": "bigint"}, [(1,), (2,), (3,)]),
        ),
    ),
    Case(
        "a_nul_behind_a_word_explained",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, b BOOLEAN); INSERT INTO t VALUES (1, 'yes'),"
        "(2, 'yes' || char(0)), (3, 'yes '), (4, 'Yes')",
        stops(("not_a_boolean|nul_character", "t", "b", {"2": "", "3": "", "4": ""})),
        mapping={"tables": {"t": {"columns": {"b": {"true_for": ["yes"]}}}}},
    ),
    Case(
        "a_nul_behind_a_day_explained",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, d DATE, at TEXT); INSERT INTO t VALUES"
        "(1, '31/01/2024' || char(0) || 'secret', '31.01.2024 10:00' || char(0)),"
        "(2, '31/01/2024', '31.01.2024 10:00')",
        stops(
            ("not_a_date|nul_character", "t", "d", {"1": ""}),
            ("not_a_timestamp|nul_character", "t", "at", {"1": ""}),
        ),
        mapping={
            "tables": {
                "t": {
                    "columns": {
                        "d": {"convert": "DD/MM/YYYY"},
                        "at": {"type": "timestamp", "convert": "DD.MM.YYYY HH24:MI"},
                    }
                }
            }
        },
    ),
    Case(
        "a_nul_behind_a_text_for_null",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, s TEXT); INSERT INTO t VALUES (1, '-'),"
        "(2, '-' || char(0) || 'x'), (3, 'y')",
        stops(("nul_character", "t", "s", {"2": ""})),
        mapping={"tables": {"t": {"columns": {"s": {"null_for": ["-"]}}}}},
    ),
    Case(
        "minus_zero_without_a_type",
        "CREATE TABLE t (a, b); INSERT INTO t VALUES (-0.0, 1.5), (0.5, 0.0)",
        one_table({"a": "double precision", "b": "double precision"}, [(0.0, 1.5), (0.5, 0.0)]),
    ),
]
