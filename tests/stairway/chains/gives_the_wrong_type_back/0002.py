"""varchar(255) comes back shorter"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade():
    op.alter_column("accounts", "email", type_=sa.Text)


def downgrade():
    op.alter_column("accounts", "email", type_=sa.String(100))
