"""Judge the exercises of lesson 04: what a student's files do to rows, on scratch databases."""

import json
import re
import shutil
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import psycopg2

from migrationlab.api import (
    NotAttempted,
    Wrong,
    check,
    difference,
    in_words,
    stairway,
    student_programs,
)
from migrationlab.api import chain_assertions as chain

RESET = "lab.reset() brings back the start of this exercise."


# What several checks ask


def changed_file(attempt, name: str, *, until: str = "") -> None:
    """Raise NotAttempted while the file that is the answer is empty or as it was given.

    `until`: where its cell ends as long as nobody has written in it.
    """
    text = attempt.text(name)
    if text is None:
        raise Wrong(f"There is no file {name} in the folder any more.", todo=RESET)
    given = (attempt.workspace.start.files / name).read_text("utf-8")
    cell = given.partition(until)[0] if until else ""
    if without_comments(text) in {without_comments(known) for known in ("", cell, given)}:
        raise NotAttempted(
            f"{name} is as it was given.", todo="Change it in its cell, and run the cell."
        )


def without_comments(text: str) -> str:
    """A file of SQL or Python without comments and layout, to compare it with another."""
    return "".join(re.sub(r"(--|#).*", "", text).split())


def shown(values) -> str:
    """A row as a student knows it from psql: NULL, and texts in quotes."""
    return ", ".join(
        "NULL" if v is None else repr(v) if isinstance(v, str) else str(v) for v in values
    )


# 4.1

PLACES = {
    "a": "migration",
    "b": "script",
    "c": "test",
    "d": "none",
    "e": "migration",
    "f": "script",
    "g": "none",
    "h": "migration",
}
PLACE_REASONS = {
    "a": "every database needs these rows, and the new table is of no use without them",
    "b": "they are wanted on a developer's computer, and nobody wants them in production",
    "c": "one test needs them, always the same ones, and nobody after it",
    "d": "they are real rows that are gone: no file of the project knows them",
    "e": "the column, its values and NOT NULL belong together, once in every database",
    "f": "they come again every night, and a migration runs once in a database",
    "g": "they are people's data: no copy of them belongs in the project, wherever it is put",
    "h": "the next version needs it everywhere, and as soon as it is deployed",
}
OTHER_WORDS = {
    "migrations": "migration",
    "revision": "migration",
    "data migration": "migration",
    "seed script": "script",
    "seed": "script",
    "seeds": "script",
    "scripts": "script",
    "fixture": "test",
    "test fixture": "test",
    "tests": "test",
    "none of them": "none",
    "neither": "none",
    "backup": "none",
    "never": "none",
}


@check("4.1")
def what_belongs_where(attempt):
    words = {letter: attempt.answers.get(letter) for letter in PLACES}
    # the name None, without quotation marks, means the word
    unanswered = [letter for letter in PLACES if letter not in attempt.answers]
    given = {letter: str(word).strip(" .").lower() for letter, word in words.items()}
    if len(unanswered) == len(PLACES):
        raise NotAttempted(
            "There is no answer yet.", todo='lab.answer(a="migration", b="script", …)'
        )
    if unanswered:
        raise Wrong(
            f"Some answers are missing: {', '.join(unanswered)}.",
            todo=f'Add them: lab.answer({unanswered[0]}="…"). The others are kept.',
        )
    found = {letter: OTHER_WORDS.get(word, word) for letter, word in given.items()}
    if strange := [letter for letter in PLACES if found[letter] not in PLACES.values()]:
        raise Wrong(
            f"{', '.join(strange)}: not one of the four words.",
            expected="migration, script, test or none",
            found=", ".join(repr(words[letter]) for letter in strange),
        )
    wrong = [letter for letter in PLACES if found[letter] != PLACES[letter]]
    if wrong:
        raise Wrong(
            f"{len(PLACES) - len(wrong)} of {len(PLACES)} are right. Think again of "
            f"{', '.join(wrong)}.",
            found="; ".join(f"{x}: {PLACE_REASONS[x]}" for x in wrong),
        )
    return "All eight: what every database needs, what only some want, and what nobody may copy."


# 4.2

