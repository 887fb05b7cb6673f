"""Changes as lines to read."""

from dataclasses import dataclass

from migrationlab.postgres.catalog.schema_objects import Change


def in_words(changes: list[Change], *, expected: bool = False) -> str:
    """One line for each change; "" when there is none.

    As what happened: "− NOT NULL on accounts.email", "~ column accounts.email: varchar(255) →
    text". With `expected=True` the first snapshot was what should be there: "missing: NOT NULL on
    accounts.email", "column accounts.email is text, expected varchar(255)".
    """
    return "\n".join(as_fault(c) if expected else str(c) for c in changes)


def as_fault(change: Change) -> str:
    """The change read as a fault: missing, not expected, or not alike."""
    if change.sign == "-":
        return f"missing: {change.text}"
    if change.sign == "+":
        return f"not expected: {change.text}"
    subject = change.text.removesuffix(f": {change.before} → {change.after}")
    if subject == change.text:
        return f"not as expected: {change.text}"
    return f"{subject} is {change.after}, expected {change.before}"


@dataclass(frozen=True)
class PossibleRename:
    """A column that went and one of the same type that came, in one table."""

    table: str
    old: str
    new: str
    type: str

    def __str__(self) -> str:
        return (
            f"{self.table}.{self.old} is gone and {self.table}.{self.new}, of the same type "
            f"{self.type}, has come. Was it renamed? A dropped column takes its data along; "
            "a new one does not get them."
        )


def possible_renames(changes: list[Change]) -> list[PossibleRename]:
    """Pairs of − and + columns that have the same type and stand in the same table.

    A catalog cannot tell a rename from a drop and an add: only the rows can. Where one column
    could pair with several, every pair is given.
    """
    columns = [c for c in changes if c.kind == "column"]
    return [
        PossibleRename(old.table, old.name, new.name, old.before)
        for old in columns
        if old.sign == "-"
        for new in columns
        if new.sign == "+" and new.table == old.table and new.after == old.before
    ]
