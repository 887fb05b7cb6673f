"""A drill is begun once and copied for each trial: to build it takes longer than most rescues.

The copy is put back to where the original was, with its port, so every path and address in
settings, shop.conf, archive and base backups is right, and two are never there at once.
"""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from migrationlab.drills import environment, lifecycle
from migrationlab.drills.definitions import Drill
from migrationlab.drills.environment import DrillEnvironment
from migrationlab.drills.workload.workload_process import END
from migrationlab.server import postmaster


class CopiedDrills:
    """Keeps a copy of the drill that was asked for last."""

    def __init__(self):
        self._known: tuple[str, int, int] | None = None
        self._folder = Path(tempfile.mkdtemp(prefix="copied drill "))
        self._running: list[str] = []  # the clusters that ran

    def begin(self, drill: Drill, level: int, seed: int) -> DrillEnvironment:
        """Like lifecycle.begin, when no drill is there."""
        if hasattr(drill.script, "build_shop"):  # its till and its server end in other ways
            return lifecycle.begin(drill, level=level, seed=seed, progress=_quiet)
        if self._known != (drill.name, level, seed):
            self._keep(lifecycle.begin(drill, level=level, seed=seed, progress=_quiet))
            self._known = (drill.name, level, seed)
        return self._put_back()

    def remove(self) -> None:
        shutil.rmtree(self._folder)

    def _keep(self, env: DrillEnvironment) -> None:
        """Stop what runs as a shop does in the evening, and copy all files."""
        self._known = None
        env.workload.end()
        (env.notes / END).unlink()
        data = [one for one in env.clusters.data_directories() if postmaster.running(one)]
        self._running = [one.name for one in data]
        env.clusters.stop_all("fast")
        shutil.rmtree(self._folder)
        _copy(env.folder, self._folder)
        shutil.rmtree(env.folder)

    def _put_back(self) -> DrillEnvironment:
        _copy(self._folder, environment.place())
        env = environment.running()
        for name in self._running:
            env.clusters.start(name)
        env.workload.start()
        env.workload.sell(5)
        return env


def _copy(source: Path, target: Path) -> None:
    """With owners and times: by its time a file of the student's is told from the drill's."""
    if os.name == "nt":
        shutil.copytree(source, target, symlinks=True)
    else:
        subprocess.run(["cp", "-a", str(source), str(target)], check=True)


def _quiet(text: str) -> None:
    pass
