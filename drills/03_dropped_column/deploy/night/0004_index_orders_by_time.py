"""index orders by time

Revision ID: 0004
Revises: 0003
Create Date: 2026-11-23 08:10:00
"""

from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"


def upgrade() -> None:
    op.create_index("orders_by_time", "orders", ["ordered_at"])


def downgrade() -> None:
    op.drop_index("orders_by_time")
