"""What happened in a drill, and when: the lines of its time line."""

import json
import time
from pathlib import Path

CALL = "You are called."


class EventLog:
    def __init__(self, path: Path):
        self._path = path

    def note(self, text: str) -> None:
        """Something has happened now."""
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps([time.time(), text], ensure_ascii=False) + "\n")

    def read(self) -> list[tuple[float, str]]:
        """(seconds since 1970, what), in the order in which it was noted."""
        lines = self._path.read_text("utf-8").splitlines() if self._path.exists() else []
        return [tuple(json.loads(line)) for line in lines]
