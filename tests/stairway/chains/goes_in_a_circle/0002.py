"""its own grandchild"""

revision = "0002"
down_revision = "0003"


def upgrade():
    pass


def downgrade():
    pass
