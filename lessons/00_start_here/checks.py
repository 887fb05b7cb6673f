"""Verdicts on the exercises of lesson 00, from the state of the databases."""

import re
from contextlib import closing
from pathlib import Path

import psycopg2

from migrationlab.api import (
    Catalog,
    Change,
    Database,
    NotAttempted,
    Start,
    Wrong,
    as_fault,
    check,
    difference,
    start_states,
)

START = Path(__file__).parent / "start"
ACCOUNTS, ORDERS = "4e1f0c9a7b25", "9c27d5e8a314"
PHONE, EMAILS = "b7d20e61c4f3", "d41f86a0b9e2"
ORDERS_ROWS = "SELECT id, account_id, total FROM orders ORDER BY id"
LONGEST_NUMBER = 16  # 0045 22 12 91 32, as people write it
START_AGAIN = "lab.reset(), then run the cells again: first the file, then alembic upgrade head."


def insist_on_step(attempt, revision: str, name: str) -> None:
    """Raise unless the database has noted this step as its newest."""
    noted = attempt.version()
    if noted != {revision}:
        raise Wrong(
            f"The step {name} has not been applied to this database.",
            expected=f"alembic_version says {revision}",
            found=f"it says {', '.join(sorted(noted)) or 'nothing'}",
            todo="alembic upgrade head",
        )


def insist_on_file(attempt, revision: str) -> None:
    """Raise NotAttempted unless the step's file is there."""
    if not list((attempt.folder / "alembic" / "versions").glob(f"{revision}_*.py")):
        raise NotAttempted("The step has no file yet.", todo="Run the cell with %%writefile.")


def catalog_of(attempt, file: str) -> Catalog:
    """The schema that a file in `start/` makes; its database is built once and kept."""
    name = start_states.template(attempt.server, Start(sql=START / file))
    return Database(attempt.server, name, read_only=True).catalog()


def faults(changes: list[Change]) -> str:
    return "; ".join(as_fault(change) for change in changes)


@check("0.1")
def apply_what_is_waiting(attempt):
    if not attempt.changed():
        raise NotAttempted(
            "The database is still empty.", todo="Write the command in the %%terminal cell, run it."
        )
    tables = attempt.catalog().tables
    noted = attempt.version()
    missing = [name for name in ("accounts", "orders") if name not in tables]
    if missing and noted == {ORDERS}:
        raise Wrong(
            "The database has noted both steps, but their tables are not all there: stamp only "
            "makes the note, and a table can be dropped by hand.",
            expected="the tables accounts and orders",
            found=f"no table {' and no table '.join(missing)}",
            todo="lab.reset(), then alembic upgrade head.",
        )
    if missing and noted == {ACCOUNTS}:
        raise Wrong(
            "One of the two steps has been applied.",
            expected="also the newest one, create orders table",
            found="the database stands at create accounts table",
            todo="Go on to the newest step: alembic upgrade head.",
        )
    if missing and not noted:
        raise Wrong(
            "This database has not taken all steps.",
            expected="the tables accounts and orders, and a note in alembic_version",
            found=f"no table {' and no table '.join(missing)}, and no step is noted",
            todo="lab.reset(), then alembic upgrade head.",
        )
    if noted - {ACCOUNTS, ORDERS}:
        raise Wrong(
            "The database stands at a step that is not one of the two.",
            expected=f"alembic_version says {ORDERS}",
            found=f"it says {', '.join(sorted(noted))}",
            todo="lab.reset(), then alembic upgrade head.",
        )
    if noted != {ORDERS}:
        raise Wrong(
            "The tables are there, but Alembic does not know it: they were made by hand.",
            expected="a note of the newest step in alembic_version",
            found=f"the note says {', '.join(noted) or 'nothing'}",
            todo="lab.reset(), and let the steps make the tables: alembic upgrade head.",
        )
    wrong = difference(catalog_of(attempt, "at_head.sql"), attempt.catalog(), names=False)
    if wrong:
        raise Wrong(
            "The step is noted, but the tables are not as its files say.",
            found=faults(wrong),
            todo="lab.reset(), and let the steps make the tables: alembic upgrade head.",
        )
    return "Both steps have run, and the database has noted the newest one."


