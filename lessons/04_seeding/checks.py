"""Judge the exercises of lesson 04: what a student's files do to rows, on scratch databases."""

from migrationlab.exercises import NotAttempted, Wrong, check

RESET = "lab.reset() brings back the start of this exercise."


# 4.1

PLACES = {
    "a": "migration",
    "b": "script",
    "c": "test",
    "d": "none",
    "e": "migration",
    "f": "script",
    "g": "none",
    "h": "migration",
}
PLACE_REASONS = {
    "a": "every database needs these rows, and the new table is of no use without them",
    "b": "they are wanted on a developer's computer, and nobody wants them in production",
    "c": "one test needs them, always the same ones, and nobody after it",
    "d": "they are real rows that are gone: no file of the project knows them",
    "e": "the column, its values and NOT NULL belong together, once in every database",
    "f": "they come again every night, and a migration runs once in a database",
    "g": "they are people's data: no copy of them belongs in the project, wherever it is put",
    "h": "the next version needs it everywhere, and as soon as it is deployed",
}
OTHER_WORDS = {
    "migrations": "migration",
    "revision": "migration",
    "data migration": "migration",
    "seed script": "script",
    "seed": "script",
    "seeds": "script",
    "scripts": "script",
    "fixture": "test",
    "test fixture": "test",
    "tests": "test",
    "none of them": "none",
    "neither": "none",
    "backup": "none",
    "never": "none",
}


@check("4.1")
def what_belongs_where(attempt):
    words = {letter: attempt.answers.get(letter) for letter in PLACES}
    # the name None, without quotation marks, means the word
    unanswered = [letter for letter in PLACES if letter not in attempt.answers]
    given = {letter: str(word).strip(" .").lower() for letter, word in words.items()}
    if len(unanswered) == len(PLACES):
        raise NotAttempted(
            "There is no answer yet.", todo='lab.answer(a="migration", b="script", …)'
        )
    if unanswered:
        raise Wrong(
            f"Some answers are missing: {', '.join(unanswered)}.",
            todo=f'Add them: lab.answer({unanswered[0]}="…"). The others are kept.',
        )
    found = {letter: OTHER_WORDS.get(word, word) for letter, word in given.items()}
    if strange := [letter for letter in PLACES if found[letter] not in PLACES.values()]:
        raise Wrong(
            f"{', '.join(strange)}: not one of the four words.",
            expected="migration, script, test or none",
            found=", ".join(repr(words[letter]) for letter in strange),
        )
    wrong = [letter for letter in PLACES if found[letter] != PLACES[letter]]
    if wrong:
        raise Wrong(
            f"{len(PLACES) - len(wrong)} of {len(PLACES)} are right. Think again of "
            f"{', '.join(wrong)}.",
            found="; ".join(f"{x}: {PLACE_REASONS[x]}" for x in wrong),
        )
    return "All eight: what every database needs, what only some want, and what nobody may copy."
