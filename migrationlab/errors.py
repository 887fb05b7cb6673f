"""The one kind of failure that a user meets: a short message instead of a traceback."""


class LabError(Exception):
    """What happened, what was expected, and what to do next, in plain words.

    The command line prints it and ends with exit code 1; a notebook shows it
    without a traceback.
    """

    def __init__(self, what: str, *, expected: str = "", todo: str = ""):
        super().__init__(what)
        self.what, self.expected, self.todo = what, expected, todo

    def __str__(self) -> str:
        lines = [self.what]
        if self.expected:
            lines.append(f"Expected: {self.expected}")
        if self.todo:
            lines.append(f"What to do: {self.todo}")
        return "\n".join(lines)

    def _render_traceback_(self) -> list[str]:
        """IPython asks for this instead of printing a traceback."""
        return [f"{type(self).__name__}: {self}"]
