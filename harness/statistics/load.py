"""The figures of a load test, one row for each step.

Everything here is a pure function of the stored samples and the limits.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from harness.running.load.lag import Lag
from harness.running.load.sample import SHED, Sample, Step
from harness.scoring.limits import LatencyLimits
from harness.statistics.estimate import Estimate
from harness.statistics.intervals import Floats, mean, quantile, rate
from harness.statistics.steady import (
    QUANTILE_BLOCK,
    SHARE_BLOCK,
    Steady,
    backlog_growth,
    events_per_second,
    steady_part,
)

__all__ = ["StepFigures", "Verdict", "figures", "step_figures"]

Verdict = Literal["holds", "grows", "no gain", "unclear", "closed"]
"""What becomes of the requests under way at a rate.

`grows`: they grow without bound, or one was shed. `no gain`: fewer requests a second meet the limits
than at a lower rate, beyond doubt. `holds`: they grow by less than a tenth of what arrives. `unclear`:
the step was too short to tell. `closed`: a closed loop cannot tell.
"""

QUANTILES: Final[Mapping[str, float]] = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
TOKEN_QUANTILES: Final[Mapping[str, float]] = {"p50": 0.5, "p95": 0.95}
GROWING: Final = "the requests under way grew throughout, so that no latency is steady"
UNSETTLED: Final = "no end of the warm-up was found"
TOO_SHORT: Final = "one slow request slows its neighbours, and the step was too short for that"
"""Why a step has no quantiles."""
UNTOLD: Final = "the system does not tell its first token"
"""Why a step has no quantiles of the time to the first token and of that for each after it."""

_TOLERATED_GROWTH: Final = 0.1
_CLIENT_SHARE: Final = 0.1


@dataclass(frozen=True, slots=True)
class StepFigures:
    """What one step came to, its warm-up cut off; times are seconds.

    `latency` has p50, p95, p99 and the mean of the times from the intended start, `ttft` p50 and p95
    of those to the first token, `tpot` of the mean time for each token after it; `queue` is p95 of
    the waiting in the client. A request that failed counts as infinitely slow in all. `reached` are
    answers a second, `within` is the share of requests that met all limits, and `goodput` those a
    second. `late` is p99 of how late the client sent. `failures` counts by kind, what was shed
    included; `slowest_cut` is the worst time that was cut off.
    """

    number: int
    rate: float | None
    requests: int
    cut: int
    slowest_cut: float | None
    needed: int
    failures: Mapping[str, int]
    latency: Mapping[str, Estimate]
    ttft: Mapping[str, Estimate]
    tpot: Mapping[str, Estimate]
    queue: Estimate
    reached: Estimate
    within: Estimate
    goodput: Estimate
    growth: Estimate
    lag: Lag
    late: float
    client_bound: bool
    verdict: Verdict

    @property
    def failed(self) -> int:
        """Requests without an answer."""
        return sum(self.failures.values())


def figures(steps: Sequence[Step], limits: LatencyLimits, *, seed: int) -> tuple[StepFigures, ...]:
    """The figures of all steps, in their order; each open one judged against those of lower rates."""
    found = [step_figures(step, limits, seed=seed) for step in steps]
    return tuple(replace(step, verdict=_verdict(step, found)) for step in found)


def step_figures(step: Step, limits: LatencyLimits, *, seed: int) -> StepFigures:
    """The figures of one step; its verdict does not know other steps."""
    times = np.array([_slow(sample, sample.total) for sample in step.samples])
    part = steady_part(times) if step.loop == "open" else None
    cut = part.cut if part is not None else 0
    kept, cut_times = step.samples[cut:], times[:cut]
    begin = kept[0].intended if cut else 0.0
    growth = _growth(step, begin)
    quantiles = _Quantiles.of(part, growth, len(kept))
    within = _within(kept, limits, _clusters(part, len(kept), SHARE_BLOCK))
    late = float(np.quantile([s.late for s in kept], 0.99, method="inverted_cdf")) if kept else 0.0
    answered = [sample.done for sample in step.samples if not sample.failure]
    found = StepFigures(
        number=step.number,
        rate=step.rate,
        requests=len(kept),
        cut=cut,
        slowest_cut=float(cut_times.max()) if cut else None,
        needed=part.needed if part is not None else len(kept),
        failures=dict(Counter(sample.failure for sample in kept if sample.failure)),
        latency={
            **{name: quantiles.estimate(times[cut:], q) for name, q in QUANTILES.items()},
            "mean": quantiles.mean(times[cut:], seed=seed),
        },
        ttft=quantiles.told(kept, lambda sample: sample.to_first_token),
        tpot=quantiles.told(kept, lambda sample: sample.per_token),
        queue=quantiles.estimate(np.array([_slow(s, s.queue) for s in kept]), 0.95),
        reached=events_per_second(answered, begin, step.seconds),
        within=within,
        goodput=_scaled(within, step.rate or len(kept) / step.seconds),
        growth=growth,
        lag=step.lag,
        late=late,
        client_bound=_client_bound(times[cut:], step.lag, late),
        verdict="closed",
    )
    return replace(found, verdict=_verdict(found, ()))


@dataclass(frozen=True, slots=True)
class _Quantiles:
    """How quantiles of a step are formed: over these clusters, or not at all for a reason."""

    clusters: NDArray[np.intp]
    why_not: str = ""

    @classmethod
    def of(cls, part: Steady | None, growth: Estimate, requests: int) -> _Quantiles:
        clusters = _clusters(part, requests, QUANTILE_BLOCK)
        if part is None:
            return cls(clusters)
        if growth.low is not None and growth.low > 0:
            return cls(clusters, GROWING)
        if not part.settled:
            return cls(clusters, UNSETTLED)
        return cls(clusters, "" if part.enough else TOO_SHORT)

    def estimate(self, times: Floats, q: float) -> Estimate:
        """None where it falls among the failed; a bound that does is infinite."""
        if self.why_not:
            return Estimate.unknown(self.why_not, len(times))
        if np.isinf(times).mean() > 1 - q:
            return Estimate.unknown(f"more than {1 - q:.0%} of the requests failed", len(times))
        return quantile(times, q, self.clusters)

    def told(
        self, samples: Sequence[Sample], time: Callable[[Sample], float | None]
    ) -> dict[str, Estimate]:
        """Quantiles of a time that an answer may not tell; unknown where one does not."""
        times = [math.inf if sample.failure else time(sample) for sample in samples]
        known = [seconds for seconds in times if seconds is not None]
        if len(known) < len(times):
            return dict.fromkeys(TOKEN_QUANTILES, Estimate.unknown(UNTOLD, len(times)))
        return {name: self.estimate(np.array(known), q) for name, q in TOKEN_QUANTILES.items()}

    def mean(self, times: Floats, *, seed: int) -> Estimate:
        """None where a request failed: a mean of the others would flatter."""
        if self.why_not:
            return Estimate.unknown(self.why_not, len(times))
        if not np.isfinite(times).all():
            return Estimate.unknown("a mean without the requests that failed would flatter")
        return mean(times, self.clusters, seed=seed)


def _verdict(step: StepFigures, steps: Sequence[StepFigures]) -> Verdict:
    if step.rate is None:
        return "closed"
    if SHED in step.failures or (step.growth.low is not None and step.growth.low > 0):
        return "grows"
    lower = [
        other.goodput.value
        for other in steps
        if other.rate is not None and other.rate < step.rate and other.goodput.value is not None
    ]
    if lower and step.goodput.high is not None and step.goodput.high <= max(lower):
        return "no gain"
    high = step.growth.high
    return "holds" if high is not None and high < _TOLERATED_GROWTH * step.rate else "unclear"


def _slow(sample: Sample, seconds: float) -> float:
    return math.inf if sample.failure else seconds


def _clusters(part: Steady | None, requests: int, length: float) -> NDArray[np.intp]:
    """Blocks; every request for itself in a closed loop, where none waits for another."""
    return part.blocks(length) if part is not None else np.arange(requests)


def _growth(step: Step, begin: float) -> Estimate:
    if step.loop == "closed":
        return Estimate.unknown("a closed loop has no backlog")
    arrived = [sample.intended for sample in step.samples]
    return backlog_growth(arrived, [s.done for s in step.samples], begin, step.seconds)


def _within(
    samples: Sequence[Sample], limits: LatencyLimits, clusters: NDArray[np.intp]
) -> Estimate:
    met = [limits.met(sample) for sample in samples]
    told = [kept for kept in met if kept is not None]
    if len(told) < len(met):
        return Estimate.unknown(f"{UNTOLD}, so --ttft and --tpot cannot be judged", len(met))
    return rate(told, clusters)


def _scaled(share: Estimate, per_second: float) -> Estimate:
    """The share of so many requests a second."""
    if share.value is None or share.low is None or share.high is None:
        return share
    return replace(
        share,
        value=share.value * per_second,
        low=share.low * per_second,
        high=share.high * per_second,
    )


def _client_bound(times: Floats, lag: Lag, late: float) -> bool:
    """Whether the client's own lateness is a tenth of the median latency or more."""
    answered = times[np.isfinite(times)]
    if not len(answered):
        return False
    return max(lag.p99 or 0.0, late) >= _CLIENT_SHARE * float(np.median(answered))
