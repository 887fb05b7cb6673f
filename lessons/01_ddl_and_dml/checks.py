"""The verdicts of lesson 01, from the state of the student's database and folder."""

import subprocess

from migrationlab.api import NotAttempted, Wrong, check, commands, difference, in_words, rows_differ

RESET = "lab.reset() brings back the start of this exercise."


# What several checks ask


def transactions_ended(attempt) -> None:
    """Wrong while a session is inside a transaction: what it did is not there for anybody else.

    It comes first because a check would wait for the locks that such a session holds.
    """
    open_ones = attempt.rows(
        "SELECT DISTINCT coalesce(nullif(application_name, ''), 'without a name')"
        " FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid() AND state LIKE 'idle in transaction%' ORDER BY 1"
    )
    if open_ones:
        names = ", ".join(name for (name,) in open_ones)
        raise Wrong(
            f"A transaction is still open ({names}): nobody else can see what it did.",
            expected="COMMIT after BEGIN",
            todo="Run COMMIT to keep it or ROLLBACK to throw it away, in the same session.",
        )


class Seen:
    """Both states of an exercise, looked at once: the start, and what the student has made of it.

    Raises Wrong while a transaction is open and NotAttempted when both are alike.
    """

    def __init__(self, attempt, todo: str):
        transactions_ended(attempt)
        self.attempt = attempt
        self.before, self.now = attempt.start_catalog(), attempt.catalog()
        self.rows_before, self.rows_now = attempt.start.fingerprint(), attempt.now.fingerprint()
        self.changes = difference(self.before, self.now)
        if not self.changes and not rows_differ(self.rows_before, self.rows_now):
            raise NotAttempted("The database is as it was at the start.", todo=todo)

    def columns(self, table: str) -> dict:
        """The columns of a table now. Raises Wrong when it is not there."""
        if table not in self.now.tables:
            raise Wrong(
                f"There is no table {table} any more.",
                found="tables: " + ", ".join(sorted(set(self.now.tables) - {"alembic_version"})),
                todo=f"The table itself shall stay. {RESET}",
            )
        return self.now.tables[table].columns

    def lost(self, table: str) -> int:
        """How many rows fewer a table has now."""
        return self.rows_before[table].count - self.rows_now[table].count

    def others(self, *mine: str) -> list[str]:
        """In words, the tables other than `mine` whose rows are not what they were."""
        before, now = (
            {name: mark for name, mark in marks.items() if name not in mine}
            for marks in (self.rows_before, self.rows_now)
        )
        return rows_differ(before, now)

    def same_records(self, table: str, *without: str) -> bool:
        """Whether each row has the values it had, apart from some columns."""
        return records(self.attempt.now, table, *without) == records(
            self.attempt.start, table, *without
        )


def records(database, table: str, *without: str) -> list[dict]:
    """The rows of a table in the order of their ids, as dicts without some columns."""
    return [
        {name: value for name, value in row.items() if name not in without}
        for (row,) in database.rows(f"SELECT to_jsonb(t) FROM {table} t ORDER BY t.id")
    ]


# 1.1


@check("1.1")
def rename_a_column(attempt):
    """Assert that phone has become phone_number, its values with it, and nothing else changed."""
    seen = Seen(attempt, "Write one ALTER TABLE statement in the cell above and run it.")
    columns = seen.columns("accounts")
    new = columns.get("phone_number")
    if new is None:
        near = [name for name in columns if name.lower().replace("_", "") == "phonenumber"]
        if near and near[0].lower() == "phone_number":
            raise Wrong(
                f"The column is called {near[0]!r}, with capital letters.",
                expected="phone_number",
                todo='Rename it once more. A name in "double quotes" keeps its capital letters.',
            )
        raise Wrong(
            "accounts has no column phone_number.",
            found="columns: " + ", ".join(columns),
            todo="Look at the spelling, or begin again: " + RESET,
        )
    if "phone" in columns:
        raise Wrong(
            "There are two columns now: phone is still there, beside phone_number.",
            expected="the same column under a new name",
            todo=f"A rename makes no new column. {RESET}",
        )
    if not seen.rows_now["accounts"].columns["phone_number"][0]:
        raise Wrong(
            "The column phone_number is there, but all phone numbers are gone.",
            found="NULL in every row",
            todo=f"DROP COLUMN takes the values along. {RESET} Then rename.",
        )
    before = [r | {"phone_number": r.pop("phone")} for r in records(attempt.start, "accounts")]
    if records(attempt.now, "accounts") != before:
        raise Wrong(
            "The rows of accounts are not the same as before.",
            found="\n".join(rows_differ(seen.rows_before, seen.rows_now)),
            todo=RESET,
        )
    renamed = {("column", "phone"), ("column", "phone_number")}
    rest = [str(c) for c in seen.changes if (c.kind, c.name) not in renamed]
    old = seen.before.tables["accounts"].columns["phone"]
    if new.type != old.type:
        rest.append(f"phone_number is {new.type}, phone was {old.type}")
    if rest := rest + seen.others("accounts"):
        raise Wrong(
            "More has changed than the name of one column.", found="\n".join(rest), todo=RESET
        )
    return "The column has its new name and every phone number is still there."


