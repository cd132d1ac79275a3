from __future__ import annotations

import asyncio
from datetime import date

import virtual_time
from hypothesis import given
from hypothesis import strategies as st

from harness.running.budget import Budget
from harness.running.record import Record
from harness.systems.base import Answer, Usage

DAY = date(2026, 1, 1)


def record(cents: int, *, cached: bool = False) -> Record:
    answer = Answer("x", usage=Usage(cents, 0))
    return Record("a", "q", DAY, 0, 0, "now", answer, cached=cached)


def cost(found: Record) -> float | None:
    return found.answer.usage.prompt_tokens / 100 or None


async def spend(budget: Budget, prices: list[int], places: int) -> int:
    """How many of the answers, each a second long, were asked by so many at once."""
    left, asked = list(prices), 0

    async def serve() -> None:
        nonlocal asked
        while left and await budget.admit():
            if not left:
                budget.settle(None)
                return
            price = left.pop(0)
            asked += 1
            await asyncio.sleep(1)
            budget.settle(record(price))

    await asyncio.gather(*(serve() for _ in range(places)))
    return asked


@given(st.lists(st.integers(1, 9), min_size=1, max_size=40), st.integers(1, 8), st.integers(1, 200))
def test_the_bound_is_passed_at_most_by_what_an_answer_is_dearer_than_all_before(
    prices: list[int], places: int, cents: int
) -> None:
    budget = Budget(cents / 100, cost)
    asked = virtual_time.run(spend(budget, prices, places))
    assert (
        budget.spent <= cents / 100 + places * (max(prices) - min(prices)) / 100 + max(prices) / 100
    )
    if len(set(prices)) == 1:  # what an answer costs is known after the first
        assert budget.spent <= max(cents, prices[0]) / 100 + 1e-9
        assert asked == min(len(prices), max(1, cents // prices[0]))


def test_the_first_answer_is_asked_alone_and_others_wait_for_its_price() -> None:
    async def scene() -> list[bool]:
        budget = Budget(0.1, cost)
        first = await budget.admit()
        others = [asyncio.create_task(budget.admit()) for _ in range(3)]
        await asyncio.sleep(1)
        assert not any(task.done() for task in others)
        budget.settle(record(5))
        await asyncio.sleep(1)
        admitted = [task.done() for task in others]
        budget.settle(record(5))
        return [first, *admitted, *(await asyncio.gather(*others))]

    assert virtual_time.run(scene()) == [True, True, False, False, True, False, False]


def test_a_cached_answer_costs_nothing_and_a_failure_of_unknown_cost_as_much_as_any() -> None:
    async def scene() -> float:
        budget = Budget(1.0, cost, spent=0.2)
        for found in (record(10), record(10, cached=True), record(0)):
            assert await budget.admit()
            budget.settle(found)
        return budget.spent

    assert virtual_time.run(scene()) == 0.4


def test_what_was_spent_before_counts() -> None:
    assert virtual_time.run(spend(Budget(0.5, cost, spent=0.5), [1], 1)) == 0
