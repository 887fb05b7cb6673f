"""A shop on a SQLite file: its disk is exchanged tonight, and `cp` is its only backup."""

import random
import sqlite3
from contextlib import closing
from pathlib import Path

from migrationlab.api import CALL, Differences, DrillEnvironment, Workload, ledger, sqlite_backup

LIVE = "data/shop.sqlite3"
YESTERDAY, TONIGHT = "backups/yesterday.sqlite3", "backups/tonight.sqlite3"
SCHEMA_OF_THE_SHOP = """
PRAGMA journal_mode = WAL;
PRAGMA user_version = 7;
CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL);
CREATE TABLE books (
    id INTEGER PRIMARY KEY,
    title TEXT NOT NULL,
    price INTEGER NOT NULL CHECK (price > 0),
    sold INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE orders (
    receipt TEXT PRIMARY KEY,
    customer_id INTEGER NOT NULL REFERENCES customers,
    lines INTEGER NOT NULL,
    total INTEGER NOT NULL
);
CREATE TABLE order_lines (
    receipt TEXT NOT NULL REFERENCES orders,
    line INTEGER NOT NULL,
    book_id INTEGER NOT NULL REFERENCES books,
    price INTEGER NOT NULL,
    PRIMARY KEY (receipt, line)
);
CREATE INDEX order_lines_by_book ON order_lines (book_id);
CREATE VIEW takings AS SELECT count(*) AS orders, sum(total) AS kroner FROM orders;
CREATE TABLE cash (id INTEGER PRIMARY KEY CHECK (id = 1), orders INTEGER, kroner INTEGER);
INSERT INTO cash VALUES (1, 0, 0);
"""
TORN = "Pages of different moments look like this."
CUSTOMERS, BOOKS, ORDERS = 200, 20_000, 1500
LASTS = 2.0
"""Seconds that a backup may take: what was sold while it was made may be inside or not."""


def price(book: int) -> int:
    return 49 + book * 37 % 300


def sell(connection: sqlite3.Connection, receipt: str, customer: int, books: list[int]) -> None:
    """One sale: an order, its lines, and the sums that belong to them, in one transaction."""
    total = sum(map(price, books))
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        order = (receipt, customer, len(books), total)
        connection.execute("INSERT INTO orders VALUES (?, ?, ?, ?)", order)
        lines = [(receipt, n, book, price(book)) for n, book in enumerate(books, 1)]
        connection.executemany("INSERT INTO order_lines VALUES (?, ?, ?, ?)", lines)
        each = [(book,) for book in books]
        connection.executemany("UPDATE books SET sold = sold + 1 WHERE id = ?", each)
        connection.execute("UPDATE cash SET orders = orders + 1, kroner = kroner + ?", (total,))


def build_shop(env: DrillEnvironment) -> None:
    """The shop as it was yesterday."""
    data = env.folder / "data"
    data.mkdir(mode=0o700)
    (env.folder / LIVE).touch()
    env.files.own(data)
    chance = random.Random(11)
    with closing(sqlite3.connect(env.folder / LIVE, isolation_level=None)) as connection:
        connection.executescript(SCHEMA_OF_THE_SHOP)
        people = [(n, f"Customer {n}", f"customer{n}@example.dk") for n in range(1, CUSTOMERS + 1)]
        books = [(n, f"Bind {n}", price(n)) for n in range(1, BOOKS + 1)]
        connection.execute("BEGIN")
        connection.executemany("INSERT INTO customers VALUES (?, ?, ?)", people)
        connection.executemany("INSERT INTO books VALUES (?, ?, ?, 0)", books)
        connection.execute("COMMIT")
        connection.execute("PRAGMA synchronous = OFF")
        for n in range(1, ORDERS + 1):
            bought = chance.sample(range(1, BOOKS + 1), chance.randrange(1, 5))
            sell(connection, f"R-{n}", 1 + n % CUSTOMERS, bought)
    env.remember(schema=sqlite_backup.facts(env.folder / LIVE)["schema"], live=LIVE)


class SqliteWorkload(Workload):
    """It keeps the newest sales in the -wal, and moves them into the file once in a while."""

    errors = sqlite3.Error

    def __init__(self, folder: Path, seed: int):
        super().__init__(folder, seed)
        self._every = 280 + seed % 60
        self._since = 0

    def connect(self) -> sqlite3.Connection:
        where = (self.folder / LIVE).as_uri() + "?mode=rw"  # a file that is gone stays gone
        connection = sqlite3.connect(where, uri=True, timeout=1, isolation_level=None)
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        return connection

    def is_closed(self, connection) -> bool:
        return False

    def sale(self, n: int, chance: random.Random) -> dict:
        books = chance.sample(range(1, BOOKS + 1), chance.randrange(1, 5))
        total = sum(map(price, books))
        values = {"customer": str(chance.randrange(1, CUSTOMERS + 1)), "total": str(total)}
        values |= {"books": " ".join(map(str, books))}
        told = {"what": "order", "table": "orders", "key": f"T-{n}", "values": values}
        return told | {"new": True, "worth": float(total)}

    def write(self, connection, sold: dict) -> dict[str, str]:
        if self._since >= self._every:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._since = 0
        books = [int(book) for book in sold["values"]["books"].split()]
        sell(connection, sold["key"], int(sold["values"]["customer"]), books)
        self._since += 1
        return {}


def workload(folder: Path, seed: int) -> Workload:
    return SqliteWorkload(folder, seed)