MEANINGS = {"a": "schema", "b": "data", "c": "move", "d": "schema", "e": "data", "f": "move"}
ASK_YOURSELF = {
    "a": "Does an existing row get another value, or is there a new place in a table?",
    "b": "Do the tables look different afterwards, or only the values in them?",
    "c": "Where does the shop's database live on Monday?",
    "d": "A rule that the database keeps for all future rows: where is it written?",
    "e": "Do the tables look different afterwards, or only the values in them?",
    "f": "What is different tomorrow: the tables, the values, or the place?",
}


@check("0.2")
def which_migrate(attempt):
    answers = {name.lower(): text for name, text in attempt.answers.items()}
    given = {name: text for name, text in answers.items() if name in MEANINGS}
    if not any(str(text).strip(" ….") for text in given.values()):
        raise NotAttempted("There is no answer yet.", todo='Write lab.answer(a="…", b="…", …).')
    meant = {name: meaning(text) for name, text in given.items()}
    missing = [name for name in MEANINGS if name not in meant]
    if missing:
        raise Wrong(
            f"No answer yet for {', '.join(missing)}.",
            todo="Answer these too; lab.answer keeps what you gave before.",
        )
    unknown = [name for name, text in meant.items() if text is None]
    if unknown:
        raise Wrong(
            f"{', '.join(unknown)}: the answer is not one of the three words.",
            expected='"schema", "data" or "move"',
            found=", ".join(repr(given[name]) for name in unknown),
        )
    wrong = [name for name in MEANINGS if meant[name] != MEANINGS[name]]
    if wrong:
        raise Wrong(
            f"{len(MEANINGS) - len(wrong)} of {len(MEANINGS)} are right. "
            f"Read again: {', '.join(wrong)}.",
            todo="\n".join(f"{name}: {ASK_YOURSELF[name]}" for name in wrong[:2]),
        )
    return "All six. This question saves a lot of wrong work."


def meaning(text) -> str | None:
    """The one of the three words that an answer means, however it is written; or None."""
    words = re.findall(r"[a-z]+", str(text).lower())
    found = {word for word in words if word in ("schema", "data", "move")}
    return found.pop() if len(found) == 1 else None


@check("0.3")
def one_line(attempt):
    insist_on_file(attempt, PHONE)
    if not attempt.changed():
        raise NotAttempted(
            "The database is as it was at the start.",
            todo="Write the line in upgrade(), run that cell, then apply the step.",
        )
    changes = attempt.changes()
    phone = attempt.catalog().tables["accounts"].columns.get("phone")
    if attempt.version() == {PHONE} and not changes:
        raise Wrong(
            "The step is noted as done, but there is no new column: "
            "upgrade() was empty when it was applied.",
            expected="a column phone in accounts",
            todo=START_AGAIN,
        )
    if phone is not None:
        insist_on_phone(phone)
        insist_on_unknown_numbers(attempt)
    insist_on_step(attempt, PHONE, "add accounts phone")
    others = [
        change
        for change in changes
        if not (change.sign == "+" and change.table == "accounts" and change.name == "phone")
    ]
    if phone is None or others:
        raise Wrong(
            "The step changes something else than the task says.",
            expected="only a new column phone in accounts",
            found="; ".join(str(change) for change in others),
            todo="Mend the line. Then " + START_AGAIN,
        )
    with attempt.scratch() as fresh:
        step = attempt.climb(fresh)[-1]
    if not any(change.name == "phone" for change in step.changes):
        raise Wrong(
            "This database has the column, but the step in the file does not make it: "
            "another database would not get it.",
            expected="upgrade() in the file adds the column",
            found=step.error if not step.upgraded else "upgrade() adds no column",
            todo="Write the line into upgrade(). " + START_AGAIN,
        )
    if step.error or step.schema_after_down:
        raise Wrong(
            "downgrade() does not take the column away any more.",
            expected='op.drop_column("accounts", "phone"), as it was written',
            found=step.error or "; ".join(str(change) for change in step.schema_after_down),
        )
    return "One line, one step: every database that runs it gets the column."


