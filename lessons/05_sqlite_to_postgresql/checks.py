"""Judge the exercises of lesson 05: what arrived, what stayed behind, and what was changed."""

import re
import sqlite3
import tempfile
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import psycopg2

from migrationlab import transfer
from migrationlab.api import (
    LabError,
    NotAttempted,
    Wrong,
    check,
    difference,
    in_words,
    student_programs,
)
from migrationlab.api import chain_assertions as chain

RESET = "lab.reset() brings back the start of this exercise."
CELL = "Write it in its cell, and run the cell."


# What several checks ask


def shown(values) -> str:
    """Values as a student knows them from psql: NULL, and texts in quotes."""
    return ", ".join(
        "NULL" if v is None else repr(v) if isinstance(v, str) else str(v) for v in values
    )


def without_comments(text: str) -> str:
    """A file of SQL or TOML without comments and layout, to see whether there is anything in it."""
    return "".join(re.sub(r"(--|#).*", "", text).split())


def sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def some(items, number: int = 3) -> str:
    """The first few, in words."""
    items = [str(item) for item in items]
    rest = len(items) - number
    return "; ".join(items[:number]) + (f"; and {rest} more" if rest > 0 else "")


def same_rows(database, query: str, wanted: list[tuple], where: str, todo: str = "") -> None:
    """Raise Wrong unless the query gives just the wanted rows; their first column is the key."""
    found = {row[0]: row for row in database.rows(query)}
    right = {row[0]: row for row in wanted}
    if missing := sorted(right.keys() - found.keys()):
        raise Wrong(
            f"{where}: {_number(missing, 'row')} missing.",
            expected=f"({shown(right[missing[0]])})",
            found=f"no row with the key {missing[0]}",
            todo=todo,
        )
    if extra := sorted(found.keys() - right.keys()):
        raise Wrong(
            f"{where}: {_number(extra, 'row')} too many.",
            found=f"({shown(found[extra[0]])})",
            todo=todo,
        )
    for key, row in right.items():
        if found[key] != row:
            raise Wrong(
                f"{where}: a row is not what it must be.",
                expected=f"({shown(row)})",
                found=f"({shown(found[key])})",
                todo=todo,
            )


def _number(items, word: str) -> str:
    return f"one {word} is" if len(items) == 1 else f"{len(items)} {word}s are"


@contextmanager
def made_again(attempt, name: str):
    """The exercise's SQLite file, made anew from its SQL in a folder of its own."""
    script = attempt.workspace.start.files / Path(name).with_suffix(".sql")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        file = Path(folder).resolve() / name
        with closing(sqlite3.connect(file)) as connection:
            connection.executescript(script.read_text("utf-8"))
        yield file


def read(file: Path, query: str) -> list[tuple]:
    """Rows of a SQLite file. Raises Wrong if the file cannot be read, or has no such table."""
    try:
        with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True, timeout=2)) as found:
            return found.execute(query).fetchall()
    except sqlite3.Error as error:
        raise Wrong(f"{file.name} cannot be read.", found=str(error), todo=RESET) from None


# 5.1

CASES = {
    "a": ("INTEGER", "'42'"),
    "b": ("INTEGER", "'abc'"),
    "c": ("VARCHAR(3)", "12345"),
    "d": ("BOOLEAN", "true"),
    "e": ("DATE", "'2024-01-31'"),
    "f": ("DECIMAL(8,2)", "'129.95'"),
    "g": ("DECIMAL(8,2)", "149.0"),
    "h": ("", "'7'"),
    "i": ("POINT", "'3'"),
    "j": ("REAL", "5"),
    "k": ("STRING", "'007'"),
}
STORAGE_REASONS = {
    "a": "the text looks like an integer, and the column wants one",
    "b": "it cannot be made a number, so it stays what it is",
    "c": "the column wants texts; the 3 means nothing",
    "d": "SQLite knows no boolean: true is another way to write something else",
    "e": "the column wants a number, and this cannot be made one",
    "f": "the text looks like a number with decimals",
    "g": "a NUMERIC column keeps a number without decimals in the shorter way",
    "h": "without a type, everything stays as it is",
    "i": "look into the word: POINT",
    "j": "a REAL column makes one thing of all numbers",
    "k": "STRING contains none of the pieces, so what is its affinity?",
}
STORAGE = ("integer", "real", "text", "blob", "null")


