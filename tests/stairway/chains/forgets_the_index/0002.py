"""a column is retyped, its index is gone"""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade():
    op.execute("DROP INDEX ix_accounts_full_name")
    op.execute("ALTER TABLE accounts ADD nick text")


def downgrade():
    op.execute("ALTER TABLE accounts DROP nick")
