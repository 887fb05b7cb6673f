"""A forked child becomes what `python FILE …` or `python -m MODULE …` is when it begins.

What cannot be made alike is not tried: the child then executes that command line, as Popen does.
"""

import builtins
import importlib
import importlib.machinery
import io
import os
import runpy
import signal
import sys
import types

from migrationlab.warm_process.socket_messages import Job

SUFFIXES = tuple(importlib.machinery.all_suffixes())
STREAMS = (("stdin", "r"), ("stdout", "w"), ("stderr", "w"))


def take_over(files: list[int]) -> None:
    """A session of its own, these three files as 0, 1 and 2, and no other open file."""
    os.setsid()
    # They are above 2, as 0, 1 and 2 have been open all the time: none overwrites another.
    for number, file in enumerate(files):
        os.dup2(file, number)
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))


def run(job: Job) -> None:
    """Do the job; to be called last of all, as Python's own end is the job's end.

    What it raises has been told on stderr as Python tells it.
    """
    os.environ.clear()
    os.environ.update(job.environment)
    os.chdir(job.folder)
    first, *others = job.arguments
    is_file = first != "-m"
    where = os.path.dirname(os.path.realpath(first)) if is_file else os.getcwd()
    if (is_file and not os.path.isfile(first)) or shadowed({where, os.getcwd(), *job.beside}):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        os.execve(sys.executable, [sys.executable, *job.arguments], job.environment)
    if not sys.flags.safe_path:
        sys.path[0] = where
    sys.orig_argv[:] = [sys.executable, *job.arguments]
    importlib.invalidate_caches()
    open_streams()
    main = new_main()
    try:
        if is_file:
            sys.argv[:] = job.arguments
            run_file(first, main)
        else:
            sys.argv[:] = ["-m", *others[1:]]
            run_anew(others[0])
    except SystemExit:
        raise
    except BaseException as error:
        # Python would tell it with our own frames, which are the first in the traceback.
        within = error.__traceback__
        while within and within.tb_frame.f_code.co_filename == __file__:
            within = within.tb_next
        sys.excepthook(type(error), error.with_traceback(within), within)
        sys.excepthook = lambda *_: None
        raise


def shadowed(folders: set[str]) -> bool:
    """Whether a folder holds a module that the job would find there, had we not imported another
    of the same name."""
    for folder in folders:
        for entry in os.scandir(folder):
            found = sys.modules.get(entry.name.partition(".")[0])
            if found is None or is_from(found, folder):
                continue
            if entry.name.endswith(SUFFIXES) or os.path.isfile(
                os.path.join(entry.path, "__init__.py")
            ):
                return True
    return False


def is_from(module: types.ModuleType, folder: str) -> bool:
    file = getattr(module, "__file__", None) or ""
    return file.startswith(os.path.join(os.path.realpath(folder), ""))


def new_main() -> types.ModuleType:
    """An empty __main__, as Python makes it."""
    main = sys.modules["__main__"] = types.ModuleType("__main__")
    main.__builtins__ = builtins
    if sys.version_info < (3, 14):
        main.__annotations__ = {}
    return main


def run_file(name: str, main: types.ModuleType) -> None:
    file = os.path.abspath(name)
    main.__file__, main.__cached__ = file, None
    main.__loader__ = importlib.machinery.SourceFileLoader("__main__", file)
    try:
        with open(file, "rb") as source:
            code = compile(source.read(), file, "exec", dont_inherit=True)
        exec(code, main.__dict__)
    finally:  # Python does so before it tells of an error, and not for a module
        for stream in (sys.stderr, sys.stdout):
            try:
                stream.flush()
            except Exception:
                pass


def run_anew(name: str) -> None:
    """What `python -m` does, also for a module that has been imported already."""
    if not hasattr(sys.modules.get(name), "__path__"):
        sys.modules.pop(name, None)
    sys.modules.pop(f"{name}.__main__", None)
    runpy._run_module_as_main(name)


def open_streams() -> None:
    """sys.stdin, stdout and stderr anew, for the files that are there now."""
    encoding, _, errors = os.environ.get("PYTHONIOENCODING", "").partition(":")
    unbuffered = bool(os.environ.get("PYTHONUNBUFFERED"))
    for number, (name, mode) in enumerate(STREAMS):
        made = getattr(sys, f"__{name}__")  # by Python, when the kept process began
        through = unbuffered and mode == "w"
        raw = open(number, f"{mode}b", buffering=0 if through else -1, closefd=False)
        (raw if through else raw.raw).name = f"<{name}>"
        stream = io.TextIOWrapper(
            raw,
            encoding or made.encoding,
            made.errors if name == "stderr" else errors or ("strict" if encoding else made.errors),
            newline="\n",
            line_buffering=not unbuffered and (name == "stderr" or os.isatty(number)),
            write_through=unbuffered,
        )
        stream.mode = mode
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
