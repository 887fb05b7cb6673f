"""create crawl tables

Why: the shop takes new books and prices from the wholesaler's catalogue, a web site of more
than a thousand pages. What a crawler knows must outlive the crawler, so it lives in tables:
  crawl_pages    the frontier: every page that is known, and what became of it
  crawl_books    the stage: what each page says, all of it as text, nothing cleaned
  crawl_rejects  the quarantine: what cannot become a book of the shop, and why
The stage has no rules on purpose. A price such as "Ring for pris" must be storable, so that
somebody can look at it. The rules wait at the door of books.
books.priced_on is the day from which a price holds, so that an old page never overwrites a
newer price.

Locks: ACCESS EXCLUSIVE on books until the commit, some milliseconds: a column without a
default is written into no row. The downgrade the same. The new tables have no readers yet.

Downgrade loses: how far the crawl has come, the stage and the quarantine; a new crawl brings
them back. books.priced_on is lost for good. The books that were loaded stay.

Revision ID: 0009
Revises: 0008
Create Date: 2026-06-08 13:05:00
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    op.add_column("books", sa.Column("priced_on", sa.Date, nullable=True))
    op.create_table(
        "crawl_pages",
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("found_on", sa.Text, nullable=True),
        sa.Column("depth", sa.SmallInteger, nullable=False),
        sa.Column("state", sa.Text, server_default="waiting", nullable=False),
        sa.Column("status", sa.SmallInteger, nullable=True),
        sa.Column("attempts", sa.SmallInteger, server_default=sa.text("0"), nullable=False),
        sa.Column("reason", sa.Text, nullable=True),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("url", name=op.f("pk_crawl_pages")),
        sa.CheckConstraint(
            "state IN ('waiting', 'done', 'failed', 'skipped')",
            name=op.f("ck_crawl_pages_state_known"),
        ),
    )
    # "Which page is next?" is asked a thousand times. The index holds only those that wait.
    op.create_index(
        op.f("ix_crawl_pages_depth_url"),
        "crawl_pages",
        ["depth", "url"],
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "crawl_books",
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("lang", sa.Text, nullable=True),
        sa.Column("isbn", sa.Text, nullable=True),
        sa.Column("title", sa.Text, nullable=True),
        sa.Column("author", sa.Text, nullable=True),
        sa.Column("price", sa.Text, nullable=True),
        sa.Column("priced", sa.Text, nullable=True),
        sa.Column("published", sa.Text, nullable=True),
        sa.PrimaryKeyConstraint("url", name=op.f("pk_crawl_books")),
        sa.ForeignKeyConstraint(
            ["url"],
            ["crawl_pages.url"],
            name=op.f("fk_crawl_books_url_crawl_pages"),
            ondelete="CASCADE",
        ),
    )
    op.create_table(
        "crawl_rejects",
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("explanation", sa.Text, nullable=False),
        sa.Column("found", postgresql.JSONB, nullable=False),
        sa.Column(
            "rejected_at",
            sa.DateTime(timezone=True),
            server_default=sa.func.now(),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("url", name=op.f("pk_crawl_rejects")),
        sa.ForeignKeyConstraint(
            ["url"],
            ["crawl_pages.url"],
            name=op.f("fk_crawl_rejects_url_crawl_pages"),
            ondelete="CASCADE",
        ),
    )


def downgrade() -> None:
    # Those that refer to others go first.
    op.drop_table("crawl_rejects")
    op.drop_table("crawl_books")
    op.drop_table("crawl_pages")
    op.drop_column("books", "priced_on")
