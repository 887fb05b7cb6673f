"""`python -m data.wholesaler`: serve the site until standard input ends, Ctrl-C or SIGTERM."""

import argparse
import os
import signal
import sys
import threading
from pathlib import Path

from data.wholesaler.server import Server


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m data.wholesaler", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="a free one without it")
    parser.add_argument("--log", type=Path, help="append a line of JSON for every request")
    parser.add_argument("--slow", type=float, default=3.0, help="seconds that the slow page takes")
    options = parser.parse_args()
    try:
        server = Server(options.port, options.log, options.slow)
    except (OSError, OverflowError) as error:
        sys.exit(f"The catalogue cannot be served: {error}")
    signal.signal(signal.SIGTERM, _end)
    if sys.stdin and not sys.stdin.isatty():
        threading.Thread(target=_wait_for_end, args=[server], daemon=True).start()
    try:
        print(server.address, flush=True)
        server.serve_forever(poll_interval=0.1)
    except KeyboardInterrupt:
        pass
    finally:
        server.server_close()


def _end(*_) -> None:
    raise KeyboardInterrupt


def _wait_for_end(server: Server) -> None:
    """A program that started us holds our standard input; when it ends, so do we."""
    # Not sys.stdin.read(): Python could not end while another thread waits in it.
    while os.read(0, 4096):
        pass
    server.shutdown()


if __name__ == "__main__":
    main()
