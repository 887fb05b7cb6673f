"""SQLite files to be moved, made by arithmetic: the same rows on every machine."""

import sqlite3
from contextlib import closing
from pathlib import Path

from benchmarks.peers import Schema

NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows})"
# A number that looks like chance, from the row's number and a salt (Knuth's multiplier).
CHANCE = "((i * 2654435761 + {salt} * 40503) % 4294967296)"


def chance(salt: int) -> str:
    return CHANCE.format(salt=salt)


CITY = f"""CASE {chance(1)} % 6 WHEN 0 THEN 'København' WHEN 1 THEN 'Århus' WHEN 2 THEN 'Odense'
    WHEN 3 THEN 'Nykøbing Falster' WHEN 4 THEN 'Skagen' ELSE 'Rønne' END"""
NOTE = f"""CASE {chance(2)} % 10 WHEN 0 THEN NULL WHEN 1 THEN 'tab' || char(9) || 'and \\ slash'
    WHEN 2 THEN 'two' || char(10) || 'lines' WHEN 3 THEN '' WHEN 4 THEN 'a smile 😀 for row ' || i
    ELSE 'delivered to the door, thanked by the customer, no. ' || i END"""
MOMENT = f"datetime(1577836800 + {chance(3)} % 157680000, 'unixepoch')"
ISBN = f"'978' || printf('%010d', {chance(4)})"

ONE_TABLE = f"""
CREATE TABLE sales (id INTEGER PRIMARY KEY, quantity INTEGER, sold_at TIMESTAMP, price REAL,
    city VARCHAR(40), paid BOOLEAN, note TEXT, isbn VARCHAR(13));
{NUMBERS} INSERT INTO sales SELECT i, {chance(5)} % 9 + 1, {MOMENT}, {chance(6)} % 100000 / 100.0,
    {CITY}, {chance(7)} % 3 = 0, {NOTE}, {ISBN} FROM n;
"""

ONE = Schema(
    "CREATE TABLE sales (id bigint NOT NULL, quantity bigint, sold_at timestamp,"
    " price double precision, city varchar(40), paid boolean, note text, isbn varchar(13))",
    "ALTER TABLE sales ADD PRIMARY KEY (id)",
)

