"""the shop

Revision ID: 0001
Revises:
Create Date: 2026-05-04 09:00:00
"""

import sqlalchemy as sa
from alembic import op

revision: str = "0001"
down_revision: str | None = None


def upgrade() -> None:
    op.create_table(
        "customers",
        sa.Column("id", sa.Integer, autoincrement=False, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("phone", sa.Text),
    )
    op.create_table(
        "books",
        sa.Column("id", sa.Integer, autoincrement=False, primary_key=True),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("price", sa.Numeric(10, 2), nullable=False),
        sa.CheckConstraint("price > 0"),
    )
    op.create_table(
        "orders",
        sa.Column("id", sa.Integer, sa.Identity(always=False), primary_key=True),
        sa.Column("receipt", sa.Text, nullable=False, unique=True),
        sa.Column("customer_id", sa.Integer, sa.ForeignKey("customers.id"), nullable=False),
        sa.Column("book_id", sa.Integer, sa.ForeignKey("books.id"), nullable=False),
        sa.Column("price", sa.Numeric(10, 2), nullable=False),
        sa.Column(
            "ordered_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
    )
    op.create_index("orders_by_customer", "orders", ["customer_id"])
    op.create_table(
        "vouchers",
        sa.Column("code", sa.Text, primary_key=True),
        sa.Column("worth", sa.Numeric(10, 2), nullable=False),
    )
    op.execute("GRANT SELECT, INSERT, UPDATE ON customers, books, orders, vouchers TO shop")
    op.execute("GRANT SELECT ON alembic_version TO shop")


def downgrade() -> None:
    for table in ("vouchers", "orders", "books", "customers"):
        op.drop_table(table)