COUNTRIES = {"DK": "Danmark", "FO": "Færøerne", "NO": "Norge", "SE": "Sverige"}
RATES = {
    ("DK", None): 39,
    ("DK", "Bornholm"): 59,
    ("FO", None): 119,
    ("NO", None): 89,
    ("NO", "Svalbard"): 189,
    ("SE", None): 69,
}
BY_HAND = """
UPDATE shipping_rates SET price = 45 WHERE country = 'DK' AND region IS NULL;
UPDATE shipping_rates SET price = 0 WHERE country = 'DK' AND region = 'Bornholm';
INSERT INTO shipping_rates (country, region, price) VALUES ('SE', 'Gotland', 99);
DELETE FROM shipping_rates WHERE country = 'FO' OR region = 'Svalbard';
DELETE FROM countries WHERE code = 'FO';
INSERT INTO countries VALUES ('DE', 'Tyskland');
UPDATE countries SET name = 'Norwegen' WHERE code = 'NO';
"""


@check("4.2")
def idempotent_seed(attempt):
    changed_file(attempt, "seed.sql")
    with attempt.scratch() as scratch, student_programs.copied(attempt.folder) as folder:

        def seed(when: str) -> None:
            outcome = student_programs.run_psql(scratch, folder, "seed.sql")
            if outcome.error:
                raise Wrong(
                    f"seed.sql fails {when}.",
                    found=outcome.error,
                    todo="Try it: psql --file seed.sql, as often as you like.",
                )

        seed("on an empty database")
        seeded(scratch, COUNTRIES, RATES, "After one run on an empty database")
        ids = rate_ids(scratch)
        seed("when it is run a second time")
        seeded(scratch, COUNTRIES, RATES, "After the second run")
        same_ids(scratch, ids)
        people_work(scratch)
        ids = rate_ids(scratch)
        for when in ("where half of the rows are there", "once more after that"):
            seed(when)
            seeded(
                scratch,
                COUNTRIES | {"DE": "Tyskland"},
                RATES | {("DK", None): 45, ("DK", "Bornholm"): 0, ("SE", "Gotland"): 99},
                "Half of the rows were there, some of them changed by hand. After the run",
            )
            same_ids(scratch, ids)
    return "Run it when you like: what is there stays, what is missing comes, nothing doubles."


def seeded(scratch, countries: dict, rates: dict, when: str) -> None:
    """Raise Wrong at the first row that is too much, missing, or not as it must be."""
    for table, query, wanted in (
        ("countries", "SELECT name, code FROM countries", {(k,): v for k, v in countries.items()}),
        ("shipping_rates", "SELECT price, country, region FROM shipping_rates", rates),
    ):
        rows = scratch.rows(query)
        times = Counter(tuple(key) for _, *key in rows)
        found = {tuple(key): value for value, *key in rows}
        for key, count in times.items():
            if count > 1:
                raise Wrong(
                    f"{when}, {table} holds a row {count} times: ({shown(key)}).",
                    expected="one row",
                    todo="What is the same row? And what does UNIQUE think of two NULLs?",
                )
        for key in found | wanted:
            if key not in wanted:
                raise Wrong(
                    f"{when}, {table} holds a row that is not in the file.", found=f"({shown(key)})"
                )
            if key not in found:
                raise Wrong(f"{when}, a row of {table} is missing.", expected=f"({shown(key)})")
            if found[key] != wanted[key]:
                raise Wrong(
                    f"{when}, a row of {table} is not right: ({shown(key)}).",
                    expected=str(wanted[key]),
                    found=str(found[key]),
                    todo="Who is right when the row is there already: the file, or the people?",
                )


def people_work(scratch) -> None:
    """Change, add and remove rows as people in the shop do. Wrong if the seed has made it hard."""
    try:
        scratch.execute(BY_HAND)
    except psycopg2.Error as error:
        raise Wrong(
            "After your seed, people in the shop cannot change the rates as before.",
            expected="UPDATE, DELETE and an INSERT that gives no id, such as ('SE', 'Gotland', 99)",
            found=str(error).strip().splitlines()[0],
            todo="Does the seed give the ids itself? The sequence does not count those.",
        ) from None


def rate_ids(scratch) -> dict:
    rows = scratch.rows("SELECT country, region, id FROM shipping_rates")
    return {(country, region): id for country, region, id in rows}


def same_ids(scratch, before: dict) -> None:
    """Raise Wrong if a row that was there has another id now."""
    now = rate_ids(scratch)
    for place, id in before.items():
        if now[place] != id:
            raise Wrong(
                f"The rate of ({shown(place)}) has got another id.",
                expected=f"{id}, as before the run: the row stays",
                found=f"{now[place]}: the row was deleted and put in again",
            )


# 4.3

