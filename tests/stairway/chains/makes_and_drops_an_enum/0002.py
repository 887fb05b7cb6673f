"""status becomes an enum"""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade():
    op.execute("CREATE TYPE order_status AS ENUM ('new', 'paid', 'sent')")
    op.execute("ALTER TABLE orders ALTER status DROP DEFAULT")
    op.execute("ALTER TABLE orders ALTER status TYPE order_status USING status::order_status")
    op.execute("ALTER TABLE orders ALTER status SET DEFAULT 'new'")


def downgrade():
    op.execute("ALTER TABLE orders ALTER status DROP DEFAULT")
    op.execute("ALTER TABLE orders ALTER status TYPE text USING status::text")
    op.execute("ALTER TABLE orders ALTER status SET DEFAULT 'new'")
    op.execute("DROP TYPE order_status")
