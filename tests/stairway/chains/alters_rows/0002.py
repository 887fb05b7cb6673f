"""small letters, for ever"""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade():
    op.execute("UPDATE accounts SET email = lower(email)")
    op.create_check_constraint("ck_accounts_lower", "accounts", "email = lower(email)")


def downgrade():
    op.drop_constraint("ck_accounts_lower", "accounts")
