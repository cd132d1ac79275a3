"""Lag by a clock that is moved by hand: a loop that stands still while its time goes on."""

from __future__ import annotations

import asyncio
from datetime import date
from functools import partial
from pathlib import Path

import pytest
import scripted
from virtual_time import VirtualLoop

from harness.running.arms import Arm
from harness.running.folder import RunFolder, load_run
from harness.running.lag import LagMeter, LoopLag
from harness.running.runner import Runner
from harness.systems.base import Answer
from harness.world.questions import Question, QuestionSet


class StallingLoop(VirtualLoop):
    """Virtual time, of which a part can pass while nothing else runs."""

    def stall(self, seconds: float) -> None:
        self._now += seconds


def measured(*work: tuple[str, float]) -> LoopLag | None:
    """What a meter says of a loop that rests or stalls for so many seconds, in that order."""

    async def scene() -> LoopLag | None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, StallingLoop)
        meter = LagMeter()
        with meter:
            for kind, seconds in work:
                if kind == "rest":
                    await asyncio.sleep(seconds)
                else:
                    loop.stall(seconds)
                    await asyncio.sleep(0)
        await asyncio.sleep(10)  # nothing is noted once it is over
        return meter.lag(["a"])

    with asyncio.Runner(loop_factory=StallingLoop) as runner:
        return runner.run(scene())


def test_a_loop_that_is_never_late_has_no_lag() -> None:
    lag = measured(("rest", 1.01))
    assert lag is not None
    assert (lag.systems, lag.ticks) == (("a",), 20)
    assert lag.worst == pytest.approx(0, abs=1e-9)


def test_a_stall_is_late_for_every_wake_up_that_fell_into_it() -> None:
    lag = measured(("rest", 0.51), ("stall", 0.5), ("rest", 0.51))
    assert lag is not None
    assert lag.ticks == 30
    assert lag.worst == pytest.approx(0.46)
    late = [0.46 - 0.05 * i for i in range(10)]  # ten were due while it stood still
    assert lag.p50 == pytest.approx(0)
    assert lag.p99 == pytest.approx(max(late))


def test_one_long_stall_is_no_rare_event() -> None:
    lag = measured(("rest", 0.01), ("stall", 1.0), ("rest", 0.5))
    assert lag is not None
    assert lag.p50 > 0.2


def test_a_time_too_short_for_a_wake_up_tells_nothing() -> None:
    assert measured(("rest", 0.01)) is None


def test_the_meter_goes_on_where_it_is_entered_again() -> None:
    async def scene() -> LoopLag | None:
        meter = LagMeter()
        for _ in range(2):
            with meter:
                await asyncio.sleep(0.11)
            await asyncio.sleep(5)
        return meter.lag([])

    with asyncio.Runner(loop_factory=StallingLoop) as runner:
        lag = runner.run(scene())
    assert lag is not None
    assert lag.ticks == 4


class Stalling(scripted.Waiting):
    """Takes a fifth of a second, and once keeps the whole loop for half of one."""

    async def answer(self, question: Question, day: date) -> Answer:
        await asyncio.sleep(0.2)
        if question.id == scripted.VICTIM:
            loop = asyncio.get_running_loop()
            assert isinstance(loop, StallingLoop)
            loop.stall(0.5)
        return Answer(f"late on {day}")


def carried_out(folder: RunFolder, asked: QuestionSet, arms: list[Arm]) -> None:
    with folder, asyncio.Runner(loop_factory=StallingLoop) as runner:
        runner.run(Runner(folder, scripted.plan(asked, arms), asked, arms).run())


def test_a_run_keeps_its_lag_session_by_session_and_names_whom_it_touches(tmp_path: Path) -> None:
    asked = scripted.questions(6)
    arms = [Arm("a", partial(Stalling, "a"), "loop"), Arm("b", partial(Stalling, "b"), "loop")]
    carried_out(scripted.create(tmp_path / "run", asked, arms), asked, arms)
    (first,) = load_run(tmp_path / "run").manifest.loop_lag
    assert first.systems == ("a", "b")
    assert 0.4 < first.worst <= 1
    assert first.p50 == pytest.approx(0, abs=1e-9)

    journal = tmp_path / "run" / "records.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(lines[:-1]))
    carried_out(RunFolder.open(tmp_path / "run"), asked, arms)
    assert load_run(tmp_path / "run").manifest.loop_lag[0] == first
    assert len(load_run(tmp_path / "run").manifest.loop_lag) == 2
