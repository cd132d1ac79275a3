from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import queues

from harness.running.load.lag import Lag
from harness.running.load.sample import SHED, Sample, Step
from harness.scoring.limits import LatencyLimits
from harness.statistics.estimate import Estimate
from harness.statistics.load import GROWING, TOO_SHORT, UNTOLD, figures, step_figures

NO_LIMITS = LatencyLimits()


def covers(estimate: Estimate, truth: float) -> bool:
    assert estimate.low is not None
    assert estimate.high is not None
    return estimate.low <= truth <= estimate.high


@pytest.mark.parametrize(("service", "load"), [("D", 0.3), ("D", 0.6), ("M", 0.5)])
def test_intervals_hold_the_truth_of_a_queue(service: str, load: float) -> None:
    """Quantiles and shares of queues whose long-run figures come from a run a hundred times as long."""
    _, long = queues.times(300_000, load, np.random.default_rng(5), service=service)
    truth = {name: np.quantile(long[5000:], q) for name, q in (("p50", 0.5), ("p95", 0.95))}
    limits = LatencyLimits(total=float(np.quantile(long[5000:], 0.9)))
    rng = np.random.default_rng(6)
    runs, hits = 60, {"p50": 0, "p95": 0, "within": 0}
    for _ in range(runs):
        found = step_figures(queues.step(2500, load, rng, service=service), limits, seed=1)
        hits["within"] += covers(found.within, 0.9)
        for name, value in truth.items():
            hits[name] += covers(found.latency[name], float(value))
    # at 93 % coverage fewer than 50 of 60 happen less than once in a hundred times
    assert min(hits.values()) >= 50, hits


def test_near_saturation_a_short_step_has_no_percentile_and_says_what_it_takes() -> None:
    found = step_figures(queues.step(500, 0.9, np.random.default_rng(7)), NO_LIMITS, seed=1)
    assert found.latency["p50"].value is None
    assert found.latency["p50"].method == TOO_SHORT
    assert found.needed > 500
    assert found.within.value == 1.0


def test_where_the_backlog_grows_no_latency_is_stated() -> None:
    found = step_figures(queues.step(500, 1.5, np.random.default_rng(8)), NO_LIMITS, seed=1)
    assert found.verdict == "grows"
    assert {estimate.method for estimate in found.latency.values()} == {GROWING}
    assert covers(found.reached, 1.0)


def spread(n: int = 400) -> tuple[list[float], list[float]]:
    """Steady arrivals, ten a second, with times from 0.1 to 0.2 s in no order."""
    rng = np.random.default_rng(9)
    return [i / 10 for i in range(n)], list(rng.uniform(0.1, 0.2, n))


def test_a_failed_request_is_infinitely_slow_and_never_left_out() -> None:
    at, totals = spread()
    failures = dict.fromkeys(range(0, 400, 25), "timeout")  # 4 %
    step = queues.made_of(at, totals, 10.0, seconds=40.0, failures=failures)
    found = step_figures(step, LatencyLimits(total=0.5), seed=1)
    assert found.within.value == pytest.approx(1 - found.failed / found.requests)
    assert found.latency["p95"].value is not None
    assert found.latency["p95"].high == math.inf
    assert found.latency["mean"].value is None
    failures = dict.fromkeys(range(0, 400, 15), "timeout")  # 6.7 %
    step = queues.made_of(at, totals, 10.0, seconds=40.0, failures=failures)
    found = step_figures(step, LatencyLimits(total=0.5), seed=1)
    assert found.latency["p95"].value is None
    assert found.latency["p95"].method == "more than 5% of the requests failed"
    assert found.latency["p50"].value is not None


def test_p99_takes_enough_requests() -> None:
    at, totals = spread(250)
    short = step_figures(queues.made_of(at, totals, 10.0, seconds=25.0), NO_LIMITS, seed=1)
    at, totals = spread(2000)
    long = step_figures(queues.made_of(at, totals, 10.0, seconds=200.0), NO_LIMITS, seed=1)
    assert short.latency["p99"].value is None
    assert long.latency["p99"].value is not None


