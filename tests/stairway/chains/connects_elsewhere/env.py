"""An address of its own."""

import os

from alembic import context
from sqlalchemy import create_engine


ADDRESS = os.environ["DATABASE_URL"].rpartition("/")[0] + "/postgres"

with create_engine(ADDRESS).connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
