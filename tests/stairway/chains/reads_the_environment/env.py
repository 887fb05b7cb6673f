"""The address from the environment, and a version table of its own."""

import os

from alembic import context
from sqlalchemy import create_engine


with create_engine(os.environ["DATABASE_URL"]).connect() as connection:
    connection.exec_driver_sql("CREATE SCHEMA IF NOT EXISTS versions")
    connection.commit()
    context.configure(
        connection=connection, version_table="shop_version", version_table_schema="versions"
    )
    with context.begin_transaction():
        context.run_migrations()
