"""Read the drills' sources: one folder in `drills/` holds all of one drill.

drill.md     front matter (title, minutes, asks), and the sections Briefing, Told at level 1, Hints,
             The rescue, Afterwards
drill.py     before(env), accident(env), and where it needs them SETTINGS, SCHEMA and the hooks:
             needs(progress)        fetches what is not there
             build_shop(env)        a shop of another type; it notes the baseline, if it has one
             workload(folder, seed) the till of such a shop
             build(env)             before the baseline is noted and the till opens
             afterwards(env)        after the accident, before the call
             The measurement asks these. Only the first two read anything; the others are told what
             was read:
             findings(env)          what to look at besides rows and schema
             differences(env)       all of it, when the result is not the shop's database
             expected(rows, level, facts)    the rows of the beginning, as they must be in the end
             is_collateral(line, findings)   whether a change of the schema … counts
             unavoidable(sales, facts)       the numbers of sales that nobody could have saved
rescues.py   the ways to repair it, right and wrong, each with the result that it must get
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
    """One way to repair a drill. `outcome` and `says`: the result it must get, and words in it."""

    name: str
    perform: Callable
    right: bool
    outcome: str
    says: str

    @property
    def title(self) -> str:
        return (inspect.getdoc(self.perform) or self.name).splitlines()[0]


def right(perform: Callable) -> Callable:
    """Mark a rescue that loses nothing that could be saved."""
    perform.rescue = Rescue(perform.__name__, perform, True, "", "")
    return perform


def wrong(outcome: str, says: str) -> Callable:
    """Mark a tempting rescue: the outcome that it must get, and words of its result."""

    def mark(perform: Callable) -> Callable:
        perform.rescue = Rescue(perform.__name__, perform, False, outcome, says)
        return perform

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

    def briefing(self, env) -> str:
        """What is told at the beginning, Markdown, with this drill's own facts filled in."""
        parts = [self.section(BRIEFING)] + [self.section(TOLD)] * (env.level == 1)
        return fill("\n\n".join(parts), env)

    def hints(self, env) -> list[str]:
        """From a nudge to nearly the answer: one a bullet point in drill.md."""
        found = re.split(r"^- ", self.section(HINTS), flags=re.M)
        return [fill(re.sub(r"\n  ", "\n", text).strip(), env) for text in found if text.strip()]

    @cached_property
    def script(self) -> ModuleType:
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

    def hook(self, name: str, *arguments, default=None):
        """What drill.py answers to something, or `default` when it has no such function."""
        answer = getattr(self.script, name, None)
        return answer(*arguments) if answer else default


def fill(text: str, env) -> str:
    """Replace {port}, {folder} and each {fact} of the drill; other braces stay."""
    known = {"port": env.port, "folder": env.folder, "free_port": env.port + 1} | env.facts
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
