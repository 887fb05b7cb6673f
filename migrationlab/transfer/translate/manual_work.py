"""Tell in a file what the tool leaves to the hand."""

from migrationlab.transfer.plan.transfer_plan import Plan


def left_over(plan: Plan, mark: str) -> list[str]:
    """What must be done by hand as comments, with the CREATE texts of views and triggers."""
    lines = []
    if plan.by_hand:
        lines += ["", f"{mark} To be done by hand:"]
        lines += [f"{mark} * {one_line(sentence)}" for sentence in plan.by_hand]
    if plan.texts:
        lines += ["", f"{mark} In SQLite's words, to be written anew for PostgreSQL:"]
        for text in plan.texts.values():
            lines += [mark, *(f"{mark} {line}".rstrip() for line in text.splitlines())]
    return lines


def one_line(text: str) -> str:
    """Without line breaks: the rest of a comment must not become a statement."""
    return " ".join(text.split())