# 1.2 and 1.4: questions with letters


def given(attempt, letters: str, example: str) -> dict[str, str]:
    """The answers as upper-case text. NotAttempted without any, Wrong when some are missing."""
    answers = {name: str(value).strip().upper() for name, value in attempt.answers.items()}
    if not any(answers.get(letter) for letter in letters):
        raise NotAttempted("There is no answer yet.", todo=f"Write {example} and run the cell.")
    missing = [letter for letter in letters if not answers.get(letter)]
    if missing:
        raise Wrong(
            f"Some answers are missing: {', '.join(missing)}.",
            todo=f"Add them: lab.answer({missing[0]}=…). The others are kept.",
        )
    return answers


KINDS = dict(zip("abcdefgh", "DDL DML DDL DML DDL DML DDL DDL".split(), strict=True))
LONG_NAMES = {"DATA DEFINITION LANGUAGE": "DDL", "DATA MANIPULATION LANGUAGE": "DML"}
KIND_REASONS = {
    "a": "an index is a part of the structure",
    "b": "no table, column or rule is another one afterwards",
    "c": "columns are called otherwise afterwards",
    "d": "the rows go, and the table stays exactly as it was",
    "e": "it takes away rows, but it works on the table as a whole and gives it a new file",
    "f": "rows come in, and the structure stays",
    "g": "afterwards there is a table less",
    "h": "rows are copied, but first a new table is made",
}
STATEMENTS_IN_TRANSACTION = 8


@check("1.2")
def which_is_which(attempt):
    """Assert that the eight letters are right, and that all eight statements can be rolled back."""
    answers = given(attempt, "abcdefgh", 'lab.answer(a="DDL", b="DML", …)')
    kinds = {name: LONG_NAMES.get(text, text.rstrip(".")) for name, text in answers.items()}
    strange = [letter for letter in KINDS if kinds[letter] not in ("DDL", "DML")]
    if strange:
        raise Wrong(
            f"{', '.join(strange)}: not one of the two answers.",
            expected='"DDL" or "DML"',
            found=", ".join(repr(attempt.answers[letter]) for letter in strange),
        )
    if all(kinds[letter] != KINDS[letter] for letter in KINDS):
        raise Wrong(
            "All eight are the other way round.",
            expected="DDL: definition of the structure. DML: manipulation of the rows.",
        )
    reject_letters([letter for letter in KINDS if kinds[letter] != KINDS[letter]], KIND_REASONS)
    number = answers.get("rolled_back")
    if not number:
        raise Wrong(
            "The eight letters are right. The last question has no answer yet.",
            todo="How many of the eight does ROLLBACK undo? lab.answer(rolled_back=…)",
        )
    if number.startswith(("8 OF ", "8/")) or number in ("ALL", "ALL OF THEM", "EIGHT", "ALL EIGHT"):
        number = "8"
    if not number.removesuffix(".0").isdecimal():
        raise Wrong(
            "The eight letters are right. rolled_back is not a number.",
            expected="a number, for example rolled_back=4",
            found=repr(attempt.answers["rolled_back"]),
        )
    if number.removesuffix(".0") != str(STATEMENTS_IN_TRANSACTION):
        raise Wrong(
            f"The eight letters are right. rolled_back is not {number}.",
            todo="Think of the lesson: CREATE, ALTER, TRUNCATE and DROP in one transaction, "
            "then ROLLBACK. What was left of them?",
        )
    return "All eight are right, and in PostgreSQL a ROLLBACK undoes every one of them."