# table → its key, and a row without it
NUMBERED = {
    "authors": ("id", "INSERT INTO authors (name) VALUES ('Søren Aagaard')"),
    "books": ("id", "INSERT INTO books (title, author_id) VALUES ('Ny bog', 1)"),
    "customers": ("number", "INSERT INTO customers (name) VALUES ('Ny kunde')"),
    "orders": ("id", "INSERT INTO orders (customer) VALUES (10001)"),
    "reviews": ("id", "INSERT INTO reviews (book_id, stars) VALUES (1, 5)"),
}
GIVEN_OUT = {"authors": 41, "books": 88, "customers": 10040, "orders": 500, "reviews": 0}
TRIES = 20  # numbers that a student may have used up with INSERTs of their own
POSITIONS = "SELECT sequencename, last_value FROM pg_sequences ORDER BY 1"


@check("4.3")
def numbers_go_on(attempt):
    if not attempt.changed() and attempt.rows(POSITIONS) == attempt.start.rows(POSITIONS):
        raise NotAttempted(
            "The sequences stand where they stood.", todo="Compare them with the ids first."
        )
    for table in NUMBERED:
        rows_are_there(attempt, table)
    with attempt.copy() as copy:
        for table, (key, insert) in NUMBERED.items():
            highest = copy.value(f"SELECT max({key}) FROM {table}")
            next_number(copy, table, f"{insert} RETURNING {key}", highest)
    return "Every table goes on after its highest number, and no number comes twice."


def rows_are_there(attempt, table: str) -> None:
    """Raise Wrong if a row of the start is gone or changed; new ones may be there."""
    if not attempt.value("SELECT to_regclass(%s)", table):
        raise Wrong(f"There is no table {table} any more.", todo=RESET)
    query = f"SELECT {table}::text FROM {table}"
    lost = {row for (row,) in attempt.start.rows(query)} - {row for (row,) in attempt.rows(query)}
    if lost:
        raise Wrong(
            f"Rows of {table} are gone or changed: {len(lost)} of them.",
            expected="all rows with the ids that they had",
            found=f"missing: {min(lost)}",
            todo=f"Only the sequences are to be set. {RESET}",
        )


def next_number(copy, table: str, insert: str, highest: int | None) -> None:
    """Raise Wrong unless two sessions at once get good numbers for a new row."""
    wanted = max(GIVEN_OUT[table], highest or 0) + 1
    numbers = []
    with copy.connect() as one, copy.connect() as other:
        for session in (one, other):
            with session.cursor() as cursor:
                try:
                    cursor.execute("BEGIN")
                    cursor.execute(insert)
                    numbers.append(cursor.fetchone()[0])
                except psycopg2.errors.UniqueViolation as error:
                    raise Wrong(
                        f"The next new row of {table} collides.",
                        expected=f"it gets {wanted}",
                        found=error.diag.message_detail or "duplicate key",
                        todo="Set its sequence with setval, and read what setval answers.",
                    ) from None
                except psycopg2.errors.LockNotAvailable:
                    raise Wrong(
                        f"Two people cannot add a row to {table} at the same time: the second "
                        "waits for the first.",
                        expected="a sequence, which gives each of them a number of their own",
                    ) from None
                except psycopg2.Error as error:
                    raise Wrong(
                        f"A new row of {table} is refused.",
                        found=str(error).strip().splitlines()[0],
                        todo=RESET,
                    ) from None
    first, second = numbers
    used_before = first <= GIVEN_OUT[table] or second <= GIVEN_OUT[table]
    if used_before or first == second:
        raise Wrong(
            f"The next new row of {table} gets a number that was given out before.",
            expected=f"{wanted}",
            found=f"{first}",
            todo="setval with the highest number that was ever given out, and no other.",
        )
    if highest is None and first != wanted:
        raise Wrong(
            f"The first row of {table} gets another number than 1.",
            expected=f"{wanted}",
            found=f"{first}",
            todo="setval with a third argument: setval(…, 1, false). "
            "Or ALTER TABLE … ALTER COLUMN id RESTART.",
        )
    if first > wanted + TRIES:
        raise Wrong(
            f"The next new row of {table} leaves a large gap.",
            expected=f"{wanted}, or a little more",
            found=f"{first}",
        )


# 4.4

SLUG_REVISION = "7c52e8d019fa_give_books_a_slug.py"
NEXT_YEAR = """
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Title(Base):
    __tablename__ = "titles"

    number: Mapped[int] = mapped_column(primary_key=True)


def slug_of(title: str) -> str:
    return "slugs-of-next-year"
"""


