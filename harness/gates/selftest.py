"""The gates measured: silent when nothing changed, and as sharp as planning promised.

**A/A.** Run and baseline are two sessions of the same coin (`harness.gates.coin`), and every
bound lies exactly where the truth does, with no margin: the worst of all cases in which bounds are
kept. So every failure is a false one; whoever gives a margin sees fewer.

**Planted.** Of the run's right answers so many are made wrong that their rate falls by 2, 5 or 10
points; how often the gate on the baseline fails is held against the power that `harness plan` promises
at the level that Holm's correction leaves the first of the family.

The families are judged by the function that judges real runs.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from harness.errors import RunError
from harness.gates.coin import SYNTHETIC, Coin, Drawn, Records, synthetic_records
from harness.gates.expression import Expression, Figure
from harness.gates.judge import Declared, GateVerdict, judge
from harness.statistics.gates import ALONE, FAMILY_ERROR
from harness.statistics.intervals import Floats
from harness.statistics.planning import promised_power
from harness.statistics.results import Results
from harness.statistics.summary import QUANTILES
from harness.statistics.table import align

__all__ = ["SEED", "Caught", "GateSelftest", "Silence", "selftest_gates"]

SEED: Final = 20260822
SIMULATIONS: Final = 1000
FAST: Final = 100
DROPS: Final = (0.02, 0.05, 0.10)
SIZES: Final = (1, 4)
"""How many times the groups of the run are drawn for planted regressions."""
_GATED: Final = (
    ("right_rate", True),
    ("stale_rate", False),
    ("valid_rate", True),
    ("latency_mean", False),
    ("latency_p95", False),
    ("cost_per_query", False),
)
_PILOT: Final = 20
_SEEDS: Final = 3
_SLACK: Final = 0.05


@dataclass(frozen=True, slots=True)
class Silence:
    """Shares of `simulations` in which any of `gates` failed though nothing had changed.

    By `points` (a bare threshold), by each gate's `interval` alone, and as `judged`: by the interval and
    Holm's correction. `passed` is the share of gates that passed, with their bound on the truth itself.
    """

    gates: int
    simulations: int
    points: float
    interval: float
    judged: float
    passed: float

    @property
    def error(self) -> float:
        """The standard error of a share at the rate that is stated."""
        return math.sqrt(FAMILY_ERROR * (1 - FAMILY_ERROR) / self.simulations)

    @property
    def kept(self) -> bool:
        """Whether false failures are no more than stated, as far as so many simulations tell."""
        return self.judged <= FAMILY_ERROR + 2 * self.error


@dataclass(frozen=True, slots=True)
class Caught:
    """How often a planted fall of `drop` was `caught`, and how often that was `promised`."""

    answers: int
    groups: int
    drop: float
    promised: float
    caught: float
    simulations: int

    @property
    def kept(self) -> bool:
        """Whether it is no less than promised, within two standard errors and 5 points."""
        error = math.sqrt(self.promised * (1 - self.promised) / self.simulations)
        return self.caught >= self.promised - 2 * error - _SLACK


@dataclass(frozen=True, slots=True)
class GateSelftest:
    """What was measured, on the records of `source`."""

    source: str
    family_error: float
    silence: Silence
    caught: tuple[Caught, ...]

    @property
    def kept(self) -> bool:
        """Whether all that is stated was kept."""
        return self.silence.kept and all(one.kept for one in self.caught)


def selftest_gates(
    results: Results | None = None,
    *,
    source: str = SYNTHETIC,
    simulations: int | None = None,
    fast: bool = False,
    seed: int = SEED,
) -> GateSelftest:
    """Measure false failures and the power of gates on a run's records, or on a synthetic set.

    1,000 simulations of each take minutes, `fast` (100) some seconds; the same seed gives the same
    figures. Raises `RunError` where the run has one system only, which makes no coin.
    """
    count = simulations or (FAST if fast else SIMULATIONS)
    records = [synthetic_records(seed)] if results is None else _coins(results)
    rng = np.random.default_rng((seed, 1))
    sharpest = max(records, key=lambda one: one.truth("right_rate"))
    return GateSelftest(
        source,
        FAMILY_ERROR,
        _silence(records, count, rng),
        tuple(_caught(sharpest, count, rng, sizes=SIZES[:1] if fast else SIZES)),
    )


def _coins(results: Results) -> list[Records]:
    """A coin of each system and the one after it."""
    names = [system.name for system in results.systems]
    if len(names) < 2:  # noqa: PLR2004
        raise RunError("a run with one system makes no coin: name a run with two systems or more")
    ring = [*names, names[0]] if len(names) > 2 else names  # noqa: PLR2004
    return [Records.of(results, a, b) for a, b in pairwise(ring)]


def _silence(records: Sequence[Records], count: int, rng: np.random.Generator) -> Silence:
    gates = [gate for one in records for gate in _family(one)]
    coins = [Coin(one, rng) for one in records]
    found = {"points": 0, "interval": 0, "judged": 0, "passed": 0}
    for turn in range(count):
        now, before = {}, {}
        for one, coin in zip(records, coins, strict=True):
            drawn = coin.groups(one.groups)
            before[one.name], now[one.name] = coin.session(drawn), coin.session(drawn)
        report = judge(gates, Drawn(now), Drawn(before), seed=turn % _SEEDS)
        ends = [_ends(gate, one) for gate, one in zip(gates, report.verdicts, strict=True)]
        found["points"] += any(value < 0 for value, _ in ends)
        found["interval"] += any(nearest < 0 for _, nearest in ends)
        found["judged"] += bool(report.of("fail"))
        found["passed"] += len(report.of("pass"))
    shares = {name: number / count for name, number in found.items()}
    shares["passed"] /= len(gates)
    return Silence(len(gates), count, **shares)


def _ends(gate: Declared, verdict: GateVerdict) -> tuple[float, float]:
    """By how much the figure, and the near end of its interval, keep the bound; 0 where unknown."""
    found, bound = verdict.estimate, verdict.bound
    if found.value is None or found.low is None or found.high is None:
        return 0.0, 0.0
    if gate.expression.at_least:
        return found.value - bound, found.high - bound
    return bound - found.value, bound - found.low


def _family(records: Records) -> list[Declared]:
    """For each metric a gate on the truth itself, and one on the baseline without a margin."""
    gates = []
    for metric, at_least in _GATED:
        q = QUANTILES.get(metric)
        name = metric if q is None else "latency_mean"
        if np.isnan(records.values[name]).all():
            continue
        figure, sign = Figure(records.name, metric), ">=" if at_least else "<="
        reference = Figure(records.name, metric, baseline=True)
        truth = records.truth(name, q)
        alone = Expression(f"{figure} {sign} {truth:g}", figure, at_least, truth)
        paired = Expression(f"{figure} {sign} {reference}", figure, at_least, 0.0, reference)
        gates += [Declared(alone), Declared(paired)]
    return gates


def _caught(
    records: Records, count: int, rng: np.random.Generator, *, sizes: Sequence[int]
) -> Iterator[Caught]:
    coin, gates = Coin(records, rng), _family(records)
    (gate,) = (gate for gate in gates if _is_paired(gate, "right_rate"))
    error = FAMILY_ERROR / len(gates)
    differences, clusters = _pilot(coin, records.groups)
    for size in sizes:
        groups = records.groups * size
        for drop in DROPS:
            share = drop / records.truth("right_rate")
            failed = answers = 0
            for _ in range(count):
                drawn = coin.groups(groups)
                answers += len(drawn[0])
                now = coin.session(drawn, lambda m, v: _spoilt(m, v, share, rng))  # noqa: B023
                before = coin.session(drawn)
                runs = (Drawn({records.name: now}), Drawn({records.name: before}))
                failed += bool(judge([gate], *runs, seed=0, error=error).of("fail"))
            growth, alpha = size / _PILOT, 2 * min(ALONE, error)
            promised = promised_power(differences, clusters, drop, growth=growth, alpha=alpha)
            yield Caught(round(answers / count), groups, drop, promised, failed / count, count)


def _pilot(coin: Coin, groups: int) -> tuple[Floats, NDArray[np.intp]]:
    """How two sessions differ on right answers where nothing changed, from many groups."""
    drawn = coin.groups(groups * _PILOT)
    before, now = (coin.session(drawn).sample("right_rate") for _ in range(2))
    left, right, clusters = align(before, now)
    return right - left, clusters


def _spoilt(metric: str, values: Floats, share: float, rng: np.random.Generator) -> Floats:
    """The values with a share of the right answers made wrong."""
    if metric != "right_rate":
        return values
    return values * (rng.random(len(values)) >= share)


def _is_paired(gate: Declared, metric: str) -> bool:
    return gate.expression.against_baseline and gate.expression.figure.metric == metric
