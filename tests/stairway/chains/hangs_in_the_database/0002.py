"""for ever, in a statement"""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade():
    op.execute("SELECT pg_sleep(600)")


def downgrade():
    pass
