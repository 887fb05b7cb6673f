"""renames by drop and add, as autogenerate does"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade():
    op.add_column("accounts", sa.Column("mobile", sa.Text))
    op.drop_column("accounts", "phone")


def downgrade():
    op.add_column("accounts", sa.Column("phone", sa.Text))
    op.drop_column("accounts", "mobile")