@check("4.4")
def self_contained(attempt):
    only_the_revision_changed(attempt)
    with attempt.scratch() as scratch, attempt.empty() as fresh, attempt.empty() as later:
        # The quickest and most telling first: it is what the new colleague types.
        if error := attempt.upgrade(fresh):
            raise Wrong(
                "On an empty database the chain fails.",
                expected="alembic upgrade head runs from the first revision to the last",
                found=error,
            )
        made = chain.climb(attempt, scratch)
        chain.textual(chain.column(made, "books", "slug"), "books.slug")
        chain.must_be_there(made, "books", "slug")
        for database, where in ((scratch, "on this server"), (fresh, "on an empty database")):
            right_slugs(database, where)
        without_the_shop(attempt, later)
        right_slugs(
            later,
            "when models.py is another one",
            "The rule must stand in the revision. The shop may change its own.",
        )
        if unlike := in_words(difference(made, later.catalog()), expected=True):
            raise Wrong("On an empty database the chain makes other tables.", found=unlike)
        chain.applied(attempt, scratch, made)
        right_slugs(
            attempt.now,
            "in your own database, where an earlier version ran",
            "lab.reset(), then run your cells again.",
        )
    return "Fresh or old, today or next year: this revision does what it did in February."


def only_the_revision_changed(attempt) -> None:
    """Raise NotAttempted, or Wrong when something else than the revision was edited."""
    start = attempt.workspace.start.files
    given, mine = chain.revisions(start), chain.revisions(attempt.folder)
    old = given.pop(SLUG_REVISION)
    new = mine.pop(SLUG_REVISION, None)
    for name in ("models.py", "alembic/env.py"):
        text = (start / name).read_text("utf-8")
        if chain.meaning(attempt.text(name) or "") != chain.meaning(text):
            raise Wrong(
                f"You have changed {name}.",
                expected="it stays: the shop works with it; only the revision is wrong",
                todo="lab.reset() brings it back.",
            )
    if new is None:
        raise Wrong(f"The revision {SLUG_REVISION} is gone.", todo=RESET)
    for name, text in given.items():
        if chain.meaning(mine.get(name, "")) != chain.meaning(text):
            raise Wrong(
                f"The revision {name} is not as it was.",
                expected="production has been through it; only the slugs' revision is rewritten",
                todo="lab.reset() brings it back.",
            )
    if added := sorted(mine.keys() - given.keys()):
        raise Wrong(
            f"There is a new revision, {added[0]}.",
            expected="the old one rewritten: it stands in the way of every new database",
        )
    live = ("models", "ession", "book.slug", "for book")
    skeleton = "\n".join(
        line for line in old.splitlines() if not any(word in line for word in live)
    )
    if chain.meaning(new) in (
        chain.meaning(old),
        chain.meaning(skeleton),
    ):
        raise NotAttempted("The revision is as it was given.", todo="Read what it imports.")


def without_the_shop(attempt, database) -> None:
    """Run the chain where no code of the shop is but a models.py of next year.

    Raises Wrong when it misses something.
    """
    with student_programs.copied(attempt.folder) as folder:
        for path in folder.iterdir():
            if path.name not in ("alembic", "alembic.ini"):
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        Path(folder, "models.py").write_text(NEXT_YEAR, "utf-8")
        later = SimpleNamespace(
            climb=lambda scratch: stairway.climb(folder, attempt.server, scratch.database)
        )
        try:
            chain.climb(later, database)
        except Wrong as fault:
            raise Wrong(
                "The revision still depends on the shop's own code.",
                expected="it runs also when models.py is another one, and all other files are gone",
                found=re.sub(rf" \({re.escape(str(folder))}[^)]*\)", "", fault.found or fault.what),
                todo="What it must know has to stand in its own file.",
            ) from None


def right_slugs(database, where: str, todo: str = "") -> None:
    """Raise Wrong at the first book whose slug is not the one of February."""
    for title, found in database.rows("SELECT title, slug FROM books ORDER BY id"):
        if found != (wanted := slug(title)):
            raise Wrong(
                f"A slug is not the one that production has ({where}).",
                expected=f"{title!r} → {wanted!r}",
                found=shown([found]),
                todo=todo or "slug_of in models.py is the rule.",
            )


def slug(title: str) -> str:
    text = title.lower().replace("æ", "ae").replace("ø", "oe").replace("å", "aa")
    return re.sub(r"[^a-z0-9]+", "-", text).strip("-")


# 4.5

