"""A family of gates judged together: pass, fail or inconclusive, each with a sentence.

What is held: when every bound is kept, the chance that *any* gate of the family fails is at most
`FAMILY_ERROR` (Holm 1979, under every dependence between the gates), and `ALONE` for one gate alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Final

from harness.gates.evidence import Evidence, Scope, evidence
from harness.gates.expression import Expression
from harness.gates.units import in_units
from harness.statistics.estimate import Estimate
from harness.statistics.gates import FAMILY_ERROR, Verdict, broken, kept, what_decides
from harness.statistics.multiplicity import holm
from harness.statistics.one_sided import Weighed
from harness.statistics.power import decision
from harness.statistics.resampling import RESAMPLES

__all__ = ["Declared", "GateReport", "GateVerdict", "judge"]

_RESAMPLES_A_GATE: Final = 40  # so that the least p-value of a bootstrap can stand at 0.05 / k

_COUNTED: Final[Mapping[Verdict, str]] = MappingProxyType(
    {"fail": "failed", "inconclusive": "inconclusive", "pass": "passed"}
)


@dataclass(frozen=True, slots=True)
class Declared:
    """A gate as it is to be judged: its expression, where it counts, and what its author says."""

    expression: Expression
    name: str = ""
    sentence: str = ""
    scope: Scope = field(default_factory=Scope)

    @property
    def title(self) -> str:
        """The name, or the expression where there is none."""
        return self.name or self.expression.text


@dataclass(frozen=True, slots=True)
class GateVerdict:
    """The verdict on one gate.

    `estimate` is the figure, or its distance from the reference, and `bound` what that is held
    against. `p_value` is that of "the bound is kept", `p_adjusted` Holm's over the family. Where the
    gate is inconclusive: `detectable` is the distance from the bound that as many questions
    decide on with 80 % power, and `needed` the n that decides if what was measured is true.
    """

    name: str
    expression: str
    verdict: Verdict
    sentence: str
    explanation: str
    days: tuple[date, ...]
    tags: tuple[str, ...]
    estimate: Estimate
    bound: float
    p_value: float | None
    p_adjusted: float | None
    detectable: float | None = None
    needed: int | None = None


@dataclass(frozen=True, slots=True)
class GateReport:
    """All gates of a run, in the order in which they are declared, and what is to be known of them.

    `family` is the number of gates that the correction is over; `notes` say what differs from the
    run that was the `baseline`; `left_out` has the gates that were not judged, and why.
    """

    verdicts: tuple[GateVerdict, ...]
    family: int
    family_error: float
    notes: tuple[str, ...] = ()
    left_out: tuple[tuple[str, str], ...] = ()
    baseline: str | None = None

    @property
    def remarks(self) -> tuple[str, ...]:
        """The notes, and a sentence for each gate that was not judged."""
        return (*self.notes, *(f"not judged: {name}: {why}" for name, why in self.left_out))

    def of(self, verdict: Verdict) -> tuple[GateVerdict, ...]:
        """Those with that verdict."""
        return tuple(one for one in self.verdicts if one.verdict == verdict)

    @property
    def worst_first(self) -> tuple[GateVerdict, ...]:
        """Failures, then what is inconclusive, then what passed."""
        return (*self.of("fail"), *self.of("inconclusive"), *self.of("pass"))

    @property
    def summary(self) -> str:
        """How many there are of each, such as `3 gates: 1 failed, 2 passed`."""
        counted = [f"{len(self.of(v))} {word}" for v, word in _COUNTED.items() if self.of(v)]
        count = len(self.verdicts)
        return f"{count} gate{'s' if count != 1 else ''}: {', '.join(counted) or 'none judged'}"


def judge(
    gates: Sequence[Declared],
    run: Evidence,
    baseline: Evidence | None = None,
    *,
    seed: int,
    error: float = FAMILY_ERROR,
) -> GateReport:
    """Judge a family of gates on a run; a pure function of its arguments.

    A gate of which the run has no system, or none of the days, is left out. `baseline` is
    like the run where that matters (`harness.gates.likeness`). `error` is the family's, where that is
    only a part of a larger one.
    """
    judged, left_out = [], []
    for gate in gates:
        missing = _missing(gate, run, baseline)
        if missing:
            left_out.append((gate.title, missing))
        else:
            judged.append(gate)
    resamples = max(RESAMPLES, _RESAMPLES_A_GATE * len(judged))
    weighed = [
        evidence(g.expression, g.scope, run, baseline, seed=seed, resamples=resamples)
        for g in judged
    ]
    p_values = [_p_value(gate, found) for gate, found in zip(judged, weighed, strict=True)]
    family = sum(p is not None for p in p_values)
    adjusted = holm(p_values)
    verdicts = tuple(
        _verdict(gate, found, p, family, error)
        for gate, found, p in zip(judged, weighed, adjusted, strict=True)
    )
    return GateReport(verdicts, family, error, left_out=tuple(left_out))


def _missing(gate: Declared, run: Evidence, baseline: Evidence | None) -> str:
    expression = gate.expression
    for system in expression.systems:
        if system not in run.systems:
            return f"the run has no system {system!r}"
    reference = expression.reference
    if expression.against_baseline and reference is not None:
        if baseline is None:
            return "it needs a baseline run"
        if reference.system not in baseline.systems:
            return f"the baseline has no system {reference.system!r}"
    if gate.scope.days and not set(gate.scope.days) & set(run.run.manifest.days):
        return "none of its days was run"
    tags = set(gate.scope.tags)
    if tags and not any(tags & set(question.tags) for question in run.run.questions):
        return f"no question has the tag {' or '.join(map(repr, gate.scope.tags))}"
    return ""


def _p_value(gate: Declared, weighed: Weighed) -> float | None:
    return weighed.p_below if gate.expression.at_least else weighed.p_above


def _verdict(
    gate: Declared, weighed: Weighed, p_adjusted: float | None, family: int, error: float
) -> GateVerdict:
    expression, found = gate.expression, weighed.estimate
    low_is_bad, bound = expression.at_least, expression.bound
    p = broken(weighed, bound, low_is_bad=low_is_bad)
    verdict: Verdict = "inconclusive"
    if kept(found, bound, low_is_bad=low_is_bad):
        verdict = "pass"
    elif p is not None and p_adjusted is not None and p_adjusted <= error:
        verdict = "fail"
    sentence, detectable, needed = _seen(expression, found), None, None
    if verdict == "inconclusive" and found.value is not None:
        why, detectable, needed = _undecided(
            expression, found, p, p_adjusted, family=family, error=error
        )
        sentence = f"{sentence}; {why}"
    return GateVerdict(
        name=gate.title,
        expression=expression.text,
        verdict=verdict,
        sentence=sentence,
        explanation=gate.sentence,
        days=gate.scope.days,
        tags=gate.scope.tags,
        estimate=found,
        bound=bound,
        p_value=_p_value(gate, weighed),
        p_adjusted=p_adjusted,
        detectable=detectable,
        needed=needed,
    )


def _seen(expression: Expression, found: Estimate) -> str:
    """What was measured and what was wanted, in units."""
    metric, reference = expression.figure.metric, expression.reference
    wanted = f"wanted {expression.wanted}"
    what = f"{expression.figure.system} {metric}"
    if reference is not None:
        times = f"{1 + expression.share:g} times " if expression.share else ""
        named = f"baseline {reference.system}" if reference.baseline else reference.system
        what = f"{what} minus {times}that of {named}"
    if found.value is None or found.low is None or found.high is None:
        return f"{what} is not known ({found.method}); {wanted}"
    points = "%" if reference is None else "pp"
    value, low, high = (in_units(metric, v, points) for v in (found.value, found.low, found.high))
    groups = f" in {found.groups} groups" if found.groups != found.n else ""
    return f"{what} is {value} [{low}, {high}], n = {found.n}{groups}; {wanted}"


def _undecided(
    expression: Expression,
    found: Estimate,
    p: float | None,
    p_adjusted: float | None,
    *,
    family: int,
    error: float,
) -> tuple[str, float | None, int | None]:
    """Why it is undecided, what this n decides on, and the n that would decide."""
    metric, bound = expression.figure.metric, expression.bound
    if p is not None and p_adjusted is not None:
        return (
            f"alone that would be a failure (p = {p:.2g}); of {family} gates one or another does so "
            f"by chance, and Holm's correction makes it p = {p_adjusted:.2g}, above {error:g}",
            None,
            None,
        )
    on_the_wrong_side = found.value is not None and (
        found.value < bound if expression.at_least else found.value > bound
    )
    level = 2 * error / max(2, family) if on_the_wrong_side else None
    decided = decision(found, bound) if level is None else decision(found, bound, alpha=level)
    if decided is None:
        return "the interval holds the bound", None, None
    points = "%" if expression.reference is None else "pp"
    needed, words = what_decides(
        decided,
        found,
        lambda value: in_units(metric, value, points),
        lambda value: in_units(metric, value, "pp"),
    )
    return f"the interval holds the bound: {words}", decided.detectable, needed
