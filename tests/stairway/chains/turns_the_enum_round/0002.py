"""brings the labels back in another order"""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade():
    op.execute("DROP TYPE mood")


def downgrade():
    op.execute("CREATE TYPE mood AS ENUM ('bad', 'good')")
