"""a downgrade that does nothing"""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade():
    op.execute("ALTER TABLE accounts ADD nick text")


def downgrade():
    pass
