"""A container with PostgreSQL and its volume, up and down.

With Docker it is `docker compose` and volume.yml. Without, it is a server of our own: the program
is the container, and its data directory is the volume.
"""

import os
import shutil
import subprocess
from pathlib import Path

from machine import ROOT, Machine

from migrationlab.api import commands

# --project-name wins over COMPOSE_PROJECT_NAME of the shell, which may name your real project.
COMPOSE = f"docker compose --project-name {ROOT.name} --file volume.yml"


def answers(*words: str) -> bool:
    """Whether a command can be run, and ends well."""
    try:
        ended = subprocess.run(
            words, check=False, capture_output=True, stdin=subprocess.DEVNULL, timeout=30
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return ended.returncode == 0


# The image must be here already: a cell must not begin to download 150 MB.
DOCKER = answers("docker", "compose", "version") and answers(
    "docker", "image", "inspect", "postgres:18.6"
)


class Container:
    """One service with a volume; whatever an earlier run has left is removed."""

    def __init__(self):
        if DOCKER:
            self._compose("down -v --timeout 5", quiet=True)
        else:
            self.server = Machine("volume")

    def up(self) -> None:
        """docker compose up: a container, and a new cluster if the volume is empty."""
        if DOCKER:
            self._compose("up -d --wait")
            return
        new = not self.server.data.exists()
        if new:  # the image's start script asks the same question
            self.server.make()
        self.server.start()
        if new:
            self.server.run("createdb bookshop")

    def down(self, v: bool = False) -> None:
        """docker compose down; with `v` the volume is deleted, too."""
        if DOCKER:
            self._compose("down --timeout 5" + (" -v" if v else ""))
            return
        self.server.stop()
        if v:
            shutil.rmtree(self.server.data)
            print("(and its folder is deleted)")

    def sql(self, statement: str) -> list[str]:
        """What psql in the container answers, line by line."""
        if DOCKER:
            line = f'exec -T db psql -U lab -d bookshop -At -c "{statement}"'
            return self._compose(line, quiet=True).strip().splitlines()
        return [str(row[0]) for row in self.server.rows(statement)]

    def _compose(self, words: str, quiet: bool = False) -> str:
        [command] = commands.split(f"{COMPOSE} {words}")
        if not quiet:
            print(f"$ {command.typed}", flush=True)
        said = []
        code = commands.stream(
            command, folder=Path.cwd(), environment=dict(os.environ), write=said.append
        )
        if code:
            raise RuntimeError("".join(said))
        return "".join(said)
