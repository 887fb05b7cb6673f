"""what was committed stays when the rest fails"""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade():
    with op.get_context().autocommit_block():
        op.execute("ALTER TABLE accounts ADD nick text")
    op.execute("ALTER TABLE accounts ADD CONSTRAINT ck CHECK (length(email) > 20)")


def downgrade():
    op.execute("ALTER TABLE accounts DROP nick")
