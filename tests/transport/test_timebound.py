from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from virtual_time import run

from harness.transport.deadline import deadline, paused
from harness.transport.timebound import TimeBound


async def ended(seconds: float | None, *pauses: float, restart: bool = False) -> tuple[str, float]:
    """How a task that sleeps so often ends, and when."""
    loop = asyncio.get_running_loop()
    begin = loop.time()
    try:
        with TimeBound(seconds) as bound:
            for pause in pauses:
                await asyncio.sleep(pause)
                if restart:
                    bound.restart()
    except TimeoutError:
        return "late", loop.time() - begin
    return "done", loop.time() - begin


@given(
    st.lists(
        st.tuples(st.integers(0, 40), st.one_of(st.none(), st.integers(1, 40)), st.integers(1, 40)),
        min_size=1,
        max_size=12,
    )
)
@settings(deadline=None, max_examples=60)
def test_each_of_many_ends_when_its_own_time_is_over(
    tasks: list[tuple[int, int | None, int]],
) -> None:
    """Each begins at some second, may take so many, and would take so many."""

    async def one(begin: int, most: int | None, takes: int) -> tuple[str, float]:
        await asyncio.sleep(begin)
        return await ended(most, takes - 0.5)

    async def all_of_them() -> list[tuple[str, float]]:
        return await asyncio.gather(*(one(*task) for task in tasks))

    for (_, most, takes), (how, when) in zip(tasks, run(all_of_them()), strict=True):
        late = most is not None and most < takes - 0.5
        assert how == ("late" if late else "done")
        assert when == pytest.approx(most if late else takes - 0.5)


def test_a_bound_that_begins_anew_counts_the_longest_silence() -> None:
    assert run(ended(3, 2, 2, 2, restart=True)) == ("done", 6)
    assert run(ended(3, 2, 4, 2, restart=True)) == ("late", 5)
    assert run(ended(3, 2, 2, 2)) == ("late", 3)


def test_the_inner_and_the_outer_bound_are_told_apart() -> None:
    async def nested(outer: float, inner: float) -> str:
        try:
            with TimeBound(outer):
                try:
                    with TimeBound(inner):
                        await asyncio.sleep(10)
                except TimeoutError:
                    return "inner"
        except TimeoutError:
            return "outer"
        return "neither"

    assert run(nested(5, 3)) == "inner"
    assert run(nested(3, 5)) == "outer"
    assert run(nested(30, 50)) == "neither"


def test_who_cancels_the_task_is_obeyed() -> None:
    async def cancelled() -> None:
        task = asyncio.create_task(ended(5, 10))
        await asyncio.sleep(1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run(cancelled())


def test_what_is_over_leaves_no_trace() -> None:
    async def twice() -> tuple[str, float]:
        assert await ended(1, 2) == ("late", 1)
        task = asyncio.current_task()
        assert task is not None
        assert task.cancelling() == 0
        return await ended(5, 4)

    assert run(twice()) == ("done", 4)


def test_a_deadline_does_not_run_while_it_is_paused() -> None:
    async def waits(pause: float, works: float) -> str:
        try:
            with deadline(3):
                with paused():
                    await asyncio.sleep(pause)
                await asyncio.sleep(works)
        except TimeoutError:
            return "late"
        return "done"

    assert run(waits(100, 2)) == "done"
    assert run(waits(100, 4)) == "late"


def test_a_bound_outside_of_a_task_is_refused() -> None:
    with pytest.raises(RuntimeError):
        TimeBound(1).__enter__()
