"""Judge the exercises of lesson 02: what the student's chain does on a scratch database."""

import subprocess

import psycopg2
from psycopg2 import errors

from migrationlab.api import Catalog, NotAttempted, Wrong, check, commands, difference, in_words
from migrationlab.api import chain_assertions as chain

FIRST, HEAD = "5d1c0a7e93b4", "c37a95e2f018"  # of start/accounts
NEW_NAMES = "SELECT email, display_name FROM accounts ORDER BY email"


@check("2.1")
def where_it_stands(attempt):
    answers = attempt.answers
    if not attempt.changed() and not answers:
        raise NotAttempted(
            "The database stands where it stood.", todo="Ask with alembic current, then upgrade."
        )
    table = attempt.catalog().tables["accounts"]
    unique = [c.name for c in table.constraints.values() if c.kind == "unique"]
    if attempt.version() == {HEAD} and not ("phone" in table.columns and unique):
        raise Wrong(
            "The version says head, but not all revisions were run: "
            + (
                "two accounts can have the same email."
                if unique == [] and "phone" in table.columns
                else "the table has no phone."
            ),
            expected="upgrade, which runs the revisions; stamp only writes the version",
            todo="lab.reset(), then alembic upgrade head",
        )
    chain.stands(attempt, HEAD, "The database does not stand at the head.")
    chain.given_revisions_untouched(attempt)
    for when, id in (("before", FIRST), ("after", HEAD)):
        given = str(answers.get(when, "")).split(" ")[0].strip(" .…'\"")
        if not given:
            raise Wrong(
                f"The database stands at the head. Your report of “{when}” is missing.",
                todo=f'lab.answer({when}="…") with the id.',
            )
        if len(given) < 4 or not id.startswith(given):
            raise Wrong(
                f"“{when}” is not the id where the database stood {when} the upgrade.",
                found=given,
                todo="alembic history lists all ids; lab.reset() lets you look again."
                if when == "before"
                else "alembic current",
            )
    return "Two revisions were run with one command, and you know where you were and where you are."


@check("2.2")
def accounts_table(attempt):
    chain.begun(attempt)
    with attempt.scratch() as scratch:
        made = chain.climb(attempt, scratch)
        for name in ("id", "email", "full_name", "created_at"):
            chain.column(made, "accounts", name)
        for name in ("email", "full_name"):
            chain.textual(chain.column(made, "accounts", name), f"accounts.{name}")
        created = chain.column(made, "accounts", "created_at")
        if created.type.partition("(")[0] != "timestamptz":
            raise Wrong(
                "accounts.created_at is not a time with time zone.",
                expected="sa.DateTime(timezone=True)",
                found=created.type,
            )
        for name in ("email", "full_name", "created_at"):
            chain.must_be_there(made, "accounts", name)
        chain.key_by_itself(made, "accounts")
        insert = "INSERT INTO accounts (email, full_name) VALUES "
        chain.takes(scratch, insert + "('a@example.dk', 'Åse')")
        chain.refuses(
            scratch,
            insert + "('a@example.dk', 'Åse'), ('a@example.dk', 'Søren')",
            errors.UniqueViolation,
            "Two accounts can have the same email.",
            "unique=True on the column, or sa.UniqueConstraint.",
        )
        scratch.execute(insert + "('a@example.dk', 'Åse')")
        if not scratch.value(
            "SELECT abs(extract(epoch FROM now() - created_at)) < 60 FROM accounts"
        ):
            raise Wrong(
                "Who gives no created_at does not get the present time.",
                found=str(created.default),
                todo="server_default=sa.func.now()",
            )
        scratch.execute("DELETE FROM accounts")
        chain.applied(attempt, scratch, made)
    return "The table is there, and your downgrade takes away just what your upgrade made."


@check("2.3")
def country_of_accounts(attempt):
    chain.begun(attempt)
    with attempt.scratch() as scratch:
        made = chain.climb(attempt, scratch)
        chain.textual(chain.column(made, "accounts", "country"), "accounts.country")
        wanted = dict(
            attempt.start.rows(
                "SELECT email, CASE WHEN phone LIKE '+46%' THEN 'SE' ELSE 'DK' END FROM accounts"
            )
        )
        same_countries(dict(scratch.rows("SELECT email, trim(country) FROM accounts")), wanted)
        chain.must_be_there(made, "accounts", "country")
        chain.refuses(
            scratch,
            "INSERT INTO accounts (email, full_name) VALUES ('x@example.dk', 'X')",
            errors.NotNullViolation,
            "An INSERT that forgets the country is not refused.",
            "A server_default that stays fills the country in silence: take it away at the end.",
        )
        chain.applied(attempt, scratch, made)
    return "Every old row has its country, no new one can forget it, and the way back is clean."


