#!/usr/bin/env python3
"""Migration Lab's front door: `python3 lab.py`.

Makes .venv and installs requirements.txt into it when needed, then hands over to
`.venv python -m migrationlab.cli` with the same arguments. Only the standard library, and
syntax that Python 3.6 reads: an old Python must come as far as the message that it is too old.
"""

import contextlib
import hashlib
import importlib.util
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

PROJECT = os.path.dirname(os.path.abspath(__file__))
OLDEST = (3, 11)
ROOM = 1200 * 1024 * 1024  # bytes: the packages take 600 MB, pip's downloads the rest
WINDOWS = os.name == "nt"
NO_NETWORK = re.compile(
    r"Retrying \(|NewConnectionError|NameResolutionError|ConnectTimeout|ProxyError"
    r"|Temporary failure in name resolution"
)


class Trouble(Exception):
    """One message for the user: what happened, and what to do."""

    def __init__(self, what, todo):
        super().__init__(what)
        self.what, self.todo = what, todo


class Venv:
    """A project's .venv, and what is known about it from a note that lies inside."""

    def __init__(self, project):
        self.project = project
        self.folder = os.path.join(project, ".venv")
        self.note = os.path.join(self.folder, "migrationlab.json")
        self.scripts = os.path.join(self.folder, "Scripts" if WINDOWS else "bin")
        self.python = os.path.join(self.scripts, "python.exe" if WINDOWS else "python")

    def known(self):
        """The note as a dict, {} when there is none."""
        try:
            with open(self.note, encoding="utf-8") as file:
                return json.load(file)
        except (OSError, ValueError):
            return {}

    def write(self, **note):
        """Replace the note. It is written last, so it is true when it is there."""
        draft = self.note + ".new"
        with open(draft, "w", encoding="utf-8") as file:
            json.dump(note, file, indent=2)
        os.replace(draft, self.note)

    def wanted(self, files):
        """Requirement file -> a hash that changes when it or constraints.txt does."""
        return {name: fingerprint(self.project, name, "constraints.txt") for name in files}

    def is_ready(self, files):
        """Whether nothing needs to be done: the usual case, so only a few files are read."""
        return self.usable() and all(
            self.known().get("installed", {}).get(name) == value
            for name, value in self.wanted(files).items()
        )

    def usable(self):
        """Whether this .venv can be built upon: whole, in its place, its Python still there."""
        note = self.known()
        if not self.has_python() or note.get("state") == "unfinished":
            return False
        if not note:  # made by hand: we add to it
            return True
        # pip writes the folder's full path into every script, so a moved .venv is broken. And
        # after an upgrade of the system .venv/bin/python may lead to another Python.
        return same_folder(note.get("place"), self.folder) and note.get(
            "python"
        ) == os.path.realpath(self.python)

    def has_python(self):
        """Whether .venv's Python exists, and on Windows the one that it starts."""
        try:
            with open(os.path.join(self.folder, "pyvenv.cfg"), encoding="utf-8") as file:
                home = re.search(r"(?m)^home\s*=\s*(.+?)\s*$", file.read())
        except (OSError, ValueError):
            return False
        return bool(home) and os.path.isdir(home.group(1)) and os.path.exists(self.python)


def main(arguments):
    """Prepare .venv if need be, then become the lab. Returns the exit code."""
    end_as_after_ctrl_c()
    try:
        check_python(sys.version_info)
        venv = Venv(PROJECT)
        files = ["requirements.txt"]
        if arguments[:1] == ["test"]:
            files.append("requirements-dev.txt")
        if not venv.is_ready(files):
            prepare(venv, files)
    except Trouble as trouble:
        print(f"{trouble.what}\nWhat to do: {trouble.todo}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted. The next start begins the installation anew.", file=sys.stderr)
        return 130
    return hand_over(venv, arguments)


def end_as_after_ctrl_c():
    """Let `kill` and a closed terminal end pip too. What nohup has told us to ignore stays so."""

    def interrupt(*_):
        raise KeyboardInterrupt

    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)  # Windows has no SIGHUP
        if number and signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, interrupt)  # until the lab, which has its own, takes our place


def check_python(version):
    """Raise Trouble when this Python is too old for the lab."""
    if tuple(version[:2]) >= OLDEST:
        return
    names = [f"python3.{minor}" for minor in range(20, OLDEST[1] - 1, -1)]
    newer = next(filter(shutil.which, names), None)
    todo = "Install a newer one from https://www.python.org/downloads/ and start the lab with it."
    raise Trouble(
        "This is Python {}.{}; the lab needs {}.{} or newer.".format(*version[:2], *OLDEST),
        f"Run: {newer} lab.py" if newer else todo,
    )


