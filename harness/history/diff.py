"""Two runs, or two systems of one run, question by question."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from harness.errors import ConfigError, nearest
from harness.history.snapshot import Kept, Snapshot
from harness.history.unlike import unlike
from harness.statistics.estimate import Estimate
from harness.statistics.multiplicity import holm
from harness.statistics.summary import compare
from harness.statistics.table import RATES, Sample, ScoreTable

__all__ = ["DIFFERENCES", "Change", "Diff", "Flip", "SystemDiff", "diff", "pair_up"]

DIFFERENCES: Final = ("right_rate", "stale_rate", "valid_rate", "cost_per_query", "latency_mean")
"""The metrics on which two runs are compared."""

_MOSTLY: Final = 0.6
_FEW: Final = 3


@dataclass(frozen=True, slots=True)
class Change:
    """`b` minus `a` on one metric, paired by question, day and repeat, clustered by group.

    `p_adjusted` is Holm's over all changes of the diff. `only_a` and `only_b` count the pairs in which
    a rate's event happened on one side only. `places` says where most of those lie: `kind x (7 of 9)`, for
    pairs that rose and for pairs that fell.
    """

    metric: str
    a: Estimate
    b: Estimate
    difference: Estimate
    p_value: float | None
    p_adjusted: float | None
    pairs: int
    only_a: int | None
    only_b: int | None
    rose_in: str = ""
    fell_in: str = ""


@dataclass(frozen=True, slots=True)
class Flip:
    """A question that one side has right and the other not. `won`: it is `b` that has it right.

    A text is None where the answer failed; the class then says so, and `failure` why.
    """

    question_id: str
    kind: str
    day: date
    repeat: int
    won: bool
    question: str
    a_text: str | None
    b_text: str | None
    a_class: str
    b_class: str
    a_failure: str = ""
    b_failure: str = ""


@dataclass(frozen=True, slots=True)
class SystemDiff:
    """System `b` of one run beside system `a` of the other; `alone` answers have no partner."""

    a: str
    b: str
    changes: tuple[Change, ...]
    flips: tuple[Flip, ...]
    pairs: int
    a_alone: int
    b_alone: int


@dataclass(frozen=True, slots=True)
class Diff:
    """`a` and `b` name the runs; `missing` the systems that only one of them has."""

    a: str
    b: str
    systems: tuple[SystemDiff, ...]
    missing: tuple[str, ...]
    unlike: tuple[str, ...]
    notes: tuple[str, ...]


def pair_up(
    a: Snapshot, b: Snapshot, a_system: str | None = None, b_system: str | None = None
) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...]]:
    """Which systems to compare, and which are missing in `a` or `b`.

    All that both have when none is named; of one, it is that with the other run's of the same name.
    Raises `ConfigError` where a name is unknown, or nothing is in common.
    """
    for snapshot, name in ((a, a_system), (b, b_system)):
        if name is not None and name not in snapshot.systems:
            raise ConfigError(
                f"run {snapshot.manifest.run_id} has no system {name!r}: "
                f"{nearest(name, snapshot.systems)}"
            )
    if a_system is not None or b_system is not None:
        one, other = a_system or b_system, b_system or a_system
        assert one is not None  # noqa: S101  (for the type checker)
        assert other is not None  # noqa: S101  (as above)
        if one not in a.systems or other not in b.systems:
            raise ConfigError(f"only one of the runs has the system {one!r}: name the other's too")
        return ((one, other),), ()
    common = tuple((name, name) for name in a.systems if name in b.systems)
    missing = tuple(name for name in (*a.systems, *b.systems) if (name, name) not in common)
    if not common:
        raise ConfigError(
            f"the runs have no system in common ({', '.join(a.systems)}; {', '.join(b.systems)}): "
            "name one of each, as RUN:SYSTEM"
        )
    return common, missing


def diff(
    a: Snapshot,
    b: Snapshot,
    pairs: Sequence[tuple[str, str]],
    *,
    names: tuple[str, str],
    missing: Sequence[str] = (),
    metrics: Sequence[str] = DIFFERENCES,
) -> Diff:
    """Compare pairs of systems; all p-values are adjusted for one another."""
    days = _same_days(a, b)
    systems = [_system(a, b, pair, days, metrics) for pair in pairs]
    family = holm([change.p_value for system in systems for change in system.changes])
    adjusted = iter(family)
    same_run = a.manifest.run_id == b.manifest.run_id
    return Diff(
        a=names[0],
        b=names[1],
        systems=tuple(
            replace(s, changes=tuple(replace(c, p_adjusted=next(adjusted)) for c in s.changes))
            for s in systems
        ),
        missing=tuple(missing),
        unlike=() if same_run else unlike(a.manifest, b.manifest, pairs),
        notes=tuple(_notes(same_run=same_run, moved_days=bool(days), metrics=metrics)),
    )


def _notes(*, same_run: bool, moved_days: bool, metrics: Sequence[str]) -> list[str]:
    notes = []
    if moved_days:
        notes.append("the runs have no day in common: the first day is paired with the first")
    if not same_run and any(metric.startswith("latency") for metric in metrics):
        notes.append(
            "latency: the runs were not interleaved, so what the machine did counts as a change"
        )
    return notes


def _same_days(a: Snapshot, b: Snapshot) -> Mapping[date, date]:
    """Days of `b` as those of `a`, where runs on other days are to be paired; else empty."""
    ours, theirs = a.manifest.days, b.manifest.days
    if len(ours) != len(theirs) or set(ours) & set(theirs):
        return {}
    return dict(zip(theirs, ours, strict=True))


def _system(
    a: Snapshot,
    b: Snapshot,
    pair: tuple[str, str],
    days: Mapping[date, date],
    metrics: Sequence[str],
) -> SystemDiff:
    left = _by_key(a, pair[0], {})
    right = _by_key(b, pair[1], days)
    both = [key for key in left if key in right]
    if not both:
        raise ConfigError(
            f"nothing to compare: no question was put to {pair[0]} and to {pair[1]} on the same day"
        )
    codes = {name: code for code, name in enumerate(sorted(_clusters(left) | _clusters(right)))}
    sides = _Sides(
        tables=tuple(
            ScoreTable([kept.score for kept in side.values()], codes) for side in (left, right)
        ),
        figures=(a.figures.get(pair[0], {}), b.figures.get(pair[1], {})),
        kinds={key: kept.score.kind for key, kept in (left | right).items()},
        seed=a.manifest.seed,
    )
    changes = tuple(change for metric in metrics if (change := _change(metric, sides)) is not None)
    flips = [
        _flip(left[key], right[key])
        for key in both
        if left[key].score.right != right[key].score.right
    ]
    return SystemDiff(
        a=pair[0],
        b=pair[1],
        changes=changes,
        flips=tuple(sorted(flips, key=lambda f: (f.won, f.question_id, f.day, f.repeat))),
        pairs=len(both),
        a_alone=len(left) - len(both),
        b_alone=len(right) - len(both),
    )


_Key = tuple[str, str, int]


def _by_key(snapshot: Snapshot, system: str, days: Mapping[date, date]) -> dict[_Key, Kept]:
    found: dict[_Key, Kept] = {}
    for kept in snapshot.answers:
        score = kept.score
        if score.system != system:
            continue
        if days:
            score = replace(score, day=days[score.day])
        key = (score.question_id, score.day.isoformat(), score.repeat)
        found[key] = replace(kept, score=score)
    return found


def _clusters(side: Mapping[_Key, Kept]) -> set[str]:
    return {kept.score.cluster for kept in side.values()}


@dataclass(frozen=True, slots=True)
class _Sides:
    """Both sides of a comparison: their scores, their figures; and what kind each question is of."""

    tables: tuple[ScoreTable, ...]
    figures: tuple[Mapping[str, Estimate], ...]
    kinds: Mapping[_Key, str]
    seed: int


def _change(metric: str, sides: _Sides) -> Change | None:
    """None where neither side has the metric at all, such as a cost without prices."""
    left, right = (table.sample(metric) for table in sides.tables)
    if not len(left) and not len(right):
        return None
    found = compare(dict(zip("ab", sides.tables, strict=True)), "a", "b", metric, seed=sides.seed)
    rose, fell = _places(left, right, sides.kinds) if metric in RATES else ("", "")
    unknown = Estimate.unknown("not formed when the run was saved")
    a, b = (figures.get(metric, unknown) for figures in sides.figures)
    return Change(
        metric=metric,
        a=a,
        b=b,
        difference=found.difference,
        p_value=found.p_value,
        p_adjusted=None,
        pairs=found.pairs,
        only_a=found.only_a,
        only_b=found.only_b,
        rose_in=rose,
        fell_in=fell,
    )


def _places(left: Sample, right: Sample, kinds: Mapping[_Key, str]) -> tuple[str, str]:
    """Where the event of a rate came up, and where it went: the kind of most such questions."""
    before = dict(zip(left.keys, left.values, strict=True))
    rose: Counter[str] = Counter()
    fell: Counter[str] = Counter()
    for key, value in zip(right.keys, right.values, strict=True):
        if key in before and before[key] != value:
            (rose if value > before[key] else fell)[kinds[key]] += 1
    several = len(set(kinds.values())) > 1
    return (_most(rose), _most(fell)) if several else ("", "")


def _most(found: Counter[str]) -> str:
    total = found.total()
    if total < _FEW:
        return ""
    kind, number = min(found.items(), key=lambda item: (-item[1], item[0]))
    return f"kind {kind} ({number} of {total})" if kind and number >= _MOSTLY * total else ""


def _flip(a: Kept, b: Kept) -> Flip:
    return Flip(
        question_id=a.score.question_id,
        kind=a.score.kind,
        day=a.score.day,
        repeat=a.score.repeat,
        won=b.score.right,
        question=b.question,
        a_text=a.text,
        b_text=b.text,
        a_class=a.score.freshness.label,
        b_class=b.score.freshness.label,
        a_failure=a.failure,
        b_failure=b.failure,
    )
