"""How Alembic reaches the shop's database: the address stands in DATABASE_URL."""

import os
from logging.config import fileConfig

from alembic import context
from sqlalchemy import NullPool, create_engine, text

fileConfig(context.config.config_file_name, disable_existing_loggers=False)

engine = create_engine(os.environ["DATABASE_URL"], poolclass=NullPool)
with engine.connect() as connection:
    # A migration that cannot get its table soon gives up: everybody else waits behind it.
    connection.execute(text("SET lock_timeout = '5s'"))
    connection.commit()
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
