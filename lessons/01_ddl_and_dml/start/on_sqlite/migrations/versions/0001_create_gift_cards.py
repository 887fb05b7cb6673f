"""create gift cards"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "gift_cards",
        sa.Column("code", sa.Text, primary_key=True),
        sa.Column("amount", sa.Numeric(10, 2), nullable=False),
    )
    op.add_column("gift_crads", sa.Column("valid_until", sa.Date))


def downgrade() -> None:
    op.drop_table("gift_cards")