@check("5.1")
def what_sqlite_keeps(attempt):
    given = {x: str(attempt.answers.get(x, "")).strip(" .").lower() for x in CASES}
    unanswered = [x for x in CASES if not given[x]]
    if len(unanswered) == len(CASES):
        raise NotAttempted("There is no answer yet.", todo='lab.answer(a="integer", b="text", …)')
    if unanswered:
        raise Wrong(
            f"Some answers are missing: {', '.join(unanswered)}.",
            todo=f'Add them: lab.answer({unanswered[0]}="…"). The others are kept.',
        )
    words = {"int": "integer", "float": "real", "double": "real", "none": "null", "string": "text"}
    given = {x: words.get(word, word) for x, word in given.items()}
    if strange := [x for x in CASES if given[x] not in STORAGE]:
        raise Wrong(
            f"{', '.join(strange)}: typeof() never says that.",
            expected=", ".join(STORAGE),
            found=", ".join(repr(given[x]) for x in strange),
        )
    with closing(sqlite3.connect(":memory:")) as trial:
        right = {}
        for x, (declared, value) in CASES.items():
            trial.execute(f"CREATE TABLE {x} (x {declared})")
            trial.execute(f"INSERT INTO {x} VALUES ({value})")
            [right[x]] = trial.execute(f"SELECT typeof(x) FROM {x}").fetchone()
    if wrong := [x for x in CASES if given[x] != right[x]]:
        raise Wrong(
            f"{len(CASES) - len(wrong)} of {len(CASES)} are right. Think again of "
            f"{', '.join(wrong)}.",
            found="; ".join(f"{x}: {STORAGE_REASONS[x]}" for x in wrong),
        )
    return "All eleven. The value has the type, and the column has only a wish."


# 5.2


def _is_day(value) -> bool:
    try:
        return isinstance(value, str) and len(value) == 10 and bool(date.fromisoformat(value))
    except ValueError:
        return False


MEMBER_RULES = {
    "name": (lambda v: isinstance(v, str), "name must be a text"),
    "born": (lambda v: v is None or _is_day(v), "born must be a day in the calendar, or NULL"),
    "fee": (lambda v: isinstance(v, (int, float)) and v >= 0, "fee must be a number, at least 0"),
    "visits": (lambda v: v is None or isinstance(v, int), "visits must be an integer, or NULL"),
    "active": (
        lambda v: v is None or (isinstance(v, int) and v in (0, 1)),
        "active must be 0 or 1, or NULL",
    ),
}
MEMBERS = "SELECT id, name, born, fee, visits, active FROM members ORDER BY id"


@check("5.2")
def find_the_dirt(attempt):
    file = attempt.folder / "club.sqlite3"
    if not file.exists():
        raise NotAttempted("There is no file club.sqlite3 yet.", todo="Run the cell that makes it.")
    tables = {name for (name,) in read(file, "SELECT name FROM sqlite_schema WHERE type = 'table'")}
    with made_again(attempt, "club.sqlite3") as original:
        members = read(original, MEMBERS)
    if "members" not in tables or read(file, MEMBERS) != members:
        raise Wrong(
            "members is not as it was.",
            expected="the table stays as it is; the dirt is only to be found",
            todo="Run the cell that makes the file again. Then yours.",
        )
    if "dirt" not in tables:
        raise NotAttempted("There is no table dirt in club.sqlite3 yet.", todo=CELL)
    found = read(file, "SELECT column_name, id FROM dirt")
    values = {
        (column, row[0]): value
        for row in members
        for column, value in zip(MEMBER_RULES, row[1:], strict=True)
    }
    dirt = {place for place, value in values.items() if not MEMBER_RULES[place[0]][0](value)}
    if strange := [place for place in found if place not in values]:
        raise Wrong(
            "dirt names a value that is not there.",
            expected=f"a column ({', '.join(MEMBER_RULES)}) and the id of a member",
            found=f"({shown(strange[0])})",
        )
    for column in MEMBER_RULES:
        missing = sorted(place for place in dirt - set(found) if place[0] == column)
        if missing:
            raise Wrong(
                f"{column}: {_number(missing, 'value')} not found.",
                expected=f"{MEMBER_RULES[column][1]}",
                found=f"member {missing[0][1]}: {shown([values[missing[0]]])}",
                todo=f"SELECT id, {column}, typeof({column}) FROM members WHERE id = "
                f"{missing[0][1]}",
            )
        extra = sorted(place for place in set(found) - dirt if place[0] == column)
        if extra:
            raise Wrong(
                f"{column}: {_number(extra, 'good value')} in dirt.",
                expected=f"{MEMBER_RULES[column][1]}",
                found=f"member {extra[0][1]}: {shown([values[extra[0]]])}",
            )
    if len(found) != len(set(found)):
        twice = next(place for place in found if found.count(place) > 1)
        raise Wrong("A value is in dirt more than once.", found=f"({shown(twice)})")
    return f"All {len(dirt)} of them, and none that is good."


