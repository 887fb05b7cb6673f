"""order lines unit price

Why: the total of an order was computed with books.price. As soon as a price changes, old
orders change their total too. From now on a line keeps the price that was paid.

Every line needs a price, also the lines that are there already. A NOT NULL column cannot be
added to rows that have no value for it, and a default such as 0 would be a lie. Hence:
  Expand    add the column, NULL allowed
  Backfill  give the old rows their value
  Contract  forbid NULL
The shop's program must write unit_price from the moment of this migration on: an INSERT
without it fails.

Locks: ACCESS EXCLUSIVE on order_lines until the commit, so for all three steps together. That
is right for some thousand rows (milliseconds). For millions each step is a revision of its
own, the backfill goes in batches, and NOT NULL begins as NOT VALID: lesson 10.

Downgrade loses: the prices paid. A later upgrade computes them anew from today's prices.

Revision ID: 0005
Revises: 0004
Create Date: 2026-03-16 08:20:00
"""

import sqlalchemy as sa
from alembic import op

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    # Expand
    op.add_column("order_lines", sa.Column("unit_price", sa.Numeric(10, 2), nullable=True))
    op.add_column("order_lines", sa.Column("currency", sa.Text, nullable=True))

    # Backfill
    op.execute(
        """
        UPDATE order_lines
           SET unit_price = books.price, currency = books.currency
          FROM books
         WHERE books.id = order_lines.book_id
        """
    )

    # Contract
    op.alter_column("order_lines", "unit_price", nullable=False)
    op.alter_column("order_lines", "currency", nullable=False)
    op.create_check_constraint(
        op.f("ck_order_lines_unit_price_not_negative"), "order_lines", "unit_price >= 0"
    )
    op.create_check_constraint(
        op.f("ck_order_lines_currency_code"), "order_lines", "currency ~ '^[A-Z]{3}$'"
    )


def downgrade() -> None:
    # A column takes its CHECK constraints along.
    op.drop_column("order_lines", "currency")
    op.drop_column("order_lines", "unit_price")
