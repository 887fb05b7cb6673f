"""a check is lifted and not put back"""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade():
    op.drop_constraint("ck_accounts_email", "accounts")


def downgrade():
    pass
