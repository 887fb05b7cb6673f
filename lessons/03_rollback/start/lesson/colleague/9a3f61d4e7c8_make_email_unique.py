"""make email unique

Revision ID: 9a3f61d4e7c8
Revises: 58e7b3a9c0d2
Create Date: 2026-02-16 10:41:18.906625

"""
from typing import Sequence, Union

from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision: str = '9a3f61d4e7c8'
down_revision: Union[str, Sequence[str], None] = '58e7b3a9c0d2'
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = None


def upgrade() -> None:
    """Upgrade schema."""
    op.add_column("accounts", sa.Column("email_checked_at", sa.DateTime(timezone=True)))
    op.create_index("uq_accounts_email", "accounts", ["email"], unique=True)


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_index("uq_accounts_email", "accounts")
    op.drop_column("accounts", "email_checked_at")
