"""Names that PostgreSQL folds, cuts, reserves or uses itself."""

from tests.transfer.nasty.model import Case, Gives, Moved, Refused, Rows, one_table, stops

ID = "id INTEGER PRIMARY KEY"
LONG = "customer_who_bought_a_book_and_came_back_to_buy_another_one_on_the_same_day"  # 75 bytes
DANISH = "æ" * 40  # 40 characters, 80 bytes: PostgreSQL cuts at 63 bytes, not within a character


def columns_of(connection) -> list[tuple[str, str]]:
    """(table, column) of all that the transfer made, in order."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns"
            " WHERE table_schema = 'public' ORDER BY 1, ordinal_position"
        )
        return cursor.fetchall()


def all_of(connection, table: str) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM {} ORDER BY 1".format('"' + table.replace('"', '""') + '"'))
        return cursor.fetchall()


def shortened(connection, report) -> None:
    """One table, its names at most 63 bytes and still to be recognized, the rows in it."""
    (table, *_) = {table for table, _ in columns_of(connection)}
    names = [column for _, column in columns_of(connection)]
    assert table.startswith(LONG[:40]) and len(table) <= 63 and table != LONG[:63]
    assert [name[:10] for name in names] == ["id", LONG[:10], LONG[:10], "æ" * 10]
    assert len(set(names)) == 4 and all(len(name.encode()) <= 63 for name in names)
    assert all_of(connection, table) == [(1, "a", "b", "c")]
    assert [entry.target for entry in report.tables] == [table]


def an_index_of_each(connection, report) -> None:
    """Both indexes were made although their names agree in the first 63 bytes."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_indexes WHERE schemaname = 'public'")
        assert cursor.fetchone() == (3,)


