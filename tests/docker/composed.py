"""A copy of the project's docker-compose.yml in a folder of its own, with its own name and port."""

import os
import random
import secrets
import shutil
import subprocess
from pathlib import Path

from migrationlab import paths
from migrationlab.server import Server, compose, ports, postgres_programs

PORTS = range(20000, 30000)  # below the range from which the system takes ports for itself
SECONDS = 180
"""A command of Docker that takes longer has failed."""


def free_port() -> int:
    """A port that nobody uses, chosen at random so that parallel tests do not meet."""
    return next(port for port in random.sample(PORTS, 200) if ports.is_free(port))


class ComposeProject:
    """What a student has: docker-compose.yml, a `.env`, and `docker compose` typed beside them."""

    def __init__(self, folder: Path, **settings: str):
        """`settings` are lines of `.env`; an empty text leaves the variable out."""
        self.folder = folder
        self.name = f"mltest-{secrets.token_hex(4)}"
        own = {
            "COMPOSE_PROJECT_NAME": self.name,
            "LAB_PORT": str(free_port()),
            "POSTGRES_PASSWORD": secrets.token_urlsafe(12),
        }
        self.settings = {name: value for name, value in (own | settings).items() if value}
        self.name = self.settings["COMPOSE_PROJECT_NAME"]
        shutil.copy(paths.PROJECT / "docker-compose.yml", folder)
        lines = [f"{name}={value}\n" for name, value in self.settings.items()]
        (folder / ".env").write_text("".join(lines), encoding="utf-8")

    def run(self, *arguments: str, check: bool = True) -> str:
        """`docker compose …` as typed in the folder; all it printed. Fails the test on an error."""
        return docker("compose", *arguments, folder=self.folder, check=check)

    def up(self) -> Server:
        self.run("up", "-d", "--wait")
        return self.server

    def container(self) -> str:
        """The id of the database's container; "" when there is none."""
        return self.run("ps", "--all", "--quiet", compose.SERVICE).strip()

    def inspect(self, template: str) -> str:
        """What `docker inspect --format` prints about the container."""
        return docker("inspect", "--format", template, self.container()).strip()

    def logs(self) -> str:
        return self.run("logs", "--no-color", compose.SERVICE)

    def remove(self) -> None:
        """Container, network and volume: nothing stays."""
        self.run("down", "--volumes", "--remove-orphans", "--timeout", "5")

    @property
    def server(self) -> Server:
        known = compose.DEFAULTS | self.settings
        return Server(
            kind="compose",
            host="127.0.0.1",
            port=int(known["LAB_PORT"]),
            user=known["POSTGRES_USER"],
            password=known["POSTGRES_PASSWORD"],
            database=known["POSTGRES_DB"],
            bin=postgres_programs.folder(),
            owned=True,
            local=True,
            prefix="",
        )


def docker(*arguments: str, folder: Path | None = None, check: bool = True) -> str:
    """A docker command without the shell's own settings for Compose; all it printed."""
    ours = (*compose.DEFAULTS, "COMPOSE_PROJECT_NAME", "COMPOSE_FILE")
    ended = subprocess.run(
        ["docker", *arguments],
        cwd=folder,
        env={name: value for name, value in os.environ.items() if name not in ours},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SECONDS,
    )
    if check:
        assert ended.returncode == 0, f"docker {' '.join(arguments)} failed:\n{ended.stdout}"
    return ended.stdout


def ask(server: Server, query: str, *values) -> list[tuple]:
    """The rows of one statement on a new connection; none for a statement without a result."""
    connection = server.connect()
    try:
        with connection.cursor() as cursor:
            cursor.execute(query, values)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()
