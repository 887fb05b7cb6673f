"""index foreign keys

Why: PostgreSQL makes an index for a primary key and for UNIQUE, but none for a foreign key.
"The orders of this account" therefore read the whole table, and so does every DELETE on
accounts, which must look for orders of that account. (The first column of a primary key of
two columns is served by that key's index: order_lines.order_id and book_authors.book_id need
none.)

Locks: SHARE on the three tables until the commit: SELECT goes on, writers wait while the
index is built. On large tables use CREATE INDEX CONCURRENTLY in an autocommit_block(); it
lets the writers go on, but can leave an INVALID index behind: lesson 10. Dropping an index
is quick, but needs ACCESS EXCLUSIVE on its table.

Downgrade loses: nothing but speed.

Revision ID: 0006
Revises: 0005
Create Date: 2026-03-30 11:00:00
"""

from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    op.create_index(op.f("ix_orders_account_id"), "orders", ["account_id"])
    op.create_index(op.f("ix_order_lines_book_id"), "order_lines", ["book_id"])
    op.create_index(op.f("ix_book_authors_author_id"), "book_authors", ["author_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_book_authors_author_id"), table_name="book_authors")
    op.drop_index(op.f("ix_order_lines_book_id"), table_name="order_lines")
    op.drop_index(op.f("ix_orders_account_id"), table_name="orders")
