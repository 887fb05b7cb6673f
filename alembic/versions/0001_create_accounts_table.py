"""create accounts table

Why: the shop begins with its customers.

Locks: none that anybody can feel. A table that nobody knows yet has no readers.

Downgrade loses: every account. A downgrade brings the structure back, never the rows.

Revision ID: 0001
Revises:
Create Date: 2026-01-12 09:10:00
"""

import sqlalchemy as sa
from alembic import op

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    # op.f() marks a name as final. Without it the naming convention of env.py would be put
    # in front once more.
    op.create_table(
        "accounts",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("full_name", sa.Text, nullable=False),
        sa.Column("phone", sa.Text, nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.func.now(),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("email", name=op.f("uq_accounts_email")),
        sa.CheckConstraint("position('@' in email) > 1", name=op.f("ck_accounts_email_has_at")),
    )


def downgrade() -> None:
    op.drop_table("accounts")
