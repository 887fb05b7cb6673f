"""The loss meter names what dies, where, and whose it was, and holds nothing against the rest."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass

import pytest

from migrationlab import paths, stairway
from migrationlab.pictures import loss_meter
from migrationlab.postgres import databases
from migrationlab.postgres.catalog import key, key_parts
from migrationlab.stairway import __main__ as command
from migrationlab.stairway.step_descriptions import findings
from migrationlab.stairway.step_result import BROKEN, IRREVERSIBLE, LOSES, NOT_MEASURED, REVERSIBLE
from tests.stairway.chain_tools import execute, lay_out

REVISION = '''"""{name}"""
from alembic import op
revision, down_revision = "{id}", "{parent}"

def upgrade():
    {up}

def downgrade():
    {down}
'''


@dataclass(frozen=True)
class Case:
    """Revision 0002 over the shop of tests/chains: SQL (or Python, after "py:") up and down."""

    up: str
    down: str
    verdict: str
    words: str = ""  # what one of its findings must contain


ADD_PHONE = "ALTER TABLE accounts ADD phone text"
KEPT = "CREATE TABLE kept AS SELECT id, phone FROM accounts"

RIGHT = {
    "renames": Case(
        "ALTER TABLE accounts RENAME phone TO mobile",
        "ALTER TABLE accounts RENAME mobile TO phone",
        REVERSIBLE,
    ),
    "keeps_the_values_in_a_table_beside": Case(
        f"{KEPT}; ALTER TABLE accounts DROP phone",
        f"{ADD_PHONE}; UPDATE accounts a SET phone = k.phone FROM kept k WHERE k.id = a.id;"
        " DROP TABLE kept",
        REVERSIBLE,
    ),
    "makes_an_index": Case("CREATE INDEX i ON orders (total)", "DROP INDEX i", REVERSIBLE),
    "makes_a_column_wider": Case(
        "ALTER TABLE accounts ALTER email TYPE text",
        "ALTER TABLE accounts ALTER email TYPE varchar(255)",
        REVERSIBLE,
    ),
    "changes_nothing": Case("SELECT 1", "SELECT 1", REVERSIBLE),
    "says_that_there_is_no_way_back": Case(
        "ALTER TABLE accounts DROP phone",
        'py:raise NotImplementedError("the numbers are gone: restore the dump")',
        IRREVERSIBLE,
        "its downgrade says: the numbers are gone: restore the dump",
    ),
}

# Each loses something that was there before it, or is broken; the words name what.
WRONG = {
    "drops_a_column": Case(
        "ALTER TABLE accounts DROP phone",
        ADD_PHONE,
        LOSES,
        "does not come back: accounts.phone: 2 of 2 values (Bo Ø. Jensen: 12 34 56 78",
    ),
    "drops_a_table": Case(
        "DROP TABLE notes",
        "CREATE TABLE notes (id int PRIMARY KEY, body text)",
        LOSES,
        "does not come back: notes: 2 of 2 rows (id 1, id 2)",
    ),
    "truncates": Case(
        "TRUNCATE orders", "SELECT 1", LOSES, "does not come back: orders: 3 of 3 rows"
    ),
    "deletes_what_seems_double": Case(
        "DELETE FROM orders WHERE id > 2", "SELECT 1", LOSES, "orders: 1 of 3 rows (id 3)"
    ),
    "rounds": Case(
        "UPDATE orders SET total = round(total)",
        "SELECT 1",
        LOSES,
        "orders.total: 1 of 3 values (id 3: 59.95 → 60.00)",
    ),
    "cuts_text": Case(
        "ALTER TABLE accounts ALTER phone TYPE varchar(3) USING left(phone, 3)",
        "ALTER TABLE accounts ALTER phone TYPE text",
        LOSES,
        "accounts.phone: 1 of 2 values (Bo Ø. Jensen: 12 34 56 78 → 12 )",
    ),
    "writes_emails_small": Case(
        "UPDATE accounts SET email = lower(email)",
        "SELECT 1",
        LOSES,
        "accounts.email: 2 of 3 values (Bo Ø. Jensen: Bo@example.com → bo@example.com",
    ),
    "puts_an_empty_text_for_null": Case(
        "UPDATE accounts SET phone = coalesce(phone, '')",
        "SELECT 1",
        LOSES,
        "accounts.phone: 1 of 3 rows had NULL and have a value now (Solveig Holm Ærø: NULL → '')",
    ),
    "puts_null_for_an_empty_text": Case(
        "UPDATE accounts SET phone = nullif(phone, '')",
        "SELECT 1",
        LOSES,
        "accounts.phone: 1 of 2 values (Åse Bang: '')",
    ),
    "joins_two_columns_and_cuts_them_wrongly": Case(
        "ALTER TABLE accounts ADD contact text;"
        "UPDATE accounts SET contact = concat_ws(' ', full_name, phone);"
        "ALTER TABLE accounts DROP phone",
        f"{ADD_PHONE}; UPDATE accounts SET phone = substring(contact FROM '[0-9]+$');"
        "ALTER TABLE accounts DROP contact",
        LOSES,
        "Bo Ø. Jensen: 12 34 56 78 → 78",
    ),
    "makes_two_words_one": Case(
        "UPDATE orders SET status = 'paid' WHERE status = 'sent'",
        "UPDATE orders SET status = 'sent' WHERE status = 'paid'",
        LOSES,
        "orders.status: 1 of 3 values (id 2: paid → sent)",
    ),
    "swaps_the_values_of_two_rows": Case(
        "UPDATE accounts SET phone = CASE id WHEN 1 THEN '' ELSE '12 34 56 78' END WHERE id < 3",
        "SELECT 1",
        LOSES,
        "accounts.phone: 2 of 2 values",
    ),
    "loses_rows_of_a_table_without_a_key": Case(
        "DELETE FROM visits WHERE page = '/b'", "SELECT 1", LOSES, "visits: 1 of 3 rows (/b, 2)"
    ),
    "changes_a_table_without_a_key": Case(
        "UPDATE visits SET seconds = 0", "SELECT 1", LOSES, "visits.seconds: 3 of 3 values"
    ),
    "computes_another_value_each_time": Case(
        "ALTER TABLE accounts ADD token text; UPDATE accounts SET token = gen_random_uuid()::text",
        "ALTER TABLE accounts DROP token",
        LOSES,
        "a downgrade loses: accounts.token: 3 of 3 values",
    ),
    "does_not_take_its_rows_back": Case(
        "INSERT INTO notes VALUES (7, 'reference')",
        "SELECT 1",
        BROKEN,
        "notes: 1 row is left behind",
    ),
    "leaves_the_enum": Case(
        "CREATE TYPE mood AS ENUM ('good', 'bad'); ALTER TABLE accounts ADD mood mood",
        "ALTER TABLE accounts DROP mood",
        BROKEN,
        "after downgrade: + enum mood (good, bad)",
    ),
    "does_nothing_on_the_way_down": Case(
        "ALTER TABLE accounts ADD nick text", "SELECT 1", BROKEN, "+ column accounts.nick text"
    ),
    "brings_another_type_back": Case(
        "ALTER TABLE accounts DROP phone",
        "ALTER TABLE accounts ADD phone varchar(20)",
        BROKEN,
        "~ column accounts.phone: text → varchar(20)",
    ),
    "refuses_rows_that_came_later": Case(
        "ALTER TABLE accounts ALTER phone DROP NOT NULL; ALTER TABLE accounts ADD nick text",
        "ALTER TABLE accounts ADD CHECK (nick IS NULL); ALTER TABLE accounts DROP nick",
        BROKEN,
        "downgrade with new rows:",
    ),
    "says_it_after_it_has_dropped": Case(
        "ALTER TABLE accounts ADD nick text",
        "py:with op.get_context().autocommit_block():\n"
        "        op.drop_column('accounts', 'nick')\n"
        '    raise NotImplementedError("no way back")',
        BROKEN,
        "it says that there is no way back, after it has done: − column accounts.nick",
    ),
    "fails_half_way": Case(
        "py:with op.get_context().autocommit_block():\n"
        "        op.execute('ALTER TABLE accounts ADD nick text')\n"
        "    op.execute('SELECT 1/0')",
        "ALTER TABLE accounts DROP nick",
        BROKEN,
        "It left behind: + column accounts.nick text",
    ),
    "leaves_an_invalid_index": Case(
        "py:with op.get_context().autocommit_block():\n"
        "        op.execute('CREATE UNIQUE INDEX CONCURRENTLY one ON orders (account_id)')",
        "DROP INDEX one",
        BROKEN,
        "It left behind: + unique index one on orders (account_id) INVALID",
    ),
    "adds_a_column_before_an_index_that_fails": Case(
        "py:op.execute('ALTER TABLE orders ADD note text')\n"
        "    with op.get_context().autocommit_block():\n"
        "        op.execute('CREATE UNIQUE INDEX CONCURRENTLY one ON orders (account_id)')",
        "DROP INDEX one; ALTER TABLE orders DROP note",
        BROKEN,
        "It left behind: + column orders.note text",
    ),
    "splits_a_name_and_forgets_the_middle": Case(
        "ALTER TABLE accounts ADD first text, ADD last text;"
        "UPDATE accounts SET first = split_part(full_name, ' ', 1),"
        " last = split_part(full_name, ' ', 2);"
        "ALTER TABLE accounts DROP full_name",
        'ALTER TABLE accounts ADD full_name text COLLATE "C";'
        "UPDATE accounts SET full_name = first || ' ' || last;"
        "ALTER TABLE accounts ALTER full_name SET NOT NULL, DROP first, DROP last;"
        "CREATE INDEX ix_accounts_full_name ON accounts (full_name)",
        LOSES,
        "accounts.full_name: 2 of 3 values (Bo@example.com: Bo Ø. Jensen → Bo Ø.",
    ),
    "splits_a_phone_that_is_not_there": Case(
        "ALTER TABLE accounts ADD country text; UPDATE accounts SET country = '+45',"
        " phone = coalesce(phone, '')",
        "UPDATE accounts SET phone = country || ' ' || phone; ALTER TABLE accounts DROP country",
        LOSES,
        "Bo Ø. Jensen: 12 34 56 78 → +45 12 34 56 78",
    ),
    "leaves_the_new_word_of_an_enum": Case(
        "ALTER TYPE weather ADD VALUE 'rain'",
        "SELECT 1",
        BROKEN,
        "after downgrade: ~ enum weather: (sun) → (sun, rain)",
    ),
    "does_not_go_up_twice": Case(
        "CREATE SEQUENCE numbers; ALTER TABLE accounts ADD nick text",
        "ALTER TABLE accounts DROP nick",
        BROKEN,
        "after downgrade: + sequence numbers",
    ),
}
# What every chain finds besides the shop: a table without a key, one to itself, an enum.
MORE = """
CREATE TYPE weather AS ENUM ('sun');
CREATE TABLE visits (page text, seconds int);
INSERT INTO visits VALUES ('/a', 1), ('/b', 2), ('/a', 1);
CREATE TABLE notes (id int PRIMARY KEY, body text); INSERT INTO notes VALUES (1, 'x'), (2, NULL);
"""


def function(text: str) -> str:
    return text.removeprefix("py:") if text.startswith("py:") else f"op.execute({text!r})"


def write(folder, name: str, case: Case, number: int = 2) -> None:
    text = REVISION.format(
        name=name,
        id=f"{number:04}",
        parent=f"{number - 1:04}",
        up=function(case.up),
        down=function(case.down),
    )
    (folder / "alembic" / "versions" / f"{number:04}.py").write_text(text, "utf-8")


@pytest.fixture
def project(tmp_path):
    """A student's project with revision 0001, the shop."""
    return lay_out(tmp_path / "shop")


