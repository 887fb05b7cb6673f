"""What is made in PostgreSQL is what the SQLite file declares, and the rest is told."""

import importlib.util
import subprocess
from contextlib import closing

import psycopg2
import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations

from migrationlab.postgres.catalog import difference, snapshot
from migrationlab.transfer.plan.postgres_names import KEYWORDS, free, quoted, short
from migrationlab.transfer.plan.transfer_plan import Plan
from migrationlab.transfer.translate import ddl, sql_script
from tests.transfer.both_sides import temporary_database
from tests.transfer.plan_tools import made

SHOP = """
CREATE TABLE Accounts (id INTEGER PRIMARY KEY AUTOINCREMENT,
    email TEXT NOT NULL COLLATE NOCASE CONSTRAINT uq_email UNIQUE,
    name VARCHAR(40) DEFAULT 'it''s 100% :new \\ "x"', active BOOLEAN NOT NULL DEFAULT 1,
    born DATE DEFAULT '2000-01-01' CHECK (born >= '1900-01-01'),
    created DATETIME DEFAULT CURRENT_TIMESTAMP, balance DECIMAL(10,2) DEFAULT -1.5,
    rate REAL DEFAULT 0.1, photo BLOB DEFAULT x'00ff', opens TIME DEFAULT '08:00:00',
    key UUID UNIQUE, notes JSON DEFAULT '{"a": [1]}', "Odd "" name" TEXT,
    CONSTRAINT percent CHECK (name <> '100%' AND name <> ':x' AND "Odd "" name" <> ':"'));
CREATE TABLE "Order Details" (order_id INTEGER NOT NULL, line INTEGER NOT NULL,
    account INTEGER REFERENCES accounts ON DELETE CASCADE ON UPDATE SET NULL,
    by_email TEXT REFERENCES Accounts (email) DEFERRABLE INITIALLY DEFERRED,
    quantity INTEGER DEFAULT 1 CHECK (quantity > 0) CHECK (quantity < 1000),
    price INTEGER, total INTEGER GENERATED ALWAYS AS (price * quantity) STORED,
    label TEXT AS (lower(by_email) || '%:x') VIRTUAL,
    up_order INTEGER, up_line INTEGER, PRIMARY KEY (order_id, line),
    FOREIGN KEY (up_order, up_line) REFERENCES "Order Details" (order_id, line));
CREATE INDEX "By Total" ON "Order Details" (total DESC, label) WHERE quantity > 1;
CREATE UNIQUE INDEX one_each ON "Order Details" (account, lower(label)) WHERE label <> ':a%';
CREATE INDEX accounts_email ON accounts (email, name COLLATE RTRIM DESC);
CREATE UNIQUE INDEX whole ON accounts (born, id);
CREATE TABLE codes (code TEXT COLLATE NOCASE PRIMARY KEY, "order" INTEGER UNIQUE, "select" TEXT,
    UNIQUE ("order", "select")) WITHOUT ROWID;
CREATE TABLE uses (code TEXT REFERENCES codes, flag BOOLEAN DEFAULT 0 CHECK (flag IN (0, 1)),
    "user" TEXT REFERENCES accounts (email));
CREATE VIEW v AS SELECT 1; CREATE TRIGGER tr AFTER INSERT ON uses BEGIN
    SELECT 1;
END;
"""


@pytest.fixture
def connection(server, database):
    with closing(server.connect(database)) as found:
        yield found


def build(connection, plan: Plan) -> None:
    with connection.cursor() as cursor:
        for statement in ddl.statements(plan):
            cursor.execute(statement)
    if not connection.autocommit:
        connection.commit()


def decided(statements: str, **types: str) -> Plan:
    plan = made(statements, **types)
    ddl.decide(plan)
    return plan


