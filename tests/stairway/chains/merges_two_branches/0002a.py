"""one branch"""

from alembic import op

revision = "0002a"
down_revision = "0001"


def upgrade():
    op.execute("ALTER TABLE accounts ADD a text")


def downgrade():
    op.execute("ALTER TABLE accounts DROP a")
