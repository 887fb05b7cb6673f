"""drops the column and leaves its type"""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade():
    op.execute("CREATE TYPE mood AS ENUM ('good', 'bad')")
    op.execute("ALTER TABLE accounts ADD mood mood")


def downgrade():
    op.execute("ALTER TABLE accounts DROP mood")
