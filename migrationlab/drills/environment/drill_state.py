"""What a drill remembers about itself from one command to the next: .drill/state.json."""

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

from migrationlab.server import system_account
from migrationlab.server.system_account import Account

TIMEOUT = 60  # seconds for anything that a drill waits for
NOTES = ".drill"
FILE = "state.json"


@dataclass
class DrillState:
    """`facts` is what a drill remembers about itself: it fills the briefing and the result.

    level   1 guided, 2 on your own, 3 at night: less is told, more is going on
    seed    decides what exactly happens; the same seed gives the same drill
    port, password   of the shop's server and its administrator
    began, broke, ended   seconds since 1970, 0.0 when it has not come to that
    hints   how many were read
    """

    folder: Path
    drill: str
    level: int
    seed: int
    port: int
    password: str = field(repr=False)
    began: float = 0.0
    broke: float = 0.0
    ended: float = 0.0
    hints: int = 0
    facts: dict = field(default_factory=dict)

    @property
    def notes(self) -> Path:
        """.drill/: what the student has no business with."""
        return self.folder / NOTES

    @property
    def account(self) -> Account:
        """Who runs the servers of this folder."""
        return system_account.choose(self.folder)

    def remember(self, **facts) -> None:
        """Keep something about this drill: it is in `facts` from now on."""
        self.facts |= facts
        self.save()

    def save(self) -> None:
        told = asdict(self)
        del told["folder"]
        draft = self.notes / f"{FILE}.new"
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(told, ensure_ascii=False), "utf-8")
        os.replace(draft, self.notes / FILE)


def saved(folder: Path) -> bool:
    """Whether a drill was begun in this folder."""
    return (folder / NOTES / FILE).exists()


def read(folder: Path) -> dict:
    """The fields of the state that was saved, without the folder."""
    return json.loads((folder / NOTES / FILE).read_text("utf-8"))
