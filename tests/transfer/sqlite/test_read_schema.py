"""What is read from a SQLite file is what SQLite itself means, however it was written."""

import apsw
import pytest

from migrationlab.transfer.sqlite.read_schema import affinity, read
from migrationlab.transfer.sqlite.sqlite_schema import Affinity, Check


def schema(statements: str):
    connection = apsw.Connection(":memory:")
    connection.execute(statements)
    return read(connection)


def table(statements: str, name: str | None = None):
    found = schema(statements).tables
    return next(t for t in found if name in (None, t.name))


ODD_NAMES = [
    "Order Details",
    'say "hi"',
    "it's",
    "ærø 🐚",
    "select",
    "a]b",
    "x--y",
    "1st",
    "a;b",
    "(",
]


@pytest.mark.parametrize("name", ODD_NAMES)
def test_odd_names(name):
    """Assert that names of tables and columns come back as they are, whatever is in them."""
    quoted = '"' + name.replace('"', '""') + '"'
    found = table(
        f"CREATE TABLE {quoted} ({quoted} INTEGER PRIMARY KEY, b TEXT CHECK (b <> {quoted}),"
        f" UNIQUE (b, {quoted})); CREATE INDEX i ON {quoted} (lower(b), {quoted}) WHERE b > ''"
    )
    assert found.name == name
    assert [column.name for column in found.columns] == [name, "b"]
    assert found.integer_key == name
    assert found.checks == (Check(f"b <> {quoted}"),)
    assert [part.column for part in found.indexes[0].parts] == ["b", name]
    assert found.indexes[1].parts[0].expression == "lower(b)"
    assert found.indexes[1].where == "b > ''"


@pytest.mark.parametrize("quote", ["[{}]", "`{}`", '"{}"', "'{}'"])
def test_four_ways_to_quote(quote):
    """Assert that brackets, backticks and even single quotes may hold a name."""
    name = quote.format("a b")
    found = table(f"CREATE TABLE {name} ({name} TEXT CHECK (length({name}) > 1))")
    assert (found.name, found.columns[0].name) == ("a b", "a b")
    assert len(found.checks) == 1


@pytest.mark.parametrize(
    "declared, expected",
    [
        ("INTEGER", "INTEGER"),
        ("UNSIGNED BIG INT", "INTEGER"),
        ("CHARINT", "INTEGER"),
        ("FLOATING POINT", "INTEGER"),
        ("NATIVE CHARACTER(70)", "TEXT"),
        ("Clob", "TEXT"),
        ("", "BLOB"),
        ("blob", "BLOB"),
        ("DOUBLE PRECISION", "REAL"),
        ("FLOAT", "REAL"),
        ("DECIMAL(10,5)", "NUMERIC"),
        ("BOOLEAN", "NUMERIC"),
        ("DATE", "NUMERIC"),
        ("STRING", "NUMERIC"),
        ("ANY", "NUMERIC"),
    ],
)
def test_affinity(declared, expected):
    """Assert that the five rules hold in their order: SQLite is asked what it does with a value."""
    assert affinity(declared) == Affinity(expected)
    connection = apsw.Connection(":memory:")
    connection.execute(f"CREATE TABLE t (x {declared})")
    connection.execute("INSERT INTO t VALUES ('1'), (1), ('1.5')")
    classes = [row[0] for row in connection.execute("SELECT typeof(x) FROM t ORDER BY rowid")]
    assert (
        classes
        == {
            "INTEGER": ["integer", "integer", "real"],
            "NUMERIC": ["integer", "integer", "real"],
            "REAL": ["real", "real", "real"],
            "TEXT": ["text", "text", "text"],
            "BLOB": ["text", "integer", "text"],
        }[expected]
    )


def test_any_in_a_strict_table():
    """Assert that ANY has no affinity in a STRICT table, and only there."""
    found = table("CREATE TABLE t (a ANY, b INT) STRICT")
    assert found.strict
    assert [column.affinity for column in found.columns] == [Affinity.BLOB, Affinity.INTEGER]


