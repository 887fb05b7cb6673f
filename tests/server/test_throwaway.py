"""A throw-away server leaves nothing behind, whatever becomes of the program that made it."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import psycopg2
import pytest

from migrationlab import paths
from migrationlab.server.throwaway import PREFIX, throwaway

MAKE = """
import sys, time
from migrationlab.server.throwaway import throwaway
with throwaway() as server:
    print(server.port, flush=True)
    time.sleep(600)
"""


@pytest.fixture
def place(monkeypatch):
    """A folder for temporary files of this test alone: others make servers at the same time."""
    folder = Path(tempfile.mkdtemp(prefix="lab-place-"))
    folder.chmod(0o755)
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    shutil.rmtree(folder)


def folders(place: Path) -> set[Path]:
    return set(place.glob(f"{PREFIX}*"))


def test_nothing_is_left(place):
    """Assert that it answers inside the block, and that folder and server are gone behind it."""
    with throwaway(work_mem="5MB") as server:
        connection = server.connect("postgres")
        with connection.cursor() as cursor:
            cursor.execute("SHOW work_mem")
            assert cursor.fetchone()[0] == "5MB"
        connection.close()
    assert not folders(place)
    with pytest.raises(psycopg2.OperationalError):
        server.connect("postgres")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_the_next_one_sweeps_behind_a_killed_one(place):
    """Assert that the server of a killed process is stopped, and one of a living process is not."""
    environment = dict(os.environ, PYTHONPATH=str(paths.PROJECT), TMPDIR=str(place))
    makers = [
        subprocess.Popen(
            [sys.executable, "-c", MAKE], stdout=subprocess.PIPE, text=True, env=environment
        )
        for _ in range(2)
    ]
    try:
        for maker in makers:
            assert maker.stdout.readline().strip().isdigit()
        assert len(folders(place)) == 2
        makers[0].send_signal(signal.SIGKILL)
        makers[0].wait()
        with throwaway():
            assert len(folders(place)) == 2  # the living one's, and this one
    finally:
        for maker in makers:
            maker.kill()
            maker.wait()
            maker.stdout.close()
        with throwaway():
            pass
    assert not folders(place)
