"""Everything that proves the project, in one command: what `lab.py test` and CI run."""

import os
import sys
import time

from migrationlab import paths, stop_signals

# Two workers for two cores. Tests of one group (docker) stay in one worker, one after the other.
PARALLEL = ["-n", "2", "--dist", "loadgroup"]


def run(arguments: list[str], say) -> int:
    """Run each part with its output on the terminal; the exit code of the first that failed.

    With arguments, only pytest runs, with them.
    """
    pytest = [sys.executable, "-m", "pytest", *(arguments or PARALLEL)]
    parts = [("tests", pytest)]
    if not arguments:
        ruff = [sys.executable, "-m", "ruff"]
        parts = [
            ("lint", [*ruff, "check", "."]),
            ("format", [*ruff, "format", "--check", "."]),
            ("drift", [sys.executable, "-m", "migrationlab.cli", "build", "--check"]),
            *parts,
        ]
    # A DATABASE_URL of the developer's own is nothing to test on.
    ours = ("DATABASE_URL", "MIGRATIONLAB_SERVER", "MIGRATIONLAB_HOME")
    environment = {name: value for name, value in os.environ.items() if name not in ours}
    failed = 0
    for name, command in parts:
        began = time.monotonic()
        code = stop_signals.call(command, cwd=paths.PROJECT, env=environment)
        say(f"{'✗' if code else '✓'} {name}: {time.monotonic() - began:.0f} s")
        failed = failed or code
    return failed
