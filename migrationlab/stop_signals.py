"""A program that is told to end, by `kill` or a closed terminal, ends as it does after Ctrl-C.

SIGTERM and SIGHUP become an exception, so every `with` and `finally` on the way does its work.
"""

import signal
import subprocess


class Stopped(KeyboardInterrupt):
    """SIGTERM or SIGHUP has come. `code` is the exit code that shells expect."""

    def __init__(self, number: int):
        super().__init__(signal.Signals(number).name)
        self.code = 128 + number


_stopping = False


def end_in_order() -> None:
    """From now on the first SIGTERM or SIGHUP raises Stopped in this process's main thread.

    What was inherited as ignored stays so where that is the custom: SIGHUP under nohup, SIGINT
    of a command that a script started with `&`. `kill` ends those too.
    """
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)  # Windows has no SIGHUP
        if number and (name == "SIGTERM" or signal.getsignal(number) != signal.SIG_IGN):
            signal.signal(number, _stop)


def end_in_order_for_tests() -> None:
    """`end_in_order` for a process that runs tests, which interrupt their own children.

    A child inherits an ignored SIGINT, and then no Ctrl-C reaches it, so here SIGINT is never
    ignored by the system; a run that was to ignore it does so itself.
    """
    end_in_order()
    ignored = signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    signal.signal(signal.SIGINT, _ignore if ignored else _interrupt)


def _stop(number, _frame) -> None:
    global _stopping
    # `kill` of a whole group, then the parent's own: the second must not stop the clearing up.
    if not _stopping:
        _stopping = True
        raise Stopped(number)


def _interrupt(number, frame) -> None:
    global _stopping
    _stopping = True  # lab.py sends SIGTERM after a Ctrl-C that may have reached only itself
    signal.default_int_handler(number, frame)


def _ignore(*_) -> None:
    pass


def call(command: list[str], **keywords) -> int:
    """Run a program to its end, as subprocess.call does; whatever stops us ends it in order."""
    process = subprocess.Popen(command, **keywords)
    try:
        return process.wait()
    except KeyboardInterrupt:
        process.terminate()  # Ctrl-C reached it too, but a `kill` only us
        process.wait()
        raise
