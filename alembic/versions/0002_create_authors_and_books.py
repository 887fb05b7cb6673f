"""create authors and books

Why: there must be something to sell. A book can have several authors and an author several
books, so a third table, book_authors, holds the pairs.

Locks: all three tables are new, so nobody waits.

Downgrade loses: all authors and all books. The tables go in the opposite order: first the
one that refers to the others.

Revision ID: 0002
Revises: 0001
Create Date: 2026-01-19 13:30:00
"""

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    op.create_table(
        "authors",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("birth_year", sa.SmallInteger, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_authors")),
    )
    op.create_table(
        "books",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("isbn", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("published_year", sa.SmallInteger, nullable=True),
        sa.Column("price", sa.Numeric(10, 2), nullable=False),
        sa.Column("currency", sa.Text, server_default="DKK", nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.func.now(),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_books")),
        sa.UniqueConstraint("isbn", name=op.f("uq_books_isbn")),
        sa.CheckConstraint("price >= 0", name=op.f("ck_books_price_not_negative")),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name=op.f("ck_books_currency_code")),
    )
    op.create_table(
        "book_authors",
        sa.Column("book_id", sa.BigInteger, nullable=False),
        sa.Column("author_id", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("book_id", "author_id", name=op.f("pk_book_authors")),
        # CASCADE: without its book a pair means nothing.
        sa.ForeignKeyConstraint(
            ["book_id"],
            ["books.id"],
            name=op.f("fk_book_authors_book_id_books"),
            ondelete="CASCADE",
        ),
        # RESTRICT: an author who has books cannot be deleted by mistake.
        sa.ForeignKeyConstraint(
            ["author_id"],
            ["authors.id"],
            name=op.f("fk_book_authors_author_id_authors"),
            ondelete="RESTRICT",
        ),
    )


def downgrade() -> None:
    op.drop_table("book_authors")
    op.drop_table("books")
    op.drop_table("authors")
