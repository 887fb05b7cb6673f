"""newsletter

Who wants it says so at the counter. Nobody telephones any more: customers get an e-mail.

Revision ID: 0003
Revises: 0002
Create Date: 2026-11-20 15:45:00
"""

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"


def upgrade() -> None:
    op.add_column(
        "customers",
        sa.Column("newsletter", sa.Boolean, server_default=sa.false(), nullable=False),
    )
    op.drop_column("customers", "phone")


def downgrade() -> None:
    op.add_column("customers", sa.Column("phone", sa.Text))
    op.drop_column("customers", "newsletter")