def insist_on_phone(phone) -> None:
    """Raise unless the column can hold a phone number or NULL."""
    length = re.fullmatch(r"varchar\((\d+)\)", phone.type)
    roomy = int(length[1]) >= LONGEST_NUMBER if length else phone.type in ("text", "varchar")
    if not roomy:
        raise Wrong(
            "The column phone has a type that cannot hold every number as people write it.",
            expected="text",
            found=phone.type,
            todo="A phone number is a text: think of +45 and of 0045. " + START_AGAIN,
        )
    if phone.not_null:
        raise Wrong(
            "The column phone does not allow NULL.",
            expected="NULL for who has given no number",
            todo="Take nullable=False (NOT NULL) away. " + START_AGAIN,
        )
    if phone.default is not None:
        raise Wrong(
            "The column phone has a default.",
            expected="NULL for who has given no number",
            found=f"DEFAULT {phone.default}",
            todo="Take server_default (DEFAULT) away. " + START_AGAIN,
        )


def insist_on_unknown_numbers(attempt) -> None:
    """Raise unless the rows are those of the start and nobody has a number."""
    accounts = "SELECT id, email, full_name FROM accounts ORDER BY id"
    if attempt.rows(accounts) != attempt.start.rows(accounts) or (
        attempt.rows(ORDERS_ROWS) != attempt.start.rows(ORDERS_ROWS)
    ):
        raise Wrong(
            "The rows are not the same any more; only the schema should change.",
            expected="the accounts and orders of the start",
            todo=START_AGAIN,
        )
    invented = attempt.rows("SELECT id, phone FROM accounts WHERE phone IS NOT NULL ORDER BY id")
    if invented:
        raise Wrong(
            "Accounts have a phone number that nobody has given.",
            expected="NULL for who has given no number",
            found=f"account {invented[0][0]}: '{invented[0][1]}'",
            todo="Only add the column; leave the rows alone. " + START_AGAIN,
        )


LINES = {
    "A": "UPDATE accounts SET phone = '+45' || mobile",
    "B": "ALTER TABLE accounts ADD COLUMN phone text",
    "C": "ALTER TABLE accounts ALTER COLUMN phone SET NOT NULL",
    "D": "ALTER TABLE accounts DROP COLUMN mobile",
    "E": "ALTER TABLE accounts ADD COLUMN phone text NOT NULL",
    "F": "ALTER TABLE accounts RENAME COLUMN mobile TO phone",
}


@check("0.4")
def lines_in_order(attempt):
    text = str(attempt.answers.get("order", "")).strip(" ….")
    if not text:
        raise NotAttempted("There is no answer yet.", todo='Write lab.answer(order="…").')
    order = re.findall(r"[A-Z]", text.upper())
    unknown = list(dict.fromkeys(letter for letter in order if letter not in LINES))
    if unknown or not order:
        raise Wrong(
            f"There is no line {', '.join(unknown) or text}.",
            expected="letters from A to F",
            todo='Write them like this: lab.answer(order="F E D").',
        )
    with attempt.scratch() as fresh:
        numbers = dict(fresh.rows("SELECT id, '+45' || mobile FROM accounts"))
        run_lines(fresh, order)
        columns = fresh.catalog().tables["accounts"].columns
        phones = dict(fresh.rows("SELECT id, phone FROM accounts")) if "phone" in columns else {}
    if "phone" not in columns:
        raise Wrong("Your lines run, but there is no column phone at the end.")
    if phones != numbers:
        id = next(id for id in numbers if phones.get(id) != numbers[id])
        raise Wrong(
            "Your lines run, but the numbers in phone are not right.",
            expected=f"account {id}: {numbers[id]}",
            found=f"account {id}: {phones.get(id) or 'NULL'}",
        )
    if "mobile" in columns:
        raise Wrong("Your lines run, but the column mobile is still there.", todo="Contract.")
    if not columns["phone"].not_null:
        raise Wrong("Your lines run, but phone may still be NULL.", expected="phone is NOT NULL")
    return "Expand, backfill, contract: no number is lost, and no line was refused."