def test_a_whole_schema(connection):
    """Assert that everything the shop's file declares is in PostgreSQL, in its words."""
    plan = decided(SHOP)
    assert plan.by_hand == []
    build(connection, plan)
    tables = snapshot(connection).tables
    assert list(tables) == ["accounts", "codes", "order details", "uses"]
    accounts = tables["accounts"]
    defaults = {name: column.default for name, column in accounts.columns.items()}
    assert defaults == {
        "id": None,
        "email": None,
        "name": "'it''s 100% :new \\ \"x\"'::character varying",
        "active": "true",
        "born": "'2000-01-01'::date",
        "created": "(now() AT TIME ZONE 'utc'::text)",
        "balance": "'-1.5'::numeric",
        "rate": "0.1",
        "photo": "'\\x00ff'::bytea",
        "opens": "'08:00:00'::time without time zone",
        "key": None,
        "notes": "'{\"a\": [1]}'::json",
        'odd " name': None,
    }
    assert accounts.columns["id"].identity == "BY DEFAULT"
    assert [name for name, column in accounts.columns.items() if column.not_null] == [
        *("id", "email", "active")
    ]
    definitions = {name: c.definition for name, c in accounts.constraints.items()}
    assert definitions == {
        "accounts_pkey": "PRIMARY KEY (id)",
        "accounts_key_key": "UNIQUE (key)",
        # For the foreign keys: they compare with regard to case.
        "accounts_email_key": "UNIQUE (email)",
        "accounts_check": "CHECK (born >= '1900-01-01'::date)",
        "percent": "CHECK (name::text <> '100%'::text AND name::text <> ':x'::text AND "
        '"odd "" name" <> \':"\'::text)',
    }
    indexes = {name: index.definition for name, index in accounts.indexes.items()}
    assert indexes == {
        "uq_email": "CREATE UNIQUE INDEX uq_email ON accounts USING btree "
        '(lower(email COLLATE "C"))',
        "accounts_email": "CREATE INDEX accounts_email ON accounts USING btree "
        "(lower(email COLLATE \"C\"), rtrim(name::text, ' '::text) DESC)",
        "whole": "CREATE UNIQUE INDEX whole ON accounts USING btree (born, id)",
    }
    details = tables["order details"]
    assert {name: c.definition for name, c in details.constraints.items()} == {
        "order details_pkey": "PRIMARY KEY (order_id, line)",
        "order details_check": "CHECK (quantity > 0)",
        "order details_check1": "CHECK (quantity < 1000)",
        "order details_account_fkey": "FOREIGN KEY (account) REFERENCES accounts(id) "
        "ON UPDATE SET NULL ON DELETE CASCADE",
        "order details_by_email_fkey": "FOREIGN KEY (by_email) REFERENCES accounts(email) "
        "DEFERRABLE INITIALLY DEFERRED",
        "order details_up_order_up_line_fkey": "FOREIGN KEY (up_order, up_line) REFERENCES "
        '"order details"(order_id, line)',
    }
    assert details.columns["total"].generated == "(price * quantity) STORED"
    assert {name: index.definition for name, index in details.indexes.items()} == {
        "by total": 'CREATE INDEX "by total" ON "order details" USING btree '
        "(total DESC, label) WHERE quantity > 1",
        "one_each": 'CREATE UNIQUE INDEX one_each ON "order details" USING btree '
        "(account, lower(label COLLATE \"C\")) WHERE label <> ':a%'::text",
    }
    codes = tables["codes"]
    assert {name: c.definition for name, c in codes.constraints.items()} == {
        "codes_pkey": "PRIMARY KEY (code)",
        "codes_order_key": 'UNIQUE ("order")',
        "codes_order_select_key": 'UNIQUE ("order", "select")',
    }
    assert list(codes.indexes) == ["codes_pkey_folded"]


def test_the_database_refuses_what_sqlite_refuses(connection):
    """Assert that the rules work: case-blind uniqueness, CHECKs, keys, and ids that go on."""
    connection.autocommit = True
    build(connection, decided(SHOP))
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO accounts (email) VALUES ('Bo@example.org') RETURNING id")
        assert cursor.fetchone() == (1,)
        for statement, error in [
            ("INSERT INTO accounts (email) VALUES ('BO@EXAMPLE.ORG')", "UniqueViolation"),
            ("INSERT INTO accounts (email, born) VALUES ('x', '1800-01-01')", "CheckViolation"),
            ("INSERT INTO uses (code) VALUES ('none')", "ForeignKeyViolation"),
            ("INSERT INTO codes VALUES ('a', 1, ''), ('A', 2, '')", "UniqueViolation"),
            ("INSERT INTO accounts (name) VALUES ('x')", "NotNullViolation"),
        ]:
            with pytest.raises(getattr(psycopg2.errors, error)):
                cursor.execute(statement)
        cursor.execute("INSERT INTO accounts (email) VALUES ('BØ'), ('bø')")  # as in SQLite


