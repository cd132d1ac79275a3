"""The plan: which system answers which question, on which day, in which order.

Days run forward, as the clock does. Within a day the plan is a sequence of *blocks*: one question,
all systems, both in seeded random order, so that a machine that warms up or slows down does so
for every system alike and each pair of answers is given within moments (a randomised complete
block design; Montgomery, Design and Analysis of Experiments, ch. 4).
"""

from __future__ import annotations

import random
from array import array
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar, overload

from harness.errors import ConfigError
from harness.running.record import RecordKey
from harness.world.questions import Question

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Task:
    """One answer to be had; `position` counts from 0 through the whole plan."""

    position: int
    system: str
    question_id: str
    day: date
    repeat: int

    @property
    def key(self) -> RecordKey:
        """The key of the record that this task becomes."""
        return self.system, self.question_id, self.day.isoformat(), self.repeat


class Plan(Sequence[Task]):
    """Tasks in the order in which they are carried out, each made when it is looked at.

    Of `passes` over all of `ids`, one a day and repeat, each block is kept as the index of its question
    in `asked`, and the systems that then answer as their indices in `order`: there may be 100,000
    tasks, and whole they would take more room than anything else about them.
    """

    def __init__(
        self,
        ids: Sequence[str],
        systems: Sequence[str],
        passes: Sequence[tuple[date, int]],
        asked: array[int],
        order: array[int],
    ) -> None:
        self._ids = ids
        self._systems = systems
        self._passes = passes
        self._asked = asked
        self._order = order

    def __len__(self) -> int:
        return len(self._order)

    @overload
    def __getitem__(self, place: int) -> Task: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Task, ...]: ...
    def __getitem__(self, place: int | slice) -> Task | tuple[Task, ...]:
        """One task, or some."""
        positions = range(len(self))[place]
        if isinstance(positions, range):
            return tuple(map(self._task, positions))
        return self._task(positions)

    def __iter__(self) -> Iterator[Task]:
        return map(self._task, range(len(self)))

    def __eq__(self, other: object) -> bool:
        """Whether the same is done in the same order."""
        return isinstance(other, Plan) and tuple(self) == tuple(other)

    __hash__ = None  # type: ignore[assignment]  # as of a list

    def _task(self, position: int) -> Task:
        block = position // len(self._systems)
        day, repeat = self._passes[block // len(self._ids)]
        system = self._systems[self._order[position]]
        return Task(position, system, self._ids[self._asked[block]], day, repeat)


def make_plan(
    questions: Iterable[Question],
    days: Sequence[date],
    systems: Sequence[str],
    repeats: int,
    seed: int,
    *,
    grouped: bool = False,
) -> Plan:
    """Every question, day, system and repeat combined once, days in order, interleaved.

    A day's order depends on the seed and that day alone: another day in the run changes nothing.
    A repeat is a new pass over all questions, so that repeats of one question lie far apart.
    `grouped`: groups of questions in random order, each asked whole before the next.
    Raises `ConfigError` when there is nothing to plan.
    """
    questions = tuple(questions)
    ids = [question.id for question in questions]
    for what, values in (("questions", ids), ("days", days), ("systems", systems)):
        _check(what, values)
    if repeats < 1:
        raise ConfigError(f"repeats must be at least 1, not {repeats}")
    passes = [(day, repeat) for day in sorted(days) for repeat in range(repeats)]
    asked, order = array("I"), array("I")
    for day in sorted(days):
        rng = random.Random(f"plan/{seed}/{day}")  # noqa: S311  (an order, no secret)
        for _ in range(repeats):
            for index in _by_groups(questions, rng) if grouped else _shuffled(range(len(ids)), rng):
                asked.append(index)
                order.extend(_shuffled(range(len(systems)), rng))
    return Plan(ids, systems, passes, asked, order)


def _by_groups(questions: Sequence[Question], rng: random.Random) -> list[int]:
    groups: dict[str, list[int]] = defaultdict(list)
    for index, question in enumerate(questions):
        groups[question.cluster].append(index)
    order = _shuffled(list(groups), rng)
    return [index for group in order for index in _shuffled(groups[group], rng)]


def _shuffled(items: Sequence[_T], rng: random.Random) -> list[_T]:
    return rng.sample(items, len(items))


def sample_questions(
    questions: Iterable[Question], limit: int | None, seed: int
) -> tuple[Question, ...]:
    """At most `limit` questions, drawn by whole groups and in proportion to the kinds.

    Groups are shuffled within their kind (the kind of a group's first question) and taken one by
    one from the kind that is furthest behind its share (Webster's method, weighted by questions);
    a group that no longer fits is passed over. The questions keep their order. All are taken when
    `limit` is None. Raises `ConfigError` when no group fits.
    """
    asked = tuple(questions)
    if limit is None or limit >= len(asked):
        return asked
    if limit < 1:
        raise ConfigError(f"limit must be at least 1, not {limit}")
    groups: dict[str, list[Question]] = defaultdict(list)
    for question in asked:
        groups[question.cluster].append(question)
    strata: dict[str, list[list[Question]]] = defaultdict(list)
    for group in groups.values():
        strata[group[0].kind].append(group)
    rng = random.Random(f"sample/{seed}")  # noqa: S311  (a sample, no secret)
    for stratum in strata.values():
        rng.shuffle(stratum)
    share = {kind: sum(map(len, stratum)) for kind, stratum in strata.items()}
    taken = dict.fromkeys(strata, 0)
    chosen: set[str] = set()
    while strata:
        kind = min(strata, key=lambda kind: ((taken[kind] + 0.5) / share[kind], kind))
        group = strata[kind].pop()
        if not strata[kind]:
            del strata[kind]
        if len(chosen) + len(group) <= limit:
            chosen.update(question.id for question in group)
            taken[kind] += len(group)
    if not chosen:
        smallest = min(map(len, groups.values()))
        raise ConfigError(
            f"limit {limit} is less than the smallest group of questions ({smallest}), "
            "and groups are never split"
        )
    return tuple(question for question in asked if question.id in chosen)


def _check(what: str, values: Sequence[Hashable]) -> None:
    if not values:
        raise ConfigError(f"a run needs {what}, and there are none")
    if len(set(values)) != len(values):
        twice = next(value for i, value in enumerate(values) if value in values[:i])
        raise ConfigError(f"{what}: {twice} is there twice")
