"""The site on 127.0.0.1, with a log of who asked for what."""

import json
import os
import sys
import threading
import time
from collections import Counter
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import TCPServer

from data.wholesaler import sheets, site


class Server(ThreadingHTTPServer):
    """Port 0 takes a free port."""

    allow_reuse_address = os.name != "nt"  # on Windows two servers would share one port
    daemon_threads = True  # a client that is still reading does not keep the server alive

    def __init__(self, port: int = 0, log: Path | None = None, slow: float = 3.0):
        self.slow = slow
        self._log = log.open("a", encoding="utf-8", newline="\n") if log else None
        self._visits: Counter[str] = Counter()
        self._lock = threading.Lock()
        super().__init__(("127.0.0.1", port), Handler)
        sheets.every()  # made now, not while the first client waits

    def server_bind(self) -> None:
        TCPServer.server_bind(self)  # HTTPServer would ask the network for our name
        self.server_name, self.server_port = self.server_address

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/"

    def visit(self, path: str) -> int:
        """How often the path has been asked for, this time included."""
        with self._lock:
            self._visits[path] += 1
            return self._visits[path]

    def note(self, **request) -> None:
        """One line in the log, before the answer goes out."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        with self._lock:
            if self._log:
                self._log.write(json.dumps({"time": now} | request, ensure_ascii=False) + "\n")
                self._log.flush()

    def handle_error(self, request, client_address) -> None:
        """A client that went away in the middle is nothing to talk about."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def server_close(self) -> None:
        super().server_close()
        with self._lock:
            if self._log:
                self._log.close()
                self._log = None


class Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"  # one connection for many pages
    server_version, sys_version = "NordlysEngros/1.0", ""
    timeout = 60
    wbufsize = -1  # header and body leave together
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        host = self.headers.get("Host") or f"127.0.0.1:{self.server.server_port}"
        path = self.path.partition("?")[0].rstrip("/")
        answer = site.answer(self.path, host, self.server.visit(path))
        self.server.note(
            method=self.command,
            path=self.path,
            status=answer.status,
            agent=self.headers.get("User-Agent", ""),
        )
        if answer.slow:
            time.sleep(self.server.slow)
        try:
            self._send(answer)
            self.wfile.flush()
        except ConnectionError:  # the client has had enough
            self.close_connection = True

    do_HEAD = do_GET

    def _send(self, answer: site.Answer) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.type)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.stream:
            self.send_header("Connection", "close")  # the end of the body is the end of all
        else:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command == "HEAD":
            return
        if answer.cut:
            self.wfile.write(answer.body[: len(answer.body) // 2])
            self.close_connection = True
            return
        self.wfile.write(answer.body)
        for chunk in answer.stream or ():
            self.wfile.write(chunk)

    def log_message(self, *arguments) -> None:
        """Nothing on stderr: the log is a file."""
