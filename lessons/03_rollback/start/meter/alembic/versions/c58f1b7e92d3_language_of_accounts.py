"""language of accounts

Revision ID: c58f1b7e92d3
Revises: a26e5d18c40b
Create Date: 2026-02-16 08:55:31.649712

"""
from typing import Sequence, Union

from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision: str = 'c58f1b7e92d3'
down_revision: Union[str, Sequence[str], None] = 'a26e5d18c40b'
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = None


def upgrade() -> None:
    """Upgrade schema."""
    op.add_column(
        "accounts", sa.Column("language", sa.Text, server_default="da", nullable=False)
    )
    op.create_table(
        "languages",
        sa.Column("code", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
    )
    op.execute("INSERT INTO languages VALUES ('da', 'dansk'), ('sv', 'svenska')")


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_column("accounts", "language")
