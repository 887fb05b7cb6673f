"""another branch"""

from alembic import op

revision = "0002b"
down_revision = "0001"


def upgrade():
    op.execute("ALTER TABLE accounts ADD b text")


def downgrade():
    op.execute("ALTER TABLE accounts DROP b")
