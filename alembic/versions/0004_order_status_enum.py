"""order status enum

Why: "shipped or not" is too little. An order can also be paid, delivered or cancelled. An
enum allows these five words and no sixth one; they sort in the order in which they are
listed. The orders that are there get the status that follows from shipped_at.

Locks: ACCESS EXCLUSIVE on orders, so even SELECT waits, from ADD COLUMN until the commit. A
constant default is not written into the rows, so that adding the column takes no time. The
UPDATE afterwards takes as long as there are shipped orders.

Downgrade loses: who has paid, what was delivered, what was cancelled. shipped_at stays, so
an upgrade later on finds "new" and "shipped" again and nothing else.

Revision ID: 0004
Revises: 0003
Create Date: 2026-02-23 15:45:00
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | None = None
depends_on: str | None = None

# A migration describes the past, so it has its own list. If it used the models' OrderStatus,
# it would change whenever somebody adds a status there.
order_status = postgresql.ENUM(
    "new", "paid", "shipped", "delivered", "cancelled", name="order_status", create_type=False
)


def upgrade() -> None:
    # create_table makes the type as well, add_column does not.
    order_status.create(op.get_bind(), checkfirst=False)
    op.add_column("orders", sa.Column("status", order_status, server_default="new", nullable=False))
    op.execute("UPDATE orders SET status = 'shipped' WHERE shipped_at IS NOT NULL")


def downgrade() -> None:
    op.drop_column("orders", "status")
    # The type is an object of its own. If it stayed, the next upgrade would fail: it exists.
    order_status.drop(op.get_bind(), checkfirst=False)