@pytest.mark.parametrize(
    "body, rowid, integer_key, key",
    [
        ("id INTEGER PRIMARY KEY", "rowid", "id", ("id",)),
        ("id integer, b, PRIMARY KEY (id)", "rowid", "id", ("id",)),
        ("id INTEGER, b, PRIMARY KEY (id DESC)", "rowid", "id", ("id",)),
        ("id INTEGER PRIMARY KEY DESC", "rowid", "", ("id",)),
        ("id INT PRIMARY KEY", "rowid", "", ("id",)),
        ("id BIGINT PRIMARY KEY", "rowid", "", ("id",)),
        ("a, b, c, PRIMARY KEY (c, a)", "rowid", "", ("c", "a")),
        ("a TEXT", "rowid", "", ()),
        ("rowid TEXT", "_rowid_", "", ()),
        ("ROWID TEXT, _rowid_ TEXT", "oid", "", ()),
        ("rowid TEXT, _rowid_ TEXT, OID INTEGER PRIMARY KEY", "", "OID", ("OID",)),
    ],
)
def test_the_rowid_and_the_key(body, rowid, integer_key, key):
    """Assert that what is called the rowid can be read by that name and is the rowid."""
    connection = apsw.Connection(":memory:")
    connection.execute(f"CREATE TABLE t ({body})")
    found = read(connection).tables[0]
    assert (found.rowid, found.integer_key, found.primary_key) == (rowid, integer_key, key)
    if rowid and integer_key:
        connection.execute(f"INSERT INTO t ({integer_key}) VALUES (77)")
        assert connection.execute(f"SELECT {rowid} FROM t").fetchone() == (77,)


def test_without_rowid():
    """Assert that a table without a rowid has no name for it and no integer key."""
    found = table("CREATE TABLE t (id INTEGER PRIMARY KEY, b) WITHOUT ROWID")
    assert (found.rowid, found.integer_key, found.primary_key) == ("", "", ("id",))
    assert [index.origin for index in found.indexes] == ["pk"]


def test_autoincrement_and_its_counter():
    """Assert that the word counts only where it is one, and the counter outlives the rows."""
    connection = apsw.Connection(":memory:")
    connection.execute(
        "CREATE TABLE a (id INTEGER PRIMARY KEY AUTOINCREMENT);"
        "CREATE TABLE b (id INTEGER PRIMARY KEY /* AUTOINCREMENT */, x DEFAULT 'AUTOINCREMENT');"
        "CREATE TABLE c (id INTEGER, x, PRIMARY KEY (id AUTOINCREMENT));"
        "CREATE TABLE d (id INTEGER PRIMARY KEY AUTOINCREMENT);"
        "INSERT INTO a VALUES (5), (90); DELETE FROM a WHERE id = 90;"
        "INSERT INTO c VALUES (3, ''); UPDATE sqlite_sequence SET seq = 'much' WHERE name = 'c'"
    )
    found = read(connection).tables
    assert [(t.name, t.autoincrement, t.counter) for t in found] == [
        ("a", True, 90),
        ("b", False, None),
        ("c", True, None),
        ("d", True, None),
    ]


def test_columns():
    """Assert that NOT NULL, defaults, collations and generated values are read as SQL text."""
    found = table(
        "CREATE TABLE t (a VARCHAR (10) NOT NULL DEFAULT 'it''s, ok)' COLLATE NOCASE,"
        " b two words NULL DEFAULT (1 + 2), c TEXT COLLATE RTRIM DEFAULT CURRENT_TIMESTAMP,"
        " d GENERATED ALWAYS AS (a || ')' /* , */) STORED NOT NULL, e INT AS (b * 2),"
        ' f DEFAULT -1.5, g DEFAULT "x", h GENERATED ALWAYS AS (b)  VIRTUAL UNIQUE)'
    )
    columns = {column.name: column for column in found.columns}
    assert columns["a"].declared == "VARCHAR (10)"
    assert columns["a"].not_null and not columns["b"].not_null
    assert columns["b"].declared == "two words"
    defaults = [columns[name].default for name in "abcfg"]
    assert defaults == ["'it''s, ok)'", "1 + 2", "CURRENT_TIMESTAMP", "-1.5", '"x"']
    assert [columns[name].collation for name in "abc"] == ["NOCASE", "BINARY", "RTRIM"]
    generated = {c.name: (c.generated, c.expression) for c in found.columns if c.generated}
    assert generated == {
        "d": ("stored", "a || ')'"),
        "e": ("virtual", "b * 2"),
        "h": ("virtual", "b"),
    }
    assert columns["d"].not_null