# 5.3

NEW_ORDERS = """
INSERT INTO old_orders (id, shipped, paid) VALUES
    (301, '02/01/2017', 'Y'), (302, '29/02/2016', '0'), (303, '29/02/2017', '1'),
    (304, '13/13/2017', '1'), (305, 'now', '1'), (306, 'tomorrow', '0'),
    (307, '1483311599', 'no'), (308, '915145200', NULL), (309, '20170102', '1'),
    (310, '2017-02-30', '1'), (311, '2017-1-2', '1'), (312, ' 2017-01-02', '1'),
    (313, '2017-01-02', 'on'), (314, NULL, 'true'), (315, '', ''), (316, '2017-01-02', 'y'),
    (317, '31-12-2017', '0'), (318, '0000-00-00', 'N'), (319, 'infinity', '1'),
    (320, '2017-01-02 10:00', '1'), (321, '00/00/0000', '1'), (322, '12345', '1');
"""
PAID = {"1": True, "yes": True, "Y": True, "0": False, "no": False, "N": False}


def cleaned(shipped, paid):
    """(date, boolean) of a row of old_orders, or None when it belongs into rejects."""
    if shipped in (None, "", "0000-00-00"):
        day = None
    elif re.fullmatch(r"[0-9]{9,10}", shipped):
        day = datetime.fromtimestamp(int(shipped), UTC).date()
    else:
        if match := re.fullmatch(r"([0-9]{2})/([0-9]{2})/([0-9]{4})", shipped):
            shipped = f"{match[3]}-{match[2]}-{match[1]}"
        if not _is_day(shipped):
            return None
        day = date.fromisoformat(shipped)
    if paid in (None, ""):
        return day, None
    return (day, PAID[paid]) if paid in PAID else None


@check("5.3")
def three_kinds_of_date(attempt):
    text = attempt.text("clean.sql")
    if not text or not without_comments(text):
        raise NotAttempted("There is no clean.sql yet, or nothing in it.", todo=CELL)
    for more in ("", NEW_ORDERS):
        with attempt.scratch() as scratch, student_programs.copied(attempt.folder) as folder:
            # A server in Denmark: the day of a moment must not depend on that.
            zone = f"ALTER DATABASE \"{scratch.database}\" SET timezone = 'Europe/Copenhagen'"
            scratch.execute(zone + more.join((";", "")))
            before = scratch.rows("SELECT * FROM old_orders ORDER BY id")
            for time in ("", " when it is run a second time"):
                outcome = student_programs.run_psql(scratch, folder, "clean.sql")
                if outcome.error:
                    raise Wrong(
                        f"clean.sql fails{time}{' with further rows' * bool(more)}.",
                        found=outcome.error,
                        todo="pg_input_is_valid(text, 'date') asks without an error."
                        if "date" in outcome.error
                        else "",
                    )
                _right_orders(scratch, before, time)
    return "Every known form became a value, and what nobody knows stayed as it was."


