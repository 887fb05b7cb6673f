"""Which tests fit into ten minutes: those that cost next to nothing, and a draw among the others.

Pure: a list of tests, what each took last time, a day and a seed in; a choice out. The same day
and seed give the same choice, so that a failure can be repeated.
"""

import random
from collections import defaultdict
from dataclasses import dataclass

DAYS = 7
CHEAP = 0.25  # seconds; a test that needs a server and costs no more is always run
PURE = 2.0  # seconds; a pure test that costs more is drawn like the others
UNKNOWN = 1.0  # seconds of a test that was never measured and is not pure

# Of each subject, what is tried on its day: one test of each role.
SAMPLE = {
    "exercise": ("unsolved", "solution", "other right", "wrong"),
    "drill": ("reference", "wrong"),
}


@dataclass(frozen=True)
class Test:
    """A test as the suite sees it.

    subject   "exercise 2.3", "drill five_dumps", "lesson 02_…", "" for all others
    role      what it tries: "unsolved", "wrong" …; "" without a subject
    pure      it asks for no server
    """

    id: str
    file: str
    function: str
    subject: str = ""
    role: str = ""
    pure: bool = False

    __test__ = False  # for pytest: no class of tests

    @property
    def key(self) -> str:
        """Under which its seconds are kept: the mean of all tests with the same key."""
        return " ".join(filter(None, (f"{self.file}::{self.function}", self.subject, self.role)))

    @property
    def share(self) -> str:
        """The line of the table of shares to which its seconds belong."""
        if self.subject:
            return self.subject.partition(" ")[0] + "s"
        return self.file.split("/")[1].removesuffix(".py")


def cost(tests: list[Test], seconds: dict[str, float]) -> float:
    """Worker seconds of some tests, by what they took last time."""
    return sum(known(test, seconds) for test in tests)


def known(test: Test, seconds: dict[str, float]) -> float:
    """What a test took last time; a guess where it was never measured."""
    return seconds.get(test.key, CHEAP / 5 if test.pure else UNKNOWN)


def first_tier(
    tests: list[Test], seconds: dict[str, float], budget: float, *, day: int, seed: int
) -> list[Test]:
    """The choice for a run of `budget` worker seconds, in the order of `tests`.

    In it are: every test that costs next to nothing; a sample of each exercise, drill and lesson
    whose day it is (each has one in seven); and of the rest as many as fit, drawn.
    """
    chance = random.Random(f"{seed} of day {day}")
    chosen = {test.id for test in tests if _always(test, seconds)}
    due, others = [], [[test] for test in tests if not test.subject and test.id not in chosen]
    for place, (_, own) in enumerate(sorted(_by_subject(tests).items())):
        sample = [test for test in _sample(own, chance) if test.id not in chosen]
        (due if place % DAYS == day % DAYS else others).append(sample)
    for sample in due:
        chosen |= {test.id for test in sample}
    left = budget - cost([test for test in tests if test.id in chosen], seconds)
    chance.shuffle(others)
    for packet in others:
        price = cost(packet, seconds)
        if price <= left:
            left -= price
            chosen |= {test.id for test in packet}
    return [test for test in tests if test.id in chosen]


def shard(tests: list[Test], seconds: dict[str, float], number: int, of: int) -> list[Test]:
    """Part `number` (from 1) of `of` parts that take about equally long.

    The tests of a file stay together, because they share what is costly to set up; those of a
    subject make a parcel of their own.
    """
    parcels: dict[tuple[str, str], list[Test]] = defaultdict(list)
    for test in tests:
        parcels[test.file, test.subject].append(test)
    sums, parts = [0.0] * of, [set() for _ in range(of)]
    for parcel in sorted(parcels.values(), key=lambda p: (-cost(p, seconds), p[0].id)):
        least = sums.index(min(sums))
        sums[least] += cost(parcel, seconds)
        parts[least] |= {test.id for test in parcel}
    return [test for test in tests if test.id in parts[number - 1]]


def _always(test: Test, seconds: dict[str, float]) -> bool:
    return not test.subject and known(test, seconds) <= (PURE if test.pure else CHEAP)


def _by_subject(tests: list[Test]) -> dict[str, list[Test]]:
    found = defaultdict(list)
    for test in tests:
        if test.subject:
            found[test.subject].append(test)
    return found


def _sample(own: list[Test], chance: random.Random) -> list[Test]:
    """One test of each role that counts; of a lesson all of them."""
    roles = SAMPLE.get(own[0].subject.partition(" ")[0])
    if roles is None:
        return own
    by_role = {role: [test for test in own if test.role == role] for role in roles}
    return [chance.choice(found) for found in by_role.values() if found]
