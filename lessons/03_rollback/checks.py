"""Judge the exercises of lesson 03: what is still there after up, down and up again."""

import psycopg2

from migrationlab.api import (
    BROKEN,
    IRREVERSIBLE,
    LOSES,
    REVERSIBLE,
    Catalog,
    NotAttempted,
    Wrong,
    check,
    difference,
    findings,
    in_words,
)
from migrationlab.api import chain_assertions as chain

CHOICES = {
    "downgrade": "downgrade",
    "down": "downgrade",
    "forward": "forward",
    "forward fix": "forward",
    "roll forward": "forward",
    "fix forward": "forward",
    "restore": "restore",
    "backup": "restore",
    "restore a backup": "restore",
}
# story → choice → why not; a choice that is not here is right
WHY_NOT = {
    "a": {
        "forward": "A second revision would do it, but the pull request is to have one, and "
        "nobody else has run yours.",
        "restore": "No value is lost here: the column is empty. No backup is needed to drop it.",
    },
    "b": {
        "downgrade": "downgrade() drops the column, and 212 notes with it.",
        "restore": "A backup from before the release has no notes, and no orders since.",
    },
    "c": {
        "downgrade": "downgrade() adds a column. It is empty: the numbers are in no file of the "
        "chain.",
        "forward": "A new revision can add the column, but the numbers are in no table any more.",
    },
    "d": {
        "forward": "A new revision leads further up. The testers need the revision before.",
    },
    "e": {
        "downgrade": "downgrade() is pass: it moves the version, and every price stays rounded.",
        "forward": "No UPDATE can know whether 100 was 99.95 or 100.10: the øre are in no table.",
    },
    "f": {
        "downgrade": "downgrade() drops the column, and with it what new customers have chosen.",
        "restore": "Nothing is lost: the phone numbers tell the right country. A backup is older "
        "than Monday's new customers.",
    },
}

ADDRESSES = "SELECT email, address FROM accounts ORDER BY email"
WANTED_ADDRESSES = """
SELECT email, nullif(concat_ws(', ', street, nullif(concat_ws(' ', zip, city), '')), '')
FROM accounts ORDER BY email
"""

NAMES_START = "6c1f09ab35e2"
FULL_NAMES = "SELECT email, full_name FROM accounts ORDER BY id"
TWO_NAMES = "SELECT email, first_name, last_name FROM accounts ORDER BY id"
# Names of the same kinds as those of the start, so that no answer fits those people only.
MORE_NAMES = ("Ægir", None, "Ole Lund Kirkegaard", "Bo  Bech", "Gro ", "张 伟", "", "Kim 🎻 Å")

STUCK_HEAD = "d2e9815c07f3"
EMAILS = "SELECT id, email FROM accounts ORDER BY id"
MENDED_EMAILS = {6: "maja.holm@example.se", 7: "na.li@example.org"}

STATES = ("new", "paid", "sent")
REASONS = ("damaged", "wrong book", "changed mind")
ORDERS = "SELECT id, state::text FROM orders ORDER BY id"

EDITED = "9b14e7f5d0a6"
LEDGER = "SELECT revision, sha256 FROM alembic_ledger ORDER BY revision"

# answer → what the meter says of the chain as it was found, and why
METER = {
    "accounts": (
        "loses data",
        "It only creates a table, but its downgrade drops the table with everybody in it.",
    ),
    "phone": (
        "loses data",
        "Its upgrade loses nothing; its downgrade drops the numbers that were entered since.",
    ),
    "emails": ("loses data", "Its downgrade is pass: the letters do not become large again."),
    "index": ("reversible", "An index holds no values of its own."),
    "language": ("broken", "Its downgrade leaves something behind, and it does not run twice."),
    "fax": ("declared irreversible", "Its downgrade raises NotImplementedError and says why."),
}
TO_RUN = {
    "81d4c7b03f9e": "small emails",
    "a26e5d18c40b": "index full name",
    "c58f1b7e92d3": "language of accounts",
    "e7034ac6b815": "drop fax",
}
FOUR_ANSWERS = f"{REVERSIBLE}, {LOSES}, {BROKEN} or {IRREVERSIBLE}"
MENDED = ("81d4c7b03f9e", "c58f1b7e92d3")  # the two that the task is about


