"""add pages to books

Revision ID: b96d3f14c8e0
Revises: 7c52e8d019fa
Create Date: 2026-02-24 10:40:00
"""

import sqlalchemy as sa
from alembic import op

revision = "b96d3f14c8e0"
down_revision = "7c52e8d019fa"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("books", sa.Column("pages", sa.Integer))


def downgrade() -> None:
    op.drop_column("books", "pages")