def reject_letters(wrong: list[str], reasons: dict[str, str]) -> None:
    if wrong:
        raise Wrong(
            f"{len(wrong)} of {len(reasons)} not right yet: {', '.join(wrong)}.",
            found="\n".join(f"{letter}: {reasons[letter]}" for letter in wrong),
            todo="Answer these again; the others are kept.",
        )


CHOICES = {"a": "DELETE", "b": "TRUNCATE", "c": "DROP", "d": "DELETE", "e": "ALTER", "f": "DELETE"}
CHOICE_REASONS = {
    "a": "one row shall go, not the table and not all rows",
    "b": "all rows go, it must be quick, and nothing stands in the way",
    "c": "nobody needs the table itself",
    "d": "each removed cart must run the trigger for DELETE",
    "e": "the table stays and becomes another one: it loses a column",
    "f": "the rule ON DELETE SET NULL must be followed, and the orders must stay",
}


@check("1.4")
def choose_the_statement(attempt):
    """Assert that each of the six cases has its statement."""
    answers = given(attempt, "abcdef", 'lab.answer(a="DELETE", b="ALTER", …)')
    words = {letter: answers[letter].split()[0].rstrip(";,.") for letter in CHOICES}
    strange = [letter for letter in CHOICES if words[letter] not in set(CHOICES.values())]
    if strange:
        raise Wrong(
            f"{', '.join(strange)}: not one of the four.",
            expected="DELETE, TRUNCATE, DROP or ALTER",
            found=", ".join(repr(attempt.answers[letter]) for letter in strange),
        )
    reject_letters([k for k in CHOICES if words[k] != CHOICES[k]], CHOICE_REASONS)
    return "Each case has the statement that does just enough."


# 1.3

DELIVERY = "CASE WHEN shipped_at IS NULL THEN 'waiting' ELSE 'sent' END"


@check("1.3")
def column_that_must_not_be_empty(attempt):
    """Assert that orders.delivery is NOT NULL without a default and right in every row."""
    seen = Seen(attempt, "Begin with Expand: ALTER TABLE orders ADD COLUMN …")
    column = seen.columns("orders").get("delivery")
    if column is None:
        where = [table.name for table in seen.now.tables.values() if "delivery" in table.columns]
        raise Wrong(
            "orders has no column delivery.",
            found=f"a column delivery in {', '.join(where)}"
            if where
            else "columns: " + ", ".join(seen.columns("orders")),
            todo="Add it to the table orders." if where else "ALTER TABLE orders ADD COLUMN …",
        )
    if column.generated:
        raise Wrong(
            "delivery is computed by the database; a program cannot write it.",
            expected="an ordinary column that every new order must fill",
            todo=f"{RESET} Then add it as text, without GENERATED.",
        )
    if column.type == "boolean":
        raise Wrong(
            "delivery can only say true or false.",
            expected="one of two texts, sent or waiting",
            todo="A boolean holds no text: DROP the column, and ADD it as text.",
        )
    if seen.lost("orders"):
        raise Wrong(
            "Not all orders are there any more.",
            expected=f"{seen.rows_before['orders'].count} orders",
            found=f"{seen.rows_now['orders'].count} orders",
            todo=f"No order may be lost. {RESET}",
        )
    insist_on_deliveries(attempt)
    if not column.not_null:
        raise Wrong(
            "Every order has its text, but the column may still be NULL.",
            expected="NOT NULL on orders.delivery",
            todo="The step Contract is missing: ALTER COLUMN delivery SET NOT NULL.",
        )
    if column.default is not None:
        raise Wrong(
            "The column still has a default.",
            found=f"default {column.default}",
            todo="ALTER TABLE orders ALTER COLUMN delivery DROP DEFAULT.",
        )
    rest = [
        str(c)
        for c in seen.changes
        if not (c.table == "orders" and "delivery" in c.text) and c.kind not in ("enum", "domain")
    ]
    reject_rest(seen, rest, "orders", "delivery")
    return "Every order says where it is, and from now on none can be without."