# What several exercises ask


def rewritten(attempt, *loose: str) -> None:
    """Raise NotAttempted or Wrong unless a revision is new, or one of those that may be changed.

    `loose` are the ids of the given revisions that have not run anywhere: a student may rewrite
    or delete them. The others must be as they were.
    """
    given, mine = (
        chain.revisions(attempt.workspace.start.files),
        chain.revisions(attempt.folder),
    )
    own = bool(mine.keys() - given.keys())
    for name, text in given.items():
        same = name in mine and chain.meaning(mine[name]) == chain.meaning(text)
        if not same and not name.startswith(loose):
            raise Wrong(
                f"You have {'edited' if name in mine else 'deleted'} {name}.",
                expected="the applied revisions as they are: other databases have been through "
                "them",
                todo="lab.reset() brings the file back.",
            )
        own = own or not same
    if not own and not attempt.changed():
        raise NotAttempted("The revision is still as it was.", todo="Rewrite it: %%revision …")


def there_and_back(attempt, scratch):
    """climb(), where a revision that is declared irreversible gets an answer of its own."""
    try:
        return chain.climb(attempt, scratch)
    except Wrong as fault:
        if "NotImplementedError" not in fault.found:
            raise
        raise Wrong(
            "Your revision says that there is no way back. That is honest, but here there is one.",
            expected="a downgrade() that brings every value back",
            found=fault.found,
            todo="Let upgrade() keep what it takes away, where downgrade() can find it.",
        ) from None


def runs(error: str, what: str) -> None:
    """Raise Wrong if Alembic has answered with an error."""
    if error:
        raise Wrong(what, found=error, todo="Mend the function in the revision file.")


def from_scratch(attempt) -> Catalog:
    """What the chain in the student's folder makes of an empty database."""
    with attempt.empty() as new:
        if error := attempt.upgrade(new):
            raise Wrong("Your chain does not run on an empty database.", found=error)
        return new.catalog()


def unlike(attempt, made: Catalog) -> list:
    """How the student's database differs from what the chain makes; tables to try things apart."""
    return [
        change
        for change in difference(made, attempt.catalog())
        if not (change.sign == "+" and change.kind == "table")
    ]


def shown(value: str | None) -> str:
    """A value in quotes, so that spaces at its ends can be seen."""
    return "NULL" if value is None else f"“{value}”"


# The exercises


@check("3.1")
def six_stories(attempt):
    given = {name: str(attempt.answers.get(name, "")) for name in WHY_NOT}
    given = {name: answer.strip(" .…'\"“”") for name, answer in given.items()}
    if not any(given.values()):
        raise NotAttempted("You have not chosen yet.", todo='lab.answer(a="…", b="…", …)')
    for story, answer in given.items():
        choice = CHOICES.get(" ".join(answer.lower().replace("-", " ").split()))
        if not answer:
            raise Wrong(f"Story {story} has no answer yet.", todo=f'lab.answer({story}="…")')
        if not choice:
            raise Wrong(
                f"“{answer}” is not one of the three ways of story {story}.",
                expected="downgrade, forward or restore",
            )
        if reason := WHY_NOT[story].get(choice):
            raise Wrong(f"Story {story} is not a case for “{choice}”.", found=reason)
    return "You have asked each time what is lost, who else is hit, and where the values are."


@check("3.2")
def address_that_comes_back(attempt):
    rewritten(attempt, "94e6a3d80b17")
    wanted = dict(attempt.start.rows(WANTED_ADDRESSES))
    with attempt.scratch() as scratch:
        made = there_and_back(attempt, scratch)
        chain.textual(chain.column(made, "accounts", "address"), "accounts.address")
        if left := {"street", "zip", "city"} & made.tables["accounts"].columns.keys():
            raise Wrong(
                "After your upgrade() the old columns are still there.",
                expected="accounts.address instead of street, zip and city",
                found=", ".join(sorted(left)),
            )
        for email, address in scratch.rows(ADDRESSES):
            if address != wanted.get(email):
                raise Wrong(
                    f"upgrade() gives {email} another address than the task says.",
                    expected=shown(wanted.get(email)),
                    found=shown(address),
                    todo="In SQL, NULL || 'text' is NULL. concat_ws() leaves out what is NULL.",
                )
        addresses_entered_since(attempt, scratch)
        chain.applied(attempt, scratch, made)
    lost = [e for e, address in attempt.rows(ADDRESSES) if address is None and wanted.get(e)]
    if lost:
        raise Wrong(
            "Your revision is right, but in your own database addresses are gone: an earlier run "
            "has lost them.",
            found=", ".join(lost),
            todo="lab.reset(), then run your cells again.",
        )
    return "Up, down and up again, and nobody has lost an address, not even the new customers."


