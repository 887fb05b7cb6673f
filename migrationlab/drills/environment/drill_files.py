"""The files in a drill's folder: written and copied so that the server's user owns them."""

import os
import shutil
from pathlib import Path

from migrationlab.drills.environment.drill_state import DrillState


class DrillFiles:
    """Names are paths inside the drill's folder."""

    def __init__(self, state: DrillState):
        self._state = state

    def write(self, name: str, text: str, *, append: bool = False) -> None:
        path = self._state.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a" if append else "w", encoding="utf-8") as file:
            file.write(text)
        self._state.account.own(path)

    def copy(self, source: str, target: str) -> Path:
        """`cp -r`, the same on every system; the copy's path."""
        folder = self._state.folder
        place = folder / target
        if (folder / source).is_dir():
            shutil.copytree(folder / source, place, symlinks=True)
        else:
            shutil.copyfile(folder / source, place)
        self.own(place)
        return place

    def own(self, place: Path) -> None:
        """Give a file, or a folder with all that is in it, to the server's user."""
        account = self._state.account
        if account.uid is None:
            return
        account.own(place)
        for where, folders, files in os.walk(place):
            for name in (*folders, *files):
                account.own(Path(where) / name)