@pytest.mark.parametrize("name", sorted(RIGHT | WRONG))
def test_the_verdict_on(server, scratch, project, name):
    """Assert that each chain gets its answer, and that the answer names what died."""
    case = (RIGHT | WRONG)[name]
    write(project, name, case)
    execute(server, scratch, MORE)
    (step,) = stairway.measure(project, server, scratch)
    assert step.verdict == case.verdict, findings(step)
    assert case.words in "\n".join(findings(step))
    assert name in WRONG or not step.loses_what_was_there
    assert "Traceback" not in "\n".join(findings(step))


def test_there_are_enough_wrong_ones():
    """Assert that the meter is tried on at least fifteen wrong chains."""
    assert len(WRONG) >= 15


@pytest.mark.parametrize(
    "chain", ["loses_rows", "alters_rows", "loses_a_columns_data", "forgets_the_enum", "hangs"]
)
def test_what_the_stairway_rejects_the_meter_rejects(server, scratch, tmp_path, chain):
    """Assert that the two never contradict each other."""
    folder = lay_out(tmp_path / "shop", chain)
    step = stairway.measure(folder, server, scratch, timeout=5)[-1]
    assert step.verdict in (BROKEN, LOSES)


def test_on_ones_own_rows(server, scratch, project):
    """Assert that applied and missing revisions are both measured on the rows that are there."""
    write(project, "drops", WRONG["drops_a_column"])
    first, second = stairway.measure(project, server, scratch, own_rows=True)
    assert (first.verdict, second.verdict) == (LOSES, LOSES)
    assert [loss.place for loss in first.lost_down_up] == ["accounts", "orders"]
    assert first.lost_up_down == [] and not first.loses_what_was_there
    (loss,) = second.lost_up_down
    assert (loss.place, loss.lost, loss.of) == ("accounts.phone", 2, 2)
    assert loss.examples == [("Bo Ø. Jensen", "12 34 56 78", None), ("Åse Bang", "", None)]


