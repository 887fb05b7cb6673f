"""Give the terminal to another program: a shell, psql."""

import os
import signal
import subprocess

from migrationlab.stop_signals import Stopped

PATIENCE = 10  # seconds for the program to end when the lab is told to


def own_shell() -> str:
    """The shell that this person uses."""
    if os.name == "nt":
        return os.environ.get("COMSPEC", "cmd.exe")
    return os.environ.get("SHELL") or "sh"


def hand_over(command: list[str], **keywords) -> int:
    """Run a program in this terminal to its end; its exit code. `keywords` are subprocess's."""
    process = subprocess.Popen(command, **keywords)
    while True:
        try:
            return process.wait()
        except Stopped:
            _end(process)
            raise
        except KeyboardInterrupt:
            continue  # Ctrl-C belongs to the program: psql cancels its query with it


def _end(process: subprocess.Popen) -> None:
    # A shell that talks to somebody ends by SIGHUP only, as when its terminal is closed.
    process.send_signal(getattr(signal, "SIGHUP", signal.SIGTERM))
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
