"""The four answers that a check can give, and how they look."""

import html
from dataclasses import dataclass

NOT_ATTEMPTED, WRONG, RIGHT, CANNOT_CHECK = "not attempted", "wrong", "right", "cannot check"
SIGNS = {NOT_ATTEMPTED: "○", WRONG: "✗", RIGHT: "✓", CANNOT_CHECK: "?"}
# JupyterLab's own alert boxes, so that both themes look right.
BOXES = {
    NOT_ATTEMPTED: "alert-info",
    WRONG: "alert-warning",
    RIGHT: "alert-success",
    CANNOT_CHECK: "alert-danger",
}


class NotAttempted(Exception):
    """Raised by a check when the student has not begun: `what` is missing, `todo` comes next."""

    def __init__(self, what: str, *, todo: str = ""):
        super().__init__(what)
        self.what, self.expected, self.found, self.todo = what, "", "", todo


class Wrong(Exception):
    """Raised by a check: what is wrong, what was expected, what was found, what to do next."""

    def __init__(self, what: str, *, expected: str = "", found: str = "", todo: str = ""):
        super().__init__(what)
        self.what, self.expected, self.found, self.todo = what, expected, found, todo


@dataclass(frozen=True)
class Verdict:
    """What a check says of one exercise."""

    exercise: str
    outcome: str
    what: str
    expected: str = ""
    found: str = ""
    todo: str = ""

    @property
    def right(self) -> bool:
        return self.outcome == RIGHT

    def lines(self) -> list[tuple[str, str]]:
        """(label, text) pairs below the headline, without the empty ones."""
        pairs = [("Expected", self.expected), ("Found", self.found), ("Next", self.todo)]
        return [(label, text) for label, text in pairs if text]

    def __str__(self) -> str:
        head = f"{SIGNS[self.outcome]} {self.exercise} {self.outcome}: {self.what}"
        return "\n".join([head, *(f"  {label}: {text}" for label, text in self.lines())])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        def safe(text):
            return html.escape(text).replace("\n", "<br>")

        rows = "".join(
            f"<br><b>{label}:</b> <span>{safe(text)}</span>" for label, text in self.lines()
        )
        return (
            f'<div class="alert alert-block {BOXES[self.outcome]}" role="status">'
            f"<b>{SIGNS[self.outcome]} {self.exercise} {self.outcome}.</b> "
            f"{safe(self.what)}{rows}</div>"
        )
