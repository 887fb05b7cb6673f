"""the foreign key comes back NOT VALID"""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade():
    op.drop_constraint("fk_orders_account_id", "orders")


def downgrade():
    op.execute(
        "ALTER TABLE orders ADD CONSTRAINT fk_orders_account_id FOREIGN KEY (account_id) "
        "REFERENCES accounts ON DELETE CASCADE NOT VALID"
    )