def _right_orders(scratch, before: list[tuple], time: str) -> None:
    if scratch.rows("SELECT * FROM old_orders ORDER BY id") != before:
        raise Wrong("old_orders is not as it was.", expected="it is only read")
    orders = {id: rest for id, *rest in scratch.rows("SELECT id, shipped, paid FROM orders")}
    rejects = {id: rest for id, *rest in scratch.rows("SELECT id, shipped, paid FROM rejects")}
    for id, shipped, paid in before:
        wanted = cleaned(shipped, paid)
        old = f"shipped {shown([shipped])}, paid {shown([paid])}"
        if wanted is None and id in orders:
            raise Wrong(
                f"A row is in orders{time} that nobody can understand.",
                expected=f"in rejects: {old}",
                found=f"in orders: {shown(orders[id])}",
                todo="Convert only the forms that were agreed on; a cast accepts many more.",
            )
        if wanted is None and rejects.get(id) != [shipped, paid]:
            raise Wrong(
                f"A row is not in rejects{time}, as it was.",
                expected=old,
                found=shown(rejects[id]) if id in rejects else f"no row {id} in rejects",
            )
        if wanted is not None and id in rejects:
            raise Wrong(f"A good row is in rejects{time}.", found=f"row {id}: {old}")
        if wanted is not None and id not in orders:
            raise Wrong(f"A good row is missing in orders{time}.", expected=f"row {id}: {old}")
        if wanted is not None and orders[id] != list(wanted):
            epoch = bool(re.fullmatch("[0-9]{9,10}", shipped or ""))
            danish = "/" in (shipped or "")
            raise Wrong(
                f"A row of orders is not right{time}: {old}.",
                expected=shown(wanted),
                found=shown(orders[id]),
                todo="The day in UTC: to_timestamp(…) AT TIME ZONE 'UTC'."
                if epoch
                else "In Denmark the day comes first."
                if danish
                else "",
            )


# 5.4

AFTER_PANDAS = {
    "authors": {"id": "bigint", "name": "text", "born": "integer"},
    "books": {
        "id": "bigint",
        "title": "text",
        "author_id": "bigint",
        "price": "numeric(8,2)",
        "in_print": "boolean",
        "published": "date",
    },
}
NOT_NULL = {"authors": ("id", "name"), "books": ("id", "title", "price", "in_print")}
BOOK = "INSERT INTO books (title, author_id, price) VALUES ({})"


@check("5.4")
def after_pandas(attempt):
    if not attempt.changed():
        raise NotAttempted("The two tables are as pandas left them.", todo=CELL)
    made = attempt.catalog()
    for table, columns in AFTER_PANDAS.items():
        for name, wanted in columns.items():
            if table not in made.tables or name not in made.tables[table].columns:
                raise Wrong(f"There is no {table}.{name} any more.", todo=RESET)
            found = made.tables[table].columns[name].type
            if found != wanted and not (wanted == "text" and found.startswith(chain.TEXTUAL)):
                raise Wrong(f"{table}.{name} has another type.", expected=wanted, found=found)
    _values_are_kept(attempt)
    for table, names in NOT_NULL.items():
        if made.tables[table].primary_key != ("id",):
            raise Wrong(f"The primary key of {table} is not id.", todo="ADD PRIMARY KEY (id)")
        for name in names:
            if not made.tables[table].columns[name].not_null:
                raise Wrong(f"{table}.{name} may be NULL.", expected="NOT NULL")
    with attempt.copy() as copy:
        _rules_hold(copy)
    return "Types, keys, defaults, and the numbers go on where the old shop stopped."


def _values_are_kept(attempt) -> None:
    """Raise Wrong at the first value of the start that is not there any more."""
    authors = attempt.start.rows("SELECT id, name, nullif(born, '')::integer FROM authors")
    same_rows(attempt, "SELECT id, name, born FROM authors", authors, "authors")
    books = attempt.start.rows(
        "SELECT id, title, author_id::bigint, price::numeric(8,2), in_print = 1, published::date"
        " FROM books"
    )
    query = "SELECT id, title, author_id, price, in_print, published FROM books"
    same_rows(attempt, query, books, "books")


