"""the discount of each customer

In percent. The staff has typed it in from the cards in the box.

Revision ID: 0002
Revises: 0001
Create Date: 2026-10-12 09:00:00
"""

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"


def upgrade() -> None:
    op.add_column(
        "customers", sa.Column("discount", sa.Integer(), server_default="0", nullable=False)
    )


def downgrade() -> None:
    op.drop_column("customers", "discount")