LARGEST_BATCH = 5_000
MOST_TRANSACTIONS = 500
STOPPED_AT = 23_456  # this many rows are written when the connection is ended
BACKFILL_PATIENCE = 25.0
ENDLESS = 200_000  # writes after which a loop of 50,000 rows is not coming to its end
STOP = f"""
CREATE SEQUENCE rows_written;
CREATE SEQUENCE writes;
CREATE FUNCTION stop_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF nextval('writes') > {ENDLESS} THEN
        RAISE EXCEPTION 'the loop does not come to its end';
    END IF;
    IF NEW.price_dkk IS NOT NULL AND nextval('rows_written') = {STOPPED_AT} THEN
        PERFORM pg_terminate_backend(pg_backend_pid());
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER stop_once BEFORE UPDATE ON sales FOR EACH ROW EXECUTE FUNCTION stop_once();
"""
SALES = """
SELECT id, price_dkk, sales.xmin::text, round(price * dkk, 2), currency
FROM sales LEFT JOIN rates USING (currency) ORDER BY id
"""


@check("4.5")
def backfill_that_can_be_stopped(attempt):
    changed_file(attempt, "backfill.py")
    with attempt.scratch() as scratch, student_programs.copied(attempt.folder) as folder:

        def backfill() -> student_programs.Outcome:
            return student_programs.run_python(
                scratch, folder, "backfill.py", timeout=BACKFILL_PATIENCE
            )

        before = sales(scratch)
        scratch.execute(STOP)
        outcome = backfill()
        middle = sales(scratch)
        stopped = scratch.value("SELECT last_value FROM rows_written") >= STOPPED_AT
        endless = scratch.value("SELECT last_value FROM writes") > ENDLESS
        if outcome.code is None or endless:
            raise Wrong("backfill.py does not come to its end.", found=outcome.error, todo=NO_END)
        was_stopped_well(outcome, stopped, written(before, middle))
        if stopped:
            outcome = backfill()
            if outcome.error:
                raise Wrong(
                    "It was stopped in the middle, and the second start fails.",
                    found=outcome.error,
                    todo=again(outcome),
                )
        after = sales(scratch)
        right_prices(before, after)
        not_again(before, middle, after, "after it had been stopped")
        sizes = Counter(after[id].transaction for id in written(before, after))
        batches(sizes)
        if (outcome := backfill()).error:
            raise Wrong(
                "When everything is done, one more start fails.",
                found=outcome.error,
                todo=again(outcome),
            )
        not_again(before, after, sales(scratch), "although everything was done")
    return (
        f"{len(sizes)} transactions, the largest of {max(sizes.values()):,} rows. It was stopped "
        "in the middle and went on, and no row was written twice."
    )


@dataclass(frozen=True)
class Sale:
    """A row of sales as it is, who has written it, and what it must be if nobody has typed it."""

    price_dkk: object
    transaction: str
    wanted: object
    currency: str | None


def sales(scratch) -> dict[int, Sale]:
    return {id: Sale(*rest) for id, *rest in scratch.rows(SALES)}


def written(before: dict, after: dict) -> list[int]:
    """The ids of the rows that have got a value and have been written since."""
    return [
        id
        for id, sale in after.items()
        if sale.price_dkk is not None and sale.transaction != before[id].transaction
    ]


def was_stopped_well(outcome: student_programs.Outcome, stopped: bool, done: list[int]) -> None:
    """Raise Wrong for a program that fails by itself, or that keeps nothing, or that hides it."""
    if not stopped:
        if outcome.error:
            raise Wrong("backfill.py fails.", found=outcome.error, todo=again(outcome))
        return
    if not done:
        raise Wrong(
            f"Its connection was ended after {STOPPED_AT:,} rows, and nothing of them is left.",
            expected="every batch that was finished stays",
            found="one transaction for everything",
            todo="connection.commit() after each batch, inside the loop.",
        )
    if outcome.code == 0 and len(done) < STOPPED_AT:
        raise Wrong(
            "Its connection was ended in the middle, and it ends as if all was well.",
            expected="an exit code other than 0, so that somebody starts it again",
            found="exit code 0",
            todo="An except that catches everything hides that work is left to do.",
        )


NO_END = (
    "Some rows stay NULL for ever, as they have no rate. Does the loop ask for them again and "
    "again? Go on behind the last id. (If it only rests between the batches: leave that out here.)"
)


def again(outcome: student_programs.Outcome) -> str:
    return NO_END if outcome.code is None else "Try it: python backfill.py, several times."


