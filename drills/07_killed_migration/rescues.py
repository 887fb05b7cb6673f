"""The ways to finish a half migration, right and wrong."""

from migrationlab.api import LOSSES, NOT_REPAIRED, DrillEnvironment, right, wrong

REVISION = "alembic/versions/0003_order_vat.py"
LOOK = """
\\d orders
SELECT count(*) AS orders, count(vat) AS with_vat FROM orders;
SELECT pid, application_name, xact_start, query FROM pg_stat_activity
WHERE xact_start < now() - interval '1 second';
"""
END_IT = """
SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE application_name = 'report';
"""
CLEAN_UP = """
DROP TRIGGER orders_vat ON orders;
DROP FUNCTION orders_vat;
ALTER TABLE orders DROP COLUMN vat;
"""
THE_REST = """
UPDATE orders SET vat = round(price * 0.2, 2) WHERE vat IS NULL;
ALTER TABLE orders ALTER COLUMN vat SET NOT NULL;
"""


def look(env: DrillEnvironment) -> None:
    """What is there, and what is not? And does anything still wait?"""
    env.files.write("look.sql", LOOK)
    env.run("alembic current\npsql --file=look.sql")
    # At night the report is still at work. CREATE INDEX CONCURRENTLY would wait for it again.
    env.files.write("end_it.sql", END_IT)
    env.run("psql --file=end_it.sql")


@right
def clean_up_and_run_it_again(env: DrillEnvironment):
    """Remove the half that is there, then run the migration again, to its end."""
    look(env)
    env.run("psql --command='DROP INDEX CONCURRENTLY orders_by_time'")
    env.files.write("clean_up.sql", CLEAN_UP)
    env.run("psql --set=ON_ERROR_STOP=1 --single-transaction --file=clean_up.sql")
    env.run("alembic upgrade head")


@right
def finish_by_hand_then_stamp(env: DrillEnvironment):
    """Do by hand exactly what is missing, and only then tell Alembic so."""
    look(env)
    env.run("psql --command='REINDEX INDEX CONCURRENTLY orders_by_time'")
    env.files.write("the_rest.sql", THE_REST)
    env.run("psql --set=ON_ERROR_STOP=1 --file=the_rest.sql")
    env.run("alembic stamp head")


def edit(env: DrillEnvironment, **changes: str) -> None:
    """Replace words in the revision's file."""
    text = (env.folder / REVISION).read_text("utf-8")
    for old, new in changes.values():
        assert old in text
        text = text.replace(old, new)
    env.files.write(REVISION, text)


def repeatable(drop_first: str = "") -> dict[str, tuple[str, str]]:
    """The revision with IF NOT EXISTS in each step."""
    return {
        "column": ("sa.Numeric(10, 2)))", "sa.Numeric(10, 2)), if_not_exists=True)"),
        "function": ("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"),
        "trigger": ("CREATE TRIGGER", "CREATE OR REPLACE TRIGGER"),
        "index": (
            '        op.create_index("orders_by_time", "orders", ["ordered_at"], ',
            f'{drop_first}        op.create_index("orders_by_time", "orders", ["ordered_at"], '
            "if_not_exists=True, ",
        ),
    }


@right
def make_it_repeatable(env: DrillEnvironment):
    """Make each step of the revision repeatable; a half index is dropped first."""
    look(env)
    drop = "        op.execute('DROP INDEX CONCURRENTLY IF EXISTS orders_by_time')\n"
    edit(env, **repeatable(drop))
    env.run("alembic upgrade head")


@wrong(NOT_REPAIRED, "INVALID")
def stamp_at_once(env: DrillEnvironment):
    """Stamp the head, so that Alembic is content."""
    env.run("alembic stamp head")


@wrong(NOT_REPAIRED, "INVALID")
def if_not_exists_everywhere(env: DrillEnvironment):
    """Write IF NOT EXISTS into each step: the index does exist, and stays invalid."""
    look(env)
    edit(env, **repeatable())
    env.run("alembic upgrade head")


@wrong(NOT_REPAIRED, "orders have no VAT")
def skip_what_fails(env: DrillEnvironment):
    """Take out of the revision every step that fails, until it runs through."""
    text = (env.folder / REVISION).read_text("utf-8")
    first, last = text.index("        # 1."), text.index("def downgrade")
    env.files.write(REVISION, text[:first] + "        pass\n\n\n" + text[last:])
    env.run("alembic upgrade head")


@wrong(NOT_REPAIRED, "200 rows with another discount")
def one_step_back(env: DrillEnvironment):
    """Downgrade by one, and forward again: that one was 0002, and with it go the discounts."""
    env.run("alembic downgrade -1")
    clean_up_and_run_it_again(env)


@wrong(NOT_REPAIRED, "The till cannot sell (a new order)")
def the_column_first(env: DrillEnvironment):
    """Drop the half column, and forget the trigger that fills it: no order can be sold."""
    env.run("psql --command='ALTER TABLE orders DROP COLUMN vat'")


@wrong(NOT_REPAIRED, "alembic_version says nothing")
def forget_the_version(env: DrillEnvironment):
    """Delete the row of alembic_version, so that Alembic begins anew."""
    env.run("psql --command='DELETE FROM alembic_version'")
    env.run("alembic upgrade head", fails=True)


@wrong(LOSSES, "could have been saved")
def last_nights_dump_then_again(env: DrillEnvironment):
    """Restore last night's dump, and run the migration again."""
    look(env)
    env.run("psql --dbname=postgres --command='DROP DATABASE shop WITH (FORCE)'")
    env.run("pg_restore --dbname=postgres --create backups/night.dump")
    env.run("alembic upgrade head")
