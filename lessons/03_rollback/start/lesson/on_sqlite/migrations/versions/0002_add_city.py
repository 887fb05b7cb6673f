"""add city"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("accounts", sa.Column("city", sa.Text))


def downgrade() -> None:
    op.drop_column("accounts", "city")