def addresses_entered_since(attempt, scratch) -> None:
    """Raise Wrong unless what customers write after the upgrade survives a downgrade."""
    scratch.execute(
        "INSERT INTO accounts (email, full_name, address)"
        " VALUES ('nina@example.dk', 'Nina Skov', 'Havnegade 9, 5000 Odense C');"
        "UPDATE accounts SET address = 'Torvet 1, 4600 Køge' WHERE email = 'soren@example.dk';"
        "UPDATE accounts SET address = NULL WHERE email = 'aase@example.dk'"
    )
    wanted = dict(scratch.rows(ADDRESSES))
    runs(
        attempt.downgrade(scratch, "2b7f40d1c9e5"),
        "downgrade() fails when customers have changed their addresses since the upgrade.",
    )
    runs(
        attempt.upgrade(scratch),
        "upgrade() fails when it is run again after customers have changed their addresses.",
    )
    whose = {
        "nina@example.dk": "A customer who signed up after the upgrade loses the address",
        "soren@example.dk": "A customer who moved after the upgrade loses the new address",
        "aase@example.dk": "A customer who deleted the address gets the old one again",
    }
    for email, address in scratch.rows(ADDRESSES):
        if address != wanted[email]:
            raise Wrong(
                f"{whose.get(email, f'{email} loses the address')} on the way down and up again.",
                expected=shown(wanted[email]),
                found=shown(address),
                todo="The old parts are the truth only while the address is still the one that "
                "was made of them. Any other address goes into street, as it is.",
            )


@check("3.3")
def two_names_of_one(attempt):
    chain.begun(attempt)
    with attempt.scratch() as scratch:
        before = more_people(scratch)
        try:
            made = there_and_back(attempt, scratch)
        except Wrong as fault:
            raise whose_name(attempt) or fault from None
        for name in ("first_name", "last_name"):
            chain.textual(chain.column(made, "accounts", name), f"accounts.{name}")
        if "full_name" in made.tables["accounts"].columns:
            raise Wrong("The column full_name is still there after your upgrade().")
        for email, *found in scratch.rows(TWO_NAMES):
            if tuple(found) != (wanted := two_names(before[email])):
                raise Wrong(
                    f"upgrade() splits {shown(before[email])} in another way than the task says.",
                    expected=in_two(*wanted),
                    found=in_two(*found),
                )
        names_entered_since(attempt, scratch)
        chain.applied(attempt, scratch, made)
    start, own = dict(attempt.start.rows(FULL_NAMES)), attempt.rows(TWO_NAMES)
    lost = [email for email, *names in own if start.get(email) and not any(names)]
    if lost:
        raise Wrong(
            "Your revision is right, but in your own database names are gone: an earlier run has "
            "lost them.",
            found=", ".join(lost),
            todo="lab.reset(), then run your cells again.",
        )
    return "Everybody has both names, and on the way down not one space has changed."


def more_people(scratch) -> dict[str, str | None]:
    """Put MORE_NAMES beside the people of the start; email → full name of all of them."""
    with scratch.connect() as connection, connection.cursor() as cursor:
        for number, name in enumerate(MORE_NAMES):
            cursor.execute(
                "INSERT INTO accounts (email, full_name) VALUES (%s, %s)",
                (f"x{number}@example.dk", name),
            )
    return dict(scratch.rows(FULL_NAMES))


def two_names(full: str | None) -> tuple[str | None, str | None]:
    """What stands before the first space, and all that stands after it."""
    if full is None:
        return None, None
    first, space, last = full.partition(" ")
    return first, last if space else None


