"""Find out which constraint or index of one snapshot is which one of another."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Named:
    """Something with a name that a migration may or may not have chosen."""

    name: str
    noun: str  # "foreign key", "unique index"
    says: str  # its definition, for a sentence
    work: object  # equal for two that do the same work, whatever their names
    place: object  # equal for two that stand in the same place, whatever they do there


def pair(before: list[Named], after: list[Named]) -> list[tuple[Named | None, Named | None]]:
    """Each thing of either side exactly once, with its partner or None; in the order given.

    The same name makes a pair; then the same work under another name; then the same place (a
    foreign key on the same columns), if no other one could be meant.
    """
    partners = {}
    left, right = {t.name: t for t in before}, {t.name: t for t in after}

    def join(old: Named, now: Named):
        partners[old.name] = now
        del left[old.name], right[now.name]

    for name in left.keys() & right.keys():
        join(left[name], right[name])
    for old in list(left.values()):
        now = next((t for t in right.values() if t.work == old.work), None)
        if now:
            join(old, now)
    for old in list(left.values()):
        rivals = [t for t in left.values() if t.place == old.place]
        candidates = [t for t in right.values() if t.place == old.place]
        if len(rivals) == len(candidates) == 1:
            join(old, candidates[0])
    return [(t, partners.get(t.name)) for t in before] + [(None, t) for t in right.values()]
