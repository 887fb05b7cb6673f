"""What every drawing function returns."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, repr=False)
class Picture:
    """A picture and the same facts in words.

    `svg` is one complete SVG element without outside references. `words` is plain text of a
    few short lines, for a terminal, a screen reader and tests.
    """

    svg: str
    words: str

    def _repr_html_(self) -> str:
        """Inline, and not as image/svg+xml: JupyterLab would show that one in an <img>, where the
        notebook's theme, its text search and screen readers do not reach."""
        return self.svg

    def __repr__(self) -> str:
        return self.words

    def save(self, path: Path | str) -> None:
        """Write the picture to an .svg file (in its light colours), for a slide."""
        Path(path).write_text(self.svg, encoding="utf-8")
