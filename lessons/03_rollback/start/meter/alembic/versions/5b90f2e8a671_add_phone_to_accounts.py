"""add phone to accounts

Revision ID: 5b90f2e8a671
Revises: 3e7a10c4d5b2
Create Date: 2026-01-19 14:31:09.562188

"""
from typing import Sequence, Union

from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision: str = '5b90f2e8a671'
down_revision: Union[str, Sequence[str], None] = '3e7a10c4d5b2'
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = None


def upgrade() -> None:
    """Upgrade schema."""
    op.add_column("accounts", sa.Column("phone", sa.Text))


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_column("accounts", "phone")
