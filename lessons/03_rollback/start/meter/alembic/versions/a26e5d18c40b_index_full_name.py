"""index full name

Revision ID: a26e5d18c40b
Revises: 81d4c7b03f9e
Create Date: 2026-02-09 11:40:20.871034

"""
from typing import Sequence, Union

from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision: str = 'a26e5d18c40b'
down_revision: Union[str, Sequence[str], None] = '81d4c7b03f9e'
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = None


def upgrade() -> None:
    """Upgrade schema."""
    op.create_index("ix_accounts_full_name", "accounts", ["full_name"])


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_index("ix_accounts_full_name", "accounts")
