"""deletes what it does not need"""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade():
    op.execute("DELETE FROM orders WHERE total = 0")
    op.create_check_constraint("ck_orders_total", "orders", "total > 0")


def downgrade():
    op.drop_constraint("ck_orders_total", "orders")
