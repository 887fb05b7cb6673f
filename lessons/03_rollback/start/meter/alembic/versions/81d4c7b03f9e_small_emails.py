"""small emails

Revision ID: 81d4c7b03f9e
Revises: 5b90f2e8a671
Create Date: 2026-02-02 09:12:57.203441

"""
from typing import Sequence, Union

from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision: str = '81d4c7b03f9e'
down_revision: Union[str, Sequence[str], None] = '5b90f2e8a671'
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = None


def upgrade() -> None:
    """Upgrade schema."""
    # Maja@Example.SE and maja@example.se are one address
    op.execute("UPDATE accounts SET email = lower(email)")


def downgrade() -> None:
    """Downgrade schema."""
    pass
