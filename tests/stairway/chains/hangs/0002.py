"""for ever, and so does what it has started"""

import subprocess
import sys
import time

revision = "0002"
down_revision = "0001"


def upgrade():
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)", __file__])
    time.sleep(600)


def downgrade():
    pass
