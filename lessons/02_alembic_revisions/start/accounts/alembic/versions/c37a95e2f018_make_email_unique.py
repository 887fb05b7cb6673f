"""make email unique

Revision ID: c37a95e2f018
Revises: 8f24be60d1a7
Create Date: 2026-02-03 10:44:05.037752

"""
from typing import Sequence, Union

from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision: str = 'c37a95e2f018'
down_revision: Union[str, Sequence[str], None] = '8f24be60d1a7'
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = None


def upgrade() -> None:
    """Upgrade schema."""
    op.create_unique_constraint("uq_accounts_email", "accounts", ["email"])


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_constraint("uq_accounts_email", "accounts")
