"""Alembic runs this file for every command that has to do with the database."""

import os
from logging.config import fileConfig

from alembic import context
from sqlalchemy import NullPool, create_engine

fileConfig(context.config.config_file_name, disable_existing_loggers=False)

url = os.environ["DATABASE_URL"]
target_metadata = None  # this project has no models

if context.is_offline_mode():  # --sql: print the statements
    context.configure(
        url=url,
        target_metadata=target_metadata,
        literal_binds=True,
        dialect_opts={"paramstyle": "named"},
    )
    with context.begin_transaction():
        context.run_migrations()
else:
    with create_engine(url, poolclass=NullPool).connect() as connection:
        context.configure(connection=connection, target_metadata=target_metadata)
        with context.begin_transaction():
            context.run_migrations()