def test_checks_wherever_they_stand():
    """Assert that no CHECK is lost, and none is invented from a string, a comment or a name."""
    found = table(
        "CREATE TABLE t (a INT CONSTRAINT positive CHECK (a > 0) CHECK (a < (9)),"
        " -- CHECK (a = 1)\n \"check\" TEXT DEFAULT 'CHECK (1)' CONSTRAINT nn NOT NULL CHECK(1),"
        " b TEXT CHECK (b <> ', CHECK (' /* ) */ AND b <> ')'),"
        " CONSTRAINT [big one] CHECK (a + \"check\" > 1) CHECK (b IN ('x', 'y')) ON CONFLICT FAIL\n"
        " CONSTRAINT u UNIQUE (a, b), CHECK ((a) = (a)))"
    )
    assert found.checks == (
        Check("a > 0", "positive"),
        Check("a < (9)"),
        Check("1"),
        Check("b <> ', CHECK (' AND b <> ')'"),
        Check('a + "check" > 1', "big one"),
        Check("b IN ('x', 'y')"),
        Check("(a) = (a)"),
    )
    assert [(index.origin, index.constraint) for index in found.indexes] == [("u", "u")]


def test_what_is_added_later_is_read_too():
    """Assert that a column that ALTER TABLE appended is read with its CHECK and its reference."""
    found = table(
        "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE t (a CHECK (a > 0) -- the end\n);"
        "ALTER TABLE t ADD COLUMN b INT CONSTRAINT late CHECK (b < 5) REFERENCES p"
        ' DEFERRABLE INITIALLY DEFERRED; ALTER TABLE t RENAME COLUMN a TO "new, a"',
        "t",
    )
    assert found.checks == (Check('"new, a" > 0'), Check("b < 5", "late"))
    assert found.foreign_keys[0].deferred


def test_a_table_made_by_a_select():
    """Assert that CREATE TABLE … AS is read: SQLite writes its statement anew."""
    made = schema('CREATE TABLE a (x INT, "y z" TEXT); CREATE TABLE b AS SELECT *, 1 AS q FROM a')
    assert made.unread == ()
    assert [column.name for column in made.tables[1].columns] == ["x", "y z", "q"]


def test_foreign_keys():
    """Assert that references are resolved, with their actions, names and deferral."""
    found = table(
        'CREATE TABLE parent ("Id" INTEGER PRIMARY KEY, code TEXT UNIQUE, a, b, UNIQUE (a, b));'
        "CREATE TABLE t (p INT REFERENCES PARENT ON DELETE CASCADE,"
        " c TEXT CONSTRAINT by_code REFERENCES parent(CODE) DEFERRABLE INITIALLY DEFERRED,"
        " d INT REFERENCES parent DEFERRABLE, e INT REFERENCES parent (id) NOT DEFERRABLE INITIALLY"
        " DEFERRED, a, b, up INT REFERENCES t2 DEFERRABLE INITIALLY IMMEDIATE, CONSTRAINT [two two]"
        " FOREIGN KEY (b, a) REFERENCES parent (b, a) ON UPDATE SET NULL MATCH SIMPLE"
        " DEFERRABLE INITIALLY DEFERRED FOREIGN KEY (d) REFERENCES t2); CREATE TABLE t2"
        " (id INT PRIMARY KEY)",
        "t",
    )
    keys = found.foreign_keys
    assert [key.columns for key in keys] == [
        *[("p",), ("c",), ("d",), ("e",), ("up",), ("b", "a"), ("d",)]
    ]
    assert [key.parent for key in keys] == ["parent"] * 4 + ["t2", "parent", "t2"]
    assert [key.parent_columns for key in keys] == [
        *[("Id",), ("code",), ("Id",), ("Id",), ("id",), ("b", "a"), ("id",)]
    ]
    assert [key.deferred for key in keys] == [False, True, False, False, False, True, False]
    assert [key.name for key in keys] == ["", "by_code", "", "", "", "two two", ""]
    assert (keys[0].on_delete, keys[5].on_update) == ("CASCADE", "SET NULL")
    assert [key.number for key in keys] == [6, 5, 4, 3, 2, 1, 0]
    assert not any(key.fault for key in keys)