# table -> (columns in SQLite, columns in PostgreSQL, rows at full size, the values of row i)
SHOP: dict[str, tuple[str, str, int, str]] = {
    "accounts": (
        "id INTEGER PRIMARY KEY AUTOINCREMENT, email TEXT NOT NULL UNIQUE, name VARCHAR(60),"
        " joined_on DATE, is_staff BOOLEAN NOT NULL DEFAULT 0",
        "id bigint NOT NULL, email text NOT NULL, name varchar(60), joined_on date,"
        " is_staff boolean NOT NULL",
        100_000,
        "i, 'user' || i || '@example.dk', 'Ida Nr. ' || i,"
        f" date(1577836800 + {chance(8)} % 157680000, 'unixepoch'), {chance(9)} % 50 = 0",
    ),
    "authors": (
        "id INTEGER PRIMARY KEY, name TEXT NOT NULL, born INTEGER",
        "id bigint NOT NULL, name text NOT NULL, born bigint",
        20_000,
        f"i, 'Forfatter Ærlig ' || i, 1900 + {chance(10)} % 100",
    ),
    "books": (
        "id INTEGER PRIMARY KEY, isbn CHAR(13) NOT NULL UNIQUE, title TEXT NOT NULL,"
        " price DECIMAL(10,2) CHECK (price >= 0), published DATE, language VARCHAR(2)",
        "id bigint NOT NULL, isbn varchar(13) NOT NULL, title text NOT NULL,"
        " price numeric(10,2), published date, language varchar(2)",
        60_000,
        f"i, '978' || printf('%010d', i), 'Bog nr. ' || i, {chance(11)} % 50000 / 100.0,"
        f" date({chance(12)} % 1700000000, 'unixepoch'), CASE i % 3 WHEN 0 THEN 'en' ELSE 'da' END",
    ),
    "book_authors": (
        "book_id INTEGER NOT NULL REFERENCES books, author_id INTEGER NOT NULL REFERENCES authors,"
        " position INTEGER, PRIMARY KEY (book_id, author_id)",
        "book_id bigint NOT NULL, author_id bigint NOT NULL, position bigint",
        90_000,
        "1 + i % {books}, 1 + (i * 7) % {authors}, i % 3",
    ),
    "orders": (
        "id INTEGER PRIMARY KEY AUTOINCREMENT, account_id INTEGER NOT NULL REFERENCES accounts,"
        " ordered_at DATETIME NOT NULL, status VARCHAR(12), paid BOOLEAN, note TEXT",
        "id bigint NOT NULL, account_id bigint NOT NULL, ordered_at timestamp NOT NULL,"
        " status varchar(12), paid boolean, note text",
        300_000,
        f"i, 1 + {chance(13)} % {{accounts}}, {MOMENT},"
        f" CASE i % 4 WHEN 0 THEN 'new' WHEN 1 THEN 'paid' ELSE 'sent' END, {chance(14)} % 2,"
        f" {NOTE}",
    ),
    "order_lines": (
        "id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL REFERENCES orders ON DELETE CASCADE,"
        " book_id INTEGER NOT NULL REFERENCES books, quantity INTEGER NOT NULL,"
        " price DECIMAL(10,2)",
        "id bigint NOT NULL, order_id bigint NOT NULL, book_id bigint NOT NULL,"
        " quantity bigint NOT NULL, price numeric(10,2)",
        800_000,
        f"i, 1 + {chance(15)} % {{orders}}, 1 + {chance(16)} % {{books}}, i % 5 + 1,"
        f" {chance(17)} % 50000 / 100.0",
    ),
    "reviews": (
        "id INTEGER PRIMARY KEY, book_id INTEGER NOT NULL REFERENCES books,"
        " account_id INTEGER REFERENCES accounts, stars INTEGER, written_at DATETIME, body TEXT",
        "id bigint NOT NULL, book_id bigint NOT NULL, account_id bigint, stars bigint,"
        " written_at timestamp, body text",
        150_000,
        f"i, 1 + {chance(18)} % {{books}}, CASE i % 9 WHEN 0 THEN NULL ELSE"
        f" 1 + {chance(19)} % {{accounts}} END, {chance(20)} % 5 + 1, {MOMENT}, {NOTE}",
    ),
    "stock_moves": (
        "id INTEGER PRIMARY KEY, book_id INTEGER NOT NULL REFERENCES books, moved_at DATETIME,"
        " change INTEGER, weight REAL",
        "id bigint NOT NULL, book_id bigint NOT NULL, moved_at timestamp, change bigint,"
        " weight double precision",
        60_000,
        f"i, 1 + {chance(21)} % {{books}}, {MOMENT}, {chance(22)} % 20 - 10,"
        f" {chance(23)} / 1000000.0",
    ),
}
INDEXES = (
    "books(title)",
    "books(published)",
    "book_authors(author_id)",
    "orders(account_id)",
    "orders(ordered_at)",
    "orders(status, ordered_at)",
    "order_lines(order_id)",
    "order_lines(book_id)",
    "reviews(book_id)",
    "reviews(account_id)",
    "reviews(written_at)",
    "stock_moves(book_id)",
    "stock_moves(moved_at)",
    "accounts(joined_on)",
    "authors(name)",
)
KEYS = (
    *[f"ALTER TABLE {table} ADD PRIMARY KEY (id)" for table in SHOP if table != "book_authors"],
    "ALTER TABLE book_authors ADD PRIMARY KEY (book_id, author_id)",
    "ALTER TABLE accounts ADD UNIQUE (email)",
    "ALTER TABLE books ADD UNIQUE (isbn)",
    "ALTER TABLE books ADD CHECK (price >= 0)",
    *[f"CREATE INDEX ON {index}" for index in INDEXES],
    *[
        f"ALTER TABLE {child} ADD FOREIGN KEY ({parent.rstrip('s')}_id) REFERENCES {parent}"
        for child, parents in {
            "book_authors": ("books", "authors"),
            "orders": ("accounts",),
            "order_lines": ("orders", "books"),
            "reviews": ("books", "accounts"),
            "stock_moves": ("books",),
        }.items()
        for parent in parents
    ],
)
WHOLE = Schema(
    ";\n".join(f"CREATE TABLE {name} ({of[1]})" for name, of in SHOP.items()), ";\n".join(KEYS)
)


def one_table(path: Path, rows: int) -> None:
    """A table of eight columns."""
    _write(path, ONE_TABLE.replace("{rows}", str(rows)))


def shop(path: Path, scale: float) -> int:
    """Eight tables with keys and indexes, 1.58 million rows at scale 1; how many rows it has."""
    sizes = {name: max(1, round(of[2] * scale)) for name, of in SHOP.items()}
    script = ""
    for name, (columns, _, _, values) in SHOP.items():
        script += f"CREATE TABLE {name} ({columns});\n"
        script += NUMBERS.format(rows=sizes[name])
        script += f" INSERT OR IGNORE INTO {name} SELECT {values.format(**sizes)} FROM n;\n"
    for number, index in enumerate(INDEXES):
        script += f"CREATE INDEX index_{number} ON {index};\n"
    _write(path, script)
    return sum(sizes.values())


def _write(path: Path, script: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;")
        connection.executescript(f"BEGIN; {script} COMMIT")