def same_countries(found: dict, wanted: dict) -> None:
    for email, country in wanted.items():
        if found.get(email) != country:
            raise Wrong(
                f"{email} is in {country}, but your upgrade() says otherwise.",
                expected="SE for a phone that begins with +46, DK for all others",
                found=str(found.get(email)),
            )


@check("2.4")
def rename_without_loss(attempt):
    chain.begun(attempt)
    wanted = attempt.start.rows("SELECT email, nickname FROM accounts ORDER BY email")
    own = attempt.catalog().tables["accounts"].columns
    lost = "display_name" in own and attempt.rows(NEW_NAMES) != wanted
    with attempt.scratch() as scratch:
        try:
            made = chain.climb(attempt, scratch)
        except Wrong as fault:
            # what the downgrade cannot bring back was lost before: say where
            raise lost_on_the_way_up(attempt.rows(NEW_NAMES)) if lost else fault from None
        new = chain.column(made, "accounts", "display_name")
        if "nickname" in made.tables["accounts"].columns:
            raise Wrong("The column nickname is still there after your upgrade().")
        if (found := scratch.rows(NEW_NAMES)) != wanted:
            raise lost_on_the_way_up(found)
        if new.not_null or new.type != "text":
            raise Wrong(
                "display_name is not the column that models.py describes.",
                expected="text, may be NULL",
                found=f"{new.type}{' NOT NULL' if new.not_null else ''}",
            )
        chain.applied(attempt, scratch, made)
    if lost:
        raise Wrong(
            "Your revision is right, but in your own database the nicknames are gone: an earlier "
            "upgrade has lost them.",
            todo="lab.reset(), then run your cells again.",
        )
    return "The column has its new name, and every nickname is there, up and down."


def lost_on_the_way_up(found: list[tuple]) -> Wrong:
    return Wrong(
        "The nicknames are lost on the way up.",
        expected="every value of nickname stands in display_name",
        found="display_name: " + ", ".join("NULL" if name is None else name for _, name in found),
        todo="A rename keeps them: op.alter_column with new_column_name.",
    )


@check("2.5")
def stamped_where_it_stands(attempt):
    if not attempt.changed():
        raise NotAttempted(
            "Alembic does not know this database yet.", todo="Look at the table, then stamp."
        )
    chain.given_revisions_untouched(attempt)
    tables = attempt.catalog().tables
    customers = "SELECT email, full_name, phone FROM accounts ORDER BY email"
    if "accounts" not in tables or "phone" not in tables["accounts"].columns:
        raise Wrong("The customers' table is not what it was.", todo="lab.reset()")
    if attempt.rows(customers) != attempt.start.rows(customers):
        raise Wrong(
            "The customers are not all there any more.",
            expected="the rows stay; only the version is written",
            todo="lab.reset() brings them back.",
        )
    if not attempt.version():
        raise Wrong("Alembic still does not know where it stands.", todo="alembic stamp …")
    unique = [c for c in tables["accounts"].constraints.values() if c.kind == "unique"]
    if attempt.version() == {HEAD} and not unique:
        raise Wrong(
            "The version says head, but two accounts can have the same email: the third revision "
            "was never run here.",
            expected="the stamp of the revision that the tables agree with",
            todo="alembic stamp with the right id, then alembic upgrade head.",
        )
    chain.stands(attempt, HEAD, "The database does not stand at the head yet.")
    if [c.name for c in unique] != ["uq_accounts_email"]:
        raise Wrong(
            "The UNIQUE on email has not the name that the revision gives it; its downgrade() "
            "will not find it.",
            expected="uq_accounts_email, made by alembic upgrade",
            found=", ".join(c.name for c in unique),
            todo="lab.reset(), stamp, then let upgrade do it.",
        )
    other = [c for c in attempt.changes() if c.name != "uq_accounts_email"]
    if any(c.table == "accounts" for c in other):
        raise Wrong("The table is not what the chain makes.", found=in_words(other))
    return (
        "Nothing was built anew: the stamp told the truth, and upgrade ran only what was missing."
    )


