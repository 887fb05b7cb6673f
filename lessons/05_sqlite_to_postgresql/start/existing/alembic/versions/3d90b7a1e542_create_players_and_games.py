"""create players and games

Revision ID: 3d90b7a1e542
Revises:
Create Date: 2026-03-02 10:21:44.718203

"""
from typing import Sequence, Union

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql


# revision identifiers, used by Alembic.
revision: str = '3d90b7a1e542'
down_revision: Union[str, Sequence[str], None] = None
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = None

player_rank = postgresql.ENUM("beginner", "club", "master", name="player_rank")


def upgrade() -> None:
    """Upgrade schema."""
    op.create_table(
        "players",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("full_name", sa.Text, nullable=False),
        sa.Column("email", sa.Text, nullable=False, unique=True),
        sa.Column("joined_on", sa.Date),
        sa.Column("junior", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("rank", player_rank, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now()),
    )
    op.create_table(
        "games",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("white_id", sa.BigInteger, sa.ForeignKey("players.id"), nullable=False),
        sa.Column("black_id", sa.BigInteger, sa.ForeignKey("players.id"), nullable=False),
        sa.Column("played_at", sa.DateTime),
        sa.Column("result", sa.Text, nullable=False),
        sa.CheckConstraint("result IN ('1-0', '0-1', '1/2-1/2')", name="ck_games_result"),
    )


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_table("games")
    op.drop_table("players")
    player_rank.drop(op.get_bind())
