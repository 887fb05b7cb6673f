"""NOT NULL does not come back"""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade():
    op.alter_column("accounts", "full_name", nullable=True)


def downgrade():
    pass
