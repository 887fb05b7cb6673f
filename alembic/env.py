"""How Alembic reaches the database: run by every `alembic` command that looks at one."""

from logging.config import fileConfig

from alembic import context
from alembic.util import CommandError
from sqlalchemy import NullPool, create_engine, text
from sqlalchemy.exc import OperationalError

from bookshop import database
from bookshop.models import Base
from migrationlab.api import LabError

# A migration that cannot get its table within this time gives up. While it waits, everybody
# who comes after it waits too, also those who only want to read.
LOCK_TIMEOUT = "5s"

# Any number will do; all migrators of this database must use the same one.
MIGRATOR = 20260112

# The loggers of the program that runs us stay alive.
fileConfig(context.config.config_file_name, disable_existing_loggers=False)


def is_ours(name, type_, parent_names):
    """Leave alone what the models do not know: --autogenerate shall not drop a stranger's table.

    The price: a table that was removed from the models must be dropped by hand.
    """
    return type_ != "table" or name in Base.metadata.tables


OPTIONS = {
    "target_metadata": Base.metadata,  # brings the naming convention along
    "include_name": is_ours,
    "compare_type": True,
    "compare_server_default": True,
    # CHECK constraints are compared by name only, and only with this plugin.
    "autogenerate_plugins": ["alembic.autogenerate.*", "alembic.ext.checkconstraint_byname"],
}


def print_sql() -> None:
    """`--sql`: write the statements to stdout. Needs no database, only its dialect."""
    context.configure(
        dialect_name="postgresql+psycopg2",
        literal_binds=True,  # there is nobody to send parameters to
        dialect_opts={"paramstyle": "named"},  # otherwise every % would be doubled
        **OPTIONS,
    )
    with context.begin_transaction():
        context.run_migrations()


def migrate() -> None:
    """All steps in one transaction: if one fails, the database is as it was before."""
    # NullPool: the connection is closed at the end, and with it the locks are gone.
    engine = create_engine(database.url(), poolclass=NullPool)
    with engine.connect() as connection:
        # One migrator at a time. A second one waits here and finds nothing left to do.
        connection.execute(text("SET lock_timeout = '10min'"))
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": MIGRATOR})
        connection.execute(text(f"SET lock_timeout = '{LOCK_TIMEOUT}'"))
        # The statements above have opened a transaction. Without this commit Alembic would
        # take it for ours, leave it open, and everything would be rolled back at the end.
        connection.commit()

        context.configure(connection=connection, **OPTIONS)
        with context.begin_transaction():
            context.run_migrations()


try:
    if context.is_offline_mode():
        print_sql()
    else:
        migrate()
except LabError as error:
    raise CommandError(str(error)) from None
except OperationalError as error:
    # No server, wrong password, a lock that was not to be had: nothing is wrong with the
    # revisions, so a message says more than a traceback. A CommandError is shown as one.
    raise CommandError(str(error.orig).strip()) from error
