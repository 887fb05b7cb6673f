"""create orders

Why: customers buy books. An order belongs to an account and has one line for each book.

Locks: the two tables are new, but a foreign key touches two tables. accounts and books are
locked in SHARE ROW EXCLUSIVE mode until the end: SELECT goes on, INSERT, UPDATE and DELETE
wait. Here there are no rows to check, so it takes a few milliseconds. The downgrade needs
more, ACCESS EXCLUSIVE on accounts and books: even SELECT waits.

Downgrade loses: all orders.

Revision ID: 0003
Revises: 0002
Create Date: 2026-02-02 10:05:00
"""

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    op.create_table(
        "orders",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("account_id", sa.BigInteger, nullable=False),
        sa.Column(
            "ordered_at",
            sa.DateTime(timezone=True),
            server_default=sa.func.now(),
            nullable=False,
        ),
        sa.Column("shipped_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
        # RESTRICT: the tax office wants to see an order after the customer has left.
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name=op.f("fk_orders_account_id_accounts"),
            ondelete="RESTRICT",
        ),
        # A CHECK lets NULL pass: an order that was not shipped yet is fine.
        sa.CheckConstraint(
            "shipped_at >= ordered_at", name=op.f("ck_orders_shipped_after_ordered")
        ),
    )
    op.create_table(
        "order_lines",
        sa.Column("order_id", sa.BigInteger, nullable=False),
        sa.Column("book_id", sa.BigInteger, nullable=False),
        sa.Column("quantity", sa.SmallInteger, server_default=sa.text("1"), nullable=False),
        sa.PrimaryKeyConstraint("order_id", "book_id", name=op.f("pk_order_lines")),
        # CASCADE: lines are part of their order.
        sa.ForeignKeyConstraint(
            ["order_id"],
            ["orders.id"],
            name=op.f("fk_order_lines_order_id_orders"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["book_id"],
            ["books.id"],
            name=op.f("fk_order_lines_book_id_books"),
            ondelete="RESTRICT",
        ),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_order_lines_quantity_positive")),
    )


def downgrade() -> None:
    op.drop_table("order_lines")
    op.drop_table("orders")