def before(env: DrillEnvironment) -> None:
    env.run(f"cp {LIVE} {YESTERDAY}")
    env.events.note("The colleague's backup of yesterday: cp.")
    env.workload.sell_well(40 + env.seed % 40)
    if env.level > 2:  # it was made already, it says
        env.run(f"cp {LIVE} {TONIGHT}")
        env.events.note("The colleague's backup of tonight: cp.")


def accident(env: DrillEnvironment) -> None:
    """The disk reports errors. It still works: the shop sells on."""


# The verdict


def differences(env: DrillEnvironment) -> Differences:
    """The one file, opened on another machine: everything that was sold before it was made?"""
    file = env.folder / TONIGHT
    if not sqlite_backup.is_one(file):
        there = "is no SQLite file" if file.exists() else "is not there"
        return Differences([f"{TONIGHT} {there}."], [], _collateral(env, None))
    try:
        # immutable: without what lies beside it, and without making a file there
        with closing(sqlite3.connect(file.as_uri() + "?immutable=1", uri=True)) as connection:
            faults, receipts = _look(connection)
        collateral = _collateral(env, sqlite_backup.facts(file)["schema"])
    except sqlite3.Error as error:
        damaged = f"{TONIGHT} is damaged: {error}. {TORN}"
        return Differences([damaged], [], _collateral(env, None))
    return Differences(faults, _missing(env, receipts, _made_at(env, file)), collateral)


def _look(connection: sqlite3.Connection) -> tuple[list[str], set[str]]:
    """What is wrong in the file, and the receipts of the orders that are whole."""
    said = [line for (line,) in connection.execute("PRAGMA integrity_check(1)")]
    why = [line for text in said for line in text.splitlines() if line[:3] not in ("ok", "***")]
    faults = [f"{TONIGHT} is damaged: {line}. {TORN}" for line in why[:1]]
    orders = dict(connection.execute("SELECT receipt, lines || ' ' || total FROM orders"))
    lines = dict(
        connection.execute(
            "SELECT receipt, count(*) || ' ' || sum(price) FROM order_lines GROUP BY receipt"
        )
    )
    half = {name for name in orders.keys() | lines.keys() if orders.get(name) != lines.get(name)}
    if half:
        faults.append(f"Half sales: {len(half)} orders and their lines do not fit together.")
    sums = "SELECT count(*), sum(total) FROM orders", "SELECT orders, kroner FROM cash"
    counted, booked = (connection.execute(query).fetchone() for query in sums)
    if counted != booked:
        faults.append(
            f"The file has {counted[0]} orders worth {counted[1]} kr, and its cash book says "
            f"{booked[0]} and {booked[1]} kr: different moments."
        )
    for table, wanted in (("customers", CUSTOMERS), ("books", BOOKS)):
        [count] = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
        if count != wanted:
            faults.append(f"{table}: {count} rows, it must be {wanted}.")
    old = {f"R-{n}" for n in range(1, ORDERS + 1)} - orders.keys()
    if old:
        faults.append(f"{len(old)} orders from before today are missing.")
    return faults, orders.keys() - half


def _missing(env: DrillEnvironment, receipts: set[str], made: float) -> list[ledger.Sale]:
    """Sales from before the backup that are not inside. What was sold later cannot be."""
    sold = [sale for sale in env.workload.sales() if sale.said == ledger.OK]
    newest = max((sale.at for sale in sold if sale.key in receipts), default=0.0)
    limit = max(_called(env), made - LASTS, newest)
    return [sale for sale in sold if sale.at < limit and sale.key not in receipts]


def _called(env: DrillEnvironment) -> float:
    return max((at for at, text in env.events.read() if text == CALL), default=env.broke)


def _made_at(env: DrillEnvironment, file: Path) -> float:
    """When it was written; when it is a copy of another backup, when that was written."""
    content = file.read_bytes()
    same = [
        one.stat().st_mtime
        for one in env.folder.rglob("*")
        if one.is_file() and one.stat().st_size == len(content) and one != env.folder / LIVE
        if one.read_bytes() == content
    ]
    return min(same)


def _collateral(env: DrillEnvironment, schema: dict | None) -> list[str]:
    lines = []
    for name in sorted(env.facts["schema"].keys() - schema.keys() if schema is not None else ()):
        lines.append(f"the {name} is not in the backup")
    beside = env.folder / f"{TONIGHT}-wal"
    if beside.exists() and beside.stat().st_size:
        lines.append(f"{beside.name} lies beside the backup, and only the one file is carried over")
    refused = sum(
        sale.said == ledger.NO for sale in env.workload.sales() if sale.tried_at > _called(env)
    )
    if refused:
        lines.append(f"{refused} customers were refused while the backup was made")
    return lines + _live(env)


def _live(env: DrillEnvironment) -> list[str]:
    """The shop's own file must not have suffered."""
    try:
        where = (env.folder / LIVE).as_uri() + "?mode=ro"
        with closing(sqlite3.connect(where, uri=True)) as connection:
            receipts = {one for (one,) in connection.execute("SELECT receipt FROM orders")}
            [mode] = connection.execute("PRAGMA journal_mode").fetchone()
    except sqlite3.Error as error:
        return [f"the shop's own file cannot be read any more: {error}"]
    gone = [
        one for one in env.workload.sales() if one.said == ledger.OK and one.key not in receipts
    ]
    lines = [f"{len(gone)} sales are lost in the shop's own file"] if gone else []
    return lines + ([] if mode == "wal" else [f"the shop's own file is in journal_mode {mode} now"])