def run_lines(database, order: list[str]) -> None:
    """Run the lines one after the other. Raises Wrong at the first that PostgreSQL refuses."""
    with closing(database.server.connect(database.database)) as connection:
        for place, letter in enumerate(order, 1):
            try:
                with connection.cursor() as cursor:
                    cursor.execute(LINES[letter])
            except psycopg2.Error as error:
                raise Wrong(
                    f"Line {letter}, number {place} in your order, is refused.",
                    expected="every line can run",
                    found=str(error).splitlines()[0],
                    todo="What must be there before this line, or must not be there?",
                ) from None


@check("0.5")
def bos_database(attempt):
    if not attempt.changed():
        raise NotAttempted(
            "Bo's database is as it was.",
            todo="Write ALTER TABLE statements. Running schema.sql changes nothing here: "
            "IF NOT EXISTS passes over a table that exists.",
        )
    now = attempt.catalog()
    expected = catalog_of(attempt, "bo/schema.sql")
    insist_on_rows(attempt, now)
    # A table that was made anew and got the old one's rows has a sequence of another name.
    changes = [
        change
        for change in difference(expected, now, ignore=(), names=False)
        if change.kind != "sequence"
    ]
    if changes:
        unique = [i.name for i in now.tables["accounts"].indexes.values() if i.unique]
        todo = "lab.tables() shows what is there. Compare it with the file, word by word."
        if unique and any(change.kind in ("constraint", "index") for change in changes):
            todo = (
                f"The unique index {unique[0]} refuses equal addresses too, but the file says "
                "UNIQUE: drop the index and add the constraint."
            )
        raise Wrong(
            "Bo's database is not yet as schema.sql says.", found=faults(changes), todo=todo
        )
    highest = attempt.value("SELECT max(id) FROM accounts")
    sequence = attempt.value("SELECT pg_get_serial_sequence('accounts', 'id')")
    following = attempt.value(f"SELECT last_value + is_called::int FROM {sequence}")
    if following <= highest:
        raise Wrong(
            "The schema and the rows are right, but the next new customer is refused.",
            expected=f"the next id is greater than {highest}, the highest one in use",
            found=f"the identity column counts on with {following}",
            todo="Rows were copied with their ids; now tell the column: "
            f"ALTER TABLE accounts ALTER COLUMN id RESTART WITH {highest + 1}",
        )
    return "Bo's database is as Anna's file says, and he has lost nothing."


def insist_on_rows(attempt, now) -> None:
    """Raise unless every customer and every number of the start is still there."""
    if "accounts" not in now.tables:
        raise Wrong("There is no table accounts any more.", todo="lab.reset() brings it back.")
    before = attempt.start.rows("SELECT id, email, full_name, mobile FROM accounts ORDER BY id")
    columns = now.tables["accounts"].columns
    if missing := [name for name in ("id", "email", "full_name") if name not in columns]:
        raise Wrong(f"The column {missing[0]} is gone.", todo="lab.reset() brings it back.")
    number = next((name for name in ("phone", "mobile") if name in columns), None)
    after = attempt.rows(
        f"SELECT id, email, full_name, {number or 'NULL'} FROM accounts ORDER BY id"
    )
    if [row[:3] for row in after] != [row[:3] for row in before]:
        raise Wrong(
            "Bo's customers are not the same any more.",
            expected=f"{len(before)} rows, unchanged",
            found=f"{len(after)} rows" + (", some changed" if len(after) == len(before) else ""),
            todo="lab.reset() brings them back. Change the table, do not make it anew.",
        )
    kept = sum(old[3] == new[3] for old, new in zip(before, after, strict=True))
    if kept < len(before):
        had = sum(row[3] is not None for row in before)
        has = sum(row[3] is not None for row in after)
        raise Wrong(
            "Phone numbers are lost or changed.",
            expected=f"{had} numbers, as they were in mobile",
            found=f"{has} numbers in {number}" if number else "no column with numbers",
            todo="lab.reset() brings them back. A column can get another name and keep its values.",
        )