CASES = [
    Case(
        "reserved_words",
        'CREATE TABLE "order" ("select" INTEGER PRIMARY KEY, "user" TEXT,'
        ' "from" TEXT DEFAULT \'x\', "end" INTEGER UNIQUE, "order" TEXT CHECK ("order" <> \'\'));'
        "INSERT INTO \"order\" VALUES (1, 'a', 'b', 2, 'c');"
        'CREATE INDEX "table" ON "order"("user")',
        one_table(
            {"select": "bigint", "user": "text", "from": "text", "end": "bigint", "order": "text"},
            [(1, "a", "b", 2, "c")],
            name="order",
        ),
    ),
    Case(
        "upper_case",
        'CREATE TABLE Orders (OrderID INTEGER PRIMARY KEY, "Customer" TEXT);'
        "INSERT INTO Orders VALUES (1, 'Ida');"
        "CREATE TABLE Lines (ID INTEGER PRIMARY KEY, ORDERID INTEGER REFERENCES orders(orderid));"
        "INSERT INTO Lines VALUES (1, 1); CREATE INDEX LineOrder ON LINES(OrderId)",
        Moved(
            {
                "orders": Rows({"orderid": "bigint", "customer": "text"}, [(1, "Ida")]),
                "lines": Rows({"id": "bigint", "orderid": "bigint"}, [(1, 1)]),
            },
            rules=(Gives("SELECT Customer FROM Orders", (("Ida",),)),),
        ),
    ),
    Case(
        "a_space_in_a_name",
        'CREATE TABLE "Order Details" (id INTEGER PRIMARY KEY, "Unit Price" REAL, " x " TEXT);'
        "INSERT INTO \"Order Details\" VALUES (1, 9.5, 'a')",
        one_table(
            {"id": "bigint", "unit price": "double precision", " x ": "text"},
            [(1, 9.5, "a")],
            name="order details",
        ),
    ),
    Case(
        "danish_names",
        'CREATE TABLE "Ærø Økologi" (id INTEGER PRIMARY KEY, "Prisen €" REAL, "Æ" TEXT, "æ" TEXT,'
        " \"😀\" TEXT); INSERT INTO \"Ærø Økologi\" VALUES (1, 2.5, 'stor', 'lille', 'glad')",
        one_table(
            {
                "id": "bigint",
                "prisen €": "double precision",
                "Æ": "text",
                "æ": "text",
                "😀": "text",
            },
            [(1, 2.5, "stor", "lille", "glad")],
            name="Ærø Økologi",
        ),
    ),
    Case(
        "quotes_and_percent_in_names",
        'CREATE TABLE "a""b\'c%s" (id INTEGER PRIMARY KEY, "d""e" TEXT, "f\'g" TEXT, "h%s" TEXT,'
        ' "i\\j" TEXT, ":k" TEXT, "{l}" TEXT, "m.n" TEXT, "$1" TEXT, "--" TEXT, "a\tb" TEXT);'
        'INSERT INTO "a""b\'c%s" VALUES (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);'
        'CREATE UNIQUE INDEX "i""%s" ON "a""b\'c%s" ("h%s")',
        one_table(
            {
                "id": "bigint",
                **dict.fromkeys(
                    ['d"e', "f'g", "h%s", "i\\j", ":k", "{l}", "m.n", "$1", "--", "a\tb"], "text"
                ),
            },
            [(1, *map(str, range(2, 12)))],
            name="a\"b'c%s",
        ),
    ),
    Case(
        "system_columns",
        f"CREATE TABLE t ({ID}, xmin INTEGER, ctid TEXT); INSERT INTO t VALUES (1, 2, 'x');"
        "CREATE TABLE u (tableoid INTEGER)",
        stops(
            ("reserved_name", "t", "xmin"),
            ("reserved_name", "t", "ctid"),
            ("reserved_name", "u", "tableoid"),
        ),
    ),
    Case(
        "system_columns_renamed",
        f"CREATE TABLE t ({ID}, XMIN INTEGER); INSERT INTO t VALUES (1, 2)",
        one_table({"id": "bigint", "x_min": "bigint"}, [(1, 2)]),
        mapping={"tables": {"t": {"columns": {"XMIN": {"name": "x_min"}}}}},
    ),
    Case(
        "rowid_oid_and_their_like_as_columns",  # all three names of the rowid are hidden
        "CREATE TABLE t (rowid TEXT, _rowid_ TEXT, oid TEXT);"
        "INSERT INTO t VALUES ('a', 'b', 'c'), ('a', 'b', 'c'), ('', NULL, 'd')",
        one_table(
            {"rowid": "text", "_rowid_": "text", "oid": "text"},
            [("a", "b", "c"), ("a", "b", "c"), ("", None, "d")],
        ),
    ),
    Case(
        "rowid_as_a_column",  # unordered values: who pages by "rowid" pages by this column
        "CREATE TABLE t (rowid INTEGER, a TEXT);"
        "INSERT INTO t VALUES (5, 'x'), (5, 'y'), (NULL, 'z')",
        one_table({"rowid": "bigint", "a": "text"}, [(5, "x"), (5, "y"), (None, "z")]),
    ),
    Case(
        "a_bad_value_where_the_rowid_is_hidden",
        "CREATE TABLE t (rowid INTEGER, _rowid_ TEXT, oid TEXT);"
        "INSERT INTO t VALUES ('x', 'b', 'c'), (1, 'd', 'e')",
        stops(("not_a_number", "t", "rowid")),
    ),
    Case(
        "long_names",
        f"CREATE TABLE {LONG} (id INTEGER PRIMARY KEY, {LONG}_1 TEXT, {LONG}_2 TEXT,"
        f' "{DANISH}" TEXT);'
        f"INSERT INTO {LONG} VALUES (1, 'a', 'b', 'c')",
        Moved({}, also=shortened),
    ),
    Case(
        "long_index_names",
        f"CREATE TABLE t ({ID}, a TEXT, b TEXT); CREATE INDEX {LONG}_a ON t(a);"
        f"CREATE INDEX {LONG}_b ON t(b); INSERT INTO t VALUES (1, 'x', 'y')",
        one_table(
            {"id": "bigint", "a": "text", "b": "text"}, [(1, "x", "y")], also=an_index_of_each
        ),
    ),
    Case(
        "names_that_postgres_gives_out_itself",  # t_pkey, t_id_seq, t_a_key, t_a_idx …
        f"CREATE TABLE t_id_seq ({ID}); CREATE TABLE t_pkey ({ID}); CREATE TABLE t_a_key ({ID});"
        f"CREATE TABLE t ({ID}, a TEXT UNIQUE, b INTEGER REFERENCES t_pkey, CHECK (a <> ''));"
        f"CREATE TABLE t_a_check ({ID}); CREATE TABLE t_b_fkey ({ID});"
        "CREATE INDEX t_a_idx ON t(a);"
        "INSERT INTO t_pkey VALUES (1); INSERT INTO t VALUES (1, 'x', 1)",
        Moved(
            {
                "t": Rows({"id": "bigint", "a": "text", "b": "bigint"}, [(1, "x", 1)]),
                "t_pkey": Rows({"id": "bigint"}, [(1,)]),
                **{
                    name: Rows({"id": "bigint"}, [])
                    for name in ("t_id_seq", "t_a_key", "t_a_check", "t_b_fkey")
                },
            },
            rules=(Gives("INSERT INTO t (a) VALUES ('y') RETURNING id", ((2,),)),),
        ),
    ),
    Case(
        "indexes_with_names_that_postgres_gives_out",
        f"CREATE TABLE t ({ID}, a TEXT UNIQUE, b INTEGER REFERENCES t);"
        "CREATE INDEX t_pkey ON t(b); CREATE INDEX t_a_key ON t(b, a);"
        "CREATE INDEX t_id_seq ON t(a);"
        "CREATE INDEX t_b_fkey ON t(a, b); INSERT INTO t VALUES (1, 'x', 1)",
        one_table(
            {"id": "bigint", "a": "text", "b": "bigint"},
            [(1, "x", 1)],
            rules=(Gives("INSERT INTO t (a) VALUES ('y') RETURNING id", ((2,),)),),
        ),
    ),
    Case(
        "an_index_named_as_a_table_of_the_target",
        f"CREATE TABLE t ({ID}, a TEXT); CREATE INDEX lookup ON t(a);INSERT INTO t VALUES (1, 'x')",
        (
            Moved(
                {
                    "t": Rows({"id": "bigint", "a": "text"}, [(1, "x")]),
                    "lookup": Rows({"x": "integer"}, []),
                }
            ),
            stops(("exists|name_clash", "t", None)),
            Refused(("lookup",)),
        ),
        target="CREATE TABLE lookup (x int)",
    ),
    Case(
        "a_table_named_as_a_type_of_the_target",
        f"CREATE TABLE state ({ID}); INSERT INTO state VALUES (1)",
        (stops(("exists|name_clash", "state", None)), Refused(("state",))),
        target="CREATE TYPE state AS ENUM ('new', 'old')",
    ),
    Case(
        "names_of_the_catalogue",  # found first by whoever forgets to name the schema
        f"CREATE TABLE pg_class ({ID}, relname TEXT); INSERT INTO pg_class VALUES (1, 'mine');"
        f"CREATE TABLE pg_database ({ID}); INSERT INTO pg_database VALUES (7)",
        Moved(
            {
                "pg_class": Rows({"id": "bigint", "relname": "text"}, [(1, "mine")]),
                "pg_database": Rows({"id": "bigint"}, [(7,)]),
            }
        ),
    ),
    Case(
        "names_of_types_and_functions",
        f"CREATE TABLE text ({ID}, text TEXT, bigint INTEGER, now TEXT, length INTEGER, json TEXT,"
        " \"current_date\" TEXT); INSERT INTO text VALUES (1, 'a', 2, 'b', 3, 'c', 'd')",
        one_table(
            {
                "id": "bigint",
                "text": "text",
                "bigint": "bigint",
                "now": "text",
                "length": "bigint",
                "json": "text",
                "current_date": "text",
            },
            [(1, "a", 2, "b", 3, "c", "d")],
            name="text",
        ),
    ),
    Case(
        "columns_that_would_get_one_name",
        f"CREATE TABLE t ({ID}, a TEXT, b TEXT); INSERT INTO t VALUES (1, 'x', 'y')",
        stops(("name_clash", "t", "a"), ("name_clash", "t", "b")),
        mapping={"tables": {"t": {"columns": {"a": {"name": "b"}}}}},
    ),
    Case(
        "tables_that_would_get_one_name",
        f"CREATE TABLE t ({ID}); CREATE TABLE u ({ID}); INSERT INTO u VALUES (1)",
        stops(("name_clash", "t"), ("name_clash", "u")),
        mapping={"tables": {"t": {"name": "u"}}},
    ),
    Case(
        "no_name_at_all",  # SQLite allows it, PostgreSQL does not
        f"CREATE TABLE t ({ID}, \"\" TEXT); INSERT INTO t VALUES (1, 'x')",
        stops(("", "t", "")),
    ),
]
