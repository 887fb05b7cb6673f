"""Give the terminal to another program: a shell, psql."""

import os
import subprocess


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
        except KeyboardInterrupt:
            continue  # Ctrl-C belongs to the program: psql cancels its query with it
