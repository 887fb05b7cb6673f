"""create books

Revision ID: 4a1f0c93b7d2
Revises:
Create Date: 2026-01-12 09:30:00
"""

import sqlalchemy as sa
from alembic import op

revision = "4a1f0c93b7d2"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    books = op.create_table(
        "books",
        sa.Column("id", sa.Integer, sa.Identity(), primary_key=True),
        sa.Column("title", sa.Text, nullable=False),
    )
    op.bulk_insert(
        books,
        [{"title": "Fyret på Ærø"}, {"title": "Havnens sidste lys"}, {"title": "Sild & smør"}],
    )


def downgrade() -> None:
    op.drop_table("books")
