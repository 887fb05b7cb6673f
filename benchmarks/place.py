"""A home and a server of the benchmarks' own: nobody's work is touched, and nothing stays."""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from migrationlab import commands, paths, server
from migrationlab.errors import LabError
from migrationlab.server import Server, watchdog


@contextmanager
def new_home() -> Iterator[Path]:
    """A folder for MIGRATIONLAB_HOME, removed at the end with all that the lab put there."""
    home = Path(tempfile.mkdtemp(prefix="migrationlab-benchmarks-"))
    home.chmod(0o755)  # when root measures, the server runs as another user, who must get in
    try:
        yield home
    finally:
        data = recorded(home).get("data")
        if data and not Path(data).is_relative_to(home.resolve()):
            shutil.rmtree(Path(data).parent, ignore_errors=True)  # no room for it in this home
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def new_server() -> Iterator[Server]:
    """An embedded server in a new home, which is this process's home for the time being."""
    kept = dict(os.environ)
    for name in kept:
        if name.startswith("PG") or name in ("DATABASE_URL", "MIGRATIONLAB_SERVER"):
            del os.environ[name]  # somebody's own server is nothing to measure on
    try:
        with watchdog.watch(), new_home() as home:
            os.environ["MIGRATIONLAB_HOME"] = str(home)
            with server.hold(progress=lambda text: None) as found:
                yield found
    finally:
        os.environ.clear()
        os.environ.update(kept)


def recorded(home: Path) -> dict:
    """What the lab wrote down about the embedded server of a home; {} when there is none."""
    try:
        return json.loads((home / ".lab" / "server.json").read_text("utf-8"))["embedded"]
    except (OSError, KeyError):
        return {}


def run(*command: str, environment: dict, folder: Path = paths.PROJECT) -> None:
    """Run one real command to its end. Raises LabError when it fails: its time means nothing."""
    done = subprocess.run(
        [commands.resolve(command[0], environment), *command[1:]],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
    )
    if done.returncode:
        said = (done.stderr or done.stdout).strip()
        raise LabError(f"{' '.join(command)} failed, so it was not measured:\n{said[-600:]}")