def _rules_hold(copy) -> None:
    for statement in (BOOK.format("'X', 1, 1"), BOOK.format("'Y', NULL, 1")):
        error = copy.refuses(statement)
        if error and not isinstance(error, psycopg2.errors.UniqueViolation):  # that comes below
            raise Wrong(
                "The database refuses a good new book.",
                expected="id and in_print get their values by themselves",
                found=chain.first_line(error),
                todo="id: GENERATED BY DEFAULT AS IDENTITY. in_print: DEFAULT true.",
            )
    orphan = (
        "INSERT INTO books (id, title, author_id, price, in_print) OVERRIDING SYSTEM VALUE"
        " VALUES (70000, 'X', 5000, 1, true)"
    )
    if not isinstance(copy.refuses(orphan), psycopg2.errors.ForeignKeyViolation):
        raise Wrong(
            "A book of an author who does not exist is not refused.",
            expected="a foreign key from books.author_id to authors.id",
            todo="ADD FOREIGN KEY (author_id) REFERENCES authors (id)",
        )
    for table, insert, wanted in (
        ("authors", "INSERT INTO authors (name) VALUES ('Z') RETURNING id", 98),
        ("books", BOOK.format("'Z', 1, 1") + " RETURNING id", 413),
    ):
        try:
            found = copy.value(insert)
        except psycopg2.errors.UniqueViolation as error:
            raise Wrong(
                f"The next number of {table} is taken already.",
                expected=f"{wanted}: {wanted - 1} was given out before",
                found=error.diag.message_detail,
                todo="START WITH, or setval afterwards.",
            ) from None
        except psycopg2.Error as error:
            raise Wrong(
                f"A new row of {table} that gives no id is refused.",
                found=chain.first_line(error),
            ) from None
        if not wanted <= found <= wanted + 20:  # a student may have tried some
            raise Wrong(
                f"The next number of {table} is not right.",
                expected=f"{wanted}: {wanted - 1} was given out before",
                found=str(found),
                todo="Its highest id is not the last number that was given out."
                if found < wanted
                else RESET,
            )
    if copy.value("SELECT in_print FROM books ORDER BY id DESC LIMIT 1") is not True:
        raise Wrong("A new book is not in print by default.", expected="DEFAULT true")


# 5.5

KEYS = {
    ("orders", "customer_id"): "customers",
    ("order_lines", "order_id"): "orders",
    ("reviews", "customer_id"): "customers",
}


@check("5.5")
def orphans(attempt):
    if not attempt.changed():
        raise NotAttempted("Nothing has been done yet.", todo="Who is an orphan? Then move them.")
    made = attempt.catalog()
    if gone := [t for t in ("customers", "orders", "order_lines", "reviews", "orphans")
                if t not in made.tables]:  # fmt: skip
        raise Wrong(f"There is no table {gone[0]} any more.", todo=RESET)
    start = {
        table: attempt.start.rows(f"SELECT * FROM {table}")
        for table in ("customers", "orders", "order_lines", "reviews")
    }
    customers = {id for id, _ in start["customers"]}
    orders = [row for row in start["orders"] if row[1] in customers]
    ids = {id for id, *_ in orders}
    lines = [row for row in start["order_lines"] if row[0] in ids]
    reviews = [(id, c if c in customers else None, stars) for id, c, stars in start["reviews"]]
    same_rows(
        attempt,
        "SELECT * FROM customers",
        start["customers"],
        "customers",
        "No customer is deleted, and none invented.",
    )
    same_rows(attempt, "SELECT * FROM orders", orders, "orders")
    keyed = "SELECT ROW(order_id, book)::text, * FROM order_lines"
    wanted = [(f'({row[0]},"{row[1]}")', *row) for row in lines]
    same_rows(attempt, keyed, wanted, "order_lines")
    same_rows(
        attempt,
        "SELECT * FROM reviews",
        reviews,
        "reviews",
        "A review without its customer stays, with NULL.",
    )
    _in_quarantine(attempt, start, orders, lines)
    _keys_hold(attempt)
    away = len(start["orders"]) - len(orders) + len(start["order_lines"]) - len(lines)
    return f"Three keys that hold, and {away} rows in orphans. None is lost."


def _in_quarantine(attempt, start, orders, lines) -> None:
    found = attempt.rows("SELECT source, row_data FROM orphans")
    for table, columns, kept in (
        ("orders", ("id", "customer_id", "total"), orders),
        ("order_lines", ("order_id", "book", "quantity"), lines),
    ):
        wanted = [dict(zip(columns, row, strict=True)) for row in start[table] if row not in kept]
        there = [
            {k: Decimal(str(v)) if k == "total" else v for k, v in row.items()}
            for source, row in found
            if source == table
        ]
        for row in wanted:
            if there.count(row) != 1:
                raise Wrong(
                    f"A row of {table} is {'not' if row not in there else 'more than once'} in "
                    "orphans.",
                    expected=f"source {table}, row_data with {shown(row.values())}",
                    found=f"{len(there)} rows of {table} there, {len(wanted)} were expected",
                    todo="WITH gone AS (DELETE … RETURNING *) INSERT INTO orphans SELECT …, "
                    "to_jsonb(gone) FROM gone",
                )
        if len(there) != len(wanted):
            strange = next(row for row in there if row not in wanted)
            raise Wrong(f"orphans holds a row of {table} that is none.", found=str(strange))


