"""What is asked of a system, from a file or flags.

    title = "Questions about a wiki that changes every week"
    latency_p95 = "<= 800 ms"            # any metric of a run, with a unit; a list for two bounds
    stale_rate = "<= 2%"
    cost_per_query = "<= $0.005"
    change_days = 7                      # the facts change every so many days
    corpus = true                        # there are documents to search
    labelled_examples = 200              # there are so many examples to train on
    data_may_leave = false               # questions may go to a provider
    prefer = ["right_rate", "latency_p95"]   # what counts among those that keep all this, in order
    assumptions = ["The team runs its own servers."]   # not measured here: shown, not scored

    [[weights]]                          # how much of the whole a metric counts
    metric = "right_rate"
    low = 0.4
    high = 0.8

Without `prefer` and `weights` five metrics count (`harness.decision.criteria`), in no order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from harness.decision.bounds import example, excluding, nearest_metric, parse_bound
from harness.decision.claims import METRICS
from harness.decision.criteria import PREFERABLE
from harness.decision.judged import Constraint
from harness.errors import ConfigError
from harness.scoring.tomlfile import Table, read_tables

__all__ = ["Needs", "Situation", "check_preferred", "load_needs"]

_SITUATION: Final = ("change_days", "corpus", "labelled_examples", "data_may_leave")
_KEYS: Final = ("title", *METRICS, *_SITUATION, "prefer", "assumptions")


@dataclass(frozen=True, slots=True)
class Situation:
    """What is so, whatever is measured; None where nobody said.

    Facts change every `change_days`; there is a `corpus` to search; there are `labelled_examples` to
    train on; `data_may_leave`: questions may go to a provider.
    """

    change_days: float | None = None
    corpus: bool | None = None
    labelled_examples: int | None = None
    data_may_leave: bool | None = None


@dataclass(frozen=True, slots=True)
class Needs:
    """Constraints, the situation, and what counts among the systems that keep them.

    `prefer` has metrics, the weightiest first; `weights` the least and most that each may count;
    `assumptions` what no run measures.
    """

    title: str = ""
    constraints: tuple[Constraint, ...] = ()
    situation: Situation = field(default_factory=Situation)
    prefer: tuple[str, ...] = ()
    weights: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    assumptions: tuple[str, ...] = ()


def load_needs(path: Path | str) -> Needs:
    """The needs of a file; raises `ConfigError` naming file, line and the nearest valid word."""
    head, tables = read_tables(Path(path), "weights", top=_KEYS, suggest=nearest_metric)
    constraints: list[Constraint] = []
    for metric in METRICS:
        if metric in head.values:
            constraints += _bounds(head, metric)
            if clash := excluding(constraints):
                head.fail(clash, metric)
    prefer = _prefer(head)
    weights = _weights(tables, prefer)
    _in_order(head, prefer, weights)
    return Needs(
        title=head.text("title", Path(path).stem),
        constraints=tuple(constraints),
        situation=_situation(head),
        prefer=prefer,
        weights=weights,
        assumptions=head.texts("assumptions") if "assumptions" in head.values else (),
    )


def _bounds(head: Table, metric: str) -> list[Constraint]:
    found = []
    value = head.values[metric]
    if isinstance(value, int | float) and not isinstance(value, bool):
        head.fail(f"{metric!r} is {value}: write it as a text, {example(metric)}", metric)
    for text in head.texts(metric):
        try:
            found.append(parse_bound(metric, text))
        except ConfigError as error:
            head.fail(str(error), metric)
    return found


def _situation(head: Table) -> Situation:
    days = _at_least(head, "change_days", 0.0)
    if days == 0:
        head.fail("'change_days' is 0: the days between two changes are more than 0", "change_days")
    examples = _at_least(head, "labelled_examples", 0.0)
    if examples is not None and examples != int(examples):
        head.fail(f"'labelled_examples' is {examples:g}: a whole number", "labelled_examples")
    return Situation(
        change_days=days,
        corpus=_yes(head, "corpus"),
        labelled_examples=None if examples is None else int(examples),
        data_may_leave=_yes(head, "data_may_leave"),
    )


def _at_least(head: Table, key: str, least: float) -> float | None:
    if key not in head.values:
        return None
    value = head.number(key)
    if value < least:
        head.fail(f"{key!r} is {value:g}: at least {least:g}", key)
    return value


def _yes(head: Table, key: str) -> bool | None:
    value = head.values.get(key)
    if value is not None and not isinstance(value, bool):
        head.fail(f"{key!r} must be true or false, not {value!r}", key)
    return value


def _prefer(head: Table) -> tuple[str, ...]:
    if "prefer" not in head.values:
        return ()
    names = head.texts("prefer")
    try:
        return check_preferred(names)
    except ConfigError as error:
        head.fail(str(error), "prefer")


def check_preferred(names: Sequence[str]) -> tuple[str, ...]:
    """`names` when they are metrics with a better direction, each once; raises `ConfigError`."""
    for i, name in enumerate(names):
        if name not in PREFERABLE:
            why = f"'prefer' has {name!r}"
            if name in METRICS:
                why += ", which has no better direction or is not drawn"
            raise ConfigError(f"{why}: {nearest_metric(name, PREFERABLE)}")
        if name in names[:i]:
            raise ConfigError(f"'prefer' has {name!r} twice")
    return tuple(names)


def _weights(tables: Sequence[Table], prefer: Sequence[str]) -> dict[str, tuple[float, float]]:
    found: dict[str, tuple[float, float]] = {}
    for table in tables:
        table.only(("metric", "low", "high"))
        metric = table.word("metric", PREFERABLE)
        if metric in found:
            table.fail(f"a second weight for {metric!r}", "metric")
        low, high = table.number("low", 0.0), table.number("high", 1.0)
        if not 0 <= low <= high <= 1:
            table.fail(f"the weight of {metric!r} is {low:g} to {high:g}: 0 <= low <= high <= 1")
        found[metric] = (low, high)
        if sum(least for least, _ in found.values()) > 1:
            table.fail("the least weights together are more than 1", "low")
    every = len(found) > 1 and found.keys() >= set(prefer)
    if every and sum(most for _, most in found.values()) < 1:
        tables[-1].fail("the most that all weights may be is together less than 1", "high")
    return found


def _in_order(
    head: Table, prefer: Sequence[str], weights: Mapping[str, tuple[float, float]]
) -> None:
    """Refuse weights that leave none in the order of `prefer`."""
    most = 1.0
    for place, name in enumerate(prefer):
        most = min(most, weights.get(name, (0.0, 1.0))[1])
        for later in prefer[place + 1 :]:
            if weights.get(later, (0.0, 1.0))[0] > most:
                head.fail(
                    f"'prefer' has {name!r} before {later!r}, which must weigh at least "
                    f"{weights[later][0]:g}, and what stands before it at most {most:g}",
                    "prefer",
                )
