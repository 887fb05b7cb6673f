"""A Step in words: what the loss meter found, for a table, a picture and a terminal."""

from migrationlab.postgres.catalog import in_words
from migrationlab.stairway.step_result import IRREVERSIBLE, Step

UP_DOWN = "does not come back"  # there before the upgrade, not after its downgrade
DOWN_UP = "a downgrade loses"  # entered after the upgrade, not there after a downgrade and upgrade
TAKEN = "the upgrade takes away"  # where no way back is promised


def findings(step: Step) -> list[str]:
    """One line for each thing that is not as it was, the worst first."""
    lines = []
    if step.irreversible:
        lines.append(f"its downgrade says: {step.irreversible}")
    elif step.error:
        lines.append(step.error)
    for when, changes, rows in (
        ("after downgrade", step.schema_after_down, step.left_behind),
        ("after the second upgrade", step.schema_after_again, []),
    ):
        lines += [f"{when}: {line}" for line in in_words(changes).splitlines() + rows]
    if step.down_with_new_rows:
        lines.append(step.down_with_new_rows)
    first = TAKEN if step.verdict == IRREVERSIBLE else UP_DOWN
    lines += [f"{first}: {loss}" for loss in step.lost_up_down]
    lines += [f"{DOWN_UP}: {loss}" for loss in step.lost_down_up]
    if not step.lost_up_down and not step.left_behind:
        lines += [f"after downgrade: {line}" for line in step.rows_after_down]
        lines += [f"after the second upgrade: {line}" for line in step.rows_after_again]
    lines += [f"no row to measure on in {name}: {why}" for name, why in step.unfilled.items()]
    if not step.measured:
        lines.append("a downgrade above it does not run, so nobody gets down to it")
    return lines


def headline(steps: list[Step]) -> str:
    """How many of the revisions have which answer: “5 revisions – reversible: 3, broken: 2”."""
    if not steps:
        return "There is no revision to measure"
    counts: dict[str, int] = {}
    for step in steps:
        counts[step.verdict] = counts.get(step.verdict, 0) + 1
    noun = "1 revision" if len(steps) == 1 else f"{len(steps)} revisions"
    return f"{noun} – " + ", ".join(f"{verdict}: {count}" for verdict, count in counts.items())