def _keys_hold(attempt) -> None:
    keys = attempt.rows("""
        SELECT conrelid::regclass::text, attname, confrelid::regclass::text, convalidated
        FROM pg_constraint JOIN pg_attribute ON attrelid = conrelid AND attnum = conkey[1]
        WHERE contype = 'f'
    """)
    found = {(table, column): (parent, valid) for table, column, parent, valid in keys}
    for (table, column), parent in KEYS.items():
        if found.get((table, column), ("", False))[0] != parent:
            raise Wrong(
                f"{table}.{column} has no foreign key to {parent}.",
                todo=f"ALTER TABLE {table} ADD FOREIGN KEY ({column}) REFERENCES {parent} (id)",
            )
        if not found[table, column][1]:
            raise Wrong(
                f"The foreign key of {table}.{column} is not validated.",
                expected="it holds for all rows",
                todo="ALTER TABLE … VALIDATE CONSTRAINT …",
            )


# 5.6

SHOP = {
    "accounts": ("full_name", "phone", "newsletter", "born"),
    "orders": ("account_id", "total", "payment_ref"),
    "reviews": ("stars", "body"),
}


def meaning(column: str, value):
    """A value without regard to how it is stored."""
    if value is None:
        return None
    if column == "total":
        return Decimal(str(value))
    if column == "newsletter":
        return bool(value)
    return str(value)


@check("5.6")
def the_counts_agree(attempt):
    if not attempt.value("SELECT to_regclass('differences')"):
        raise Wrong("There is no table differences any more.", todo=RESET)
    mine = attempt.now.fingerprint()
    for name, before in attempt.start.fingerprint().items():
        if name.startswith(("old_shop.", "new_shop.")) and mine.get(name) != before:
            raise Wrong(
                f"{name} is not as it was.",
                expected="both sides are only read: the differences are to be found, not mended",
                todo=RESET,
            )
    found = attempt.rows("SELECT table_name, id, column_name FROM differences")
    if not found:
        raise NotAttempted("differences is still empty.", todo="Compare column by column.")
    wanted, why = set(), {}
    for table, columns in SHOP.items():
        listed = ", ".join(("id", *columns))
        sides = [
            {id: rest for id, *rest in attempt.start.rows(f"SELECT {listed} FROM {schema}.{table}")}
            for schema in ("old_shop", "new_shop")
        ]
        old, new = sides
        for id in old.keys() | new.keys():
            if id not in old or id not in new:
                wanted.add((table, id, "*"))
                why[table, id, "*"] = f"only in {'old_shop' if id in old else 'new_shop'}"
                continue
            for column, before, after in zip(columns, old[id], new[id], strict=True):
                if meaning(column, before) != meaning(column, after):
                    wanted.add((table, id, column))
                    why[table, id, column] = f"{shown([before])} and {shown([after])}"
    names = {(t.lower(), id, c.lower()) for t, id, c in found}
    if extra := sorted(names - wanted):
        table, id, column = extra[0]
        raise Wrong(
            f"differences holds {len(extra)} that are none.",
            found=f"{table} {id}, {column}",
            expected="only what means something else on the two sides"
            if column in (*SHOP.get(table, ()), "*")
            else "the table without its schema, the id, and a column or *",
        )
    if missing := sorted(wanted - names):
        kinds = sorted({f"{table}.{column}" for table, _, column in missing})
        raise Wrong(
            f"{len(names)} of {len(wanted)} differences are found.",
            found=f"look again at {', '.join(kinds)}; one of them: {why[missing[0]]}",
            todo="IS DISTINCT FROM sees NULL, too. A FULL JOIN sees rows of one side.",
        )
    if len(found) != len(names):
        raise Wrong("A difference is in the table more than once.", found=f"{len(found)} rows")
    return f"All {len(wanted)}, behind counts that agreed."


# 5.7 and 5.8


