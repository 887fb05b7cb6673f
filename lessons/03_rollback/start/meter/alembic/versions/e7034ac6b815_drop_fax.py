"""drop fax

Revision ID: e7034ac6b815
Revises: c58f1b7e92d3
Create Date: 2026-02-23 16:20:03.330957

"""
from typing import Sequence, Union

from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision: str = 'e7034ac6b815'
down_revision: Union[str, Sequence[str], None] = 'c58f1b7e92d3'
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = None


def upgrade() -> None:
    """Upgrade schema."""
    op.drop_column("accounts", "fax")


def downgrade() -> None:
    """Downgrade schema."""
    raise NotImplementedError("The fax numbers had to go. They are in no table any more.")
