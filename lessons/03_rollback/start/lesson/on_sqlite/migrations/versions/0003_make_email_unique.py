"""make email unique"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("accounts", sa.Column("email_checked_at", sa.DateTime))
    op.create_index("uq_accounts_email", "accounts", ["email"], unique=True)


def downgrade() -> None:
    op.drop_index("uq_accounts_email", "accounts")
    op.drop_column("accounts", "email_checked_at")