def reject_rest(seen: Seen, rest: list[str], table: str, column: str, *mine: str) -> None:
    """Wrong when schema or rows have changed elsewhere than in one column of a table."""
    rest = rest + seen.others(table, *mine)
    if not seen.same_records(table, column):
        rest.append(f"{table}: other columns than {column} have other values")
    if rest:
        raise Wrong(
            f"{column} is right, but something else has changed too.",
            found="\n".join(rest),
            todo=RESET,
        )


def insist_on_deliveries(attempt) -> None:
    found = attempt.rows(
        f"SELECT {DELIVERY}, delivery::text, count(*) FROM orders"
        f" WHERE delivery::text IS DISTINCT FROM {DELIVERY} GROUP BY 1, 2 ORDER BY 1, 2"
    )
    if not found:
        return
    empty = sum(count for _, text, count in found if text is None)
    if empty:
        raise Wrong(
            f"{empty} orders have no value in delivery.",
            expected="sent or waiting in every order",
            todo="The step Backfill: an UPDATE for the orders that have no value yet.",
        )
    if {(expected, text) for expected, text, _ in found} == {
        ("sent", "waiting"),
        ("waiting", "sent"),
    }:
        raise Wrong(
            "The two texts are the wrong way round.",
            expected="sent where shipped_at has a value",
            todo="IS NULL and IS NOT NULL are easily mixed up. Another UPDATE mends it.",
        )
    expected, text, count = found[0]
    when = "has a value" if expected == "sent" else "is NULL"
    raise Wrong(
        f"{count} orders where shipped_at {when} have the wrong text in delivery.",
        expected=expected,
        found=repr(text),
        todo="Another UPDATE with a WHERE mends it.",
    )


# 1.5


@check("1.5")
def empty_a_table_that_others_refer_to(attempt):
    """Assert that vouchers is empty and begins at 1, and that orders lost only their vouchers."""
    seen = Seen(attempt, "Look at the foreign key of orders first, then empty vouchers.")
    for table in ("vouchers", "orders", "order_lines"):
        seen.columns(table)
    for table in ("orders", "order_lines"):
        if lost := seen.lost(table):
            raise Wrong(
                f"{lost} of {seen.rows_before[table].count} rows in {table} are gone.",
                expected="all orders and order lines are still there",
                todo=f"TRUNCATE … CASCADE, or a DELETE in the wrong table? {RESET}",
            )
    if left := seen.rows_now["vouchers"].count:
        raise Wrong(f"vouchers is not empty: {left} rows are left.", todo="All of them shall go.")
    if changes := difference(seen.before, seen.now, names=False):
        raise Wrong(
            "Tables, columns or rules are not as they were.",
            found=in_words(changes),
            todo="Put back what is missing, exactly as it was, or begin again: " + RESET,
        )
    if pointing := seen.rows_now["orders"].columns["voucher_id"][0]:
        raise Wrong(
            f"{pointing} orders refer to vouchers that do not exist any more.",
            expected="NULL in voucher_id",
            todo="UPDATE orders SET voucher_id = NULL, or begin again: " + RESET,
        )
    if (following := next_id(attempt, "vouchers")) != 1:
        raise Wrong(
            f"vouchers is empty and the orders are there, but the next voucher gets the id "
            f"{following}.",
            expected="1",
            todo="setval(…, 1) says that 1 is taken: add false as its third value."
            if following == 2
            else "The numbering belongs to the column: ALTER TABLE vouchers ALTER COLUMN id …",
        )
    if (following := next_id(attempt, "orders")) <= attempt.value("SELECT max(id) FROM orders"):
        raise Wrong(
            f"All orders are there, but the next one would get the id {following}, which is taken.",
            expected="only the numbering of vouchers begins again",
            todo=f"RESTART IDENTITY works on every table that is emptied, CASCADE too. {RESET}",
        )
    reject_rest(seen, [], "orders", "voucher_id", "vouchers")
    return "vouchers is empty, the next id is 1, and every order is still there."


def next_id(attempt, table: str) -> int:
    """The id that the next row of a table gets from its identity column."""
    sequence = attempt.value(f"SELECT pg_get_serial_sequence('{table}', 'id')")
    return attempt.value(
        f"SELECT CASE WHEN is_called THEN last_value + 1 ELSE last_value END FROM {sequence}"
    )


# 1.6

