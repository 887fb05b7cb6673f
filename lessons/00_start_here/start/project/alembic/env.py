"""How Alembic reaches the database. Lesson 02 explains it line by line."""

import os
from logging.config import fileConfig

from alembic import context
from sqlalchemy import NullPool, create_engine, make_url

fileConfig(context.config.config_file_name, disable_existing_loggers=False)

url = make_url(os.environ["DATABASE_URL"])
# alembic -x database=NAME upgrade head: the same migrations for another database.
if name := context.get_x_argument(as_dictionary=True).get("database"):
    url = url.set(database=name)

if context.is_offline_mode():  # --sql: show the statements, touch no database
    context.configure(url=url, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()
else:
    with create_engine(url, poolclass=NullPool).connect() as connection:
        context.configure(connection=connection)
        with context.begin_transaction():
            context.run_migrations()
