"""The WAL archive of a drill's shop: its segments, and where a base backup begins in it."""

import re
import time

from migrationlab.backup.recovery import wal_archive
from migrationlab.drills.environment.drill_clusters import DrillClusters
from migrationlab.drills.environment.drill_state import TIMEOUT, DrillState
from migrationlab.drills.environment.server_access import ServerAccess
from migrationlab.errors import LabError


class ShopArchive:
    """The folder `archive`, into which the shop's server copies each finished segment."""

    def __init__(self, state: DrillState, access: ServerAccess, clusters: DrillClusters):
        self._state, self._access, self._clusters = state, access, clusters

    def switch(self) -> str:
        """End the segment and wait until the archive has it; the LSN of its end."""
        [(end, segment)] = self._access.ask(
            "SELECT lsn, pg_walfile_name(lsn - 1) FROM pg_switch_wal() AS lsn"
        )
        deadline = time.monotonic() + TIMEOUT
        while not (self._state.folder / "archive" / segment).exists():
            if time.monotonic() > deadline:
                raise LabError(
                    f"The segment {segment} was not archived.", todo=self._clusters.log()
                )
            time.sleep(0.02)
        return end

    def segments(self, folder: str = "archive") -> list[str]:
        """The names of the WAL files in a folder, oldest first."""
        return [one.path.name for one in wal_archive.segments(self._state.folder / folder)]

    def first_segment(self, base: str = "backups/base") -> str:
        """The WAL file in which a base backup begins, as its backup_label tells."""
        label = (self._state.folder / base / "backup_label").read_text("utf-8")
        return re.search(r"\(file ([0-9A-F]{24})\)", label)[1]