def in_two(first: str | None, last: str | None) -> str:
    return f"first_name {shown(first)}, last_name {shown(last)}"


def whose_name(attempt) -> Wrong | None:
    """Whose name comes back as another one; None when the fault is of another kind."""
    with attempt.scratch() as scratch:
        before = more_people(scratch)
        if attempt.upgrade(scratch) or attempt.downgrade(scratch, NAMES_START):
            return None
        if "full_name" not in scratch.catalog().tables["accounts"].columns:
            return None
        after = dict(scratch.rows(FULL_NAMES))
    for email, name in before.items():
        if after.get(email) != name:
            return Wrong(
                f"downgrade() does not give {shown(name)} back.",
                expected=shown(name),
                found=shown(after[email]) if email in after else "no such account",
                todo="Look at each kind of name: one word, NULL, two spaces, a space at the end.",
            )
    return None


def names_entered_since(attempt, scratch) -> None:
    """Raise Wrong unless the names of people who came or married after the upgrade stay theirs."""
    insert = "INSERT INTO accounts (email, first_name, last_name) VALUES "
    since = {
        "nanna@example.dk": ("Nanna", "Holm"),
        "ib@example.dk": ("Ib", None),
        "nobody@example.dk": (None, None),
    }
    for email, names in since.items():
        values = ", ".join("NULL" if v is None else f"'{v}'" for v in (email, *names))
        chain.takes(scratch, f"{insert}({values})")
        scratch.execute(f"{insert}({values})")
    since["soren@example.dk"] = ("Søren", "Holm")
    scratch.execute("UPDATE accounts SET last_name = 'Holm' WHERE email = 'soren@example.dk'")
    runs(
        attempt.downgrade(scratch, NAMES_START),
        "downgrade() fails when new people have come since the upgrade.",
    )
    after = dict(scratch.rows(FULL_NAMES))
    for email, names in since.items():
        full = " ".join(filter(None, names)) or None
        if after[email] != full:
            raise Wrong(
                f"downgrade() loses a name that was entered after the upgrade: {in_two(*names)}.",
                expected=f"full_name {shown(full)}",
                found=shown(after[email]),
            )
    runs(attempt.upgrade(scratch), "upgrade() fails when it is run again on new people.")


@check("3.4")
def repaired(attempt):
    readable(attempt)
    if not attempt.changed():
        raise NotAttempted(
            "The database is stuck where it was.", todo="Look at it first; then finish by hand."
        )
    chain.given_revisions_untouched(attempt)
    nothing_lost(attempt)
    made = from_scratch(attempt)
    faults = unlike(attempt, made)
    at_head = attempt.version() == {STUCK_HEAD}
    index = attempt.catalog().tables["accounts"].indexes.get("uq_accounts_email")
    if at_head and faults:
        invalid = index and not index.valid
        raise Wrong(
            "The version says head, and the tables are not what the chain makes: the stamp lies."
            + (" The index is INVALID: it lets two equal emails in." if invalid else ""),
            expected="first the tables, then the stamp",
            found=in_words(faults, expected=True),
            todo="alembic upgrade 70b5d9e4a1c8:head --sql prints what the revision does. Do what "
            "is missing.",
        )
    emails = dict(attempt.rows(EMAILS))
    for id, email in attempt.start.rows(EMAILS):
        if emails[id] != (wanted := MENDED_EMAILS.get(id, email)):
            raise Wrong(
                f"Account {id} has not the email that the task says.",
                expected=wanted,
                found=emails[id],
            )
    if not at_head and not faults:
        raise Wrong(
            "The tables are what the chain makes. Alembic does not know it yet.",
            expected=STUCK_HEAD,
            found=", ".join(sorted(attempt.version())) or "no revision at all",
            todo="Now a stamp tells the truth: alembic stamp head",
        )
    if not at_head:
        raise Wrong(
            "The repair is not finished.",
            expected="the tables as the chain makes them, and the version at the head",
            found=in_words(faults, expected=True),
        )
    return "Nobody is lost, the tables are what the chain makes, and the stamp tells the truth."