SCRIPT = "grow.sql"
PATIENCE = 20  # seconds for one run of the student's script
MEND_THE_BOOK = "UPDATE books SET isbn = '9782032718466' WHERE isbn LIKE '979%'"


def without_comments(text: str) -> list[str]:
    lines = (line.strip() for line in text.splitlines())
    return [line for line in lines if line and not line.startswith(("--", "#"))]


def run_script(attempt, database) -> list[str]:
    """Run the student's file in a database, as the task says; the errors that psql tells of."""
    environment = attempt.server.environment(database.database)
    psql = commands.resolve("psql", environment)
    try:
        done = subprocess.run(
            [psql, "--no-psqlrc", "--quiet", "--file", SCRIPT],
            cwd=attempt.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=PATIENCE,
        )
    except subprocess.TimeoutExpired:
        raise Wrong(
            f"{SCRIPT} did not come to its end within {PATIENCE} seconds.",
            todo="Does it wait for something?",
        ) from None
    return [line for line in done.stderr.splitlines() if " ERROR: " in line]


@check("1.6")
def all_or_nothing(attempt):
    """Assert that grow.sql does all five steps when it can and leaves nothing when it cannot."""
    text = attempt.text(SCRIPT)
    if text is None:
        raise Wrong(f"There is no file {SCRIPT} in the folder any more.", todo=RESET)
    original = (attempt.workspace.start.files / SCRIPT).read_text("utf-8")
    if without_comments(text) == without_comments(original):
        raise NotAttempted(
            f"{SCRIPT} is as it was given.", todo="Change it in the cell and run the cell."
        )
    with attempt.scratch() as database:
        errors = run_script(attempt, database)
        left = difference(attempt.start_catalog(), database.catalog()) or rows_differ(
            attempt.start.fingerprint(), database.fingerprint()
        )
        if left and not errors:
            insist_on_all_steps(database, errors)
            raise Wrong(
                "The script does not fail any more, although nobody has looked at the book.",
                expected="it fails at its last step until somebody has mended the book",
                todo=f"The steps themselves stay as they were given. {RESET}",
            )
        if left:
            raise Wrong(
                "When a step fails, something stays in the database.",
                expected="nothing stays",
                found="\n".join(map(str, left)),
                todo="All five steps belong into one transaction, from the first to the last.",
            )
        database.execute(MEND_THE_BOOK)  # nothing was left, so this is the start with a good book
        insist_on_all_steps(database, run_script(attempt, database))
    return "All five steps or none: the script can be run again after every failure."


def insist_on_all_steps(database, errors: list[str]) -> None:
    catalog = database.catalog()
    books = catalog.tables["books"]
    column = books.columns.get("publisher_id")
    if errors:
        raise Wrong(
            "The script fails even after the book has been mended.",
            found="\n".join(errors[:2]),
            todo="Run it yourself and read the first error. Is there a semicolon missing?",
        )
    if "publishers" not in catalog.tables and column is None:
        raise Wrong(
            "Nothing stays even when no step fails.",
            expected="after a run without an error, all five steps are in the database",
            todo="Which word makes a transaction final? Is it at the end of the file?",
        )
    missing = []
    if "publishers" not in catalog.tables:
        missing.append("step 1: there is no table publishers")
    elif not database.value("SELECT count(*) FROM publishers WHERE id = 1"):
        missing.append("step 2: publishers has no row with id 1")
    if column is None:
        missing.append("step 3: books has no column publisher_id")
    else:
        if not any(key.references == "publishers" for key in books.foreign_keys):
            missing.append("step 3: publisher_id does not refer to publishers")
        if not database.value("SELECT count(publisher_id) FROM books"):
            missing.append("step 4: no book has a publisher")
        if not column.not_null:
            missing.append("step 5: publisher_id may be NULL")
    if missing:
        raise Wrong(
            "Not all five steps are done.",
            found="\n".join(missing),
            todo=f"The steps themselves stay as they were given. {RESET}",
        )


# 1.7

CORRECTED = {"C1": "B1", None: "A1"}


