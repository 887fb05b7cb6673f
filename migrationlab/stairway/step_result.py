"""What the stairway found out about one revision."""

from dataclasses import asdict, dataclass, field

from migrationlab.postgres.catalog import Change
from migrationlab.stairway.lost_values import Loss

REVERSIBLE, LOSES, BROKEN = "reversible", "loses data", "broken"
IRREVERSIBLE = "declared irreversible"
NOT_MEASURED = "not measured"


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
    irreversible: str = ""  # what downgrade() says when it raises NotImplementedError
    measured: bool = True  # False: a downgrade above it does not run, so it was not reached

    # What the loss meter found. Up and down: what was there before the upgrade, and is not back
    # after its downgrade. Down and up: what was entered since, and is not back after both.
    lost_up_down: list[Loss] = field(default_factory=list)
    lost_down_up: list[Loss] = field(default_factory=list)
    left_behind: list[str] = field(default_factory=list)  # rows that the downgrade does not take
    unfilled: dict[str, str] = field(default_factory=dict)  # tables without rows to measure on

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

    @property
    def verdict(self) -> str:
        """The loss meter's answer; it means something only for a step that was measured."""
        if not self.measured:
            return NOT_MEASURED
        if self.irreversible:
            return IRREVERSIBLE
        if not self.ok or self.down_with_new_rows or self.left_behind:
            return BROKEN
        if self.lost_up_down or self.lost_down_up or self.rows_after_down or self.rows_after_again:
            return LOSES
        return REVERSIBLE

    @property
    def loses_what_was_there(self) -> bool:
        """A value that was there before the upgrade does not come back, and nobody has said so."""
        return self.verdict == LOSES and bool(
            self.lost_up_down or self.rows_after_down or self.rows_after_again
        )

    def to_json(self) -> dict:
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict) -> "Step":
        changes = ("changes", "schema_after_down", "schema_after_again")
        losses = ("lost_up_down", "lost_down_up")
        return cls(
            **value
            | {name: [Change(**c) for c in value[name]] for name in changes}
            | {name: [Loss.from_json(c) for c in value[name]] for name in losses}
        )