def right_prices(before: dict, after: dict) -> None:
    """Raise Wrong at the first sale that is gone, or has not the price that it must have."""
    if after.keys() != before.keys():
        raise Wrong(
            "There are not the same sales as before.",
            expected=f"{len(before):,} rows",
            found=f"{len(after):,} rows",
        )
    missing = [id for id, s in after.items() if s.price_dkk is None and s.wanted is not None]
    if missing:
        raise Wrong(
            f"It says that it has done everything, and {len(missing):,} sales have no price_dkk.",
            expected=f"sale {missing[0]}: {after[missing[0]].wanted}",
            found="NULL",
            todo="When does your loop stop? A batch in which nothing can be written is no end. "
            "And a place that is noted in a file is not the place in this database.",
        )
    for id, sale in after.items():
        typed = before[id].price_dkk
        if typed is not None and sale.price_dkk != typed:
            raise Wrong(
                "What the bookkeeper had typed in is lost.",
                expected=f"sale {id}: {typed}",
                found=f"{sale.price_dkk}",
                todo="Write only where price_dkk IS NULL.",
            )
        if typed is None and sale.price_dkk != sale.wanted:
            raise Wrong(
                f"The price of sale {id} is not right (currency {sale.currency or 'NULL'}).",
                expected="NULL" if sale.wanted is None else f"{sale.wanted}",
                found=f"{sale.price_dkk}",
            )


def not_again(start: dict, before: dict, after: dict, when: str) -> None:
    """Raise Wrong if a row that had its value has been written once more."""
    twice = [
        id
        for id, sale in after.items()
        if before[id].price_dkk is not None and sale.transaction != before[id].transaction
    ]
    if twice:
        typed = " (the bookkeeper had typed it in)" * (start[twice[0]].price_dkk is not None)
        raise Wrong(
            f"Rows that had their value already were written once more, {when}.",
            expected="each row is written once",
            found=f"{len(twice):,} rows, such as sale {twice[0]}{typed}",
            todo="Write only where price_dkk IS NULL: the same value is a write as well.",
        )


def batches(sizes: Counter) -> None:
    """Raise Wrong for a batch that is too large, or for too many of them."""
    if max(sizes.values()) > LARGEST_BATCH:
        raise Wrong(
            "A transaction writes too many rows at once.",
            expected=f"at most {LARGEST_BATCH:,} rows in a transaction",
            found=f"{max(sizes.values()):,} rows",
            todo="connection.commit() belongs behind each batch.",
        )
    if len(sizes) > MOST_TRANSACTIONS:
        raise Wrong(
            "It commits too often.",
            expected=f"at most {MOST_TRANSACTIONS} transactions, so 100 rows or more in each",
            found=f"{len(sizes):,} transactions",
            todo="Each commit waits for the disk.",
        )


# 4.6

ISBN = re.compile(r"[0-9]{13}|[0-9]{9}[0-9X]")
BOOKS = "SELECT isbn, title, price, seen_at FROM books ORDER BY seen_at, id"
REASONS = {
    "/book/6": {"bad price"},
    "/book/7": {"no isbn"},
    "/book/8": {"no isbn"},
    "/book/9": {"bad isbn"},
    "/book/11": {"bad price"},
    "/book/13": {"bad price"},
    "/book/14": {"no isbn", "bad price"},
    "/book/15": {"bad isbn"},
}
MARCH = """
TRUNCATE crawled;
INSERT INTO crawled (url, isbn, title, price, seen_at) VALUES
    ('/book/1', '978-87-930-1173-1', 'Fyret på Ærø, 2. udgave', '219.95', '2026-03-10 08:00+00'),
    ('/book/2', '9788793023468', 'Havnens sidste lys', '1.00', '2025-12-24 08:00+00'),
    ('/campaign/20', '9788793020206', 'Ny i marts', '169.00', '2026-03-10 09:00+00'),
    ('/book/20', '978-87-930-2020-6', 'Ny i marts', '159.00', '2026-03-10 08:00+00'),
    ('/book/21', '87 930 2100 x', 'Lille x', '50', '2026-03-10 08:00+00'),
    ('/book/6', '9788793060601', 'Små og store både', '61.5', '2026-03-10 08:00+00'),
    ('/book/7', NULL, 'Uden nummer', '75.00', '2026-03-10 08:00+00'),
    ('/book/22', ' - ', 'Kun en streg', '75.00', '2026-03-10 08:00+00'),
    ('/book/23', '9788793023239', 'Udsolgt', 'Udsolgt', '2026-03-10 08:00+00');
"""
IN_MARCH = {  # isbn → title, price
    "9788793011731": ("Fyret på Ærø, 2. udgave", "219.95"),
    "9788793020206": ("Ny i marts", "169.00"),
    "879302100X": ("Lille x", "50.00"),
    "9788793060601": ("Små og store både", "61.50"),
}
MARCH_REASONS = {
    "/book/7": {"no isbn"},
    "/book/22": {"no isbn", "bad isbn"},
    "/book/23": {"bad price"},
}
LATE = """
TRUNCATE crawled;
INSERT INTO crawled (url, isbn, title, price, seen_at)
VALUES ('/old/1', '9788793011731', 'Fyret på Ærø', '300.00', '2026-03-01 08:00+00');
"""