@check("2.6")
def models_and_database_agree(attempt):
    models = attempt.workspace.start.files / "models.py"
    if chain.meaning(attempt.text("models.py") or "") != chain.meaning(models.read_text("utf-8")):
        raise Wrong(
            "You have changed models.py.",
            expected="the models as the team agreed on them",
            todo="lab.reset() brings the file back; a revision changes the database instead.",
        )
    chain.begun(attempt)
    with attempt.scratch() as scratch:
        made = chain.climb(attempt, scratch)
        stock = chain.column(made, "books", "stock")
        if stock.type != "integer":
            raise Wrong("books.stock has another type.", expected="integer", found=stock.type)
        chain.must_be_there(made, "books", "stock")
        columns = "isbn, title, price"
        row = "'9788700999992', 'Ærø', {}"
        chain.takes(
            scratch,
            f"INSERT INTO books ({columns}, currency) VALUES ({row.format(1)}, 'DKK')",
        )
        currency = chain.column(made, "books", "currency")
        if currency.default is None:
            raise Wrong(
                "books.currency has no default in the database; models.py says it has.",
                expected="DKK",
                todo='op.alter_column("books", "currency", server_default=…)',
            )
        if not currency.not_null:
            raise Wrong("books.currency may be NULL now; models.py says it may not.")
        chain.refuses(
            scratch,
            f"INSERT INTO books ({columns}, currency) VALUES ({row.format(-1)}, 'DKK')",
            errors.CheckViolation,
            "The database takes a price below 0; models.py forbids it.",
            "op.create_check_constraint(…); autogenerate does not see it.",
        )
        chain.takes(
            scratch, f"INSERT INTO books ({columns}, currency) VALUES ({row.format(0)}, 'DKK')"
        )
        scratch.execute(f"INSERT INTO books ({columns}) VALUES ({row.format(5)})")
        new = "SELECT {} FROM books WHERE isbn = '9788700999992'"
        for name, wanted in (("stock", 0), ("currency", "DKK")):
            if (found := scratch.value(new.format(name))) != wanted:
                raise Wrong(
                    f"books.{name} has another default than in models.py.",
                    expected=str(wanted),
                    found=str(found),
                )
        chain.applied(attempt, scratch, made)
    return "Models, chain and database say the same, also where autogenerate does not look."


@check("2.7")
def deployed_by_sql(attempt):
    chain.begun(attempt)
    with attempt.scratch() as scratch:
        made = chain.climb(attempt, scratch)
        for table, names in {"books": ("title",), "reviews": ("book_id", "stars")}.items():
            chain.key_by_itself(made, table)
            for name in names:
                chain.must_be_there(made, table, name)
        chain.textual(chain.column(made, "books", "title"), "books.title")
        whole_number(made)
        chain.takes(scratch, "INSERT INTO books (title) VALUES ('Ærø')")
        scratch.execute("INSERT INTO books (title) VALUES ('Ærø')")
        review = "INSERT INTO reviews (book_id, stars) SELECT id, {} FROM books"
        for stars in (1, 5):
            chain.takes(scratch, review.format(stars))
        for stars in (0, 6):
            chain.refuses(
                scratch,
                review.format(stars),
                psycopg2.IntegrityError,
                f"The database takes a review with {stars} stars.",
                "A CHECK does it: stars BETWEEN 1 AND 5.",
            )
        foreign = made.tables["reviews"].foreign_keys
        if not any(key.columns == ("book_id",) and key.references == "books" for key in foreign):
            raise Wrong(
                "reviews.book_id does not refer to books.", todo='sa.ForeignKey("books.id")'
            )
        scratch.execute("DELETE FROM books")
        if len(chain.revisions(attempt.folder)) < 2:
            raise Wrong("The chain has one revision.", expected="two: books first, then reviews")
        deploys(attempt, scratch, made)
        chain.applied(attempt, scratch, made)
    return "From nothing to a deployed chain, and Alembic has not touched the database."


def whole_number(made: Catalog) -> None:
    stars = chain.column(made, "reviews", "stars")
    if stars.type not in ("smallint", "integer", "bigint"):
        raise Wrong("reviews.stars is not a whole number.", expected="sa.Integer", found=stars.type)


def deploys(attempt, scratch, made: Catalog) -> None:
    """Raise Wrong unless deploy.sql makes of an empty database what the chain makes."""
    if not (attempt.text("deploy.sql") or "").strip():
        raise Wrong(
            "The chain is right. The file deploy.sql is missing, or empty.",
            todo="alembic upgrade head --sql prints what belongs into it.",
        )
    with attempt.empty() as target:
        if error := run_by_psql(attempt, target):
            raise Wrong(
                "deploy.sql fails on an empty database.",
                found=error,
                todo="It must hold the SQL of the whole chain, from the first revision on, and "
                "nothing else.",
            )
        missing = in_words(difference(made, target.catalog()), expected=True)
        if missing:
            raise Wrong(
                "deploy.sql does not make what your chain makes.",
                found=missing,
                todo="Write it again: alembic upgrade head --sql",
            )
        known = target.value("SELECT to_regclass('alembic_version')") and target.rows(
            "SELECT version_num FROM alembic_version"
        )
        if known != scratch.rows("SELECT version_num FROM alembic_version"):
            raise Wrong(
                "deploy.sql does not leave the database at the head of your chain.",
                found=str(known),
                todo="Write it again: alembic upgrade head --sql",
            )


def run_by_psql(attempt, target) -> str:
    """Run deploy.sql in a scratch database as an administrator would: the first error, or ""."""
    environment = attempt.server.environment(target.database)
    done = subprocess.run(
        [
            commands.resolve("psql", environment),
            *("--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--file", "deploy.sql"),
        ],
        cwd=attempt.folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        timeout=60,
    )
    if not done.returncode:
        return ""
    return chain.first_line(done.stderr).removeprefix("psql:")
