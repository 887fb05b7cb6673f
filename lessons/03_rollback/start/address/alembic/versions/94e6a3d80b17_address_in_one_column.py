"""address in one column

Revision ID: 94e6a3d80b17
Revises: 2b7f40d1c9e5
Create Date: 2026-03-02 14:21:09.660127

"""
from typing import Sequence, Union

from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision: str = '94e6a3d80b17'
down_revision: Union[str, Sequence[str], None] = '2b7f40d1c9e5'
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = None


def upgrade() -> None:
    """Upgrade schema."""
    op.add_column("accounts", sa.Column("address", sa.Text))
    op.execute("UPDATE accounts SET address = street || ', ' || zip || ' ' || city")
    op.drop_column("accounts", "street")
    op.drop_column("accounts", "zip")
    op.drop_column("accounts", "city")


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_column("accounts", "address")
    op.add_column("accounts", sa.Column("street", sa.Text))
    op.add_column("accounts", sa.Column("zip", sa.Text))
    op.add_column("accounts", sa.Column("city", sa.Text))
