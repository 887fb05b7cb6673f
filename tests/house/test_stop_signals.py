"""Which signals end a program, whatever it inherited from cron, nohup or `&` in a script."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from migrationlab import paths

pytestmark = pytest.mark.skipif(os.name == "nt", reason="POSIX signals")

CHILD = "import signal; print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)"
SITE = [sys.executable, "-m", "migrationlab.cli", "catalogue"]
NOHUP = ["sh", "-c", 'trap "" HUP; exec "$@"', "sh"]
BACKGROUND = ["sh", "-c", 'trap "" INT; exec "$@"', "sh"]  # as `&` in a script does


def test_children_of_tests_can_be_interrupted():
    """Assert that a child has Python's own Ctrl-C, also when this run was to ignore it."""
    done = subprocess.run([sys.executable, "-c", CHILD], capture_output=True, text=True)
    assert done.stdout == "True\n"


@pytest.mark.slow
@pytest.mark.parametrize("workers", [[], ["-n", "2"]], ids=["alone", "workers"])
def test_suite_whose_parent_ignores_ctrl_c(workers):
    """Assert that the test above succeeds there; all that send SIGINT to a child rely on it."""
    one = f"{Path(__file__).relative_to(paths.PROJECT)}::test_children_of_tests_can_be_interrupted"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *workers, one]
    done = subprocess.run(
        [*BACKGROUND, *command], cwd=paths.PROJECT, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0 and "1 passed" in done.stdout, done.stdout + done.stderr


@pytest.mark.parametrize(
    "parent, passed_over, ending",
    [
        ([], None, signal.SIGINT),
        ([], None, signal.SIGHUP),
        (NOHUP, signal.SIGHUP, signal.SIGTERM),
        (BACKGROUND, signal.SIGINT, signal.SIGTERM),
    ],
    ids=["Ctrl-C", "closed terminal", "nohup", "background"],
)
def test_the_lab_obeys_what_it_inherited(parent, passed_over, ending):
    """Assert that what was to be ignored is, and that `kill` always ends the lab in order."""
    with subprocess.Popen(
        [*parent, *SITE],
        cwd=paths.PROJECT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        assert "http://" in process.stdout.readline()
        if passed_over:
            process.send_signal(passed_over)
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(0.5)
        process.send_signal(ending)
        assert process.wait(20) == 0
        # The signal may come while the first line is being printed: then Rich prints it again.
        assert process.stdout.read().splitlines()[-1] == "Stopped."