def moved(attempt, database, file: Path, **options) -> None:
    """Move a file with the student's decisions. Raises Wrong if it is refused, or rows stay."""
    url = attempt.server.url(database.database)
    mapping = attempt.folder / "decisions.toml"
    try:
        transfer.transfer(file, url, mapping=mapping, **options)
    except transfer.Stopped as stopped:
        problems = [f"{p.table}.{p.column}: {p.reason}" for p in stopped.plan.every_problem()]
        raise Wrong(
            f"With your decisions the file cannot be moved: {_number(problems, 'problem')} left.",
            found=some(problems),
            todo="Try it with --plan and --mapping decisions.toml.",
        ) from None
    except LabError as error:
        raise Wrong(
            "With your decisions the file cannot be moved.",
            found=str(error).splitlines()[0],
            todo="Try it with --plan and --mapping decisions.toml.",
        ) from None


def decisions_begun(attempt) -> None:
    text = attempt.text("decisions.toml")
    if not text or not without_comments(text):
        if attempt.changed():
            raise Wrong("Your database has changed, and decisions.toml says nothing.", todo=CELL)
        raise NotAttempted("There is no decisions.toml yet, or nothing in it.", todo=CELL)


MARKET_TYPES = {
    "stalls": {"id": "bigint", "name": "text", "roof": "boolean"},
    "stall_rentals": {
        "rental_no": "bigint",
        "stall_id": "bigint",
        "day": "date",
        "booked_at": "timestamp",
        "price": "numeric(8,2)",
        "paid": "boolean",
        "tenant_id": "bigint",
        "note": "text",
    },
}
YES_NO = {None: None, 0: False, 1: True, "ja": True, "nej": False}


@check("5.7")
def decisions_in_a_file(attempt):
    decisions_begun(attempt)
    with attempt.empty() as fresh, made_again(attempt, "market.sqlite3") as file:
        moved(attempt, fresh, file)
        stalls = [(id, name, YES_NO[roof]) for id, name, roof in read(file, "SELECT * FROM stalls")]
        rentals = [
            _rental(*row) for row in read(file, 'SELECT * FROM "Stall Rentals"')
        ]  # fmt: skip
        for database, where in ((fresh, ""), (attempt.now, "In your own database, ")):
            made = database.catalog()
            for table, columns in MARKET_TYPES.items():
                for name, wanted in columns.items():
                    if table not in made.tables:
                        raise Wrong(
                            sentence(f"{where}there is no table {table}."),
                            found=", ".join(made.tables) or "no table",
                            todo="Run the transfer: … postgresql:/// --mapping decisions.toml"
                            if where
                            else 'name = "stall_rentals"',
                        )
                    if name not in made.tables[table].columns:
                        raise Wrong(
                            sentence(f"{where}there is no column {table}.{name}."),
                            found=", ".join(made.tables[table].columns),
                        )
                    found = made.tables[table].columns[name].type
                    if found != wanted:
                        raise Wrong(
                            f"{where}{table}.{name} has another type.",
                            expected=wanted,
                            found=found,
                            todo="As text the dirt would live on." if found == "text" else "",
                        )
            same_rows(database, "SELECT id, name, roof FROM stalls", stalls, f"{where}stalls")
            listed = ", ".join(MARKET_TYPES["stall_rentals"])
            same_rows(
                database,
                f"SELECT {listed} FROM stall_rentals",
                rentals,
                f"{where}stall_rentals",
            )
            if "transfer_quarantine" in made.tables:
                raise Wrong(
                    sentence(f"{where}rows are in quarantine."),
                    expected="every one of them can arrive",
                )
    return f"{len(rentals)} rentals, every value as it was meant, and nothing left behind."


def _rental(number, stall, day, booked, price, paid, tenant, note) -> tuple:
    if day == "":
        day = None
    elif "." in day:
        day = datetime.strptime(day, "%d.%m.%Y").date()
    else:
        day = date.fromisoformat(day)
    return (
        number,
        stall,
        day,
        datetime.fromtimestamp(booked, UTC).replace(tzinfo=None),
        Decimal(str(price)),
        YES_NO[paid],
        tenant,
        None if note is None else str(note),
    )


PLAYERS = "SELECT id, full_name, email, joined_on, junior, rank::text FROM players"
GAMES = "SELECT id, white_id, black_id, played_at, result FROM games"
NEW_PLAYER = (
    "INSERT INTO players (full_name, email, rank) VALUES ('Ny', 'ny@mail.example', 'club')"
    " RETURNING id"
)


