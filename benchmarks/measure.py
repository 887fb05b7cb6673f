"""Seconds of two sides that take turns, so that a busy minute of the machine hits both."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Side:
    """One way to do it: what is done, and the seconds of each repetition."""

    what: str
    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)


@dataclass(frozen=True)
class Aim:
    """What a row should reach, in words and as a test."""

    text: str
    test: Callable[["Row"], bool]


@dataclass(frozen=True)
class Row:
    """The lab's way, the plain alternative to it, and the aim if there is one."""

    ours: Side
    plain: Side
    aim: Aim | None = None

    @property
    def ratio(self) -> float:
        """Below 1 the lab is the quicker one."""
        return self.ours.median / self.plain.median


# The aims are those of issue 2, section 7.
UNDER_A_TENTH = Aim("ratio under 0.1", lambda row: row.ratio < 0.1)
WITHIN_A_SECOND = Aim("within 1 s", lambda row: row.ours.median <= 1)


def seconds(action: Callable[[], object]) -> float:
    """How long an action takes."""
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def in_turn(
    times: int, ours: Callable[[], float], plain: Callable[[], float]
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Call both sides `times` times; each call gives its own seconds.

    Who goes first changes every time: the first may find a colder cache.
    """
    taken: dict[Callable, list[float]] = {ours: [], plain: []}
    for number in range(times):
        for side in (ours, plain) if number % 2 == 0 else (plain, ours):
            taken[side].append(side())
    return tuple(taken[ours]), tuple(taken[plain])
