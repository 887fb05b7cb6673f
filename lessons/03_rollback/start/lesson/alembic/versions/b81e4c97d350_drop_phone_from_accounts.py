"""drop phone from accounts

Revision ID: b81e4c97d350
Revises: 7d03b5e6a2f1
Create Date: 2026-02-09 16:31:05.448120

"""
from typing import Sequence, Union

from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision: str = 'b81e4c97d350'
down_revision: Union[str, Sequence[str], None] = '7d03b5e6a2f1'
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = None


def upgrade() -> None:
    """Upgrade schema."""
    op.drop_column("accounts", "phone")


def downgrade() -> None:
    """Downgrade schema."""
    op.add_column("accounts", sa.Column("phone", sa.Text))
