"""The process in which a student's program runs: it can reach the scratch database and no other.

    python -m migrationlab.exercises.guarded_process FOLDER FILE [ARGUMENT …]

The database is the one that DATABASE_URL and PGHOST, PGPORT, PGDATABASE … name. What the program
raises is told in one line, the last one, and the exit code is then 1.
"""

import os
import runpy
import sys
from pathlib import Path

from migrationlab.stairway.connection_guard import connect_only_to
from migrationlab.stairway.error_summary import explain


def main(folder: Path, file: str, arguments: list[str]) -> None:
    """Run the file as `python file …` in its folder would."""
    connect_only_to(dict(os.environ))
    os.chdir(folder)
    sys.path[0] = str(folder)
    sys.argv = [file, *arguments]
    try:
        runpy.run_path(str(folder / file), run_name="__main__")
    except SystemExit:
        raise
    except BaseException as error:
        sys.stdout.flush()
        print(explain(error, folder), file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3:])
