"""a generated column comes back as a plain one with the same values"""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade():
    op.execute("ALTER TABLE orders DROP vat")


def downgrade():
    op.execute("ALTER TABLE orders ADD vat numeric")
    op.execute("UPDATE orders SET vat = total * 0.25")
