"""A fingerprint changes when a row does, and for no other reason."""

from contextlib import closing

import pytest

from migrationlab.errors import LabError
from migrationlab.postgres.fingerprint import fingerprint, rows_differ

ROWS = """
CREATE TABLE people (id int, name text, phone text, born date, score float8, raw bytea);
INSERT INTO people VALUES
    (1, 'Ærø', NULL, '2001-02-03', 0.1, '\\x00ff'),
    (2, 'Bo, "x"', '', '1999-12-31', 'NaN', NULL),
    (3, 'Åse 🙂', '12', NULL, 1e300, '\\x'),
    (3, 'Åse 🙂', '12', NULL, 1e300, '\\x');
"""


@pytest.fixture
def connection(server, database):
    with closing(server.connect(database)) as connection:
        with connection.cursor() as cursor:
            cursor.execute(ROWS)
        yield connection


def run(connection, *statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def differ(connection, *statements: str) -> list[str]:
    """What these statements do to the rows, in words."""
    before = fingerprint(connection)
    run(connection, *statements)
    return rows_differ(before, fingerprint(connection))


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("DELETE FROM people WHERE id = 1", "people: 4 rows before, 3 rows after"),
        ("INSERT INTO people (id) VALUES (9)", "people: 4 rows before, 5 rows after"),
        ("UPDATE people SET name = lower(name)", "people (4 rows): name has other values"),
        (
            "UPDATE people SET phone = '' WHERE phone IS NULL",
            "people (4 rows): phone had 3 values, now 4",
        ),
        ("UPDATE people SET phone = NULL", "people (4 rows): phone had 3 values, now 0"),
        ("UPDATE people SET name = name || ' '", "people (4 rows): name has other values"),
        (
            "UPDATE people SET score = 0.1::float8 + 1e-17 * 2 WHERE id = 1",
            "people (4 rows): score has other values",
        ),
        (
            "UPDATE people SET id = 3 - id WHERE id < 3",
            "people (4 rows): the same values, but not in the same rows",
        ),
        (
            "UPDATE people SET name = phone, phone = name WHERE id = 3",
            "people (4 rows): name has other values; phone has other values",
        ),
        # Two rows that are alike become two others that are alike: xor would not see it.
        ("UPDATE people SET name = 'Ib' WHERE id = 3", "people (4 rows): name has other values"),
        ("ALTER TABLE people DROP phone", "people (4 rows): phone is gone, with its 3 values"),
        ("ALTER TABLE people ADD age int DEFAULT 7", "people (4 rows): age is new, with 4 values"),
        (
            "ALTER TABLE people RENAME phone TO mobile",
            "people (4 rows): mobile is new, with 3 values; phone is gone, with its 3 values",
        ),
        ("DROP TABLE people", "people: the table is gone, with its 4 rows"),
        ("CREATE TABLE more AS SELECT 1 AS x", "more: the table is new, with 1 row"),
    ],
)
def test_a_changed_row_is_told(connection, statement, words):
    """Assert that what happened to the rows is said, with the column where that can be known."""
    assert differ(connection, statement) == [words]


@pytest.mark.parametrize(
    "statements",
    [
        [
            "CREATE TABLE copy AS SELECT * FROM people ORDER BY name DESC",
            "TRUNCATE people",
            "INSERT INTO people SELECT * FROM copy",
            "DROP TABLE copy",
        ],
        # As a downgrade brings a column back: at the end.
        [
            "ALTER TABLE people ADD p text",
            "UPDATE people SET p = phone",
            "ALTER TABLE people DROP phone",
            "ALTER TABLE people RENAME p TO phone",
        ],
        ["ALTER TABLE people ADD nothing text"],
        ["CREATE TABLE empty (id int)"],
        ["VACUUM FULL people"],
        ["CREATE VIEW v AS SELECT * FROM people"],
        [
            "SET TimeZone = 'Asia/Tokyo'",
            "SET DateStyle = 'German'",
            "SET extra_float_digits = 0",
            "SET bytea_output = 'escape'",
            "SET IntervalStyle = 'iso_8601'",
        ],
        ["UPDATE people SET name = name"],
    ],
)
def test_what_does_not_change_a_row_is_not_told(connection, statements):
    """Assert that the order of rows and columns and the session's settings do not matter."""
    assert differ(connection, *statements) == []