def readable(attempt) -> None:
    """Raise Wrong if accounts cannot be read: an index that was never built is called valid."""
    try:
        attempt.rows("SELECT count(*) FROM accounts")
    except psycopg2.errors.UndefinedTable:
        return  # nothing_lost() says so
    except psycopg2.errors.DataCorrupted as error:
        raise Wrong(
            "PostgreSQL cannot read accounts any more: the catalog calls an index valid, and the "
            "index was never built.",
            expected="an index that PostgreSQL has built",
            found=chain.first_line(error),
            todo="A word in pg_index builds nothing. DROP INDEX uq_accounts_email, then create it.",
        ) from None


def nothing_lost(attempt) -> None:
    """Raise Wrong unless all accounts, and all that was entered since this morning, are there."""
    accounts = attempt.catalog().tables.get("accounts")
    if not accounts or not {"id", "email"} <= accounts.columns.keys():
        raise Wrong("The customers' table is not what it was.", todo="lab.reset()")
    people = dict(attempt.start.rows("SELECT id, full_name FROM accounts"))
    for id in people.keys() - dict(attempt.rows(EMAILS)).keys():
        raise Wrong(
            f"Account {id}, {people[id]}, is gone.",
            expected="all seven accounts: a duplicate email, but not a duplicate person",
            todo="lab.reset() brings it back. Mend the email instead.",
        )
    verified = "SELECT id, verified_at FROM accounts WHERE verified_at IS NOT NULL ORDER BY id"
    known = "verified_at" in accounts.columns and attempt.rows(verified)
    for row in attempt.start.rows(verified):
        if row not in (known or []):
            raise Wrong(
                f"When {people[row[0]]} verified the email is lost.",
                expected=f"verified_at {row[1]:%Y-%m-%d %H:%M} for account {row[0]}",
                found="verified_at NULL" if known is not False else "no column verified_at",
                todo="lab.reset(). The column is there and holds values: finish what is missing "
                "instead of beginning again.",
            )


@check("3.5")
def types_that_go_again(attempt):
    chain.begun(attempt)
    with attempt.scratch() as scratch:
        made = there_and_back(attempt, scratch)
        words(made, "order_state", (*STATES, "returned"), "as its last word: “returned”")
        reason = chain.column(made, "orders", "reason")
        words(made, "return_reason", REASONS, "the three reasons, spelled as in the task")
        if reason.type != "return_reason" or reason.not_null or reason.default:
            raise Wrong(
                "orders.reason is not the column that the task wants.",
                expected="type return_reason, may be NULL, no default",
                found=f"type {reason.type}{' NOT NULL' if reason.not_null else ''}"
                f"{f' default {reason.default}' if reason.default else ''}",
            )
        returned_since(attempt, scratch)
        runs(attempt.upgrade(scratch), "upgrade() fails after a downgrade with returned orders.")
        chain.applied(attempt, scratch, made)
    return "Two types come and go with your revision, and no order stands in the way."


def words(made: Catalog, type: str, wanted: tuple[str, ...], expected: str) -> None:
    """Raise Wrong unless the enum has just these words; only those of the states have an order."""
    found = made.enums.get(type)
    if found is None:
        raise Wrong(
            f"After your upgrade() there is no enum type {type}.",
            expected=", ".join(wanted),
            found=", ".join(sorted(made.enums)) or "no enum type at all",
        )
    if found != wanted and (type == "order_state" or sorted(found) != sorted(wanted)):
        raise Wrong(
            f"The enum type {type} has not the right words after your upgrade().",
            expected=f"{', '.join(wanted)} ({expected})",
            found=", ".join(found),
        )


