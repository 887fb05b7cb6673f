"""Foreign keys, which SQLite does not enforce unless a program asks for it on every connection."""

from decimal import Decimal

from tests.transfer.nasty.model import Case, Gives, Moved, Refuses, Rows, one_table, stops

ID = "id INTEGER PRIMARY KEY"
P = f"CREATE TABLE p ({ID}, s TEXT); INSERT INTO p VALUES (1, 'a'), (2, 'b');"
PARENTS = Rows({"id": "bigint", "s": "text"}, [(1, "a"), (2, "b")])
C = {"id": "bigint", "p_id": "bigint"}


def child(definition: str, *values: str) -> str:
    return f"CREATE TABLE c ({ID}, p_id {definition}); INSERT INTO c VALUES {', '.join(values)}"


CASES = [
    Case(
        "a_child_before_its_parent",
        "CREATE TABLE a_child (id INTEGER PRIMARY KEY, p_id INTEGER REFERENCES z_parent(id));"
        "INSERT INTO a_child VALUES (1, 7), (2, NULL);"
        f"CREATE TABLE z_parent ({ID}); INSERT INTO z_parent VALUES (7)",
        Moved(
            {
                "a_child": Rows(C, [(1, 7), (2, None)]),
                "z_parent": Rows({"id": "bigint"}, [(7,)]),
            },
            rules=(Refuses("INSERT INTO a_child VALUES (9, 8)", "23503"),),
        ),
    ),
    Case(
        "an_orphan",
        P + child("INTEGER REFERENCES p(id)", "(1, 1)", "(2, 99)", "(3, NULL)"),
        stops(("broken_foreign_key", "c", None, {"2": "99"})),
    ),
    Case(
        "an_orphan_and_the_key_given_up",
        P + child("INTEGER REFERENCES p(id)", "(1, 1)", "(2, 99)"),
        Moved(
            {"p": PARENTS, "c": Rows(C, [(1, 1), (2, 99)])},
            rules=(Gives("INSERT INTO c VALUES (9, 98) RETURNING 1", ((1,),)),),
        ),
        mapping={"tables": {"c": {"skip_foreign_keys": [["p_id"]]}}},
    ),
    Case(
        "zero_for_no_parent",
        P + child("INTEGER REFERENCES p(id)", "(1, 1)", "(2, 0)"),
        stops(("broken_foreign_key", "c", None, {"2": "0"})),
    ),
    Case(
        "a_key_to_a_table_that_is_gone",
        child("INTEGER REFERENCES gone(id)", "(1, NULL)"),
        stops(("impossible_foreign_key", "c", None)),
    ),
    Case(
        "a_key_to_a_column_that_is_not_unique",
        f"CREATE TABLE p ({ID}, s TEXT); INSERT INTO p VALUES (1, 'a'), (2, 'a');"
        + child("TEXT REFERENCES p(s)", "(1, 'a')"),
        stops(("impossible_foreign_key", "c", None)),
    ),
    Case(
        "a_key_to_a_column_that_is_not_there",
        P + child("INTEGER REFERENCES p(number)", "(1, NULL)"),
        stops(("impossible_foreign_key", "c", None)),
    ),
    Case(
        "a_text_key_to_a_number",  # SQLite compares '1' with 1 as numbers; PostgreSQL cannot
        P + child("TEXT REFERENCES p(id)", "(1, '1')", "(2, NULL)"),
        stops(("impossible_foreign_key", "c", None)),
    ),
    Case(
        "a_text_key_to_a_number_given_up",
        P + child("TEXT REFERENCES p(id)", "(1, '1')", "(2, NULL)"),
        Moved({"p": PARENTS, "c": Rows({"id": "bigint", "p_id": "text"}, [(1, "1"), (2, None)])}),
        mapping={"tables": {"c": {"skip_foreign_keys": [["p_id"]]}}},
    ),
    Case(
        "a_text_key_to_a_number_made_a_number",
        P + child("TEXT REFERENCES p(id)", "(1, '1')", "(2, NULL)"),
        (
            Moved(
                {"p": PARENTS, "c": Rows(C, [(1, 1), (2, None)])},
                rules=(Refuses("INSERT INTO c VALUES (9, 98)", "23503"),),
            ),
            stops(("not_a_number", "c", "p_id", {"1": "1"})),
        ),
        mapping={"tables": {"c": {"columns": {"p_id": {"type": "bigint"}}}}},
    ),
    Case(
        "an_implicit_reference",
        P + child("INTEGER REFERENCES p", "(1, 1)"),
        Moved(
            {"p": PARENTS, "c": Rows(C, [(1, 1)])},
            rules=(Refuses("INSERT INTO c VALUES (9, 98)", "23503"),),
        ),
    ),
    Case(
        "a_reference_in_other_letters",
        P + child('INTEGER REFERENCES "P"(ID)', "(1, 1)"),
        Moved(
            {"p": PARENTS, "c": Rows(C, [(1, 1)])},
            rules=(Refuses("INSERT INTO c VALUES (9, 98)", "23503"),),
        ),
    ),
    Case(
        "a_reference_to_a_unique_index",
        f"CREATE TABLE p ({ID}, code TEXT); CREATE UNIQUE INDEX i ON p(code);"
        "INSERT INTO p VALUES (1, 'a');" + child("TEXT REFERENCES p(code)", "(1, 'a')"),
        Moved(
            {
                "p": Rows({"id": "bigint", "code": "text"}, [(1, "a")]),
                "c": Rows({"id": "bigint", "p_id": "text"}, [(1, "a")]),
            },
            rules=(Refuses("INSERT INTO c VALUES (9, 'x')", "23503"),),
        ),
    ),
    Case(
        "a_reference_without_regard_to_case",  # SQLite finds 'ABC' for 'abc': the parent is NOCASE
        "CREATE TABLE p (code TEXT PRIMARY KEY COLLATE NOCASE); INSERT INTO p VALUES ('ABC');"
        + child("TEXT REFERENCES p(code)", "(1, 'abc')"),
        (
            Moved(
                {
                    "p": Rows({"code": "text"}, [("ABC",)]),
                    "c": Rows({"id": "bigint", "p_id": "text"}, [(1, "abc")]),
                },
                rules=(Refuses("INSERT INTO c VALUES (9, 'x')", "23503"),),
            ),
            stops(("broken_foreign_key", "c", None, {"1": "abc"})),
            stops(("impossible_foreign_key", "c", None)),
        ),
    ),
    Case(
        "a_tree",  # rows that name a later row of their own table
        f"CREATE TABLE t ({ID}, boss INTEGER REFERENCES t); INSERT INTO t VALUES (1, 3), (2, 1),"
        "(3, NULL), (4, 4)",
        one_table(
            {"id": "bigint", "boss": "bigint"},
            [(1, 3), (2, 1), (3, None), (4, 4)],
            rules=(Refuses("INSERT INTO t VALUES (9, 98)", "23503"),),
        ),
    ),
    Case(
        "a_circle",
        f"CREATE TABLE a ({ID}, b_id INTEGER NOT NULL REFERENCES b);"
        f"CREATE TABLE b ({ID}, a_id INTEGER NOT NULL REFERENCES a);"
        "INSERT INTO a VALUES (1, 2); INSERT INTO b VALUES (2, 1)",
        Moved(
            {
                "a": Rows({"id": "bigint", "b_id": "bigint"}, [(1, 2)]),
                "b": Rows({"id": "bigint", "a_id": "bigint"}, [(2, 1)]),
            },
            rules=(
                Refuses("INSERT INTO a VALUES (9, 98)", "23503"),
                Refuses("INSERT INTO b VALUES (9, 98)", "23503"),
            ),
        ),
    ),
    Case(
        "a_composite_reference",
        "CREATE TABLE p (a INTEGER, b TEXT, PRIMARY KEY (b, a)); INSERT INTO p VALUES (1, 'x');"
        f"CREATE TABLE c ({ID}, pb TEXT, pa INTEGER, FOREIGN KEY (pa, pb) REFERENCES p(a, b));"
        "INSERT INTO c VALUES (1, 'x', 1), (2, 'nowhere', NULL)",  # half NULL: not looked up
        Moved(
            {
                "p": Rows({"a": "bigint", "b": "text"}, [(1, "x")]),
                "c": Rows(
                    {"id": "bigint", "pb": "text", "pa": "bigint"},
                    [(1, "x", 1), (2, "nowhere", None)],
                ),
            },
            rules=(Refuses("INSERT INTO c VALUES (9, 'x', 2)", "23503"),),
        ),
    ),
    Case(
        "a_composite_reference_that_is_broken",
        "CREATE TABLE p (a INTEGER, b TEXT, PRIMARY KEY (a, b)); INSERT INTO p VALUES (1, 'x');"
        f"CREATE TABLE c ({ID}, pa INTEGER, pb TEXT, FOREIGN KEY (pa, pb) REFERENCES p);"
        "INSERT INTO c VALUES (1, 1, 'x'), (2, 1, 'y')",
        stops(("broken_foreign_key", "c", None, {"2": ""})),
    ),
    Case(
        "a_deferred_reference",
        P + child("INTEGER REFERENCES p DEFERRABLE INITIALLY DEFERRED", "(1, 1)"),
        Moved(
            {"p": PARENTS, "c": Rows(C, [(1, 1)])},
            rules=(
                Gives(
                    "SELECT condeferrable, condeferred FROM pg_constraint WHERE contype = 'f'",
                    ((True, True),),
                ),
            ),
        ),
    ),
    Case(
        "what_happens_on_delete",
        P + f"CREATE TABLE c ({ID}, p_id INTEGER REFERENCES p ON DELETE CASCADE ON UPDATE CASCADE);"
        "INSERT INTO c VALUES (1, 1);"
        f"CREATE TABLE d ({ID}, p_id INTEGER REFERENCES p ON DELETE SET NULL ON UPDATE RESTRICT);"
        "INSERT INTO d VALUES (1, NULL)",
        Moved(
            {"p": PARENTS, "c": Rows(C, [(1, 1)]), "d": Rows(C, [(1, None)])},
            rules=(
                Gives(
                    "SELECT conrelid::regclass::text, confdeltype::text, confupdtype::text"
                    " FROM pg_constraint WHERE contype = 'f' ORDER BY 1",
                    (("c", "c", "c"), ("d", "n", "r")),
                ),
            ),
        ),
    ),
    Case(
        "a_reference_to_a_skipped_table",
        P + child("INTEGER REFERENCES p(id)", "(1, 1)"),
        stops(("impossible_foreign_key", "c", None)),
        mapping={"tables": {"p": {"skip": True}}},
    ),
    Case(
        "two_references_of_one_column",
        P
        + f"CREATE TABLE q ({ID}); INSERT INTO q VALUES (1);"
        + child("INTEGER REFERENCES p REFERENCES q", "(1, 1)"),
        Moved(
            {
                "p": PARENTS,
                "q": Rows({"id": "bigint"}, [(1,)]),
                "c": Rows(C, [(1, 1)]),
            },
            rules=(
                Gives("SELECT count(*) FROM pg_constraint WHERE contype = 'f'", ((2,),)),
                Refuses("INSERT INTO c VALUES (9, 2)", "23503"),
            ),
        ),
    ),
    Case(
        "a_number_in_the_form_of_a_fraction_as_reference",  # 1.0 in NUMERIC is the integer 1
        "CREATE TABLE p (n NUMERIC PRIMARY KEY); INSERT INTO p VALUES (1), (2.5);"
        + child("NUMERIC REFERENCES p", "(1, 1.0)", "(2, 2.5)"),
        Moved(
            {
                "p": Rows({"n": "numeric"}, [(Decimal(1),), (Decimal("2.5"),)]),
                "c": Rows(
                    {"id": "bigint", "p_id": "numeric"},
                    [(1, Decimal(1)), (2, Decimal("2.5"))],
                ),
            }
        ),
    ),
]
