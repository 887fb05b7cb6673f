"""give books a slug

Revision ID: 7c52e8d019fa
Revises: 4a1f0c93b7d2
Create Date: 2026-02-03 14:05:00
"""

import sqlalchemy as sa
from alembic import op
from models import Book, slug_of
from sqlalchemy.orm import Session

revision = "7c52e8d019fa"
down_revision = "4a1f0c93b7d2"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("books", sa.Column("slug", sa.Text))
    session = Session(op.get_bind())
    for book in session.query(Book):
        book.slug = slug_of(book.title)
    session.flush()
    op.alter_column("books", "slug", nullable=False)


def downgrade() -> None:
    op.drop_column("books", "slug")