def test_goodput_is_the_share_within_limits_of_what_is_asked() -> None:
    at, totals = spread()
    step = queues.made_of(at, totals, 10.0, seconds=40.0)
    found = step_figures(step, LatencyLimits(total=0.15), seed=1)
    assert found.within.value == pytest.approx(0.5, abs=0.08)
    assert found.goodput.value == pytest.approx(10 * (found.within.value or 0))
    assert found.verdict == "holds"


def test_a_shed_request_means_that_the_backlog_grew_beyond_the_limit() -> None:
    at, totals = spread()
    step = queues.made_of(at, totals, 10.0, seconds=40.0, failures={300: SHED})
    assert step_figures(step, NO_LIMITS, seed=1).verdict == "grows"


def test_a_rate_at_which_fewer_meet_the_limits_gains_nothing() -> None:
    at, totals = spread()
    limits = LatencyLimits(total=0.5)
    slow = queues.made_of(at, totals, 10.0, seconds=40.0)
    fast = queues.made_of(
        [t / 2 for t in at], [t * 2 for t in totals], 20.0, seconds=20.0, number=2
    )
    assert [step.verdict for step in figures([slow, fast], limits, seed=1)] == ["holds", "holds"]
    worse = queues.made_of(
        [t / 2 for t in at], [t * 3 for t in totals], 20.0, seconds=20.0, number=2
    )
    found = figures([worse, slow], LatencyLimits(total=0.32), seed=1)
    assert [step.verdict for step in found] == ["no gain", "holds"]


@pytest.mark.parametrize(
    ("lag", "late", "bound"),
    [
        (Lag(1000, 0.0, 0.001, 0.5), 0.001, False),
        (Lag(1000, 0.001, 0.02, 0.5), 0.0, True),
        (Lag(1000, 0.0, 0.001, 0.5), 0.02, True),
        (Lag(), 0.0, False),
    ],
)
def test_the_client_is_the_bottleneck_from_a_tenth_of_the_median_on(
    lag: Lag, late: float, bound: bool
) -> None:
    at, totals = spread()
    step = queues.made_of(at, totals, 10.0, seconds=40.0, lag=lag)
    samples = tuple(
        Sample(1, s.position, s.question_id, s.intended, late, s.total) for s in step.samples
    )
    step = Step(1, "open", 10.0, "poisson", 40.0, "", lag, samples)
    assert step_figures(step, NO_LIMITS, seed=1).client_bound is bound


def test_limits_on_tokens_are_judged_only_where_the_system_tells_its_stages() -> None:
    at, totals = spread()
    found = step_figures(
        queues.made_of(at, totals, 10.0, seconds=40.0), LatencyLimits(ttft=0.1), seed=1
    )
    assert found.within.value is None
    assert "does not tell its first token" in found.within.method
    assert found.goodput.value is None


def test_times_to_and_between_tokens_are_those_of_the_samples() -> None:
    """Half a second of decoding, ten tokens after the first; a queue's totals otherwise."""
    step = queues.step(1500, 0.3, np.random.default_rng(11))
    samples = tuple(replace(s, decode=0.5, completion_tokens=11) for s in step.samples)
    found = step_figures(replace(step, samples=samples), NO_LIMITS, seed=1)
    assert found.tpot["p50"].value == found.tpot["p95"].value == pytest.approx(0.05)
    for name in ("p50", "p95"):
        assert found.ttft[name].value == pytest.approx((found.latency[name].value or 0.0) - 0.5)


def test_a_failure_is_infinitely_slow_to_its_first_token() -> None:
    at, totals = spread()
    failures = dict.fromkeys(range(0, 400, 10), "timeout")
    step = queues.made_of(at, totals, 10.0, seconds=40.0, failures=failures)
    samples = tuple(replace(s, decode=None if s.failure else 0.05) for s in step.samples)
    found = step_figures(replace(step, samples=samples), NO_LIMITS, seed=1)
    assert found.ttft["p50"].value is not None
    assert found.ttft["p95"].method == "more than 5% of the requests failed"


def test_one_answer_that_does_not_tell_leaves_no_figure_of_its_tokens() -> None:
    step = queues.step(500, 0.3, np.random.default_rng(12))
    samples = tuple(replace(s, decode=0.5 if s.position else None) for s in step.samples)
    found = step_figures(replace(step, samples=samples), NO_LIMITS, seed=1)
    assert {estimate.method for estimate in (*found.ttft.values(), *found.tpot.values())} == {
        UNTOLD
    }