BY_HAND = [
    (
        "CREATE TABLE t (a TEXT CHECK (a LIKE 'x%'), b INT CHECK (b > 0))",
        "t: the CHECK (a LIKE 'x%') must be written by hand: LIKE ignores the case of ASCII "
        "letters in SQLite (ILIKE ignores it of all letters).",
    ),
    (
        "CREATE TABLE t (a TEXT DEFAULT (lower(hex(randomblob(4)))))",
        "t: the DEFAULT of a (lower(hex(randomblob(4)))) must be written by hand: "
        "the function lower() is not translated.",
    ),
    (
        "CREATE TABLE t (day DATE DEFAULT (date('now', 'localtime')))",
        "t: the DEFAULT of day (date('now', 'localtime')) must be written by hand: "
        "the function date() is not translated.",
    ),
    (
        "CREATE TABLE t (flag BOOLEAN DEFAULT 2)",
        "t: the DEFAULT of flag (2) must be written by hand: 2 is no boolean.",
    ),
    (
        "CREATE TABLE t (day DATE DEFAULT 'now')",
        "t: the DEFAULT of day ('now') must be written by hand: "
        "'now' is no value for the type date.",
    ),
    (
        "CREATE TABLE t (n INTEGER, y TEXT AS (strftime('%Y', n)))",
        "t: the column y AS (strftime('%Y', n)) becomes an ordinary one with its values of today: "
        "the function strftime() is not translated.",
    ),
    (
        "CREATE TABLE t (p DECIMAL(8,2), q INTEGER, total DECIMAL(8,2) AS (p * q))",
        "t: the column total AS (p * q) becomes an ordinary one with its values of today: "
        "SQLite computes it as a double, and a numeric is exact.",
    ),
    (
        "CREATE TABLE t (a INTEGER, b INTEGER AS (a + 1), c INTEGER AS (b + 1))",
        "t: the column c AS (b + 1) becomes an ordinary one with its values of today: "
        "b is a generated column too.",
    ),
    (
        "CREATE TABLE t (a TEXT); CREATE INDEX i ON t (a) WHERE a GLOB 'x*'",
        "t: the index i (a) must be made by hand: "
        "PostgreSQL has no GLOB (use a regular expression).",
    ),
    (
        "CREATE TABLE t (a JSON); CREATE INDEX i ON t (json_extract(a, '$.x'))",
        "t: the index i (json_extract(a, '$.x')) must be made by hand: "
        "JSON paths are written otherwise.",
    ),
    (
        "CREATE TABLE t (a JSON UNIQUE)",
        "t: the UNIQUE constraint (a) must be made by hand: "
        "a is json, which has no order in PostgreSQL.",
    ),
]


@pytest.mark.parametrize("statements, sentence", BY_HAND)
def test_nothing_is_left_out_in_silence(connection, statements, sentence):
    """Assert that what is not translated is told in one sentence, and the rest is made."""
    plan = decided(statements)
    assert plan.by_hand == [sentence]
    build(connection, plan)
    assert list(snapshot(connection).tables) == ["t"]


def test_an_ordinary_column_may_be_computed_with(connection):
    """Assert that a generated column can name one that is not generated any more."""
    plan = decided("CREATE TABLE t (a INTEGER, b INTEGER AS (a & 1), c INTEGER AS (b + 1))")
    generated = {column.name: column.generated for column in plan.tables[0].columns}
    # c named b while b was still a generated one; it stays so only where b is translated.
    assert generated["b"] == ""
    build(connection, plan)