def prepare(venv, files):
    """Make .venv or bring it up to date; one process at a time."""
    with only_one(venv.project):
        if venv.is_ready(files):  # another start did it while we waited
            return
        try:
            if venv.usable():
                before = venv.known()
                files = sorted(set(files) | set(before.get("installed", {})))
                try:
                    install(venv, files)
                except Trouble:
                    if before:
                        venv.write(**before)  # pip failed before it changed anything
                    else:
                        os.remove(venv.note)
                    raise
            else:
                make(venv, files)
        except OSError as error:
            raise disk_trouble(error, venv) from error


def make(venv, files):
    """Make .venv from nothing. An old one is put back if that fails."""
    check_venv_module()
    check_room(venv.project)
    old = venv.folder + ".old"
    remove(old)
    worth_keeping = venv.known().get("state") == "ready" and venv.has_python()
    if os.path.lexists(venv.folder):
        if worth_keeping:
            print("The folder was moved, or Python was changed: making .venv anew.")
            os.rename(venv.folder, old)
        else:
            remove(venv.folder)
    print(f"Making .venv with Python {sys.version.split()[0]} ...", flush=True)
    try:
        os.mkdir(venv.folder)
        venv.write(state="unfinished")
        # Not the Python of the .venv that is being replaced, if it is that one which runs us.
        base = getattr(sys, "_base_executable", None) or sys.executable
        code, lines = run([base, "-m", "venv", venv.folder])
        if code != 0:
            raise Trouble(
                "python -m venv failed:\n" + last(lines),
                "Repair or reinstall this Python, then start the lab again.",
            )
        install(venv, files)
    except BaseException as error:
        if isinstance(error, Exception):  # after Ctrl-C there is no time; the note says unfinished
            remove(venv.folder)
            if os.path.exists(old):
                os.rename(old, venv.folder)
        raise
    remove(old)


def install(venv, files):
    """Install requirement files with pip and note what was done. Raises Trouble."""
    venv.write(state="unfinished")
    command = [venv.python, "-m", "pip", "install", "--disable-pip-version-check", "--retries=2"]
    for name in files:
        command += ["-r", os.path.join(venv.project, name)]
    print(f"Installing {' and '.join(files)} (the first time this takes a few minutes) ...")
    code, lines = run(command, show=Progress())
    if code != 0:
        raise pip_trouble(lines)
    add_project_to_path(venv)
    venv.write(
        state="ready",
        place=venv.folder,
        python=os.path.realpath(venv.python),
        installed=venv.wanted(files),
    )


