"""the comment does not come back"""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade():
    op.execute("ALTER TABLE accounts RENAME email TO login")
    op.execute("COMMENT ON COLUMN accounts.login IS NULL")


def downgrade():
    op.execute("ALTER TABLE accounts RENAME login TO email")
