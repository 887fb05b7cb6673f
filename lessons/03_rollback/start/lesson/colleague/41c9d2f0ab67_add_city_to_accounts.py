"""add city to accounts

Revision ID: 41c9d2f0ab67
Revises: 7d03b5e6a2f1
Create Date: 2026-02-16 10:12:40.017733

"""
from typing import Sequence, Union

from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision: str = '41c9d2f0ab67'
down_revision: Union[str, Sequence[str], None] = '7d03b5e6a2f1'
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = None


def upgrade() -> None:
    """Upgrade schema."""
    op.add_column("accounts", sa.Column("city", sa.Text))


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_column("accounts", "city")