@pytest.mark.parametrize(
    "declared, default, type_, expected",
    [
        ("INTEGER", "7", "bigint", "7"),
        ("INTEGER", "'7'", "bigint", "7"),
        ("INTEGER", "(1 + 2 * 3)", "bigint", "1 + (2 * 3)"),
        ("INTEGER", "-9223372036854775807", "bigint", "-9223372036854775807"),
        ("INTEGER", "0xff", "bigint", "255"),
        ("INTEGER", "1.0", "bigint", "1"),
        ("INTEGER", "TRUE", "bigint", "1"),
        ("INTEGER", "NULL", "bigint", ""),
        ("INTEGER", "(NULL)", "bigint", ""),
        ("INTEGER", "(unixepoch())", "bigint", "CAST(floor(extract(epoch FROM now())) AS bigint)"),
        (
            "INTEGER",
            "(strftime('%s','now'))",
            "bigint",
            "CAST(floor(extract(epoch FROM now())) AS bigint)",
        ),
        ("TEXT", "''", "text", "''"),
        ("TEXT", '"double"', "text", "'double'"),
        ("TEXT", "bare", "text", "'bare'"),
        ("TEXT", "5", "text", "'5'"),
        ("TEXT", "('a' || 'b')", "text", "'a' || 'b'"),
        ("TEXT", "(datetime('now'))", "text", None),
        ("TEXT", "CURRENT_DATE", "text", None),
        ("BOOLEAN", "0", "boolean", "false"),
        ("BOOLEAN", "1", "boolean", "true"),
        ("BOOLEAN", "'1'", "boolean", "true"),
        ("BOOLEAN", "TRUE", "boolean", "true"),
        ("BOOLEAN", "false", "boolean", "false"),
        ("BOOLEAN", "1", "bigint", "1"),
        ("REAL", "1", "double precision", "1"),
        ("REAL", ".5", "double precision", "0.5"),
        ("DECIMAL(5,2)", "'1.50'", "numeric(5,2)", "1.5"),
        ("DATE", "CURRENT_DATE", "date", "CAST((now() AT TIME ZONE 'utc') AS date)"),
        ("DATE", "(date('now'))", "date", "CAST((now() AT TIME ZONE 'utc') AS date)"),
        (
            "DATETIME",
            "CURRENT_TIMESTAMP",
            "timestamp without time zone",
            "(now() AT TIME ZONE 'utc')",
        ),
        (
            "DATETIME",
            "( datetime( 'now' ) )",
            "timestamp without time zone",
            "(now() AT TIME ZONE 'utc')",
        ),
        ("DATETIME", "CURRENT_TIMESTAMP", "timestamp with time zone", "now()"),
        (
            "TIME",
            "CURRENT_TIME",
            "time without time zone",
            "CAST((now() AT TIME ZONE 'utc') AS time)",
        ),
        ("BLOB", "x'414a'", "bytea", r"'\x414a'"),
        ("JSON", "'[]'", "jsonb", "'[]'"),
        ("UUID", "'0e37df36-f698-11e6-8dd4-cb9ced3df976'", "uuid", None),
    ],
)
def test_defaults(connection, declared, default, type_, expected):
    """Assert that a default is translated by the type of its column, and PostgreSQL takes it."""
    plan = decided(f"CREATE TABLE t (a INTEGER, x {declared} DEFAULT {default})", x=type_)
    assert plan.by_hand == []
    definition = plan.tables[0].definition.columns[1]
    assert expected is None or definition.default == expected
    build(connection, plan)
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO t (a) VALUES (1) RETURNING x::text")
        assert (cursor.fetchone()[0] is None) == (definition.default == "")


def test_defaults_by_the_users_words():
    """Assert that a default is read as the column's values are."""
    plan = made("CREATE TABLE t (paid BOOLEAN DEFAULT 'no', day DATE DEFAULT '')")
    plan.tables[0].column("paid").false_for = ("no",)
    plan.tables[0].column("day").null_for = ("",)
    ddl.decide(plan)
    assert [column.default for column in plan.tables[0].definition.columns] == ["false", ""]
    assert plan.by_hand == []