@check("4.6")
def doubled_rows(attempt):
    text = attempt.text("merge.sql")
    given = (attempt.workspace.start.files / "merge.sql").read_text("utf-8")
    rewritten = without_comments(text or "") not in ("", without_comments(given))
    if not attempt.changed() and not rewritten:
        raise NotAttempted("The doubles are still there.", todo="Look at books: ORDER BY title.")
    tables = attempt.catalog().tables
    for table in ("books", "crawled", "rejects"):
        if table not in tables:
            raise Wrong(f"There is no table {table} any more.", todo=RESET)
    latest = latest_books(attempt.start.rows(BOOKS))
    clean_books(attempt.rows(BOOKS), latest, "")
    with attempt.copy() as copy, student_programs.copied(attempt.folder) as folder:
        no_double_comes_in(copy)
        if not rewritten:
            raise Wrong(
                "books is clean and has its rule. merge.sql is still the one that doubled it.",
                todo="Write merge.sql anew, in its cell.",
            )

        def merge(when: str) -> None:
            outcome = student_programs.run_psql(copy, folder, "merge.sql")
            if outcome.error:
                raise Wrong(
                    f"merge.sql fails {when}.",
                    found=outcome.error,
                    todo="In one INSERT, each ISBN may come once: DISTINCT ON (…)."
                    if "second time" in outcome.error
                    else "Try it: psql --set ON_ERROR_STOP=1 --file merge.sql",
                )

        march = latest | {k: (title, Decimal(price)) for k, (title, price) in IN_MARCH.items()}
        for news, when, wanted, reasons in (
            ("", "with the crawl that is there", latest, REASONS),
            ("", "when it is run a second time with the same crawl", latest, REASONS),
            (MARCH, "with a crawl of March", march, MARCH_REASONS),
            ("", "when the crawl of March is merged a second time", march, MARCH_REASONS),
            (LATE, "with a page that was seen before the price that is there", march, {}),
        ):
            if news:
                copy.execute(news)
            merge(when)
            clean_books(copy.rows(BOOKS), wanted, f"After merge.sql, {when}: ")
            quarantined(copy, reasons, when)
    return (
        f"{len(latest)} books, each of them once, and {len(REASONS)} pages in quarantine. "
        "A further crawl brings what is new, and no double."
    )


def latest_books(rows: list[tuple]) -> dict[str, tuple]:
    """isbn → (title, price) as it was seen last; `rows` are in the order of seen_at."""
    found = {}
    for isbn, title, price, _ in rows:
        number = re.sub("[ -]", "", isbn or "").upper()
        if ISBN.fullmatch(number):
            found[number] = (title, price)
    return found


def clean_books(rows: list[tuple], wanted: dict[str, tuple], when: str) -> None:
    """Raise Wrong unless `rows` are the wanted books, each once; `when` begins the sentence."""
    times = Counter(isbn for isbn, *_ in rows)
    for isbn, title, price, _ in rows:
        if isbn not in wanted:
            number = re.sub("[ -]", "", isbn or "").upper()
            known = number in wanted
            raise Wrong(
                f"{when}books holds a row whose ISBN is not written as it must be.",
                expected=number if known else "only rows with an ISBN of 13 or 10 signs",
                found=f"{shown([isbn])}: {title}",
                todo="upper(regexp_replace(isbn, '[ -]', '', 'g'))"
                if known
                else "In books it is of no use. merge.sql puts its page into rejects.",
            )
        if times[isbn] > 1:
            raise Wrong(
                f"{when}books holds a book {times[isbn]} times.",
                expected=f"{isbn} once, with the price {wanted[isbn][1]}",
                found=f"{title}, the first of them with the price {price}",
            )
    found = {isbn: (title, price) for isbn, title, price, _ in rows}
    for isbn, (title, price) in wanted.items():
        if isbn not in found:
            raise Wrong(f"{when}books lacks a book.", expected=f"{isbn}: {title}, {price}")
        if found[isbn][1] != price:
            raise Wrong(
                f"{when}books has not the latest price of “{title}”.",
                expected=f"{price}",
                found=f"{found[isbn][1]}",
                todo="seen_at tells which one is the latest. The id does not.",
            )
        if found[isbn][0] != title:
            raise Wrong(
                f"{when}books has not the latest title of {isbn}.",
                expected=title,
                found=found[isbn][0],
            )


