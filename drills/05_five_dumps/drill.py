"""The server is gone, and of the dumps that are left only one is good and recent."""

import gzip
import random
import shutil
from collections.abc import Iterable

import psycopg2

from migrationlab.api import DrillEnvironment, Findings, ledger

DAYS = ("1-monday", "2-tuesday", "3-wednesday", "4-thursday", "5-friday", "6-saturday")
SCHEMA = """
CREATE ROLE bookkeeping;
GRANT SELECT ON orders, vouchers TO bookkeeping;
"""
HIDE = """
CREATE ROLE reporter LOGIN PASSWORD 'reports';
GRANT SELECT ON ALL TABLES IN SCHEMA public TO reporter;
GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO reporter;
ALTER TABLE orders ENABLE ROW LEVEL SECURITY;
CREATE POLICY old_ones ON orders FOR SELECT TO reporter USING (id % 3 > 0);
"""
SHOW = """
DROP POLICY old_ones ON orders;
ALTER TABLE orders DISABLE ROW LEVEL SECURITY;
DROP OWNED BY reporter;
DROP ROLE reporter;
"""


def before(env: DrillEnvironment) -> None:
    """Days pass: one dump each, the last of them cut. Which day is which, the seed decides."""
    if env.level < 3:
        env.run("pg_dumpall --globals-only --file=backups/roles.sql")
    chance = random.Random(env.seed)
    kinds = ["good", "plain_cut", "empty", "odd"]
    chance.shuffle(kinds)
    if env.level > 1:
        kinds.insert(chance.randrange(kinds.index("good") + 1), "older")
    dumps = {}
    for day, kind in zip(DAYS, [*kinds, "cut"], strict=False):
        dumps[kind] = MAKERS[kind](env, f"backups/{day}", chance)
        env.events.note(f"{dumps[kind]} is there.")  # not what it is: one may look during the drill
        env.workload.sell_well(12 + chance.randrange(15))
    env.remember(dumps=dumps, newest=dumps["cut"])


def accident(env: DrillEnvironment) -> None:
    env.clusters.stop()
    for name in ("data", "archive"):
        shutil.rmtree(env.folder / name)
    (env.folder / "data.log").unlink()


def unavoidable(sales: Iterable[ledger.Sale], facts: dict) -> set[int]:
    """Nobody can bring back what was sold after the last good dump."""
    return {sale.n for sale in ledger.acknowledged(sales) if sale.n > facts["inside"]}


def findings(env: DrillEnvironment) -> Findings:
    """A new server whose pg_hba.conf says trust is open to everybody on this machine."""
    try:
        psycopg2.connect(
            **env.database.address() | {"password": "wrong"}, connect_timeout=5
        ).close()
    except psycopg2.OperationalError:
        return Findings()
    told = "the server lets everybody in without a password (trust in pg_hba.conf)"
    return Findings(collateral=(told,))


# The dumps, each made by the real pg_dump at its time


def good(env: DrillEnvironment, name: str, chance: random.Random) -> str:
    """A whole dump, the last one."""
    with env.workload.paused():  # so that we know exactly which sales are inside
        dump(env, f"{name}.dump")
        env.remember(inside=max(sale.n for sale in env.workload.sales()))
    return f"{name}.dump"


def older(env: DrillEnvironment, name: str, chance: random.Random) -> str:
    """A whole dump, but an older one."""
    return dump(env, f"{name}.dump")


def cut(env: DrillEnvironment, name: str, chance: random.Random) -> str:
    """The disk was full: the dump ends too early."""
    path = env.folder / dump(env, f"{name}.dump")
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * chance.uniform(0.6, 0.9))])
    return f"{name}.dump"


def plain_cut(env: DrillEnvironment, name: str, chance: random.Random) -> str:
    """Plain SQL, and pg_dump was killed in the middle of a table."""
    path = env.folder / dump(env, f"{name}.sql", "--format=plain")
    lines = path.read_text("utf-8").splitlines(keepends=True)
    [start] = [number for number, line in enumerate(lines) if line.startswith("COPY public.orders")]
    path.write_text("".join(lines[: start + chance.randrange(600, 1300)]), "utf-8", newline="\n")
    return f"{name}.sql"


def empty(env: DrillEnvironment, name: str, chance: random.Random) -> str:
    """`pg_dump | gzip`: pg_dump could not connect, and gzip has packed nothing into 20 bytes."""
    path = env.folder / f"{name}.sql.gz"
    path.write_bytes(gzip.compress(b"", mtime=0))
    env.files.own(path)
    return f"{name}.sql.gz"


def odd(env: DrillEnvironment, name: str, chance: random.Random) -> str:
    """A file without a fault, but not everything is inside."""
    return ODD[env.seed % len(ODD)](env, f"{name}.dump")


def schema_only(env: DrillEnvironment, name: str) -> str:
    """Only the schema, no rows."""
    return dump(env, name, "--schema-only")


def without_orders(env: DrillEnvironment, name: str) -> str:
    """Everything but the rows of the biggest table."""
    return dump(env, name, "--exclude-table-data=orders")


def hidden_rows(env: DrillEnvironment, name: str) -> str:
    """Only the orders that row-level security shows to the role reporter."""
    with env.workload.paused():
        env.ask(HIDE)
        options = "--enable-row-security --username=reporter"
        dump(env, name, options, PGPASSWORD="reports")
        env.ask(SHOW)
    return name


def test_shop(env: DrillEnvironment, name: str) -> str:
    """The test shop, not the real one."""
    env.run("createdb --template=template0 shop_test")
    env.run("pg_dump --schema-only --file=schema.sql shop")
    env.run("psql --quiet --dbname=shop_test --file=schema.sql")
    (env.folder / "schema.sql").unlink()
    env.ask(TEST_ROWS, database="shop_test")
    dump(env, name, database="shop_test")
    env.run("dropdb shop_test")
    return name


TEST_ROWS = """
INSERT INTO customers SELECT n, 'Test ' || n, 'test' || n || '@example.dk'
FROM generate_series(1, 200) AS n;
INSERT INTO books SELECT n, 'Bind ' || n, 100 FROM generate_series(1, 300) AS n;
INSERT INTO orders (receipt, customer_id, book_id, price)
SELECT 'R-' || n, 1 + n % 200, 1 + n % 300, 100 FROM generate_series(1, 900) AS n;
INSERT INTO vouchers SELECT 'JUL-' || to_char(n, 'FM000'), 100 FROM generate_series(1, 50) AS n;
INSERT INTO alembic_version VALUES ('0001');
"""
MAKERS = {act.__name__: act for act in (good, older, cut, plain_cut, empty, odd)}
ODD = (schema_only, without_orders, hidden_rows, test_shop)


def dump(
    env: DrillEnvironment,
    name: str,
    options: str = "--format=custom",
    database: str = "shop",
    **variables,
) -> str:
    if "--format" not in options:
        options += " --format=custom"
    env.run(f"pg_dump {options} --file={name} {database}", **variables)
    return name
