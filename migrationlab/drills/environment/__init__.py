"""Where a drill happens: a folder, a shop's cluster in it, its backups, its till, its ledger.

drill_state.py        what is remembered from one command to the next
drill_files.py        files of the folder      repair_shell.py    command lines in the folder
server_access.py      ports and passwords      drill_clusters.py  made, started, stopped
shop_database.py      the shop, shop.conf      shop_archive.py    its WAL archive
event_log.py          what happened, and when
drill_environment.py  all of it together; made, found again, removed
"""

from migrationlab.drills.environment.drill_environment import DrillEnvironment, place, running

__all__ = ["DrillEnvironment", "place", "running"]
