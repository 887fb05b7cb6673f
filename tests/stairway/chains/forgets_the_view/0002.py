"""the view has to go and does not come back"""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade():
    op.execute("DROP VIEW IF EXISTS paid")
    op.execute("ALTER TABLE orders ALTER status TYPE varchar(20)")


def downgrade():
    op.execute("ALTER TABLE orders ALTER status TYPE text")
