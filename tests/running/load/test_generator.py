"""The load generator against simulated servers in virtual time: nothing here depends on a machine."""

from __future__ import annotations

import asyncio
from datetime import date
from pathlib import Path

import pytest
from queueing import OneServer, carry_out, only_step

from harness.errors import RunError, RunInterruptedError
from harness.running.load.folder import read_load_test
from harness.running.load.generator import LoadTest
from harness.running.load.sample import SHED
from harness.running.progress import Progress
from harness.scoring.limits import LatencyLimits
from harness.statistics.load import figures, step_figures
from harness.statistics.saturation import next_rate, saturation
from harness.systems.base import Answer, Timing
from harness.world.questions import Question

NO_LIMITS = LatencyLimits()


def constant(seconds: float) -> OneServer:
    return OneServer(lambda: seconds)


def test_requests_are_sent_at_their_times_whether_or_not_earlier_ones_are_answered(
    tmp_path: Path,
) -> None:
    """One server, a second a request, four requests a second: the i-th waits for all before it."""
    loaded = carry_out(tmp_path / "t", constant(1.0), [4], requests=20, arrivals="constant")
    step = only_step(loaded)
    assert step.seconds == 5.0
    for i, sample in enumerate(step.samples):
        assert sample.position == i
        assert sample.intended == i / 4
        assert sample.late == 0
        assert sample.done == pytest.approx(i + 1)
        assert sample.total == pytest.approx(i + 1 - i / 4)
        assert sample.to_first_token == pytest.approx(sample.total - 0.5)
        assert sample.per_token == pytest.approx(0.05)
        assert sample.failure == ""
    # three of four that arrive are still there when the next one comes
    assert [sample.in_flight for sample in step.samples][:5] == [0, 1, 2, 3, 3]


def test_a_step_lasts_until_both_requests_and_seconds_are_reached(tmp_path: Path) -> None:
    few = carry_out(tmp_path / "a", constant(0.01), [2], requests=10, seconds=30.0)
    many = carry_out(tmp_path / "b", constant(0.01), [2], requests=200, seconds=1.0)
    assert only_step(few).seconds >= 30
    assert len(only_step(few).samples) > 10
    assert len(only_step(many).samples) == 200


def test_the_mean_of_a_queue_is_that_of_pollaczek_and_khinchine(tmp_path: Path) -> None:
    """M/D/1: waiting is rho S / 2 (1 - rho) on average, with a load rho and a service of S."""
    seconds, load = 0.01, 0.7
    loaded = carry_out(tmp_path / "t", constant(seconds), [load / seconds], requests=12000)
    mean = step_figures(only_step(loaded), NO_LIMITS, seed=1).latency["mean"]
    assert mean.low is not None
    assert mean.high is not None
    expected = seconds + load * seconds / (2 * (1 - load))
    assert mean.low < expected < mean.high
    assert mean.high - mean.low < 0.2 * expected


def test_a_stall_shows_in_the_open_loop_and_hides_in_the_closed_one(tmp_path: Path) -> None:
    """The server stands still for one second in ten: an eighth of all askers are affected."""
    system = OneServer(lambda: 0.01, every=10.0, stall=1.0)
    loaded = carry_out(tmp_path / "t", system, [20], requests=6000, alone=6000, arrivals="constant")
    closed, opened = figures(loaded.steps, LatencyLimits(total=0.1), seed=1)
    assert closed.verdict == "closed"
    assert closed.latency["p99"].value == pytest.approx(0.01)
    assert closed.within.low is not None
    assert closed.within.low > 0.99
    assert opened.latency["p95"].low is not None
    assert opened.latency["p95"].low > 0.3
    assert opened.within.high is not None
    assert opened.within.high < 0.95


@pytest.mark.parametrize("arrivals", ["constant", "poisson"])
def test_a_sweep_finds_the_rate_at_which_the_server_is_busy_all_the_time(
    tmp_path: Path, arrivals: str
) -> None:
    def following(steps: object) -> float | None:
        return next_rate(figures(steps, NO_LIMITS, seed=1), 1.5)  # type: ignore[arg-type]

    loaded = carry_out(tmp_path / "t", constant(0.1), following, requests=600, arrivals=arrivals)
    found = saturation(figures(loaded.steps, NO_LIMITS, seed=1))
    assert found.low is not None
    assert found.high is not None
    assert found.low <= 10 <= found.high
    assert found.high / found.low < 1.5
    assert found.served is not None
    assert found.served.value == pytest.approx(10, rel=0.01)


def test_more_than_the_safety_limit_is_shed_and_stays_in_the_denominator(tmp_path: Path) -> None:
    loaded = carry_out(
        tmp_path / "t", constant(1.0), [10], requests=100, arrivals="constant", in_flight=8
    )
    step = only_step(loaded)
    shed = [sample for sample in step.samples if sample.failure == SHED]
    assert len(step.samples) == 100
    assert len(shed) == 100 - 8 - 9  # one leaves in each of the nine further seconds
    assert {sample.total for sample in shed} == {0.0}
    assert max(sample.in_flight for sample in step.samples) == 8
    found = step_figures(step, NO_LIMITS, seed=1)
    assert found.verdict == "grows"
    assert found.within.n == found.requests
    assert found.within.value == pytest.approx(1 - found.failures[SHED] / found.requests)


