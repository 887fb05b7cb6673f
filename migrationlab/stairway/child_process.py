"""The process in which a chain is run: it imports the student's files, so it is a throw-away one.

    python -m migrationlab.stairway.child_process RESULT < JOB

RESULT gets one JSON object a line, at once: {"at": …} before each thing that may hang, {"step": …}
after each revision, and at the end {"error": …} for the student or {"broken": …} for the caller.
It is a file because stdout belongs to the student. The database is the one that DATABASE_URL and
PGHOST, PGPORT, PGDATABASE … name.
"""

import json
import os
import sys
from contextlib import closing
from pathlib import Path

import psycopg2

from migrationlab.errors import LabError
from migrationlab.stairway.alembic_chain import Chain, Stop
from migrationlab.stairway.connection_guard import connect_only_to
from migrationlab.stairway.loss_measurement import Measure
from migrationlab.stairway.seed_rows import seeder
from migrationlab.stairway.up_down_up import Climb


def main(job: dict, file) -> None:
    """Do the job of stairway.run() and note everything in the file."""

    def note(**fact):
        file.write(json.dumps(fact) + "\n")
        file.flush()

    environment = dict(os.environ)
    with closing(psycopg2.connect(dbname=environment["PGDATABASE"])) as watcher:
        watcher.autocommit = True
        connect_only_to(environment)
        url = environment["DATABASE_URL"]
        # A seed may lie in the project's folder. At the end: nothing there may hide a library.
        sys.path.append(job["folder"])
        try:
            fill = seeder(job.get("seed"), url, watcher)
            note(at=["", ""])
            chain = Chain(Path(job["folder"]), url)
            if job["do"] == "climb":
                Climb(chain, watcher, fill, note).run()
            elif job["do"] == "measure":
                Measure(chain, watcher, fill, note, job["own_rows"]).run()
            elif job["do"] == "measure applied":
                Measure(chain, watcher, fill, note, own_rows=True).run_applied()
            else:
                getattr(chain, job["do"])(job["target"])
            note(error="")
        except Stop as stop:
            note(error=str(stop))
        except LabError as error:
            note(broken=str(error))


if __name__ == "__main__":
    with open(sys.argv[1], "a", encoding="utf-8") as result:
        main(json.load(sys.stdin), result)
    # At once, without waiting for threads that a student's file may have started.
    os._exit(0)
