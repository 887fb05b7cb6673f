"""the table and the function go, the trigger does not come back"""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade():
    op.execute("DROP TRIGGER IF EXISTS touching ON accounts")


def downgrade():
    pass
