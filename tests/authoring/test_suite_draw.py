"""The draw of the first tier: within its time, everything in turn, and the same once more."""

import json

import pytest

from migrationlab.authoring import suite
from migrationlab.authoring.suite_draw import DAYS, SAMPLE, Test, cost, first_tier, shard

SECONDS = {"tests/x/test_dear.py::test_it": 5.0, "tests/x/test_cheap.py::test_it": 0.01}


def trial(exercise: str, role: str, number: int = 0) -> Test:
    file = "tests/authoring/test_answer_trials.py"
    return Test(f"{file}::t[{exercise} {role} {number}]", file, "t", f"exercise {exercise}", role)


def single(name: str, number: int, **how) -> Test:
    file = f"tests/x/test_{name}.py"
    return Test(f"{file}::test_it[{number}]", file, "test_it", **how)


TESTS = [
    *(single("dear", number) for number in range(40)),
    *(single("cheap", number) for number in range(100)),
    *(
        trial(f"{lesson}.{number}", role, copy)
        for lesson in range(5)
        for number in range(1, 8)
        for role in (*SAMPLE["exercise"], "untouched")
        for copy in range(2)
    ),
]


def test_the_same_seed_gives_the_same_choice():
    """Assert that a failure can be repeated, and that another seed draws otherwise."""
    one = first_tier(TESTS, SECONDS, 200, day=3, seed=1)
    assert one == first_tier(TESTS, SECONDS, 200, day=3, seed=1)
    assert one != first_tier(TESTS, SECONDS, 200, day=3, seed=2)


@pytest.mark.parametrize("day", range(DAYS))
def test_what_is_chosen_fits(day):
    """Assert that the choice keeps to its budget and nearly fills it."""
    price = cost(first_tier(TESTS, SECONDS, 200, day=day, seed=9), SECONDS)
    assert 190 <= price < 200.001


def test_every_subject_comes_within_a_week():
    """Assert that no exercise waits longer than seven days, even when nothing else fits."""
    seen = set()
    for day in range(100, 100 + DAYS):
        seen |= {test.subject for test in first_tier(TESTS, SECONDS, 0, day=day, seed=day)}
    assert {test.subject for test in TESTS} <= seen


def test_a_sample_has_one_test_of_each_role():
    """Assert that an exercise is tried unsolved, solved, answered right and answered wrong."""
    chosen = [test for test in first_tier(TESTS, SECONDS, 0, day=0, seed=5) if test.subject]
    subjects = {test.subject for test in chosen}
    assert subjects
    for subject in subjects:
        roles = [test.role for test in chosen if test.subject == subject]
        assert sorted(roles) == sorted(SAMPLE["exercise"])


def test_what_costs_next_to_nothing_is_always_run():
    """Assert that cheap tests are in every choice, whatever is drawn."""
    chosen = first_tier(TESTS, SECONDS, 0, day=0, seed=5)
    assert sum("test_cheap" in test.id for test in chosen) == 100


def test_shards_are_a_partition_of_equal_parts():
    """Assert that each test is in one shard, that a file stays whole, that none takes longer."""
    parts = [shard(TESTS, SECONDS, number, 4) for number in (1, 2, 3, 4)]
    assert sorted(test.id for part in parts for test in part) == sorted(test.id for test in TESTS)
    prices = [cost(part, SECONDS) for part in parts]
    assert max(prices) <= max(200, sum(prices) / 4 + 10)  # 200: the dearest file alone
    files = [{test.file for test in part if not test.subject} for part in parts]
    assert not any(files[a] & files[b] for a in range(4) for b in range(a))


def test_every_days_draw_of_the_real_tests_fits(tmp_path):
    """Assert on what there is: each day within its time, and first and rest together are all."""
    everything = suite._listed(tmp_path / "list")
    known = json.loads(suite.SECONDS.read_text("utf-8"))
    unknown = {test.key for test in everything} - known.keys()
    assert len(unknown) < 50, "Run: python3 lab.py test --all --keep"
    for day in range(DAYS):
        first = first_tier(everything, known, suite.BUDGET, day=day, seed=day)
        rest = suite._of_tier("rest", everything, first)
        ids = [test.id for test in (*first, *rest)]
        assert len(ids) == len(set(ids)) == len(everything)
        assert cost(first, known) <= suite.BUDGET + 0.001


def test_the_seed_of_a_day_is_its_date():
    """Assert that days follow one another over the end of a month, and that any number will do."""
    assert suite._day(20261201) - suite._day(20261130) == 1
    assert suite._day(7) == 7
