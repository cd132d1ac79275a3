"""What the article that started this project would choose without measuring: a prior, no evidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from harness.decision.constraints import Needs

__all__ = ["Prior", "prior"]

Mechanism = Literal["retrieval", "fine-tuning", "hybrid", "a base prompt"]

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
    volatile = said.change_days is not None and said.change_days <= VOLATILE_DAYS
    strict = _bounded(needs, ("valid_rate",), "at least", STRICT_RATE)
    tight = _bounded(needs, ("latency_p50", "latency_p95", "latency_p99"), "at most", TIGHT_SECONDS)
    retrieve = []
    if volatile:
        retrieve.append(f"the facts change every {said.change_days:g} days")
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
