"""What the stairway found out about one revision."""

from dataclasses import asdict, dataclass, field

from migrationlab.catalog import Change


@dataclass(frozen=True)
class Step:
    """One revision, run up, down and up again on the rows that were there.

    A failure ends the step: what comes after it stays False or empty. `revision` is "" when no
    revision could be run at all (the chain cannot be read, env.py fails, two heads).
    """

    revision: str
    message: str = ""  # the first line of the revision file's docstring

    upgraded: bool = False
    downgraded: bool = False
    again: bool = False  # the second upgrade

    changes: list[Change] = field(default_factory=list)  # what upgrade did to the schema
    rows_changed: list[str] = field(default_factory=list)  # … and to the rows

    schema_after_down: list[Change] = field(default_factory=list)  # against before the upgrade
    rows_after_down: list[str] = field(default_factory=list)
    schema_after_again: list[Change] = field(default_factory=list)  # against the first upgrade
    rows_after_again: list[str] = field(default_factory=list)

    down_with_new_rows: str = ""  # with a seed: why downgrade fails on rows of the new schema
    error: str = ""  # what stopped the step: file, line and message
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """It ran three times and left the schema as it should. Of the rows the caller judges."""
        return (
            self.upgraded
            and self.downgraded
            and self.again
            and not self.error
            and not self.schema_after_down
            and not self.schema_after_again
        )

    def to_json(self) -> dict:
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict) -> "Step":
        lists = ("changes", "schema_after_down", "schema_after_again")
        return cls(**value | {name: [Change(**c) for c in value[name]] for name in lists})
