"""after the merge"""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade():
    op.execute("ALTER TABLE accounts ADD c text")


def downgrade():
    op.execute("ALTER TABLE accounts DROP c")