def add_project_to_path(venv):
    """Let every Python of .venv (the notebooks' kernels too) import migrationlab and bookshop.

    The line is relative: so it is plain ASCII, whatever the letters in the project's path.
    """
    code, lines = run([venv.python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"])
    if code != 0:
        raise Trouble(
            "The Python in .venv does not run:\n" + last(lines), "Delete the folder .venv."
        )
    folder = lines[-1]
    with open(os.path.join(folder, "migrationlab.pth"), "w", encoding="ascii") as file:
        file.write(os.path.relpath(os.path.realpath(venv.project), os.path.realpath(folder)) + "\n")


def hand_over(venv, arguments):
    """Become `.venv python -m migrationlab.cli`; on Windows start it and return its exit code."""
    sys.stdout.flush()
    # -P: a student's pandas.py in the current folder must not be taken for the library.
    command = [venv.python, "-P", "-m", "migrationlab.cli", *arguments]
    if not WINDOWS:
        os.execv(venv.python, command)
    environment = dict(
        os.environ, PYTHONUTF8="1"
    )  # files with Danish letters read alike everywhere
    process = subprocess.Popen(command, env=environment)
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            pass  # the lab got Ctrl-C too and is stopping its server


class Progress:
    """Shows pip at work: one line that changes on a terminal, else a line now and then."""

    def __init__(self):
        self.count, self.width = 0, 0
        self.terminal = sys.stdout.isatty()

    def __call__(self, line):
        found = re.match(r"Collecting ([\w.-]+)|Processing .*?([\w.]+)-[^/\\]*$", line)
        if found:
            self.count += 1
            name = found.group(1) or found.group(2)
            self.say(f"  {self.count} packages, now {name}", self.count % 25 == 0)
        elif line.startswith("Installing collected packages"):
            self.say(f"  unpacking {line.count(',') + 1} packages ...", True)
        elif line.startswith("Successfully installed"):
            self.say("  installed.", True)

    def say(self, text, important):
        if self.terminal:
            text = text[: shutil.get_terminal_size().columns - 1]
            print(
                "\r" + text.ljust(self.width), end="\n" if "installed" in text else "", flush=True
            )
            self.width = len(text)
        elif important:
            print(text, flush=True)


def run(command, show=None):
    """Run a command; its exit code and the lines that it printed. `show` sees each line."""
    environment = dict(os.environ, PYTHONUNBUFFERED="1", PIP_USER="0", PYTHONUTF8="1")
    lines = []
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environment,
        encoding="utf-8",
        errors="replace",
    )
    try:
        for line in process.stdout:
            lines.append(line.rstrip())
            if show:
                show(lines[-1])
        return process.wait(), lines
    except BaseException:
        process.kill()
        process.wait()
        raise


@contextlib.contextmanager
def only_one(project):
    """Two first starts at once: the second waits for the first."""
    folder = os.path.join(project, ".lab")
    try:
        os.makedirs(folder, exist_ok=True)
        file = os.open(os.path.join(folder, "install.lock"), os.O_RDWR | os.O_CREAT)
    except OSError as error:
        raise disk_trouble(error, Venv(project)) from error
    try:
        if not try_lock(file):
            print("Another start of the lab is installing; waiting for it ...", flush=True)
            while not try_lock(file):
                time.sleep(0.3)
        yield
    finally:
        os.close(file)  # frees the lock, as the end of this process does


def try_lock(file):
    """Take the lock of an open file if nobody has it; whether that worked."""
    try:
        if WINDOWS:
            import msvcrt

            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def check_venv_module():
    """Raise Trouble when this Python cannot make a .venv: Debian packs that part separately."""
    missing = [name for name in ("venv", "ensurepip") if importlib.util.find_spec(name) is None]
    if missing:
        version = "{}.{}".format(*sys.version_info[:2])
        raise Trouble(
            f"This Python has no module {' and '.join(missing)}, so it cannot make a .venv.",
            f"On Debian and Ubuntu: sudo apt install python{version}-venv",
        )


def check_room(project):
    """Raise Trouble when the packages do not fit on the disk."""
    free = shutil.disk_usage(project).free
    if free < ROOM:
        raise disk_full(project, free)


def disk_full(project, free):
    return Trouble(
        f"The disk is full: {free // 1024**2} MB are free for {project}, "
        f"and the lab needs {ROOM // 1024**2} MB.",
        "Delete what you do not need, then start again.",
    )


def disk_trouble(error, venv):
    """The message for an OSError while .venv is made."""
    if error.errno == 28:  # ENOSPC
        return disk_full(venv.project, shutil.disk_usage(venv.project).free)
    if isinstance(error, PermissionError):
        return Trouble(
            f"{error.filename or venv.folder} cannot be written or replaced.",
            "Close other windows of the lab. If it was started by another user (root, sudo) "
            "before, start it as that user.",
        )
    return Trouble(f".venv cannot be made: {error}", f"Look at {venv.folder}.")


def pip_trouble(lines):
    """The message for a pip that failed, from its last lines."""
    text = "\n".join(lines)
    if "No space left on device" in text or "Errno 28" in text:
        return disk_full(PROJECT, shutil.disk_usage(PROJECT).free)
    if NO_NETWORK.search(text):
        return Trouble(
            "The packages cannot be downloaded: no connection to the package index.",
            "The first start needs a network. Connect, and start again. "
            "Behind a proxy set HTTPS_PROXY.",
        )
    errors = [line for line in lines if line.startswith("ERROR")] or lines
    return Trouble(
        "pip could not install the packages:\n" + last(errors),
        "Mend what these lines say, then start again. Without a network nothing can be installed.",
    )


def fingerprint(project, *names):
    """A hash of some files of the project; a missing one counts as empty."""
    digest = hashlib.sha256()
    for name in names:
        try:
            with open(os.path.join(project, name), "rb") as file:
                digest.update(file.read().replace(b"\r\n", b"\n"))
        except FileNotFoundError:
            pass
        digest.update(b"\0")
    return digest.hexdigest()


def same_folder(one, other):
    """Whether two paths are one folder; False when the first is not there."""
    try:
        return os.path.samefile(one, other)
    except (OSError, TypeError):
        return False


def remove(folder):
    """Delete a folder that may not be there."""
    if os.path.islink(folder) or os.path.isfile(folder):
        os.remove(folder)
    elif os.path.exists(folder):
        shutil.rmtree(folder)


def last(lines, count=8):
    """The last lines as one text."""
    return "\n".join(lines[-count:])


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # an old Windows console lacks some letters of a path
            stream.reconfigure(errors="replace")
    sys.exit(main(sys.argv[1:]))
