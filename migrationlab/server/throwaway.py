"""A server for a few minutes, in a temporary folder: nothing of it is left."""

import shutil
from contextlib import contextmanager

from migrationlab.server import cluster

# It may be lost at any moment, so it need not be safe, only quick.
QUICK = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@contextmanager
def throwaway(**settings: str):
    """A running server of the lessons' major version for the duration of the block.

    It listens on 127.0.0.1 with a password of its own; `settings` go to its configuration.
    Raises LabError when it cannot be made.
    """
    folder = cluster.home()
    try:
        made = cluster.create(folder, **(QUICK | settings))
        try:
            yield made.start()
        finally:
            made.stop("immediate")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