def returned_since(attempt, scratch) -> None:
    """Raise Wrong unless a downgrade deals with orders that were returned after the upgrade."""
    wanted = dict(attempt.start.rows(ORDERS)) | {6: "sent", 7: "paid"}
    scratch.execute(
        "UPDATE orders SET state = 'returned', reason = 'damaged' WHERE id IN (1, 3);"
        "INSERT INTO orders (id, customer, state, reason) VALUES"
        " (6, 'Ida Holm', 'returned', NULL), (7, 'Bo Juhl', 'paid', NULL)"
    )
    type = scratch.value("SELECT 'order_state'::regtype::oid")
    runs(
        attempt.downgrade(scratch, "4c8e2a90d7b3"),
        "downgrade() fails as soon as an order is returned.",
    )
    # No statement takes a word out of a type: a type with fewer words is another one.
    if scratch.value("SELECT 'order_state'::regtype::oid") == type:
        raise Wrong(
            "Your downgrade() cuts the word out of PostgreSQL's own catalog.",
            expected="a new type with three words in the place of the old one",
            found="order_state is still the same type",
            todo="PostgreSQL does not look whether a row still has a word that is deleted in "
            "pg_enum; if one has, it cannot be read any more. And only a superuser may do it.",
        )
    found = dict(scratch.rows(ORDERS))
    for id, state in wanted.items():
        if id not in found:
            raise Wrong(
                "Your downgrade() deletes orders that were entered since the upgrade.",
                expected=f"order {id}: {state}",
                found="the order is gone",
            )
        if found[id] != state:
            raise Wrong(
                "After your downgrade() an order has not the state that it must have.",
                expected=f"order {id}: {state}",
                found=f"order {id}: {found[id]}",
            )


@check("3.6")
def edited_and_put_back(attempt):
    given, mine = (
        chain.revisions(attempt.workspace.start.files),
        chain.revisions(attempt.folder),
    )
    if mine == given and not attempt.changed():
        raise NotAttempted(
            "The edited revision is as you have found it.",
            todo="Compare the file that the message names with \\d books.",
        )
    ledger_untouched(attempt)
    with attempt.empty() as new:
        if error := attempt.upgrade(new, EDITED):
            raise Wrong("The two revisions do not run on an empty database.", found=error)
        if "alembic_ledger" not in new.catalog().tables:
            raise Wrong(
                "Your env.py keeps no ledger any more.",
                expected="on_version_apply=ledger.note, as you have found it",
                todo="lab.reset() brings env.py back.",
            )
        unlike_ran = difference(attempt.start_catalog(), new.catalog())
        if unlike_ran or new.rows(LEDGER) != attempt.start.rows(LEDGER):
            raise Wrong(
                "A revision that was applied is still not the one that was run.",
                expected="on an empty database the same tables as on this one",
                found=in_words(unlike_ran, expected=True) or "the same tables by other statements",
                todo="Put the file back exactly as it was, and write a new revision for the wish.",
            )
    if not mine.keys() - given.keys():
        raise Wrong(
            "The file is put back. The larger prices have no revision yet.",
            expected="a new revision: alembic revision -m …",
        )
    with attempt.scratch() as scratch:
        made = there_and_back(attempt, scratch)
        price = chain.column(made, "books", "price")
        if price.type != "numeric(10,2)" or not price.not_null:
            raise Wrong(
                "After your revision books.price is not what the task wants.",
                expected="numeric(10,2) NOT NULL",
                found=f"{price.type}{' NOT NULL' if price.not_null else ''}",
            )
        chain.applied(attempt, scratch, made)
    if rest := [line for line in attempt.rows_changed() if line.startswith(("accounts", "books"))]:
        raise Wrong(
            "Rows of the shop are not what they were.",
            found="; ".join(rest),
            todo="lab.reset(), then again without taking the tables down.",
        )
    return "Every database has run the same two revisions, and the wish is the third."


def ledger_untouched(attempt) -> None:
    """Raise Wrong if the entries were changed instead of the file."""
    there = "alembic_ledger" in attempt.catalog().tables
    found = dict(attempt.rows(LEDGER)) if there else {}
    for revision, sha256 in attempt.start.rows(LEDGER):
        if found.get(revision) != sha256:
            raise Wrong(
                f"The ledger has {'another' if revision in found else 'no'} entry for {revision}.",
                expected="the entry that was written when the revision was run",
                found=f"{found[revision][:12]}…" if revision in found else "no entry",
                todo="lab.reset(). Then put the file back, and leave the ledger alone.",
            )


