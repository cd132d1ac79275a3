"""Requests that wait for worker processes: real ones, so nothing is said of how long they take."""

from __future__ import annotations

import asyncio
import threading
from itertools import pairwise
from pathlib import Path

import pytest
import scripted
from queueing import ASKED, load_folder, one_after_another

from harness.errors import RunError
from harness.running.arms import Arm
from harness.running.load.folder import LoadedTest, read_load_test
from harness.running.load.generator import LoadOptions, LoadTest
from harness.running.load.servers import LoopServers, make_servers
from harness.systems.function import FunctionSystem


def carry_out(
    path: Path, arm: Arm, *, workers: int = 1, deadline: float | None = 60.0
) -> LoadedTest:
    """Two hundred requests a second, far more than the scripted system can answer."""

    async def work() -> None:
        with load_folder(path) as folder, (path / "log").open("wb") as log:
            servers = make_servers(
                arm, workers=workers, in_flight=1000, deadline=deadline, log=log, note=folder.note
            )
            options = LoadOptions("constant", requests=60, seconds=0.0, alone=7)
            following = one_after_another(200.0)
            await LoadTest(folder, servers, tuple(ASKED), following, options=options).run()

    asyncio.run(work())
    return read_load_test(path)


def test_requests_wait_in_order_of_arrival_and_their_wait_is_in_the_total(tmp_path: Path) -> None:
    loaded = carry_out(tmp_path / "t", scripted.arm("simulated", pause=0.01))
    closed, step = loaded.steps
    assert all(a.done <= b.intended for a, b in pairwise(closed.samples))
    assert len(step.samples) == 60
    for sample in step.samples:
        assert sample.failure == ""
        assert sample.total >= sample.late + sample.queue + 0.01
    begun = [sample.intended + sample.late + sample.queue for sample in step.samples]
    assert all(earlier < later for earlier, later in pairwise(begun))
    # one at a time: the last one waited while the 59 before it took ten milliseconds each
    assert step.samples[-1].done >= 0.6
    assert step.samples[-1].queue >= 0.6 - 59 / 200 - step.samples[-1].late - 0.011


def test_two_workers_serve_one_queue(tmp_path: Path) -> None:
    loaded = carry_out(tmp_path / "t", scripted.arm("simulated", pause=0.01), workers=2)
    step = loaded.steps[1]
    spans = sorted((s.intended + s.late + s.queue, s.done) for s in step.samples)
    overlapping = sum(later[0] < earlier[1] for earlier, later in pairwise(spans))
    assert overlapping > 0
    assert all(
        c[0] >= min(a[1], b[1]) - 1e-6 for a, b, c in zip(spans, spans[1:], spans[2:], strict=False)
    )


def test_a_question_that_kills_its_worker_is_an_outcome_and_noted(tmp_path: Path) -> None:
    loaded = carry_out(
        tmp_path / "t", scripted.arm("simulated", fault="dies_once", marker=tmp_path)
    )
    assert all(sample.failure == "" for step in loaded.steps for sample in step.samples)
    (note,) = loaded.notes
    assert "a worker died (SIGKILL)" in note


@pytest.mark.parametrize("make", [scripted.arm, scripted.waiting])
@pytest.mark.parametrize("fault", ["make", "prepare"])
def test_a_system_that_cannot_be_made_or_prepared_is_named(
    tmp_path: Path, make: object, fault: str
) -> None:
    with pytest.raises(RunError, match=r"system 'simulated'.*no such"):
        carry_out(tmp_path / "t", make("simulated", fault=fault))  # type: ignore[operator]


def test_plain_functions_in_the_loop_do_not_wait_for_one_another() -> None:
    """Forty at once meet at a barrier: a smaller pool of threads would be a queue nobody sees."""
    met = threading.Barrier(40, timeout=60)

    def function(_question: object, _day: object) -> str:
        met.wait()
        return "met"

    async def work() -> list[str | None]:
        system = FunctionSystem("f", function)
        servers = LoopServers(Arm("f", lambda: system, "loop"), 40, seconds=None)
        await servers.make()
        await servers.prepare(scripted.DAYS[0])

        async def one() -> str | None:
            async with servers.turn() as answer:
                return (await answer(next(iter(ASKED)))).text

        return list(await asyncio.gather(*(one() for _ in range(40))))

    assert asyncio.run(work()) == ["met"] * 40
