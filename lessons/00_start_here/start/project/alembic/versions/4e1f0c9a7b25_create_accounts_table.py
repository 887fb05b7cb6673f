"""create accounts table"""

import sqlalchemy as sa
from alembic import op

revision = "4e1f0c9a7b25"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("email", sa.Text, nullable=False, unique=True),
        sa.Column("full_name", sa.Text, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("accounts")