@pytest.mark.parametrize(
    "reference, fault",
    [
        ("REFERENCES nowhere", "the table nowhere does not exist"),
        ("REFERENCES a_view", "the table a_view does not exist"),
        ("REFERENCES p (missing)", "p has no column missing"),
        ("REFERENCES p (rowid)", "p has no column rowid"),
        ("REFERENCES p (plain)", "p (plain) is neither a primary key nor unique"),
        ("REFERENCES p (partly)", "p (partly) is neither a primary key nor unique"),
        ("REFERENCES p (lowered)", "p (lowered) is neither a primary key nor unique"),
        ("REFERENCES p (one)", "p (one) is neither a primary key nor unique"),
        ("REFERENCES two", "it has 1 columns and two (a, b) 2"),
        ("REFERENCES no_key", "no_key has no primary key that it could refer to"),
        ("REFERENCES p (made)", ""),
    ],
)
def test_a_reference_that_postgresql_would_refuse(reference, fault):
    """Assert that the fault of a foreign key is told; SQLite takes them all until they are used."""
    found = table(
        "CREATE TABLE p (id INTEGER PRIMARY KEY, plain, partly, lowered, one, two, made,"
        " UNIQUE (one, two)); CREATE UNIQUE INDEX i ON p (partly) WHERE plain > 0;"
        "CREATE UNIQUE INDEX j ON p (lower(lowered)); CREATE UNIQUE INDEX k ON p (made DESC);"
        "CREATE TABLE two (a, b, PRIMARY KEY (a, b)); CREATE TABLE no_key (a);"
        f"CREATE VIEW a_view AS SELECT 1 AS id; CREATE TABLE t (x {reference})",
        "t",
    )
    assert found.foreign_keys[0].fault == fault


def test_indexes():
    """Assert that parts, order, collations, expressions and conditions are read."""
    found = table(
        "CREATE TABLE t (a TEXT COLLATE NOCASE, b INT, c TEXT UNIQUE COLLATE RTRIM);"
        'CREATE UNIQUE INDEX "odd i" ON t (a COLLATE BINARY DESC, b);'
        "CREATE INDEX e ON t (b + 1 DESC, lower(a || ',(') COLLATE NOCASE ASC, a)"
        " WHERE b IS NOT NULL -- why\n AND a <> 'WHERE'"
    )
    c, odd, e = found.indexes
    assert (c.origin, c.unique, c.parts[0].collation) == ("u", True, "RTRIM")
    assert (odd.name, odd.unique, odd.where) == ("odd i", True, "")
    assert [(p.column, p.collation, p.descending) for p in odd.parts] == [
        ("a", "BINARY", True),
        ("b", "BINARY", False),
    ]
    assert [(p.column, p.expression, p.collation, p.descending) for p in e.parts] == [
        ("", "b + 1", "BINARY", True),
        ("", "lower(a || ',(')", "NOCASE", False),
        ("a", "", "NOCASE", False),
    ]
    assert e.where == "b IS NOT NULL AND a <> 'WHERE'"


def test_what_is_no_table():
    """Assert that views, triggers and virtual tables are told, and shadow tables are not tables."""
    made = schema(
        "CREATE TABLE t (a); CREATE VIEW v AS SELECT a FROM t;"
        "CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT 1; END;"
        "CREATE VIRTUAL TABLE f USING fts5 (body);"
        "CREATE INDEX i ON t (a); INSERT INTO t VALUES (1); ANALYZE"
    )
    assert [t.name for t in made.tables] == ["t"]
    assert list(made.views) == ["v"]
    assert list(made.triggers) == ["g"]
    assert made.virtual == {"f": "CREATE VIRTUAL TABLE f USING fts5 (body)"}


def test_what_cannot_be_read_is_told():
    """Assert that a CREATE TABLE that is not understood loses nothing in silence."""
    connection = apsw.Connection(":memory:")
    connection.execute("CREATE TABLE t (a, b CHECK (b > 0)); PRAGMA writable_schema = ON")
    # What a broken writer could leave: SQLite has read the old text, we read the new one.
    connection.execute("UPDATE sqlite_master SET sql = 'CREATE TABLE t (a, b CHECK'")
    made = read(connection)
    assert [column.name for column in made.tables[0].columns] == ["a", "b"]
    assert made.unread == (
        "t: its CREATE TABLE could not be read (a bracket is not closed); CHECK constraints, "
        "generated values and names of constraints in it are not known.",
    )


def test_reading_writes_nothing(tmp_path):
    """Assert that a read-only connection in a transaction is enough, and the file stays as is."""
    file = tmp_path / "shop.sqlite3"
    writer = apsw.Connection(str(file))
    writer.execute(
        "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT); INSERT INTO t VALUES (1)"
    )
    writer.close()
    before = file.read_bytes()
    reader = apsw.Connection(str(file), flags=apsw.SQLITE_OPEN_READONLY)
    reader.execute("PRAGMA query_only = ON; BEGIN")
    assert read(reader).tables[0].counter == 1
    reader.close()
    assert file.read_bytes() == before
