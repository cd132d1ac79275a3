"""What the article that started this project would choose without measuring, and what a run says of that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from harness.decision.constraints import Needs
from harness.decision.decide import Decision
from harness.decision.words import every, join
from harness.statistics.results import Results
from harness.systems.base import Strategy

__all__ = ["Measured", "Prior", "measured", "prior"]

Mechanism = Literal["retrieval", "fine-tuning", "hybrid", "a base prompt"]

_STRATEGIES: Final[Mapping[Mechanism, Strategy]] = MappingProxyType(
    {
        "retrieval": "rag",
        "fine-tuning": "fine-tuned",
        "hybrid": "hybrid",
        "a base prompt": "base",
    }
)

VOLATILE_DAYS: Final = 90.0
"""Facts that change at least so often are volatile."""

TIGHT_SECONDS: Final = 0.5
"""A p95 (or another latency) bounded by this or less is tight."""

STRICT_RATE: Final = 0.95
"""A valid rate of at least this is a strict format."""


@dataclass(frozen=True, slots=True)
class Prior:
    """The mechanism and why; `against` is what was said that stands in its way."""

    mechanism: Mechanism
    reasons: tuple[str, ...]
    against: tuple[str, ...]


def prior(needs: Needs) -> Prior:
    """Volatile facts or a corpus ask for retrieval; a strict format, or little time, for fine-tuning.

    Little time asks for fine-tuning only where the facts are stable; both needs ask for a hybrid,
    neither for a base prompt.
    """
    said = needs.situation
    days = said.change_days
    volatile = days is not None and days <= VOLATILE_DAYS
    strict = _bounded(needs, ("valid_rate",), "at least", STRICT_RATE)
    tight = _bounded(needs, ("latency_p50", "latency_p95", "latency_p99"), "at most", TIGHT_SECONDS)
    retrieve = []
    if days is not None and volatile:
        retrieve.append(f"the facts change {every(days)}")
    if said.corpus:
        retrieve.append("there is a corpus to search")
    tune = ["the output format is strict"] if strict else []
    if tight and not volatile:
        tune.append("there is little time and the facts are stable")
    mechanism: Mechanism = "a base prompt"
    if retrieve:
        mechanism = "hybrid" if tune else "retrieval"
    elif tune:
        mechanism = "fine-tuning"
    reasons = (*retrieve, *tune) or ("nothing that was said asks for more",)
    return Prior(mechanism, reasons, tuple(_against(needs, mechanism, tight=tight)))


@dataclass(frozen=True, slots=True)
class Measured:
    """What a run says of a prior: whether it chooses the same mechanism, and why not."""

    verdict: Literal["agrees", "disagrees", "open", "not measured"]
    words: str


def measured(found: Prior, decision: Decision, results: Results) -> Measured:
    """The prior beside the choice of a run; `results` are those of that run."""
    strategy = _STRATEGIES[found.mechanism]
    kind = [system.name for system in results.systems if system.strategy == strategy]
    choice = decision.choice
    if not kind:
        return Measured("not measured", f"the run has no system of this kind ({strategy})")
    taken = (choice.system,) if choice.system is not None else choice.level
    mine = [name for name in kind if name in taken]
    if choice.system is not None and mine:
        now = ", for now" if decision.provisional else ""
        return Measured("agrees", f"the run takes {choice.system} too{now}")
    if mine:
        rest = [name for name in taken if name not in mine]
        beside = f" beside {join(rest)}" if rest else ""
        return Measured("open", f"the run leaves it open: {join(mine)} may be the one{beside}")
    what = "takes none" if choice.why == "nobody" else f"takes {join(taken, 'or')}"
    why = "; ".join(f"{name}: {_why_not(name, decision)}" for name in kind)
    return Measured("disagrees", f"the run {what}; {why}")


def _why_not(name: str, decision: Decision) -> str:
    if name in decision.out:
        return decision.out[name][0]
    if name not in decision.pool:
        return "not sure to keep all that was asked for"
    first = next((s.ranks[0] for s in decision.choice.standings if s.system == name), 0.0)
    return f"the best in {first:.0%} of all weightings and resamples"


def _bounded(needs: Needs, metrics: tuple[str, ...], direction: str, bound: float) -> bool:
    """Whether a constraint on one of the metrics is at least as hard as `bound`."""
    return any(
        c.metric in metrics
        and c.direction == direction
        and (c.bound <= bound if direction == "at most" else c.bound >= bound)
        for c in needs.constraints
    )


def _against(needs: Needs, mechanism: Mechanism, *, tight: bool) -> list[str]:
    said, found = needs.situation, []
    if mechanism in {"retrieval", "hybrid"}:
        if said.corpus is False:
            found.append("it needs a corpus to search, and there is none")
        if tight:
            found.append("it takes time for the search, and there is little")
    if mechanism in {"fine-tuning", "hybrid"} and said.labelled_examples == 0:
        found.append("it needs examples to train on, and there are none")
    return found
