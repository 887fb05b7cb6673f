"""a second connection that nobody closes"""

import atexit
import os

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade():
    connection = sa.create_engine(os.environ["DATABASE_URL"]).connect()
    connection.exec_driver_sql("SELECT * FROM orders FOR UPDATE")
    atexit.register(connection.close)  # not before the program ends
    op.execute("ALTER TABLE accounts ADD nick text")


def downgrade():
    op.execute("ALTER TABLE accounts DROP nick")
    op.execute("LOCK TABLE orders")