def test_below_a_revision_without_a_way_down_nothing_is_measured(server, scratch, project):
    """Assert that the meter says so instead of guessing."""
    write(project, "no way", Case("SELECT 1", "py:raise NotImplementedError", IRREVERSIBLE))
    assert stairway.upgrade(project, server, scratch) == ""
    first, second = stairway.measure(project, server, scratch, own_rows=True)
    assert (first.verdict, second.verdict) == (NOT_MEASURED, IRREVERSIBLE)
    assert "no reason is given" in findings(second)[0]


def test_a_library_that_is_not_finished_declares_nothing(server, scratch, project):
    """Assert that only a raise in the revision's own file counts as the author's word."""
    down = "py:from unittest import mock; mock.Mock(side_effect=NotImplementedError)()"
    write(project, "calls", Case("SELECT 1", down, BROKEN))
    (step,) = stairway.measure(project, server, scratch)
    assert step.verdict == BROKEN


def test_rows_are_invented_where_there_are_none(server, database, project):
    """Assert that every table gets rows that respect its keys, checks, enums and types."""
    statements = """
    CREATE TYPE colour AS ENUM ('red', 'green');
    CREATE TABLE items (
        id uuid PRIMARY KEY, code varchar(4) UNIQUE NOT NULL, colour colour NOT NULL,
        state text NOT NULL CHECK (state IN ('waiting', 'done')),
        rating smallint NOT NULL CHECK (rating BETWEEN 1 AND 5),
        currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
        made date NOT NULL, at timestamptz NOT NULL, tags text[] NOT NULL, facts jsonb NOT NULL,
        parent uuid REFERENCES items, account_id int NOT NULL REFERENCES accounts
    );
    """
    write(project, "items", Case(statements, "DROP TABLE items; DROP TYPE colour", LOSES))
    first, second = stairway.measure(project, server, database)
    assert first.unfilled == second.unfilled == {}
    assert {loss.place: loss.of for loss in first.lost_down_up} == {"accounts": 3, "orders": 3}
    assert [(loss.place, loss.of) for loss in second.lost_down_up] == [("items", 3)]


