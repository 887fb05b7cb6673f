"""the VAT of each order

Step by step, so that the shop can go on selling: each step is committed at once.

Revision ID: 0003
Revises: 0002
Create Date: 2026-11-20 09:00:00
"""

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"


def upgrade() -> None:
    with op.get_context().autocommit_block():
        # 1. The column, and a trigger that fills it for new orders.
        op.add_column("orders", sa.Column("vat", sa.Numeric(10, 2)))
        op.execute("""
            CREATE FUNCTION orders_vat() RETURNS trigger LANGUAGE plpgsql AS
            'BEGIN NEW.vat := round(NEW.price * 0.2, 2); RETURN NEW; END'
        """)
        op.execute("""
            CREATE TRIGGER orders_vat BEFORE INSERT OR UPDATE OF price ON orders
            FOR EACH ROW EXECUTE FUNCTION orders_vat()
        """)
        # 2. The index: the next step needs it, and the report of each month.
        op.create_index("orders_by_time", "orders", ["ordered_at"], postgresql_concurrently=True)
        # 3. The old orders, day by day.
        connection = op.get_bind()
        days = "SELECT DISTINCT ordered_at::date FROM orders WHERE vat IS NULL ORDER BY 1"
        for day in connection.execute(sa.text(days)).scalars().all():
            connection.execute(
                sa.text(
                    "UPDATE orders SET vat = round(price * 0.2, 2) WHERE vat IS NULL"
                    " AND ordered_at >= :day AND ordered_at < CAST(:day AS date) + 1"
                ),
                {"day": day},
            )
        # 4. From now on each order must have it.
        op.alter_column("orders", "vat", nullable=False)


def downgrade() -> None:
    op.drop_index("orders_by_time", "orders")
    op.execute("DROP TRIGGER orders_vat ON orders")
    op.execute("DROP FUNCTION orders_vat()")
    op.drop_column("orders", "vat")