def test_names_that_would_be_alike(connection):
    """Assert that indexes of several tables that PostgreSQL would call alike have names of own."""
    long = "x" * 70
    statements = [
        "CREATE TABLE a (id INTEGER PRIMARY KEY, b INTEGER CONSTRAINT u UNIQUE)",
        "CREATE TABLE c (id INTEGER PRIMARY KEY, b INTEGER CONSTRAINT U UNIQUE)",
        "CREATE TABLE a_pkey (id INTEGER PRIMARY KEY)",
        "CREATE TABLE a_id_seq (a_id_seq_ INTEGER PRIMARY KEY)",
        'CREATE INDEX "C_pkey" ON a (b)',
        f"CREATE TABLE {long}1 (id INTEGER PRIMARY KEY, {long} INTEGER UNIQUE)",
        f"CREATE TABLE {long}2 (id INTEGER PRIMARY KEY, {long} INTEGER UNIQUE)",
        f"CREATE INDEX {long}3 ON {long}1 ({long})",
        f"CREATE TABLE d (e INTEGER CONSTRAINT d_pkey CHECK (e > 0) PRIMARY KEY,"
        f" f INTEGER CONSTRAINT d_pkey CHECK (f > 0), {long} INTEGER REFERENCES a)",
    ]
    plan = decided("; ".join(statements))
    assert plan.by_hand == []
    build(connection, plan)
    assert len(snapshot(connection).tables) == 7


def test_names_that_the_target_has_already():
    """Assert that an index gets a name that no relation of the target schema has."""
    plan = made("CREATE TABLE t (a INTEGER); CREATE INDEX i ON t (a)")
    ddl.decide(plan, taken=["i", "i1"])
    assert plan.tables[0].definition.indexes[0].name == "i2"


def test_a_foreign_key_to_what_is_left_behind():
    """Assert that a key whose parent or column is not moved is told and left out."""
    plan = made(
        "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE q (id INTEGER PRIMARY KEY);"
        "CREATE TABLE t (a INTEGER REFERENCES p, b INTEGER REFERENCES q, c INTEGER REFERENCES q)"
    )
    plan.tables.remove(plan.table("p"))
    table = plan.table("t")
    table.columns.remove(table.column("b"))
    ddl.decide(plan)
    assert plan.by_hand == [
        "t: the foreign key (a) to p is left out: the table p is left behind.",
        "t: the foreign key (b) to q is left out: the column b is left behind.",
    ]
    assert ddl.foreign_keys(plan, table) == [
        "ALTER TABLE t ADD CONSTRAINT t_c_fkey FOREIGN KEY (c) REFERENCES q (id)"
    ]


def test_keys_of_a_column_that_is_left_behind():
    """Assert that a key, a CHECK and an index over a skipped column are told."""
    plan = made(
        "CREATE TABLE t (a INTEGER, b INTEGER CHECK (b > 0), c INTEGER, PRIMARY KEY (a, b),"
        " UNIQUE (c, b)); CREATE INDEX i ON t (c) WHERE b > 0"
    )
    table = plan.table("t")
    table.columns.remove(table.column("b"))
    ddl.decide(plan)
    assert plan.by_hand == [
        "t: the CHECK (b > 0) must be written by hand: the column b is left behind.",
        "t: the primary key cannot be made: the column b is left behind.",
        "t: the UNIQUE constraint (c, b) must be made by hand: the column b is left behind.",
        "t: the index i (c) must be made by hand: the column b is left behind.",
    ]


def test_a_column_that_is_named_twice(connection):
    """Assert that UNIQUE (a, a), which PostgreSQL refuses, becomes UNIQUE (a)."""
    build(connection, decided("CREATE TABLE t (a INTEGER, b INTEGER, UNIQUE (a, b, a))"))
    constraints = snapshot(connection).tables["t"].constraints
    assert [constraint.definition for constraint in constraints.values()] == ["UNIQUE (a, b)"]