def test_the_settings_of_the_session_stay(connection):
    """Assert that what is pinned for the reading is as before after it."""
    run(connection, "SET DateStyle = 'German, DMY'", "SET extra_float_digits = 0")
    fingerprint(connection)
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('DateStyle'), current_setting('extra_float_digits')")
        assert cursor.fetchone() == ("German, DMY", "0")
    assert connection.get_transaction_status() == 0


def test_inside_a_transaction_its_own_rows_count(connection):
    """Assert that uncommitted rows are seen and that the transaction goes on."""
    run(connection, "BEGIN")
    assert differ(connection, "DELETE FROM people") == ["people: 4 rows before, 0 rows after"]
    run(connection, "ROLLBACK")
    assert fingerprint(connection)["people"].count == 4


def test_odd_tables(connection):
    """Assert that tables as people have them are read: no columns, odd names, generated…"""
    run(
        connection,
        "CREATE TABLE bare ()",
        "INSERT INTO bare DEFAULT VALUES",
        'CREATE SCHEMA "Other schema"',
        'CREATE TABLE "Other schema"."a.b %s ""q""" ("x ""y"" %d" int, "Ø" json)',
        'INSERT INTO "Other schema"."a.b %s ""q""" VALUES (1, \'{"a": 1}\')',
        "CREATE TABLE made (a int, b int GENERATED ALWAYS AS (a * 2) STORED, "
        "c int GENERATED ALWAYS AS (a * 3) VIRTUAL)",
        "INSERT INTO made VALUES (5)",
        "CREATE TABLE parent (a int)",
        "CREATE TABLE child () INHERITS (parent)",
        "INSERT INTO child VALUES (1), (2)",
        "CREATE TABLE parts (a int) PARTITION BY RANGE (a)",
        "CREATE TABLE part_1 PARTITION OF parts FOR VALUES FROM (0) TO (10)",
        "INSERT INTO parts VALUES (1), (2), (3)",
        "CREATE TABLE wide (" + ", ".join(f"c{n} int" for n in range(1600)) + ")",
    )
    found = fingerprint(connection)
    counts = {name: p.count for name, p in found.items()}
    assert counts == {
        "bare": 1,
        "child": 2,
        "made": 1,
        "parent": 0,
        "parts": 3,
        "people": 4,
        "wide": 0,
        'Other schema."a.b %s "q""': 1,
    }
    assert set(found["made"].columns) == {"a", "b", "c"}
    assert fingerprint(connection, ["made", "bare"]).keys() == {"made", "bare"}


def test_a_row_that_moves_to_another_partition_is_the_same_row(connection):
    """Assert that how a table is divided is the catalog's business."""
    run(
        connection,
        "CREATE TABLE parts (a int) PARTITION BY LIST (a)",
        "CREATE TABLE part_1 PARTITION OF parts FOR VALUES IN (1)",
        "INSERT INTO parts VALUES (1)",
    )
    assert (
        differ(
            connection,
            "ALTER TABLE parts DETACH PARTITION part_1",
            "CREATE TABLE rest PARTITION OF parts DEFAULT",
            "INSERT INTO parts SELECT * FROM part_1",
            "DROP TABLE part_1",
        )
        == []
    )


def test_hidden_rows_are_refused_and_not_left_out(server, database, connection):
    """Assert that row-level security cannot make a smaller count look like the whole table."""
    role = f"reader_{database}"
    run(
        connection,
        "ALTER TABLE people ENABLE ROW LEVEL SECURITY",
        "CREATE POLICY one ON people USING (id = 1)",
        f"CREATE ROLE {role}",
        f"GRANT SELECT ON people TO {role}",
        f"SET ROLE {role}",
    )
    try:
        with pytest.raises(LabError, match="row-level security"):
            fingerprint(connection)
    finally:
        run(connection, "RESET ROLE", f"DROP OWNED BY {role}", f"DROP ROLE {role}")


def test_a_table_that_is_not_there_is_named(connection):
    """Assert that a misspelt name is an error and not an empty answer."""
    with pytest.raises(LabError, match="no table peple"):
        fingerprint(connection, ["peple"])


def test_alembics_own_table_is_not_a_row_of_yours(connection):
    """Assert that the version table is left out unless it is asked for."""
    run(connection, "CREATE TABLE alembic_version (version_num varchar(32))")
    before = fingerprint(connection)
    run(connection, "INSERT INTO alembic_version VALUES ('0001')")
    after = fingerprint(connection)
    assert rows_differ(before, after) == []
    assert rows_differ(before, after, ignore=()) == ["alembic_version: 0 rows before, 1 row after"]
