"""tidy up customers

Nobody telephones any more: customers get an e-mail.

Revision ID: 0003
Revises: 0002
Create Date: 2026-11-20 15:45:00
"""

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"


def upgrade() -> None:
    op.drop_column("customers", "phone")


def downgrade() -> None:
    op.add_column("customers", sa.Column("phone", sa.Text))
