"""the default does not come back"""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade():
    op.execute("ALTER TABLE orders ALTER status DROP DEFAULT")


def downgrade():
    pass
