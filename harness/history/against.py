"""Tonight's run beside the pinned baseline and the one before: what moved, and is it worse?

Against the last run alone a slow drift would pass every night; against the baseline alone a sudden change would be
told again and again without saying that it is old. So both are asked, as one family of tests.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from harness.history.diff import Change, Diff, diff, pair_up
from harness.history.snapshot import Snapshot
from harness.history.store import LAST, PINNED, Entry, History
from harness.statistics.multiplicity import holm

__all__ = ["ALPHA", "METRICS", "Move", "Night", "Reference", "judge", "references"]

ALPHA: Final = 0.01
"""The chance that a night without any change is called one: one night in a hundred."""

METRICS: Final = ("right_rate", "stale_rate", "valid_rate", "cost_per_query")
"""What is judged: figures of the answers, not of how busy a machine was."""

_HIGHER_IS_BETTER: Final = frozenset({"right_rate", "valid_rate"})


@dataclass(frozen=True, slots=True)
class Reference:
    """What a run is compared with: `roles` says why, `run` is its key."""

    roles: tuple[str, ...]
    run: str
    snapshot: Snapshot

    @property
    def label(self) -> str:
        """`pinned and last 0001_first`."""
        return f"{' and '.join(self.roles)} {self.run}"


@dataclass(frozen=True, slots=True)
class Move:
    """A change that chance alone does not explain at the level of the whole family."""

    against: str
    system: str
    change: Change

    @property
    def rose(self) -> bool:
        """Whether the figure is higher now."""
        return (self.change.difference.value or 0.0) > 0

    @property
    def worse(self) -> bool:
        """Whether that is for the worse."""
        return self.rose != (self.change.metric in _HIGHER_IS_BETTER)

    @property
    def where(self) -> str:
        """Where most of the questions lie that made it."""
        return self.change.rose_in if self.rose else self.change.fell_in


@dataclass(frozen=True, slots=True)
class Night:
    """What became of a run: `moves` the worst first, of `comparisons` that could be made.

    `missing` says what a reference had and the run has not. `widest` is half the width of the widest interval of a
    difference of rates: a smaller change may well have stayed unseen. `failed` asks for a red build.
    """

    suite: str
    run: str
    references: tuple[str, ...]
    diffs: tuple[Diff, ...]
    moves: tuple[Move, ...]
    missing: tuple[str, ...]
    comparisons: int
    widest: float | None
    alpha: float

    @property
    def failed(self) -> bool:
        """Whether anything is worse, or missing."""
        return bool(self.missing) or any(move.worse for move in self.moves)


def references(
    history: History, suite: str, roles: Sequence[str] = (PINNED, LAST), *, but: Entry | None = None
) -> tuple[Reference, ...]:
    """The runs of a suite to compare with: `pinned`, `last`, or any that `History.find` finds.

    The last run is that before `but`, which is the one to be judged. A role that no run has yet is left out.
    """
    entries = history.contents().of(suite)
    if but is not None:
        entries = tuple(entry for entry in entries if entry.number < but.number)
    found: dict[str, tuple[Entry, list[str]]] = {}
    for role in roles:
        entry = _in_role(history, role, suite, entries)
        if entry is not None:
            found.setdefault(entry.key, (entry, []))[1].append(role)
    return tuple(
        Reference(tuple(named), key, history.load(entry)) for key, (entry, named) in found.items()
    )


def _in_role(history: History, role: str, suite: str, entries: Sequence[Entry]) -> Entry | None:
    keys = {entry.key for entry in entries}
    if role == PINNED:
        baseline = history.baseline(suite)
        return baseline if baseline is not None and baseline.key in keys else None
    if role == LAST:
        return entries[-1] if entries else None
    return history.find(role, suite)


def judge(now: Snapshot, run: str, against: Sequence[Reference], *, alpha: float = ALPHA) -> Night:
    """Compare a run with each reference; raises `ConfigError` where nothing is in common."""
    diffs, missing = [], []
    for reference in against:
        before = reference.snapshot
        pairs, alone = pair_up(before, now)
        found = diff(
            before, now, pairs, names=(reference.label, run), missing=alone, metrics=METRICS
        )
        diffs.append(found)
        missing += _missing(found, before)
    changes = [
        (d.a, system.b, change) for d in diffs for system in d.systems for change in system.changes
    ]
    family = holm([change.p_value for *_, change in changes])
    moves = [
        Move(label, system, replace(change, p_adjusted=p))
        for (label, system, change), p in zip(changes, family, strict=True)
        if p is not None and p <= alpha
    ]
    moves.sort(key=lambda move: (not move.worse, move.change.p_adjusted or 0.0))
    return Night(
        suite=now.manifest.suite,
        run=run,
        references=tuple(reference.label for reference in against),
        diffs=tuple(diffs),
        moves=tuple(moves),
        missing=tuple(dict.fromkeys(missing)),
        comparisons=sum(p is not None for p in family),
        widest=_widest([change for *_, change in changes]),
        alpha=alpha,
    )


def _missing(found: Diff, before: Snapshot) -> list[str]:
    """Systems and figures that the reference had."""
    gone = [name for name in found.missing if name in before.systems]
    figures = [
        f"{change.metric} of {system.b}"
        for system in found.systems
        for change in system.changes
        if change.a.value is not None and change.b.value is None
    ]
    alone = [
        f"{system.a_alone} of {system.a_alone + system.pairs} answers of {system.b}"
        for system in found.systems
        if system.a_alone
    ]
    return [f"{what} (in {found.a})" for what in (*gone, *figures, *alone)]


def _widest(changes: Sequence[Change]) -> float | None:
    halves = [
        (found.high - found.low) / 2
        for change in changes
        if change.metric.endswith("_rate")
        and (found := change.difference).low is not None
        and found.high is not None
    ]
    return max(halves, default=None)
