"""The environment of a drill is made and removed whole."""

import psutil
import pytest

from migrationlab.drills import definitions, environment, lifecycle

DRILL = "dropped_table"


@pytest.mark.slow
def test_nothing_is_left_of_a_drill(begin):
    """Assert that clearing away ends the till and every server, also those that somebody added."""
    env = begin(definitions.find(DRILL), seed=4)
    env.files.copy("backups/base", "mine")
    env.files.write("mine/postgresql.auto.conf", "archive_mode = off\n", append=True)
    env.clusters.start("mine", env.clusters.free_port())
    assert env.workload.is_running()
    processes = [
        process
        for process in psutil.process_iter(["cmdline", "cwd"])
        if str(env.folder) in f"{process.info['cwd']} {process.info['cmdline']}"
    ]
    assert len(processes) >= 3  # the till and two servers, each with its helpers
    lifecycle.clear()
    assert not env.folder.exists()
    _, alive = psutil.wait_procs(processes, timeout=20)
    assert [one for one in alive if one.status() != psutil.STATUS_ZOMBIE] == []


@pytest.mark.slow
def test_an_interrupted_beginning_leaves_nothing(home, monkeypatch):
    """Assert that a drill which breaks while it is built is cleared away whole."""
    drill = definitions.find(DRILL)

    def interrupt(env):
        raise KeyboardInterrupt

    monkeypatch.setattr(drill.script, "accident", interrupt)
    with pytest.raises(KeyboardInterrupt):
        lifecycle.begin(drill, seed=1, progress=lambda text: None)
    assert not environment.place().exists()
