"""Not a part of the suite: two tests that never end, for test_stopped_runs.py to stop.

Together they start all that tests start: the session's server, one to throw away, a kernel with
a program in it, the web site.
"""

import os
import time
from pathlib import Path

from jupyter_client.manager import start_new_kernel

from migrationlab.course import wholesaler_site
from migrationlab.server.throwaway import throwaway


def never_end(name: str) -> None:
    Path(os.environ["TOLD"], name).touch()
    time.sleep(600)


def test_with_a_kernel(database):
    manager, client = start_new_kernel()
    site = wholesaler_site.running()
    client.execute("import subprocess; subprocess.run(['sleep', '600'])")
    try:
        never_end("kernel")
    finally:
        site.stop()
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def test_with_a_server():
    with throwaway():
        never_end("server")
