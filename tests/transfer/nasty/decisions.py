"""Decisions in a mapping: what they lead to, and those that nobody can follow."""

from decimal import Decimal

from tests.transfer.nasty.model import Case, Moved, Refused, Refuses, Rows, one_table, stops

ID = "id INTEGER PRIMARY KEY"
SOURCE = (
    f"CREATE TABLE t ({ID}, n INTEGER, s TEXT); INSERT INTO t VALUES (1, 5, 'a'), (2, 70000, 'bb')"
)


def column(name: str, **decisions) -> dict:
    return {"tables": {"t": {"columns": {name: decisions}}}}


CASES = [
    Case("decision_on_no_table", SOURCE, Refused(("shop",)), mapping={"tables": {"shop": {}}}),
    Case(
        "decision_on_no_column", SOURCE, Refused(("price",)), mapping=column("price", type="text")
    ),
    Case(
        "decision_for_no_type",
        SOURCE,
        Refused(("numberish",)),
        mapping=column("s", type="numberish"),
    ),
    Case(
        "decision_with_no_meaning",
        SOURCE,
        Refused(("tpye",)),
        mapping=column("n", tpye="text"),
    ),
    Case(
        "decision_for_no_conversion",
        SOURCE,
        Refused(("MM/YY",)),
        mapping=column("s", type="date", convert="MM/YY"),
    ),
    Case(
        "type_as_an_attack",
        SOURCE,
        Refused(()),
        mapping=column("s", type="text); DROP SCHEMA public CASCADE; --"),
    ),
    Case(
        "a_smaller_integer",
        SOURCE,
        stops(("out_of_range", "t", "n", {"2": "70000"})),
        mapping=column("n", type="smallint"),
    ),
    Case(
        "a_smaller_integer_that_fits",
        SOURCE,
        one_table({"id": "bigint", "n": "integer"}, [(1, 5), (2, 70000)]),
        mapping=column("n", type="integer"),
    ),
    Case(
        "a_shorter_text",
        SOURCE,
        stops(("too_long", "t", "s", {"2": "bb"})),
        mapping=column("s", type="varchar(1)"),
    ),
    Case(
        "a_narrower_decimal",
        f"CREATE TABLE t ({ID}, p REAL); INSERT INTO t VALUES (1, 1.25), (2, 1.255), (3, 100)",
        stops(("too_precise", "t", "p", {"2": "1.255"}), ("out_of_range", "t", "p", {"3": "100"})),
        mapping=column("p", type="numeric(4,2)"),
    ),
    Case(
        "a_real_made_a_decimal",
        f"CREATE TABLE t ({ID}, p REAL); INSERT INTO t VALUES (1, 19.99), (2, 5)",
        one_table({"id": "bigint", "p": "numeric(10,2)"}, [(1, Decimal("19.99")), (2, Decimal(5))]),
        mapping=column("p", type="numeric(10,2)"),
    ),
    Case(
        "a_naive_moment_made_one_with_a_zone",
        f"CREATE TABLE t ({ID}, at DATETIME); INSERT INTO t VALUES (1, '2024-01-05 10:00:00')",
        stops(("not_a_timestamp|mixed_zones", "t", "at", {"1": "10:00"})),
        mapping=column("at", type="timestamptz"),
    ),
    Case(
        "a_skipped_column_of_a_key",
        "CREATE TABLE t (a TEXT, b TEXT, n INTEGER, PRIMARY KEY (a, b)); INSERT INTO t VALUES"
        "('x', 'y', 1), ('x', 'z', 2)",
        (
            one_table({"a": "text", "n": "bigint"}, [("x", 1), ("x", 2)]),
            stops(("", "t", None)),
            Refused(("b",)),
        ),
        mapping=column("b", skip=True),
    ),
    Case(
        "a_skipped_column_of_rules",
        f"CREATE TABLE t ({ID}, a TEXT, b INTEGER CHECK (b > 0), c TEXT, CHECK (a <> c),"
        " UNIQUE (a, b)); CREATE INDEX i ON t(b); CREATE INDEX j ON t(a) WHERE b = 1;"
        "INSERT INTO t VALUES (1, 'x', 5, 'y')",
        one_table({"id": "bigint", "a": "text", "c": "text"}, [(1, "x", "y")]),
        mapping=column("b", skip=True),
    ),
    Case(
        "renamed_columns_of_rules",
        f"CREATE TABLE t ({ID}, a TEXT UNIQUE, b INTEGER CHECK (b > 0)); CREATE INDEX i ON t(b, a);"
        f"CREATE TABLE c ({ID}, a TEXT REFERENCES t(a)); INSERT INTO t VALUES (1, 'x', 5);"
        "INSERT INTO c VALUES (1, 'x')",
        Moved(
            {
                "things": Rows({"id": "bigint", "Name": "text", "b b": "bigint"}, [(1, "x", 5)]),
                "c": Rows({"id": "bigint", "a": "text"}, [(1, "x")]),
            },
            rules=(
                Refuses("INSERT INTO c VALUES (9, 'no')", "23503"),
                Refuses("INSERT INTO things VALUES (9, 'z', -1)", "23514"),
                Refuses("INSERT INTO things VALUES (9, 'x', 1)", "23505"),
            ),
        ),
        mapping={
            "tables": {
                "t": {
                    "name": "things",
                    "columns": {"a": {"name": "Name"}, "b": {"name": "b b"}},
                }
            }
        },
    ),
    Case(
        "all_tables_skipped",
        SOURCE,
        (Refused(()), Moved({})),
        mapping={"tables": {"t": {"skip": True}}},
    ),
]
