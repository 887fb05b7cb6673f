"""add phone to accounts

Revision ID: 7d03b5e6a2f1
Revises: 2f6a8c1e90b4
Create Date: 2026-01-19 13:02:47.910336

"""
from typing import Sequence, Union

from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision: str = '7d03b5e6a2f1'
down_revision: Union[str, Sequence[str], None] = '2f6a8c1e90b4'
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = None


def upgrade() -> None:
    """Upgrade schema."""
    op.add_column("accounts", sa.Column("phone", sa.Text))


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_column("accounts", "phone")
