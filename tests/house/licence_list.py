"""The lists of packages in docs/licences.md, made from what pip has installed here.

`.venv/bin/python -m tests.house.licence_list` writes them anew: on Linux with the oldest Python
of the lab, where every pin is installed. What stands above the mark in that file is written by
hand and stays.
"""

import re
import sys
from collections import defaultdict
from dataclasses import dataclass
from importlib.metadata import Distribution, distributions

from packaging.markers import Marker
from packaging.requirements import Requirement

from migrationlab import paths

PAGE = paths.PROJECT / "docs" / "licences.md"
MARK = "<!-- Below: made by `python -m tests.house.licence_list`. -->\n"
WANTED, FOR_TESTS, IN_TURN = "requirements.txt", "requirements-dev.txt", "constraints.txt"

# Copyleft: who hands the package on has duties. With "OR" one may take the other licence.
COPYLEFT = re.compile(r"GPL|MPL")
# What older metadata say, in the words of SPDX where they can only mean one licence.
SPDX = {
    "Apache 2.0": "Apache-2.0",
    "Apache License, Version 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD 2-Clause License": "BSD-2-Clause",
    "BSD 3-Clause License": "BSD-3-Clause",
    "BSD License": "BSD",
    "ISC License": "ISC",
    "ISC License (ISCL)": "ISC",
    "ISC license": "ISC",
    "MIT License": "MIT",
    "MIT license": "MIT",
    "PSFL": "PSF-2.0",
}


@dataclass(frozen=True)
class Pin:
    """One line `name==version; marker` of a requirement file."""

    name: str  # canonical: small letters and hyphens
    version: str
    marker: Marker | None
    heading: str  # the last comment above it in its block, "" without one

    def applies(self, environment: dict[str, str] | None = None) -> bool:
        """Whether pip heeds this line here, or where markers have these values."""
        return self.marker is None or self.marker.evaluate(environment)


def canonical(name: str) -> str:
    """A package's name as the index compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(file: str) -> list[Pin]:
    """The pins of one requirement file in its order. Raises ValueError for a line without one."""
    found = []
    heading = ""
    for line in (paths.PROJECT / file).read_text(encoding="utf-8").splitlines():
        if not line.strip():
            heading = ""
        elif line.startswith("#"):
            heading = line.strip("# ")
        elif not line.startswith("-c "):
            wanted = Requirement(line)
            (bound,) = wanted.specifier
            if bound.operator != "==":
                raise ValueError(f"{file}: {line} is no pin")
            found.append(Pin(canonical(wanted.name), bound.version, wanted.marker, heading))
    return found


def installed() -> dict[str, Distribution]:
    """Canonical name -> what is installed in this environment."""
    return {canonical(one.metadata["Name"]): one for one in distributions()}


def needed(here: dict[str, Distribution]) -> dict[str, set[str]]:
    """Each package that the requirement files need here -> the names of those that need it."""
    roots = {pin.name for file in (WANTED, FOR_TESTS) for pin in pins(file) if pin.applies()}
    needs = defaultdict(set)
    seen, todo = set(), [(name, "") for name in roots]
    while todo:
        name, extra = todo.pop()
        if (name, extra) in seen or name not in here:
            continue
        seen.add((name, extra))
        for text in here[name].requires or []:
            wanted = Requirement(text)
            if wanted.marker is None or wanted.marker.evaluate({"extra": extra}):
                other = canonical(wanted.name)
                needs[other].add(here[name].metadata["Name"])
                todo += [(other, more) for more in ("", *wanted.extras)]
    return {name: needs[name] for name in roots | set(needs)}


def licence(package: Distribution) -> str:
    """What the package's metadata call its licence, "" when they do not say."""
    metadata = package.metadata
    if metadata.get("License-Expression"):
        return metadata.get("License-Expression")
    said = (metadata.get("License") or "").strip()
    if "\n" in said:  # some put the whole text there; the first line may be its name
        said = said.splitlines()[0] if said.splitlines()[0] in SPDX else ""
    if said in ("", "UNKNOWN"):
        names = metadata.get_all("Classifier") or []
        said = ", ".join(n.split(" :: ")[-1] for n in names if n.startswith("License ::"))
    return SPDX.get(said, said)


def is_copyleft(words: str) -> bool:
    """Whether every licence that one may choose from these asks something of who hands on."""
    return all(COPYLEFT.search(choice) for choice in words.split(" OR "))


def row(pin: Pin, package: Distribution, use: str) -> str:
    """A line of the table."""
    words = licence(package)
    words = f"**{words}**" if is_copyleft(words) else words
    return f"| {package.metadata['Name']} | {pin.version} | {words} | {use} |\n"


def lists() -> str:
    """The part of the page below the mark. Raises KeyError when a pin is not installed."""
    here = installed()
    needs = needed(here)
    parts = []
    for file, title in ((WANTED, None), (FOR_TESTS, "Only for the tests")):
        above = None
        for pin in pins(file):
            heading = title or pin.heading
            if heading != above:
                above = heading
                parts.append(f"\n### {heading}\n\n| Package | Version | Licence | What it is |\n")
                parts.append("|---|---|---|---|\n")
            about = (here[pin.name].metadata.get("Summary") or "").strip().rstrip(".")
            parts.append(row(pin, here[pin.name], about.replace("|", "\\|")))
    parts.append("\n### Needed by these in turn\n\n| Package | Version | Licence | Needed by |\n")
    parts.append("|---|---|---|---|\n")
    for pin in pins(IN_TURN):
        who = ", ".join(sorted(needs[pin.name], key=str.lower))
        parts.append(row(pin, here[pin.name], who))
    return "".join(parts)


if __name__ == "__main__":
    written = PAGE.read_text(encoding="utf-8").partition(MARK)[0]
    PAGE.write_text(written + MARK + lists(), encoding="utf-8", newline="\n")
    print(
        f"{PAGE.relative_to(paths.PROJECT)}: {len(pins(WANTED)) + len(pins(FOR_TESTS))} wanted, "
        f"{len(pins(IN_TURN))} in turn",
        file=sys.stderr,
    )