@check("3.7")
def meter_read(attempt):
    given, mine = (
        chain.revisions(attempt.workspace.start.files),
        chain.revisions(attempt.folder),
    )
    written = any(mine.get(name) != text for name, text in given.items())
    if not attempt.answers and not written and not attempt.changed():
        raise NotAttempted(
            "Nothing is reported and nothing is mended yet.",
            todo='Begin with lab.stairway(rows="mine").',
        )
    answers_of_the_meter(attempt.answers)
    for name, text in given.items():
        if name not in mine:
            raise Wrong(f"The revision {name} is gone.", todo="lab.reset() brings it back.")
        if name.startswith(MENDED):
            continue
        if chain.meaning(mine.get(name, "")) != chain.meaning(text):
            raise Wrong(
                f"{name} is not what it was.",
                expected="only “small emails” and “language of accounts” are to be mended",
                todo="lab.reset() brings it back.",
            )
    with attempt.scratch() as scratch:
        steps = {step.revision: step for step in attempt.measure(scratch, own_rows=True)}
        for revision, title in TO_RUN.items():
            good_enough(revision, title, steps)
        made = from_scratch(attempt)
        run_tonight(attempt, scratch)
        chain.applied(attempt, scratch, made)
    return "You have read the meter, and nothing runs tonight that nobody has decided about."


def answers_of_the_meter(answers: dict) -> None:
    """Raise Wrong unless the report says what the meter says of the chain as it was found."""
    for name, (wanted, why) in METER.items():
        given = " ".join(str(answers.get(name, "…")).lower().split())
        if given in ("", "…"):
            raise Wrong(
                f"The meter's answer for “{name}” is not reported.",
                expected=FOUR_ANSWERS,
                todo=f'lab.answer({name}="…")',
            )
        if given not in (REVERSIBLE, LOSES, BROKEN, IRREVERSIBLE):
            raise Wrong(
                f"“{given}”, for “{name}”, is not one of the meter's four answers.",
                expected=FOUR_ANSWERS,
                todo="Write it as the meter does.",
            )
        if given != wanted:
            raise Wrong(
                f"The meter does not say “{given}” of “{name}”. {why}",
                expected="the meter's answer",
            )
    if str(answers.get("lost_emails", "")).strip() != "3":
        raise Wrong(
            "The number of emails that do not come back is another one.",
            found=str(answers.get("lost_emails", "no number")),
            todo="The meter says it: accounts.email, … of … values.",
        )


def good_enough(revision: str, title: str, steps: dict) -> None:
    """Raise Wrong unless the meter lets a revision that is to run tonight pass."""
    step = steps.get(revision)
    if step is None:
        stopped = next((s.error for s in steps.values() if s.error), "")
        raise Wrong(
            f"The revision “{title}” is not run any more.",
            expected=f"the revision {revision}, mended",
            found=stopped or "it is not in the chain",
        )
    found = "\n".join(findings(step))
    if step.verdict == BROKEN:
        raise Wrong(f"The meter still calls “{title}” broken.", found=found)
    if step.loses_what_was_there:
        raise Wrong(
            f"“{title}” still destroys values without saying so.",
            expected="the meter's answer reversible, or declared irreversible",
            found=found,
        )
    if step.verdict == IRREVERSIBLE and title == "language of accounts":
        raise Wrong(
            f"“{title}” says that there is no way back. But there is one: nothing is destroyed.",
            expected="a downgrade() that takes back both things that upgrade() makes",
            found=found,
        )


def run_tonight(attempt, scratch) -> None:
    """Raise Wrong unless the four revisions do to the accounts what they did before."""
    wanted = attempt.start.rows("SELECT id, lower(email), full_name, phone FROM accounts")
    for database in (scratch, attempt.now):
        tables = database.catalog().tables
        if database is attempt.now and "languages" not in tables:
            break  # not there yet: applied() says so
        found = database.rows("SELECT id, email, full_name, phone FROM accounts ORDER BY id")
        if sorted(found) != sorted(wanted):
            one = next((row for row in sorted(wanted) if row not in found), found[0])
            raise Wrong(
                "After the upgrade the accounts are not what they must be.",
                expected=f"account {one[0]}: {', '.join(map(shown, one[1:]))}",
                found="; ".join(", ".join(map(shown, row[1:])) for row in found if row[0] == one[0])
                or "no such account",
            )
        if sorted(database.rows("SELECT code FROM languages")) != [("da",), ("sv",)]:
            raise Wrong("After the upgrade the two languages are not there.")
