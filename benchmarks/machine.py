"""On what machine it was measured, and how busy that machine was with other things."""

import os
import platform
import subprocess
from datetime import datetime
from pathlib import Path

import psutil

from migrationlab import paths
from migrationlab.server import postgres_programs

LOOK = 5  # seconds


def busy() -> float:
    """Per cent of all cores that are at work now, while we do nothing."""
    return psutil.cpu_percent(interval=LOOK)


def describe() -> str:
    """One line: processor, cores, memory, system, versions, commit."""
    memory = psutil.virtual_memory().total / 1024**3
    facts = [
        f"{_processor()}, {os.cpu_count()} cores, {memory:.0f} GB",
        f"{platform.system()} {platform.release()}",
        f"Python {platform.python_version()}",
        f"PostgreSQL {postgres_programs.version()}",
        f"commit {_commit()}",
        f"{datetime.now():%Y-%m-%d %H:%M}",
    ]
    return "; ".join(facts)


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:  # not Linux
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _commit() -> str:
    command = ["git", "describe", "--always", "--dirty"]
    try:
        done = subprocess.run(command, cwd=paths.PROJECT, capture_output=True, text=True)
    except OSError:
        return "unknown"
    return done.stdout.strip() or "unknown"
