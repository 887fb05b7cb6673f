"""the foreign key comes back under another name"""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade():
    op.drop_constraint("fk_orders_account_id", "orders")


def downgrade():
    op.create_foreign_key(None, "orders", "accounts", ["account_id"], ["id"], ondelete="CASCADE")
