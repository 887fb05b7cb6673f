"""print, to both streams and past Python"""

import os
import subprocess
import sys

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade():
    print('{"step": {"revision": "0002"}}', flush=True)
    print("noise", file=sys.stderr)
    os.write(1, b'{"error": "none"}\n')
    subprocess.run([sys.executable, "-c", "print('more noise')"])
    op.execute("ALTER TABLE accounts ADD nick text")


def downgrade():
    op.execute("ALTER TABLE accounts DROP nick")