@check("5.8")
def into_existing_tables(attempt):
    chain.given_revisions_untouched(attempt)
    decisions_begun(attempt)
    with attempt.empty() as fresh, made_again(attempt, "club.sqlite3") as file:
        if error := attempt.upgrade(fresh):
            raise Wrong("alembic upgrade head fails.", found=error, todo=RESET)
        migrated = fresh.catalog()
        moved(attempt, fresh, file, existing=True)
        players = [
            (number, name, mail, _danish(joined), bool(junior), rank)
            for number, name, mail, joined, junior, rank, _ in read(file, "SELECT * FROM Player")
        ]
        games = [
            (id, white, black, datetime.fromtimestamp(played, UTC).replace(tzinfo=None), result)
            for id, white, black, played, result in read(file, "SELECT * FROM Games")
        ]
        for database, where in ((fresh, ""), (attempt.now, "In your own database, ")):
            there = database.catalog().tables
            if where and not {"players", "games"} <= there.keys():
                raise Wrong(
                    "Your decisions are right, but your own database has no players and games.",
                    todo="alembic upgrade head, then the transfer with --existing.",
                )
            if unlike := in_words(difference(migrated, database.catalog()), expected=True):
                raise Wrong(
                    sentence(f"{where}the tables are not those of the migrations."),
                    found=unlike,
                    todo="--existing moves rows into the tables that alembic has made.",
                )
            same_rows(database, PLAYERS, players, f"{where}players")
            same_rows(database, GAMES, games, f"{where}games")
        if where and attempt.version() != {"3d90b7a1e542"}:
            raise Wrong("Your database does not stand at the head.", todo="alembic upgrade head")
        for database in (fresh, None):
            with attempt.copy() if database is None else _itself(database) as scratch:
                number = scratch.value(NEW_PLAYER)
                if not 15 <= number <= 35:
                    raise Wrong(
                        "The next player gets a wrong number.", expected="15", found=str(number)
                    )
    return "The migrations own the tables, and the old club has moved in with its numbers."


@contextmanager
def _itself(database):
    yield database


def _danish(text: str) -> date | None:
    return datetime.strptime(text, "%d/%m/%Y").date() if text else None


# 5.9

OUT = {
    "e": "the old file is the evidence: without it nobody can look up what a value had been",
    "i": "customers would see wrong values, and moved ones could not be told from changed ones",
    "k": "orphans would come in, and nobody would look for them afterwards",
}
STEPS = "abcdfghj"
# (earlier, later, why)
BEFORE = (
    ("j", "a", "the new database can be made while the shop is open"),
    ("c", "a", "the rehearsal takes hours, and the shop can be open meanwhile"),
    ("a", "b", "as long as somebody writes, the transfer is out of date at its end"),
    ("a", "g", "a copy that is made while somebody orders does not hold the last orders"),
    (
        "g",
        "d",
        "when the shop is open again, the old file can be touched by accident: copy it before",
    ),
    ("b", "f", "what is not there yet cannot be verified"),
    ("f", "d", "until the switch the way back is free, afterwards it costs the new orders"),
    ("d", "h", "the old file is kept after the switch, for weeks"),
)


@check("5.9")
def the_night_of_the_move(attempt):
    given = str(attempt.answers.get("order", ""))
    letters = re.findall(r"[a-z]", given.lower())
    if not letters:
        raise NotAttempted("There is no answer yet.", todo='lab.answer(order="c a …")')
    if strange := [x for x in letters if x not in STEPS and x not in OUT]:
        raise Wrong(f"There is no step {strange[0]}.", expected="letters from a to k", found=given)
    if twice := [x for x in letters if letters.count(x) > 1]:
        raise Wrong(f"Step {twice[0]} is there twice.", found=given)
    if bad := [x for x in letters if x in OUT]:
        raise Wrong(f"Step {bad[0]} does not belong into the plan.", found=OUT[bad[0]])
    if missing := [x for x in STEPS if x not in letters]:
        raise Wrong(
            sentence(f"{_number(missing, 'step')} missing."), expected="eight steps", found=given
        )
    for earlier, later, why in BEFORE:
        if letters.index(earlier) > letters.index(later):
            raise Wrong(f"{later} comes too early: {earlier} must be before it.", found=why)
    return "Closed only from a to d, and until d the way back is free."
