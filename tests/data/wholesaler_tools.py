"""What the tests of the catalogue's web site and of the crawler share."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from data.wholesaler.server import Server


class Served:
    """The site in a thread of this process."""

    def __init__(self, server: Server, log: Path):
        self.server, self._log = server, log
        self.address = server.address

    def count(self) -> int:
        """How many requests there were."""
        return self._log.read_bytes().count(b"\n")

    def requests(self) -> list[dict]:
        return [json.loads(line) for line in self._log.read_text("utf-8").splitlines()]


@contextmanager
def served(folder: Path, slow: float = 3.0, port: int = 0) -> Iterator[Served]:
    """A site whose visitors have not been there yet."""
    log = folder / "requests.jsonl"
    server = Server(port, log, slow)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield Served(server, log)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