def test_a_table_that_cannot_be_filled_is_told(server, database, project):
    """Assert that a table without rows is not taken for one that loses nothing."""
    up = "CREATE TABLE secrets (word text NOT NULL CHECK (md5(word) = 'x'))"
    write(project, "secrets", Case(up, "DROP TABLE secrets", REVERSIBLE))
    step = stairway.measure(project, server, database)[-1]
    assert "no row to measure on in secrets" in findings(step)[-1]


def test_the_projects_own_chain(server, database):
    """Assert that no revision of the bookshop loses what was there before it."""
    steps = stairway.measure(
        paths.PROJECT, server, database, seed="bookshop.seeds:seed", timeout=120
    )
    answers = {step.revision: step.verdict for step in steps}
    assert {answers["0006"], answers["0007"]} == {REVERSIBLE}
    assert set(answers.values()) == {REVERSIBLE, LOSES}
    assert not [step.revision for step in steps if step.loses_what_was_there or step.unfilled]
    (status,) = next(step for step in steps if step.revision == "0004").lost_down_up
    assert (status.place, status.of) == ("orders.status", 120)


def test_the_picture_tells_the_same(server, scratch, project):
    """Assert that picture, table and words name the loss, and that nothing is HTML by accident."""
    execute(server, scratch, "UPDATE accounts SET phone = '<b>12</b>  $1' WHERE id = 1")
    write(project, "drops & <i>forgets</i>", WRONG["drops_a_column"])
    meter = loss_meter(stairway.measure(project, server, scratch))
    assert meter.verdicts == {"0002": LOSES}
    assert "accounts.phone: 2 of 2 values (Bo Ø. Jensen: <b>12</b>  $1" in str(meter)
    page = meter._repr_html_()
    assert "<b>12" not in page and "<i>" not in page
    assert page.count("&lt;b&gt;12&lt;/b&gt;  $1") >= 2  # struck through, and in the table
    assert 'class="ink gone small"' in page


