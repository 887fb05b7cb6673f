"""How Alembic reaches the shop's database: where PGHOST, PGPORT and PGDATABASE point."""

from logging.config import fileConfig

from alembic import context
from sqlalchemy import NullPool, create_engine

fileConfig(context.config.config_file_name)

with create_engine("postgresql+psycopg2://", poolclass=NullPool).connect() as connection:
    # An autocommit_block ends the transaction, so each revision has one of its own.
    context.configure(connection=connection, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
