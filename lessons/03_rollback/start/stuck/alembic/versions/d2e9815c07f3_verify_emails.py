"""verify emails

Revision ID: d2e9815c07f3
Revises: 70b5d9e4a1c8
Create Date: 2026-03-09 06:02:55.118204

"""
from typing import Sequence, Union

from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision: str = 'd2e9815c07f3'
down_revision: Union[str, Sequence[str], None] = '70b5d9e4a1c8'
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = None


def upgrade() -> None:
    """Upgrade schema."""
    op.add_column("accounts", sa.Column("verified_at", sa.DateTime(timezone=True)))
    with op.get_context().autocommit_block():  # commits what was done so far
        op.create_index(
            "uq_accounts_email", "accounts", ["email"], unique=True, postgresql_concurrently=True
        )
    op.create_check_constraint("ck_accounts_email", "accounts", "strpos(email, '@') > 1")


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_constraint("ck_accounts_email", "accounts")
    with op.get_context().autocommit_block():
        op.drop_index("uq_accounts_email", "accounts", postgresql_concurrently=True)
    op.drop_column("accounts", "verified_at")