def no_double_comes_in(copy) -> None:
    """Raise Wrong unless the table itself refuses a double, and a book without an ISBN."""
    row = "INSERT INTO books (isbn, title, price, seen_at) VALUES ({}, 'X', 1, now())"
    known = "'9788793023468'"
    if not isinstance(copy.refuses(row.format(known)), psycopg2.errors.UniqueViolation):
        raise Wrong(
            "books is clean, and the next double can come in.",
            expected="the table refuses a second row with the same ISBN",
            found=f"it takes {known} once more",
            todo="ALTER TABLE books ADD UNIQUE (isbn).",
        )
    if copy.refuses(row.format("NULL")) is None:
        raise Wrong(
            "books still takes a row without an ISBN.",
            expected="isbn is NOT NULL: UNIQUE alone lets any number of NULLs in",
            todo="ALTER TABLE books ALTER COLUMN isbn SET NOT NULL.",
        )
    if error := copy.refuses(row.format("'9788793099991'")):
        raise Wrong(
            "books refuses a good new row.", found=str(error).strip().splitlines()[0], todo=RESET
        )


def quarantined(copy, reasons: dict[str, set], when: str) -> None:
    """Raise Wrong unless every bad page of this crawl, and no good one, is in rejects.

    What an earlier crawl has put there may stay or go.
    """
    found = dict(copy.rows("SELECT url, reason FROM rejects ORDER BY url"))
    for url, reason in found.items():
        if url not in REASONS | MARCH_REASONS:
            raise Wrong(
                f"A good page is in rejects, after merge.sql {when}.", found=f"{url}: {reason}"
            )
        if url in reasons and reason not in reasons[url]:
            raise Wrong(
                f"{url} is in rejects with another reason than it must have.",
                expected=" or ".join(sorted(reasons[url])),
                found=reason,
            )
    for url in reasons:
        if url not in found:
            page = copy.rows("SELECT isbn, price FROM crawled WHERE url = %s", url)
            raise Wrong(
                f"A bad page is not in rejects, after merge.sql {when}.",
                expected=f"{url} with the reason {' or '.join(sorted(reasons[url]))}",
                found=f"isbn and price of the page: {shown(page[0])}" if page else "",
            )


# 4.7

RACE_PATIENCE = 120.0  # the whole race; a load() row by row takes some seconds a round
ROWS_READER = "A reader may be NULL, '' or 'null': three different things."


@check("4.7")
def twenty_thousand_rows(attempt):
    changed_file(attempt, "load.py", until="    with connection")
    with attempt.scratch() as scratch, student_programs.copied(attempt.folder) as folder:
        for name in ("race.py", "rows.py"):  # the same race for everybody
            shutil.copy(attempt.workspace.start.files / name, folder)
        outcome = student_programs.run_python(
            scratch, folder, "race.py", "result.json", timeout=RACE_PATIENCE
        )
        if outcome.error:
            raise Wrong("load() fails.", found=outcome.error, todo="Try it: python race.py")
        result = json.loads((folder / "result.json").read_text("utf-8"))
    if result.get("replaced"):
        raise Wrong(
            "load() has dropped the table reviews and made another one.",
            expected="rows come in, and the table with its rules stays",
            todo='to_sql(…, if_exists="replace") does that. Load into the table that is there.',
        )
    if wrong := result.get("wrong"):
        raise Wrong(
            f"Not every row is right: {wrong['column']}.",
            expected=shown([wrong["expected"]]),
            found=shown([wrong["found"]]),
            todo=ROWS_READER if wrong["column"] == "reader" else "",
        )
    if result["commits"]:
        raise Wrong(
            "load() commits by itself: rows stay although the caller has rolled back.",
            expected="the commit is the caller's",
            todo="No commit(), no autocommit and no connection of its own in load(). "
            "(`with connection:` commits, too.)",
        )
    ratio, limit = result["ratio"], result["limit"]
    if ratio > limit:
        raise Wrong(
            f"All rows are right, and it is too slow: {ratio:.0f} times COPY's own time.",
            expected=f"at most {limit} times",
            found=f"COPY alone {result['copy']:.2f} s, load() {result['load']:.2f} s",
            todo="How many journeys to the server does it make?",
        )
    return (
        f"Every row is right, and load() takes {ratio:.1f} times COPY's own time "
        f"({result['copy']:.2f} s)."
    )
