"""sys.exit"""

import sys

revision = "0002"
down_revision = "0001"


def upgrade():
    sys.exit(3)


def downgrade():
    pass