class Blocking(OneServer):
    """Computes in the event loop for `seconds`, which nothing in the loop can do beside it."""

    async def answer(self, question: Question, _day: date) -> Answer:
        loop = asyncio.get_running_loop()
        loop._now += self._seconds()  # type: ignore[attr-defined]
        return Answer(question.id)


def test_a_client_that_is_late_counts_from_the_intended_start_and_says_so(tmp_path: Path) -> None:
    loaded = carry_out(
        tmp_path / "t", Blocking(lambda: 0.1), [20], requests=100, arrivals="constant"
    )
    step = only_step(loaded)
    # each takes twice the gap: the last one is sent 99 gaps later than intended
    assert step.samples[-1].late == pytest.approx(99 * 0.05, abs=0.2)
    assert step.samples[-1].total == pytest.approx(99 * 0.05 + 0.1, abs=0.2)
    assert step.lag.worst is not None
    assert step.lag.worst > 0.09
    found = step_figures(step, NO_LIMITS, seed=1)
    assert found.client_bound
    assert found.late > 1


def test_the_lag_has_every_tick_that_a_blocked_loop_missed(tmp_path: Path) -> None:
    loaded = carry_out(tmp_path / "t", Blocking(lambda: 1.0), [0.25], requests=20, seconds=80.0)
    lag = only_step(loaded).lag
    assert lag.p50 == pytest.approx(0, abs=1e-9)  # three seconds of four nothing blocks
    assert lag.p99 is not None
    assert lag.p99 > 0.9
    assert lag.ticks > 7000


class Faulty(OneServer):
    """Fails every third request, each time in another way."""

    def __init__(self) -> None:
        super().__init__(lambda: 0.01)
        self._asked = 0

    async def answer(self, question: Question, day: date) -> Answer:
        self._asked += 1
        if self._asked % 9 == 3:
            raise LookupError("planted")
        if self._asked % 9 == 6:
            await asyncio.sleep(1000)
        if self._asked % 9 == 0:
            return Answer("x", timing=Timing(first_token=float("nan")))
        return await super().answer(question, day)


def test_whatever_a_system_does_is_the_outcome_of_that_request(tmp_path: Path) -> None:
    loaded = carry_out(tmp_path / "t", Faulty(), [10], requests=90, alone=1, deadline=5.0)
    step = only_step(loaded)
    kinds = [sample.failure for sample in step.samples]
    assert len(kinds) == 90
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {
        "": 60,
        "error": 10,
        "timeout": 10,
        "invalid_answer": 10,
    }
    timeouts = [sample for sample in step.samples if sample.failure == "timeout"]
    assert all(sample.total == pytest.approx(5.0) for sample in timeouts)
    found = step_figures(step, NO_LIMITS, seed=1)
    assert found.failed == sum(found.failures.values())
    assert found.latency["p95"].value is None  # a third of all never got an answer
    assert found.latency["mean"].value is None


def test_a_system_that_answers_nothing_ends_the_test_at_once(tmp_path: Path) -> None:
    class Dead(OneServer):
        async def answer(self, _question: Question, _day: date) -> Answer:
            raise LookupError("no such model")

    with pytest.raises(RunError, match="none of 5 questions was answered: LookupError: no such"):
        carry_out(tmp_path / "t", Dead(lambda: 1.0), [1])


def test_the_same_seed_asks_the_same_at_the_same_times(tmp_path: Path) -> None:
    def asked(path: Path, seed: int) -> list[tuple[str, float]]:
        loaded = carry_out(path, constant(0.01), [5, 7], requests=50, seed=seed)
        return [(s.question_id, s.intended) for step in loaded.steps[1:] for s in step.samples]

    assert asked(tmp_path / "a", 3) == asked(tmp_path / "b", 3)
    assert asked(tmp_path / "c", 4) != asked(tmp_path / "a2", 3)


def test_an_interrupted_test_keeps_the_steps_that_were_finished(tmp_path: Path) -> None:
    def progress(event: Progress) -> None:
        if event.phase == "answer" and event.message == "asking 11 a second" and event.done == 20:
            interrupt()

    started: list[LoadTest] = []

    def interrupt() -> None:
        started[0].interrupt()

    with pytest.raises(RunInterruptedError, match=r"2 steps were finished .*load --from"):
        carry_out(
            tmp_path / "t", constant(0.5), [10, 11], requests=50, progress=progress, started=started
        )
    loaded = read_load_test(tmp_path / "t")
    assert [len(step.samples) for step in loaded.steps] == [5, 50]
    (note,) = loaded.notes
    assert note.startswith("the last step was not finished; its ")
    assert loaded.manifest.finished is None
