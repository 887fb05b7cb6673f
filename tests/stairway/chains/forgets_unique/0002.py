"""UNIQUE comes back as a plain index"""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade():
    op.drop_constraint("uq_accounts_email", "accounts")


def downgrade():
    op.create_index("uq_accounts_email", "accounts", ["email"])