def test_quoting_is_postgresqls_own(server, connection):
    """Assert that names are quoted as quote_ident() of the server does it, keywords too."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT word, quote_ident(word) FROM pg_get_keywords()")
        for word, expected in cursor.fetchall():
            assert quoted(word) == expected
        names = ["a", "A", "a b", 'a"b', "1a", "a1", "_", "æ", "", "a$", "user", "a-b"]
        cursor.execute("SELECT name, quote_ident(name) FROM unnest(%s) AS name", (names,))
        assert all(quoted(name) == expected for name, expected in cursor.fetchall())
    assert "select" in KEYWORDS


def test_short_names():
    """Assert that a long name keeps its beginning, fits in 63 bytes and stays one of its own."""
    assert short("æ" * 31) == "æ" * 31
    one, other = short("æ" * 40 + "1"), short("æ" * 40 + "2")
    assert one != other
    assert len(one.encode()) <= 63 and one.startswith("æ" * 20)
    taken = {"a"}
    assert [free("A", taken), free("a", taken), free("b", taken)] == ["a1", "a2", "b"]


TYPES = ["smallint", "integer", "bigint", "numeric", "numeric(7,3)", "numeric(5,0)", "real"]
TYPES += ["double precision", "boolean", "date", "timestamp without time zone", "text"]
TYPES += ["timestamp with time zone", "time without time zone", "character varying(20)", "bytea"]
TYPES += ["character varying", "character(3)", "json", "jsonb", "uuid", "inet", "integer[]"]
TYPES += ["timestamp(3) without time zone", "interval", "numeric(3,-2)", "time with time zone"]
KEYWORD_TABLE = "; ".join(
    f'CREATE TABLE "{word}" ("{word}" INTEGER PRIMARY KEY); CREATE INDEX "{word}_i" ON "{word}"'
    f' ("{word}" DESC)'
    for word in sorted(KEYWORDS)
)
SCHEMAS = {
    "shop": SHOP,
    "keywords": KEYWORD_TABLE,
    "names": 'CREATE TABLE "a.b" ("c.d" INTEGER PRIMARY KEY, "e%f" TEXT DEFAULT \'%s %(x)s\','
    ' ":g" INTEGER REFERENCES "a.b", "h""i" INTEGER REFERENCES "j\'k", "\\l" TEXT,'
    ' CHECK ("e%f" <> \'12:30:00 :x %% \\:y ::z\')); CREATE TABLE "j\'k" (id INTEGER PRIMARY KEY);'
    ' CREATE UNIQUE INDEX "m:n%" ON "a.b" ("c.d", ":g" DESC, trim("e%f")) WHERE "\\l" <> \':%\'',
    "sequences": "CREATE TABLE a (id INTEGER PRIMARY KEY); CREATE TABLE a_id_seq (b INTEGER);",
    "keys": "CREATE TABLE a (id INT PRIMARY KEY, b INT); CREATE TABLE c (x INT, y INT,"
    " PRIMARY KEY (x, y)); CREATE TABLE d (id INTEGER REFERENCES a PRIMARY KEY)",
    "types": "CREATE TABLE t ("
    + ", ".join(f"c{number} TEXT" for number in range(len(TYPES)))
    + ")",
    "empty": "CREATE TABLE t (a INTEGER)",
    "by hand": "CREATE TABLE t (a TEXT CHECK (a LIKE 'x%\n; DROP TABLE t')); CREATE VIEW v AS\n"
    "SELECT '\\q' AS a; -- no\n",
}


def planned(name: str, schema: str = "public") -> Plan:
    types = {f"c{number}": type_ for number, type_ in enumerate(TYPES)}
    plan = made(SCHEMAS[name], **(types if name == "types" else {}))
    plan.schema = schema
    ddl.decide(plan)
    return plan


def schema_of(connection, schema: str = "public"):
    found = snapshot(connection, schemas=[schema])
    connection.rollback()
    return found


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_script_makes_the_same_schema(server, connection, name, tmp_path):
    """Assert that psql makes from the SQL file what the tool makes itself."""
    plan = planned(name)
    build(connection, plan)
    file = tmp_path / "schema.sql"
    file.write_text(sql_script.sql_script(plan), "utf-8")
    with temporary_database(server) as other:
        done = subprocess.run(
            [server.bin / "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", file],
            env=server.environment(other),
            capture_output=True,
            text=True,
        )
        assert (done.returncode, done.stderr) == (0, "")
        with closing(server.connect(other)) as made_by_psql:
            assert difference(schema_of(connection), schema_of(made_by_psql)) == []


def revision_of(plan: Plan, folder):
    """The revision file as a module."""
    file = folder / "0001_schema.py"
    file.write_text(sql_script.alembic_revision(plan, "0001"), "utf-8")
    specification = importlib.util.spec_from_file_location("revision", file)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.mark.parametrize("schema", ["public", "Old Shop"])
@pytest.mark.parametrize("name", SCHEMAS)
def test_the_revision_makes_the_same_schema(server, connection, name, schema, tmp_path):
    """Assert that Alembic makes what the tool makes, and takes all of it back."""
    plan = planned(name, schema)
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE SCHEMA IF NOT EXISTS "{schema}"; SET search_path TO "{schema}"')
    build(connection, plan)
    module = revision_of(plan, tmp_path)
    with temporary_database(server) as other:
        url = sa.URL.create("postgresql+psycopg2", database=other)
        engine = sa.create_engine(url, creator=lambda: raw(server, other), poolclass=sa.NullPool)
        run(engine, module.upgrade)
        with closing(server.connect(other)) as made_by_alembic:
            there = schema_of(made_by_alembic, schema)
            assert difference(schema_of(connection, schema), there) == []
        run(engine, module.downgrade)
        with closing(server.connect(other)) as empty:
            assert schema_of(empty, schema).tables == {}


def raw(server, database):
    connection = server.connect(database)
    connection.autocommit = False
    return connection


def run(engine, step) -> None:
    with engine.begin() as connection:
        with Operations.context(MigrationContext.configure(connection)):
            step()


def test_what_the_revision_looks_like():
    """Assert that the file reads as if a person had written it."""
    plan = decided(
        "CREATE TABLE p (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);"
        "CREATE TABLE t (id INTEGER PRIMARY KEY, p INTEGER REFERENCES p ON DELETE CASCADE,"
        " paid BOOLEAN NOT NULL DEFAULT 0 CHECK (paid IN (0, 1)),"
        " note TEXT CHECK (note LIKE 'a%'));"
        "CREATE INDEX ix ON t (p) WHERE paid"
    )
    plan.texts = {"v": "CREATE VIEW v AS\n  SELECT 1"}
    assert sql_script.alembic_revision(plan, "0002", "0001") == REVISION


def test_both_stay_comments():
    """Assert that a text with line breaks cannot become a statement."""
    plan = planned("by hand")
    for text, mark in (
        (sql_script.sql_script(plan), "--"),
        (sql_script.alembic_revision(plan, "1"), "#"),
    ):
        lines = [line for line in text.splitlines() if "DROP TABLE" in line or "\\q" in line]
        assert len(lines) == 2
        assert all(line.startswith(mark) for line in lines)


REVISION = '''"""The schema of shop.sqlite3

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "p",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="p_pkey"),
        sa.UniqueConstraint("name", name="p_name_key"),
    )
    op.create_table(
        "t",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("p", sa.BigInteger()),
        sa.Column("paid", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("note", sa.Text()),
        sa.CheckConstraint("paid IN (FALSE, TRUE)", name="t_check"),
        sa.PrimaryKeyConstraint("id", name="t_pkey"),
    )
    op.create_index("ix", "t", ["p"], postgresql_where=sa.text("paid"))
    op.create_foreign_key("t_p_fkey", "t", "p", ["p"], ["id"], ondelete="CASCADE")


def downgrade() -> None:
    op.drop_constraint("t_p_fkey", "t", type_="foreignkey")
    op.drop_index("ix", table_name="t")
    op.drop_table("t")
    op.drop_table("p")


# To be done by hand:
# * t: the CHECK (note LIKE \'a%\') must be written by hand: LIKE ignores the case of ASCII letters in SQLite (ILIKE ignores it of all letters).

# In SQLite\'s words, to be written anew for PostgreSQL:
#
# CREATE VIEW v AS
#   SELECT 1
'''  # noqa: E501
