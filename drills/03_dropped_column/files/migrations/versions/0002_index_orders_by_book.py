"""index orders by book

Revision ID: 0002
Revises: 0001
Create Date: 2026-08-17 10:30:00
"""

from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"


def upgrade() -> None:
    op.create_index("orders_by_book", "orders", ["book_id"])


def downgrade() -> None:
    op.drop_index("orders_by_book")