@check("1.7")
def repair_a_half_applied_script(attempt):
    """Assert that every book has the right shelf, that the rules are there, and nothing is lost."""
    seen = Seen(attempt, "Look first: SELECT shelf, count(*) FROM books GROUP BY shelf")
    columns = seen.columns("books")
    if "shelf" not in columns:
        raise Wrong(
            "books has no column shelf any more, and what people did in the morning went with it.",
            todo=f"Repair it forwards, from the state that is there. {RESET}",
        )
    seen.columns("shelves")
    if gone := seen.lost("books"):
        raise Wrong(
            f"{gone} books are gone.",
            todo=f"A book without a shelf needs a shelf; it shall not be deleted. {RESET}",
        )
    insist_on_shelves(attempt)
    insist_on_moves(attempt)
    keys = seen.now.tables["books"].foreign_keys
    key = next((k for k in keys if k.columns == ("shelf",) and k.references == "shelves"), None)
    if key is None:
        raise Wrong(
            "Every book stands on the right shelf, but no rule keeps it so.",
            expected="a foreign key from books.shelf to shelves",
            todo="Step 7 of the script.",
        )
    if not key.validated:
        raise Wrong(
            "The foreign key has not been checked on the rows that were there.",
            found=key.definition,
            todo="Drop the key and add it again, without NOT ENFORCED."
            if "NOT ENFORCED" in key.definition
            else f"ALTER TABLE books VALIDATE CONSTRAINT {key.name}.",
        )
    if "ON DELETE CASCADE" in key.definition:
        raise Wrong(
            "With this rule, whoever removes a shelf removes its books as well.",
            expected="a foreign key as in step 7",
            found=key.definition,
            todo="Drop the key and add it again, without ON DELETE CASCADE.",
        )
    if not columns["shelf"].not_null:
        raise Wrong(
            "A book can still be without a shelf.",
            expected="NOT NULL on books.shelf",
            todo="Step 8 of the script.",
        )
    rest = [
        str(c) for c in seen.changes if not (c.table in ("books", "shelves") and "shel" in c.text)
    ]
    reject_rest(seen, rest, "books", "shelf", "shelves")
    return "The change is complete, and what people did in the morning is still there."


def insist_on_shelves(attempt) -> None:
    """The shelves are the four that exist in the shop, on their floors."""
    before, now = (
        dict(d.rows("SELECT code, floor FROM shelves")) for d in (attempt.start, attempt)
    )
    invented = sorted(now.keys() - before.keys())
    if invented:
        raise Wrong(
            f"The shop has no shelf {', '.join(invented)}.",
            expected="the shelves " + ", ".join(sorted(code for code, _ in before)),
            todo="Not the shelves are wrong but the books that stand there.",
        )
    lost = sorted(before.keys() - now.keys())
    if lost:
        raise Wrong(
            f"The shelf {', '.join(lost)} is not there any more.",
            expected="what people put in by hand stays",
            todo=f"Was the script run again from its top? {RESET}",
        )
    if moved := [code for code in before if now[code] != before[code]]:
        raise Wrong(f"The shelf {', '.join(moved)} is on another floor now.", todo=RESET)


def insist_on_moves(attempt) -> None:
    """Every book stands where the task says: C1 and NULL corrected, all others left alone."""
    query = "SELECT id, shelf, title FROM books ORDER BY id"
    before = {id: shelf for id, shelf, _ in attempt.start.rows(query)}
    wrong = [
        (title, CORRECTED.get(before[id], before[id]), shelf, before[id])
        for id, shelf, title in attempt.rows(query)
        if id in before and shelf != CORRECTED.get(before[id], before[id])
    ]
    if not wrong:
        return
    moved = [
        (title, expected, shelf) for title, expected, shelf, was in wrong if was not in CORRECTED
    ]
    if moved:
        title, expected, shelf = moved[0]
        raise Wrong(
            f"{len(moved)} books do not stand any more where people had put them.",
            expected=f"“{title}” on {expected}",
            found=f"on {shelf or 'no shelf'}",
            todo=f"{RESET} Then change only the rows that are wrong: WHERE shelf = 'C1'.",
        )
    title, expected, shelf, was = wrong[0]
    where = f"on {was}" if was else "without a shelf"
    raise Wrong(
        f"{len(wrong)} books are not on the right shelf yet.",
        expected=f"“{title}”, which was {where}, on {expected}",
        found=f"on {shelf}" if shelf else "no shelf",
        todo="Another UPDATE with a WHERE.",
    )
