"""what was not committed is gone when the rest fails"""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade():
    op.execute("ALTER TABLE accounts ADD nick text")
    op.execute("ALTER TABLE accounts ADD CONSTRAINT ck CHECK (length(email) > 20)")


def downgrade():
    op.execute("ALTER TABLE accounts DROP nick")
