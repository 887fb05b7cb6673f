"""Judge the exercises of lesson 03: what is still there after up, down and up again."""

from migrationlab.exercises import NotAttempted, Wrong, check

CHOICES = {
    "downgrade": "downgrade",
    "down": "downgrade",
    "forward": "forward",
    "forward fix": "forward",
    "roll forward": "forward",
    "fix forward": "forward",
    "restore": "restore",
    "backup": "restore",
    "restore a backup": "restore",
}
# story → choice → why not; a choice that is not here is right
WHY_NOT = {
    "a": {
        "forward": "A second revision would do it, but the pull request is to have one, and "
        "nobody else has run yours.",
        "restore": "No value is lost here: the column is empty. No backup is needed to drop it.",
    },
    "b": {
        "downgrade": "downgrade() drops the column, and 212 notes with it.",
        "restore": "A backup from before the release has no notes, and no orders since.",
    },
    "c": {
        "downgrade": "downgrade() adds a column. It is empty: the numbers are in no file of the "
        "chain.",
        "forward": "A new revision can add the column, but the numbers are in no table any more.",
    },
    "d": {
        "forward": "A new revision leads further up. The testers need the revision before.",
    },
    "e": {
        "downgrade": "downgrade() is pass: it moves the version, and every price stays rounded.",
        "forward": "No UPDATE can know whether 100 was 99.95 or 100.10: the øre are in no table.",
    },
    "f": {
        "downgrade": "downgrade() drops the column, and with it what new customers have chosen.",
        "restore": "Nothing is lost: the phone numbers tell the right country. A backup is older "
        "than Monday's new customers.",
    },
}


# The exercises


@check("3.1")
def six_stories(attempt):
    given = {name: str(attempt.answers.get(name, "")) for name in WHY_NOT}
    given = {name: answer.strip(" .…'\"“”") for name, answer in given.items()}
    if not any(given.values()):
        raise NotAttempted("You have not chosen yet.", todo='lab.answer(a="…", b="…", …)')
    for story, answer in given.items():
        choice = CHOICES.get(" ".join(answer.lower().replace("-", " ").split()))
        if not answer:
            raise Wrong(f"Story {story} has no answer yet.", todo=f'lab.answer({story}="…")')
        if not choice:
            raise Wrong(
                f"“{answer}” is not one of the three ways of story {story}.",
                expected="downgrade, forward or restore",
            )
        if choice in WHY_NOT[story]:
            raise Wrong(f"Story {story} is not a case for “{choice}”.", found=WHY_NOT[story][choice])
    return "You have asked each time what is lost, who else is hit, and where the values are."
