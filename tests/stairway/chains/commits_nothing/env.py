"""A statement before context.configure opens a transaction that nobody commits."""

import os

from alembic import context
from sqlalchemy import create_engine


with create_engine(os.environ["DATABASE_URL"]).connect() as connection:
    connection.exec_driver_sql("SELECT 1")
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
