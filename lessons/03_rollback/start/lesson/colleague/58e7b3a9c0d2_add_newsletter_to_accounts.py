"""add newsletter to accounts

Revision ID: 58e7b3a9c0d2
Revises: 41c9d2f0ab67
Create Date: 2026-02-16 10:20:02.551904

"""
from typing import Sequence, Union

from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision: str = '58e7b3a9c0d2'
down_revision: Union[str, Sequence[str], None] = '41c9d2f0ab67'
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = None


def upgrade() -> None:
    """Upgrade schema."""
    op.add_column(
        "accounts",
        sa.Column("newsletter", sa.Boolean, server_default=sa.false(), nullable=False),
    )


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_column("accounts", "newsletter")