# What the check adds to a throw-away database: the step must be right for other customers too.
OTHER_CUSTOMERS = """
INSERT INTO accounts (email, full_name) VALUES
    ('Ida@Post.Example', 'Ida Holm'), (' birk@mail.example ', 'Birk Dam'),
    ('   LIV@B.EXAMPLE', 'L'), ('Kate.O''Hara@Mail.example', 'Kate O''Hara')
"""
FOUND = "SELECT id, email, full_name FROM accounts ORDER BY id"
EXPECTED = "SELECT id, lower(trim(email)), full_name FROM accounts ORDER BY id"


@check("0.6")
def clean_addresses(attempt):
    insist_on_file(attempt, EMAILS)
    if not attempt.changed():
        raise NotAttempted(
            "The database is as it was at the start.",
            todo="Write upgrade(), run that cell, then apply the step.",
        )
    if changes := attempt.changes():
        raise Wrong(
            "The schema has changed; the task is about the data only.",
            found="; ".join(str(change) for change in changes),
            todo="Take that out of the step. " + START_AGAIN,
        )
    before, now = attempt.start.rows(FOUND), attempt.rows(FOUND)
    if attempt.version() == {EMAILS} and now == before:
        raise Wrong(
            "The step is noted as done, but no address has changed: "
            "upgrade() changed nothing when it was applied.",
            todo="Write the statement into upgrade(). " + START_AGAIN,
        )
    insist_on_same_rows(before, now)
    if attempt.rows(ORDERS_ROWS) != attempt.start.rows(ORDERS_ROWS):
        raise Wrong("The orders are not the same any more.", todo=START_AGAIN)
    insist_on_addresses(now, attempt.start.rows(EXPECTED))
    insist_on_step(attempt, EMAILS, "write emails in one way")

    with attempt.scratch() as other:
        other.execute(OTHER_CUSTOMERS)
        expected = other.rows(EXPECTED)
        if error := attempt.upgrade(other):
            raise Wrong(
                "The step fails in a database with other customers, "
                "such as Kate.O'Hara@Mail.example.",
                found=error,
                todo="Mend upgrade(), or take a file away that belongs to another exercise. "
                + START_AGAIN,
            )
        made = other.rows(FOUND)
    if made[: len(before)] == before:
        raise Wrong(
            "The addresses are clean here, but the step in the file does not clean them: "
            "Anna's and Bo's would stay as they are.",
            expected="upgrade() in the file changes the addresses",
            todo="Write the statement into upgrade(). " + START_AGAIN,
        )
    dirty = [(row, right) for row, right in zip(made, expected, strict=False) if row != right]
    if len(made) != len(expected) or dirty:
        row, right = dirty[0] if dirty else ((None, "", ""), (None, "", ""))
        raise Wrong(
            "The step is right for the customers here, not for those of another database.",
            expected=f"[{right[1]}]",
            found=f"[{row[1]}]",
            todo="Write a rule for every row, without the ids or addresses of these rows. "
            + START_AGAIN,
        )
    return "A rule for all rows: right for customers you have never seen."


def insist_on_same_rows(before: list[tuple], now: list[tuple]) -> None:
    """Raise unless the accounts are the same as at the start, apart from their addresses."""
    if [row[0] for row in before] != [row[0] for row in now]:
        raise Wrong(
            "These are not the same accounts any more.",
            expected=f"the {len(before)} accounts of the start",
            found=f"{len(now)} accounts",
            todo="A change of data gives rows other values; it takes none away. " + START_AGAIN,
        )
    for old, new in zip(before, now, strict=True):
        if old[2] != new[2]:
            raise Wrong(
                "A name has changed; only the addresses should.",
                expected=f"account {old[0]}: {old[2]}",
                found=f"account {new[0]}: {new[2]}",
                todo=START_AGAIN,
            )


def insist_on_addresses(now: list[tuple], expected: list[tuple]) -> None:
    """Raise at the first address that breaks the rule."""
    for (id, email, _), (_, right, _) in zip(now, expected, strict=True):
        if email != right:
            raise Wrong(
                "Not every address follows the rule.",
                expected=f"account {id}: [{right}]",
                found=f"account {id}: [{email}]",
                todo="Small letters, and no space before or after. " + START_AGAIN,
            )
