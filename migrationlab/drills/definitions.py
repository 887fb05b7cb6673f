"""Read the drills' sources: one folder in `drills/` holds all of one drill.

drill.md     front matter (title, minutes, asks), and the sections Briefing, Told at level 1, Hints,
             The rescue, Afterwards
drill.py     before(scene), accident(scene), and where it needs them build(scene), which comes
             before the baseline is noted and the till opens, afterwards(scene),
             faults(scene), unavoidable(scene), expected(scene, rows), collateral(scene, lines);
             SETTINGS, SCHEMA; needs(progress), which fetches what is not there; for a shop of
             another kind shop(scene), which builds it, till(folder, seed), and judge(scene)
rescues.py   the ways to repair it, right and wrong, each with the verdict that it must get
files/       what lies in the shop's folder from the beginning
"""

import importlib.util
import inspect
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import ModuleType

from migrationlab import paths
from migrationlab.course import yaml_text
from migrationlab.errors import LabError

LEVELS = {1: "guided", 2: "on your own", 3: "at night"}
SECTION = re.compile(r"^## (?P<name>[^\n]+)\n(?P<body>.*?)(?=^## |\Z)", re.M | re.S)
BRIEFING, TOLD, HINTS = "Briefing", "Told at level 1", "Hints"
RESCUE, AFTERWARDS = "The rescue", "Afterwards"
SECTIONS = (BRIEFING, TOLD, HINTS, RESCUE, AFTERWARDS)


@dataclass(frozen=True)
class Rescue:
    """One way to repair a drill. `outcome` and `says`: the verdict it must get, and words in it."""

    name: str
    act: Callable
    right: bool
    outcome: str
    says: str

    @property
    def title(self) -> str:
        return (inspect.getdoc(self.act) or self.name).splitlines()[0]


def right(act: Callable) -> Callable:
    """Mark a rescue that loses nothing that could be saved."""
    act.rescue = Rescue(act.__name__, act, True, "", "")
    return act


def wrong(outcome: str, says: str) -> Callable:
    """Mark a tempting rescue: the outcome that it must get, and words of its verdict."""

    def mark(act: Callable) -> Callable:
        act.rescue = Rescue(act.__name__, act, False, outcome, says)
        return act

    return mark


@dataclass(frozen=True)
class Drill:
    """One drill's folder, read when asked for."""

    folder: Path

    @property
    def name(self) -> str:
        """What one types: the folder's name without its number."""
        return self.folder.name[3:]

    @cached_property
    def _texts(self) -> tuple[dict, dict[str, str]]:
        text = (self.folder / "drill.md").read_text("utf-8")
        _, front, body = text.split("---\n", 2)
        sections = {m["name"].strip(): m["body"].strip() for m in SECTION.finditer(body)}
        return yaml_text.load(front), sections

    @property
    def title(self) -> str:
        return self._texts[0]["title"]

    @property
    def minutes(self) -> int:
        """How long somebody needs who does it for the first time, at level 1."""
        return self._texts[0]["minutes"]

    @property
    def asks(self) -> str:
        """What one shows by doing it, in one sentence."""
        return self._texts[0]["asks"]

    def section(self, name: str) -> str:
        return self._texts[1].get(name, "")

    def briefing(self, scene) -> str:
        """What is told at the beginning, Markdown, with this scene's own facts filled in."""
        parts = [self.section(BRIEFING)] + [self.section(TOLD)] * (scene.level == 1)
        return fill("\n\n".join(parts), scene)

    def hints(self, scene) -> list[str]:
        """From a nudge to nearly the answer: one a bullet point in drill.md."""
        found = re.split(r"^- ", self.section(HINTS), flags=re.M)
        return [fill(re.sub(r"\n  ", "\n", text).strip(), scene) for text in found if text.strip()]

    @cached_property
    def play(self) -> ModuleType:
        return _load(self.folder / "drill.py")

    @cached_property
    def rescues(self) -> list[Rescue]:
        """Right ones first; the first of all is the reference."""
        module = _load(self.folder / "rescues.py")
        found = [value.rescue for value in vars(module).values() if hasattr(value, "rescue")]
        return sorted(found, key=lambda rescue: not rescue.right)

    @property
    def worked_answer(self) -> str:
        """The right rescues with what they use: rescues.py without its wrong ones."""
        text = (self.folder / "rescues.py").read_text("utf-8")
        kept = [part for part in re.split(r"\n\n\n", text) if not part.startswith("@wrong")]
        return "\n\n\n".join(kept).strip() + "\n"

    def call(self, name: str, *arguments, default=None):
        """What drill.py says to something, or `default` when it says nothing to it."""
        act = getattr(self.play, name, None)
        return act(*arguments) if act else default


def fill(text: str, scene) -> str:
    """Replace {port}, {folder} and each {fact} of the scene; other braces stay."""
    known = {"port": scene.port, "folder": scene.folder, "free_port": scene.port + 1} | scene.facts
    return re.sub(r"\{(\w+)\}", lambda m: str(known.get(m[1], m[0])), text)


def every() -> list[Drill]:
    return [Drill(file.parent) for file in sorted(paths.DRILLS.glob("[0-9][0-9]_*/drill.md"))]


def find(name: str) -> Drill:
    """A drill by its number, its name or the beginning of it. Raises LabError."""
    wanted = name.strip().lower().replace("-", "_")
    drills = every()
    for drill in drills:
        if wanted in (drill.name, drill.folder.name) or (
            wanted.isdigit() and int(wanted) == int(drill.folder.name[:2])
        ):
            return drill
    found = [drill for drill in drills if wanted and drill.name.startswith(wanted)]
    if len(found) == 1:
        return found[0]
    raise LabError(
        f"There is no drill {name!r}.",
        expected=", ".join(drill.name for drill in drills),
        todo="python3 lab.py drill lists them.",
    )


def _load(file: Path) -> ModuleType:
    name = f"migrationlab_drill_{file.parent.name}_{file.stem}"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, file)
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module  # loaded once, and found by what it defines
        spec.loader.exec_module(module)
    return sys.modules[name]
