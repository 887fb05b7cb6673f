"""its parent is nowhere"""

revision = "0002"
down_revision = "0009"


def upgrade():
    pass


def downgrade():
    pass
