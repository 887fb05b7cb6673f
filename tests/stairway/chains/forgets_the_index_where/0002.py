"""brings a partial index back as a whole one"""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade():
    op.execute("DROP INDEX ix_accounts_full_name")
    op.execute("CREATE INDEX ix_accounts_full_name ON accounts (full_name) WHERE active")


def downgrade():
    op.execute("DROP INDEX ix_accounts_full_name")
    op.execute("CREATE INDEX ix_accounts_full_name ON accounts (lower(full_name))")
