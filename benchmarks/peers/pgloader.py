"""pgloader, as it is called in its own manual. Debian and Ubuntu: apt-get install pgloader."""

import shutil
import subprocess

TITLE = "pgloader"


def available() -> str:
    return "" if shutil.which("pgloader") else "pgloader is not installed"


def move(file, url: str, schema=None) -> None:
    done = subprocess.run(
        ["pgloader", f"sqlite://{file}", url],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    if done.returncode:
        raise RuntimeError(f"exit code {done.returncode}: {done.stdout[-500:]}")
