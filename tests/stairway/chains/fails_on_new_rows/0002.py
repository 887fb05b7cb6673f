"""a downgrade that only works before the first new row"""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade():
    op.alter_column("accounts", "full_name", nullable=True)


def downgrade():
    op.alter_column("accounts", "full_name", nullable=False)
