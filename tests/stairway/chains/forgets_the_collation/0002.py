"""the collation does not come back"""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade():
    op.execute("ALTER TABLE accounts ALTER full_name TYPE varchar(200)")


def downgrade():
    op.execute("ALTER TABLE accounts ALTER full_name TYPE text")
