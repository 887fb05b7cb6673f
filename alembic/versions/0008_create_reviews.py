"""create reviews

Why: readers say what they think, with one to five stars. The database itself refuses six
stars (CHECK) and a second review of the same book by the same account (UNIQUE).

Locks: the table is new. As in 0003 the foreign keys lock accounts and books in SHARE ROW
EXCLUSIVE mode for some milliseconds, and the downgrade in ACCESS EXCLUSIVE mode.

Downgrade loses: all reviews. Dump the table first if there are any: lesson 06.

Revision ID: 0008
Revises: 0007
Create Date: 2026-05-11 09:40:00
"""

import sqlalchemy as sa
from alembic import op

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    op.create_table(
        "reviews",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("book_id", sa.BigInteger, nullable=False),
        sa.Column("account_id", sa.BigInteger, nullable=True),
        sa.Column("rating", sa.SmallInteger, nullable=False),
        sa.Column("body", sa.Text, nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.func.now(),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reviews")),
        sa.UniqueConstraint("book_id", "account_id", name=op.f("uq_reviews_book_id_account_id")),
        sa.CheckConstraint("rating BETWEEN 1 AND 5", name=op.f("ck_reviews_rating_1_to_5")),
        sa.ForeignKeyConstraint(
            ["book_id"], ["books.id"], name=op.f("fk_reviews_book_id_books"), ondelete="CASCADE"
        ),
        # SET NULL: when an account goes, its reviews stay, without a name.
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name=op.f("fk_reviews_account_id_accounts"),
            ondelete="SET NULL",
        ),
    )
    op.create_index(op.f("ix_reviews_account_id"), "reviews", ["account_id"])


def downgrade() -> None:
    # A table takes its indexes and constraints along.
    op.drop_table("reviews")
