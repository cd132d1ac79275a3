"""The instrument measured: how often each interval holds a truth that was planted.

Samples are simulated from known distributions and given to the very functions that the report uses.
A 95 % interval should hold the truth in 95 of 100 samples; `REQUIRED` is the least that is accepted.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from harness.statistics.estimate import Estimate
from harness.statistics.intervals import CONFIDENCE, Floats, mean, quantile, rate, ratio
from harness.statistics.paired import rate_difference

REQUIRED: Final = 0.93
SEED: Final = 20260822
SIMULATIONS: Final = 2000
FAST: Final = 300
_SPREAD: Final = 0.8  # of the logarithm of simulated times
_BOOTSTRAP_SEEDS: Final = 3

Kind = Literal["rate", "difference", "mean", "ratio", "quantile"]


@dataclass(frozen=True, slots=True)
class Design:
    """Clusters of `size` units (1 to `size` where `mixed`) whose members correlate by `correlation`."""

    size: int
    correlation: float
    mixed: bool = False

    @property
    def name(self) -> str:
        """Such as `1-10, .5`."""
        size = f"1-{self.size}" if self.mixed else str(self.size)
        return f"{size}, {self.correlation:g}".replace("0.", ".")

    def clusters(self, n: int, rng: np.random.Generator) -> NDArray[np.intp]:
        """The cluster code of each of `n` units."""
        if not self.mixed:
            return np.arange(n, dtype=np.intp) // self.size
        sizes = rng.integers(1, self.size + 1, n)
        return np.repeat(np.arange(n, dtype=np.intp), sizes)[:n]


@dataclass(frozen=True, slots=True)
class Cell:
    """One interval in one situation, `parameter` being the true rate or the quantile.

    `stated` is the share of samples for which there was an interval at all; `coverage` (the share of
    those that held the truth) and the mean `width` are None where there was none.
    """

    kind: Kind
    parameter: float | None
    n: int
    groups: int
    design: Design
    simulations: int
    stated: float
    coverage: float | None
    width: float | None

    @property
    def short(self) -> bool:
        """Whether it was measured to cover less than `REQUIRED`."""
        return self.coverage is not None and self.coverage < REQUIRED


DESIGNS: Final = (
    Design(1, 0),
    Design(3, 0),
    Design(3, 0.2),
    Design(3, 0.5),
    Design(10, 0),
    Design(10, 0.2),
    Design(10, 0.5),
    Design(10, 0.5, mixed=True),
)
SIZES: Final = (30, 100, 300)
RATES: Final = (0.5, 0.8, 0.95, 0.99)
_PARAMETERS: Final[dict[Kind, tuple[float | None, ...]]] = {
    "rate": RATES,
    "difference": RATES,
    "mean": (None,),
    "ratio": (0.5, 0.95),
    "quantile": (0.5, 0.95),
}
_FAST_DESIGNS: Final = (Design(1, 0), Design(3, 0.5))


def selftest(*, fast: bool = False, seed: int = SEED) -> tuple[Cell, ...]:
    """Measure the coverage of every interval.

    All of n, rates and designs with 2,000 samples each takes a minute or two; `fast` is one n with
    two designs and 300 samples, seconds. The same seed gives the same figures.
    """
    sizes, designs = ((100,), _FAST_DESIGNS) if fast else (SIZES, DESIGNS)
    plan = [
        (kind, parameter, n, design)
        for kind, parameters in _PARAMETERS.items()
        for parameter in parameters
        for n in sizes
        for design in designs
    ]
    cells = []
    for place, (kind, parameter, n, design) in enumerate(plan):
        rng = np.random.default_rng((seed, place))
        cell = _measure(
            kind,
            parameter=parameter,
            n=n,
            design=design,
            simulations=FAST if fast else SIMULATIONS,
            rng=rng,
        )
        cells.append(cell)
    return tuple(cells)


def _measure(
    kind: Kind,
    *,
    parameter: float | None,
    n: int,
    design: Design,
    simulations: int,
    rng: np.random.Generator,
) -> Cell:
    clusters = design.clusters(n, rng)
    draw = _Draw(clusters, int(clusters[-1]) + 1, design.correlation, simulations, rng)
    truth, found = _KINDS[kind](draw, parameter)
    ends = [(e.low, e.high) for e in found if e.low is not None and e.high is not None]
    held = [low <= truth <= high for low, high in ends]
    return Cell(
        kind=kind,
        parameter=parameter,
        n=n,
        groups=draw.groups,
        design=design,
        simulations=simulations,
        stated=len(ends) / simulations,
        coverage=float(np.mean(held)) if held else None,
        width=float(np.mean([high - low for low, high in ends])) if ends else None,
    )


@dataclass(frozen=True, slots=True)
class _Draw:
    """Samples of one design, one a row."""

    clusters: NDArray[np.intp]
    groups: int
    correlation: float
    simulations: int
    rng: np.random.Generator

    def outcomes(self, rate: float) -> NDArray[np.bool_]:
        """Bernoulli outcomes whose chance is a beta variable of the cluster; shape (samples, n)."""
        chance: Floats | float = rate
        if self.correlation:
            strength = (1 - self.correlation) / self.correlation
            shape = (self.simulations, self.groups)
            chance = self.rng.beta(rate * strength, (1 - rate) * strength, shape)[:, self.clusters]
        return self.rng.random((self.simulations, len(self.clusters))) < chance

    def times(self) -> Floats:
        """Lognormal times around a median of 1; the logarithms correlate in a cluster."""
        shared = self.rng.standard_normal((self.simulations, self.groups))[:, self.clusters]
        own = self.rng.standard_normal((self.simulations, len(self.clusters)))
        logarithms = np.sqrt(self.correlation) * shared + np.sqrt(1 - self.correlation) * own
        return np.asarray(np.exp(_SPREAD * logarithms))


def _rates(draw: _Draw, parameter: float | None) -> tuple[float, Iterator[Estimate]]:
    p = parameter or 0.0
    return p, (rate(row, draw.clusters) for row in draw.outcomes(p))


def _differences(draw: _Draw, parameter: float | None) -> tuple[float, Iterator[Estimate]]:
    """A system at the rate against one that fails half as often again."""
    p = parameter or 0.0
    other = 1 - 1.5 * (1 - p)
    rows = zip(draw.outcomes(p), draw.outcomes(other), strict=True)
    return other - p, (rate_difference(a, b, draw.clusters) for a, b in rows)


def _means(draw: _Draw, _: float | None) -> tuple[float, Iterator[Estimate]]:
    rows = enumerate(draw.times())
    found = (mean(row, draw.clusters, seed=i % _BOOTSTRAP_SEEDS) for i, row in rows)
    return float(np.exp(_SPREAD**2 / 2)), found


def _ratios(draw: _Draw, parameter: float | None) -> tuple[float, Iterator[Estimate]]:
    """A cost in proportion to the time, per right answer."""
    p = parameter or 0.0
    rows = enumerate(zip(draw.times(), draw.outcomes(p), strict=True))
    found = (
        ratio(cost, right, draw.clusters, seed=i % _BOOTSTRAP_SEEDS) for i, (cost, right) in rows
    )
    return float(np.exp(_SPREAD**2 / 2)) / p, found


def _quantiles(draw: _Draw, parameter: float | None) -> tuple[float, Iterator[Estimate]]:
    q = parameter or 0.0
    truth = float(np.exp(_SPREAD * NormalDist().inv_cdf(q)))
    return truth, (quantile(row, q, draw.clusters) for row in draw.times())


_KINDS: Final[dict[Kind, Callable[[_Draw, float | None], tuple[float, Iterator[Estimate]]]]] = {
    "rate": _rates,
    "difference": _differences,
    "mean": _means,
    "ratio": _ratios,
    "quantile": _quantiles,
}


def verdict(cells: Sequence[Cell]) -> str:
    """How many situations fall short, the worst of them, and how exact all this is."""
    known = [cell for cell in cells if cell.coverage is not None]
    short = [cell for cell in known if cell.short]
    error = math.sqrt(CONFIDENCE * (1 - CONFIDENCE) / max(cell.simulations for cell in cells))
    exact = f"standard error {error:.1%} where all {cells[0].simulations:,} samples had an interval"
    if not short:
        return f"all {len(known)} situations cover at least {REQUIRED:.0%} ({exact})"
    worst = min(short, key=lambda cell: cell.coverage or 0.0)
    return (
        f"{len(short)} of {len(known)} situations cover less than {REQUIRED:.0%} ({exact}); the worst "
        f"{worst.coverage:.1%}: {worst.kind}, n = {worst.n} in {worst.groups} groups, "
        f"{worst.stated:.0%} of the samples with an interval"
    )
