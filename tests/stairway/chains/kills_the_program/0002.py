"""no exit handler, no exception"""

import os

revision = "0002"
down_revision = "0001"


def upgrade():
    print('goodbye')
    os._exit(3)


def downgrade():
    pass
