"""The old shop's tables, as somebody wrote them down in 2013 and others went on."""

MISSING_TABLE = "warehouses"  # "Order Details" refers to it, and it is not there

_REFERENCE = f" REFERENCES {MISSING_TABLE} (id)"

TABLES = {
    "accounts": """
CREATE TABLE accounts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    email VARCHAR(80) NOT NULL UNIQUE COLLATE NOCASE,
    full_name TEXT NOT NULL,
    phone VARCHAR(20),
    birthday DATE,
    newsletter BOOLEAN DEFAULT 0,
    created_at DATETIME DEFAULT CURRENT_TIMESTAMP,
    deleted_at DATETIME
)""",
    "authors": """
CREATE TABLE authors (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    born INTEGER
)""",
    "books": """
CREATE TABLE books (
    id INTEGER PRIMARY KEY,
    isbn CHAR(13) UNIQUE,
    title VARCHAR(60) NOT NULL,
    author_id INTEGER REFERENCES authors,
    pages INTEGER,
    price DECIMAL(8,2) CHECK (price >= 0),
    published DATE,
    in_print BOOLEAN NOT NULL DEFAULT 1,
    cover BLOB,
    blurb TEXT,
    price_with_vat DECIMAL(8,2) GENERATED ALWAYS AS (round(price * 1.25, 2)) VIRTUAL
)""",
    "orders": """
CREATE TABLE orders (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id INTEGER NOT NULL REFERENCES accounts (id),
    ordered_at DATETIME NOT NULL,
    shipped DATE,
    paid BOOLEAN NOT NULL DEFAULT 0,
    total DECIMAL(10,2),
    payment_ref BIGINT,
    status TEXT NOT NULL DEFAULT 'new'
        CHECK (status IN ('new', 'paid', 'shipped', 'cancelled')),
    note TEXT
)""",
    "Order Details": f"""
CREATE TABLE "Order Details" (
    "Order ID" INTEGER NOT NULL REFERENCES orders (id) ON DELETE CASCADE,
    "Book ID" INTEGER NOT NULL REFERENCES books (id),
    Quantity SMALLINT NOT NULL DEFAULT 1 CHECK (Quantity > 0),
    "Unit Price" REAL NOT NULL,
    "Warehouse ID" INTEGER{_REFERENCE},
    PRIMARY KEY ("Order ID", "Book ID")
)""",
    "reviews": """
CREATE TABLE reviews (
    id INTEGER PRIMARY KEY,
    book_id INTEGER NOT NULL REFERENCES books (id) ON DELETE CASCADE,
    account_id INTEGER REFERENCES accounts (id) ON DELETE SET NULL,
    stars MEDIUMINT NOT NULL CHECK (stars BETWEEN 1 AND 5),
    body TEXT,
    written_at DATETIME,
    visible BOOLEAN DEFAULT 1
)""",
    "settings": """
CREATE TABLE settings (
    name TEXT PRIMARY KEY NOT NULL,
    value
) WITHOUT ROWID""",
    "statistics": """
CREATE TABLE statistics (
    day DATE NOT NULL,
    "group" TEXT NOT NULL,
    hits INTEGER,
    seconds REAL,
    PRIMARY KEY (day, "group")
)""",
}

# Made after the rows are in.
INDEXES = """
CREATE INDEX accounts_by_name ON accounts (lower(full_name));
CREATE UNIQUE INDEX one_account_per_phone ON accounts (phone) WHERE deleted_at IS NULL;
CREATE INDEX orders_by_account ON orders (account_id);
CREATE UNIQUE INDEX one_review_each ON reviews (book_id, account_id) WHERE account_id IS NOT NULL;
CREATE VIEW bestsellers AS
    SELECT books.id, title, sum(Quantity) AS sold
    FROM books JOIN "Order Details" ON "Book ID" = books.id
    GROUP BY books.id ORDER BY sold DESC LIMIT 10;
CREATE TRIGGER order_is_paid AFTER UPDATE OF paid ON orders WHEN NEW.paid = 1 BEGIN
    UPDATE orders SET status = 'paid' WHERE id = NEW.id AND status = 'new';
END;
"""


def tables(clean: bool) -> dict[str, str]:
    """name -> CREATE TABLE, parents before children.

    The clean shop refers to no missing table, and its settings are all text.
    """
    if not clean:
        return TABLES
    return TABLES | {
        "Order Details": TABLES["Order Details"].replace(_REFERENCE, ""),
        "settings": TABLES["settings"].replace("    value\n", "    value TEXT\n"),
    }
