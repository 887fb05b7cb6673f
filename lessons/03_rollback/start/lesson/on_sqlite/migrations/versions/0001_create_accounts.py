"""create accounts"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("email", sa.Text, nullable=False),
    )
    op.execute("INSERT INTO accounts (email) VALUES ('maja@example.se'), ('maja@example.se')")


def downgrade() -> None:
    op.drop_table("accounts")