def test_the_picture_of_nothing():
    """Assert that a chain without revisions is no failure."""
    assert str(loss_meter([])) == "There is no revision to measure"


def run_command(server, *arguments, module="migrationlab.stairway") -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", module, *map(str, arguments)],
        env=server.environment() | {"MIGRATIONLAB_HOME": os.environ["MIGRATIONLAB_HOME"]},
        cwd=paths.PROJECT,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )


def test_the_exit_code_is_for_a_pipeline(server, scratch, project):
    """Assert 0 for what only a downgrade loses, 1 with --strict, 1 for what never comes back."""
    before = databases.listing(server)
    assert command.main([str(project), "--url", server.url("nowhere_at_all")]) == 1
    assert run_command(server, project).returncode == 0
    assert run_command(server, project, "--strict").returncode == 1
    write(project, "drops", WRONG["drops_a_column"])
    done = run_command(server, project, "--rows-from", server.url(scratch))
    assert done.returncode == 1
    assert "Bo Ø. Jensen: 12 34 56 78" in " ".join(done.stdout.split())
    assert done.stderr == ""
    typed = run_command(server, "stairway", project, "--strict", module="migrationlab.cli")
    assert typed.returncode == 1, typed.stderr
    assert "does not come back: accounts.phone" in " ".join(typed.stdout.split())
    facts = json.loads(run_command(server, project, "--json").stdout)
    assert [fact["verdict"] for fact in facts] == [LOSES, LOSES]
    # The database that was measured is as it was, and the throw-away ones are gone.
    assert execute(server, scratch, "SELECT count(phone) FROM accounts") == [(2,)]
    assert execute(server, scratch, "SELECT version_num FROM alembic_version") == [("0001",)]
    left = databases.listing(server).keys() - before.keys()
    assert not [name for name in left if name.startswith(command.STEM)]


@pytest.mark.parametrize("schema", ["public", "shop", "my.shop"])
@pytest.mark.parametrize("name", ["books", "Order Details", "a.b", "a.b.c"])
def test_a_tables_key_can_be_taken_apart(schema, name):
    """Assert that the meter finds a table again whatever its name is."""
    assert key_parts(key(schema, name)) == (schema, name)
