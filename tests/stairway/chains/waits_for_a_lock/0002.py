"""a second connection waits for the first"""

import os

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade():
    op.execute("LOCK TABLE accounts")
    with sa.create_engine(os.environ["DATABASE_URL"]).begin() as other:
        other.exec_driver_sql("ALTER TABLE accounts ADD nick text")


def downgrade():
    pass
