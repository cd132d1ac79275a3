"""Which system to take, in one paragraph, and what would change that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from harness.decision.bounds import in_units
from harness.decision.changes import (
    Flip,
    Measure,
    Move,
    Shift,
    distance,
    flips,
    moves,
    named,
    outcome,
    to_measure,
    to_tell_apart,
)
from harness.decision.choice import Choice, choose, counted, weightings
from harness.decision.constraints import Needs
from harness.decision.draws import Draws, draw
from harness.decision.judged import Check, Constraint, check
from harness.decision.ownership import (
    CHANGES,
    BreakEven,
    Ownership,
    break_evens,
    ownership,
    savings,
)
from harness.decision.pareto import Front, pareto
from harness.decision.recommend import DEFAULT_CONSTRAINTS, Ranking, Recommendation
from harness.decision.situation import Fit, fits, shifted
from harness.decision.words import join
from harness.running.folder import LoadedRun
from harness.scoring.prices import PriceBook
from harness.statistics.results import Results

__all__ = ["Decision", "decide", "recommendation"]

_SETS: Final = 2
"""Sets of draws, each with its own seed, that have to agree on a choice."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What is chosen and why.

    `out` has the systems that surely miss something, each with what; `pool` those compared;
    `provisional`: no system surely keeps everything, and the pool has those that may. `uncounted` are
    metrics that would count and are not known for every system. `shifts` has what would have to be so
    for another choice. `break_evens_by_change` has the break-evens at other days between two changes
    (`CHANGES`). `everyone` ranks all systems of the run, whatever was asked for. `text` says it all in a
    paragraph.
    """

    needs: Needs
    choice: Choice
    provisional: bool
    pool: tuple[str, ...]
    out: dict[str, tuple[str, ...]]
    checks: tuple[Check, ...]
    fits: tuple[Fit, ...]
    front: Front | None
    uncounted: tuple[str, ...]
    flips: tuple[Flip, ...]
    moves: tuple[Move, ...]
    measure: tuple[Measure, ...]
    owned: tuple[Ownership, ...]
    break_evens: tuple[BreakEven, ...]
    text: str
    shifts: tuple[Shift, ...] = ()
    break_evens_by_change: Mapping[float, tuple[BreakEven, ...]] = field(default_factory=dict)
    everyone: Ranking | None = None


def decide(
    run: LoadedRun,
    results: Results,
    prices: PriceBook,
    needs: Needs,
    *,
    seed: int | None = None,
) -> Decision:
    """Filter by the constraints and the situation, then compare what is left.

    Without constraints those of the report hold (`DEFAULT_CONSTRAINTS`). The same run, prices, needs
    and seed (the run's own when None) give the same decision.
    """
    needs = needs if needs.constraints else replace(needs, constraints=DEFAULT_CONSTRAINTS)
    maker = _Maker(run, results, needs, run.manifest.seed if seed is None else seed)
    pool, provisional = maker.pool(needs.constraints)
    choice = maker.choose(pool)
    checks = maker.checks(needs.constraints)
    out = maker.out(needs.constraints)
    draws = maker.sets[0].among(pool)
    owned = ownership(results, run.manifest.preparations, prices, needs.situation.change_days)
    saved = savings(results, owned)
    decision = Decision(
        needs=needs,
        choice=choice,
        provisional=provisional,
        pool=pool,
        out=out,
        checks=checks,
        fits=maker.fits,
        front=pareto(draws) if pool and draws.metrics else None,
        uncounted=tuple(m for m in counted(needs) if m not in draws.metrics),
        flips=flips(results, needs.constraints, maker.chosen),
        moves=maker.moves(draws, choice),
        measure=(
            *maker.apart(draws, choice, len(run.questions)),
            *to_measure(checks, out, len(run.questions)),
        ),
        owned=owned,
        break_evens=break_evens(owned, saved),
        text="",
        shifts=tuple(maker.shifts(needs)),
        break_evens_by_change={days: break_evens(owned, saved, days) for days in CHANGES},
        everyone=_ranking(maker.sets[0], maker.choose(maker.sets[0].systems)),
    )
    return replace(decision, text=_text(decision))


def recommendation(decision: Decision) -> Recommendation:
    """What the first page of a report says of a decision."""
    choice = decision.choice
    return Recommendation(
        choice=choice.system,
        tied=choice.level if choice.system is None else (),
        provisional=decision.provisional,
        constraints=decision.needs.constraints,
        checks=decision.checks,
        text=f"Asked for: {'; '.join(c.words for c in decision.needs.constraints)}. {decision.text}",
        depends=choice.why == "depends on weights",
        changes=(
            *(flip.words for flip in sorted(decision.flips, key=distance)),
            *(shift.words for shift in decision.shifts),
        ),
        owned=decision.owned,
        break_evens_by_change=decision.break_evens_by_change,
        compared=_compared(decision),
        everyone=decision.everyone,
    )


def _ranking(draws: Draws, choice: Choice) -> Ranking | None:
    if not draws.metrics:
        return None
    return Ranking(draws.systems, draws.metrics, pareto(draws), choice.standings)


def _compared(decision: Decision) -> Ranking | None:
    """The ranking of those that the choice was made among; that of everyone where these are all."""
    everyone = decision.everyone
    if everyone is None or decision.front is None or decision.pool == everyone.systems:
        return everyone if decision.pool else None
    return Ranking(decision.pool, everyone.metrics, decision.front, decision.choice.standings)


class _Maker:
    """Chooses under any constraints from the same draws; what it has chosen once it remembers."""

    def __init__(self, run: LoadedRun, results: Results, needs: Needs, seed: int) -> None:
        self.fits = fits(run.manifest, needs.situation)
        self._manifest = run.manifest
        self.sets: tuple[Draws, ...] = tuple(
            draw(results, counted(needs), seed=seed + place) for place in range(_SETS)
        )
        self._results = results
        self._needs = needs
        self._seed = seed
        self._made: dict[tuple[str, ...], Choice] = {}

    def shifts(self, needs: Needs) -> Iterator[Shift]:
        """What is chosen when one thing that is so were otherwise, where that is another choice."""
        now, as_it_is = named(self.chosen(needs.constraints)), self.fits
        for what, situation in shifted(self._manifest, needs.situation):
            self.fits = fits(self._manifest, situation)
            then = named(self.chosen(needs.constraints))
            if then != now:
                names, provisional = then
                words = f"if {what}: {outcome(names, provisional=provisional)}"
                yield Shift(what, names, provisional, words)
        self.fits = as_it_is

    def checks(self, constraints: Sequence[Constraint]) -> tuple[Check, ...]:
        return tuple(check(system, c) for system in self._results.systems for c in constraints)

    def out(self, constraints: Sequence[Constraint]) -> dict[str, tuple[str, ...]]:
        """Why each system that surely does not do does not."""
        found: dict[str, tuple[str, ...]] = {}
        for fit in self.fits:
            if fit.kept == "missed":
                found[fit.system] = (*found.get(fit.system, ()), fit.reason)
        for one in self.checks(constraints):
            if one.kept == "missed":
                found[one.system] = (*found.get(one.system, ()), _missed(one))
        return found

    def pool(self, constraints: Sequence[Constraint]) -> tuple[tuple[str, ...], bool]:
        """The systems that surely keep everything, else those that may; and whether it is these."""
        out = self.out(constraints)
        unsure = _unsure(self.checks(constraints), self.fits)
        left = [system.name for system in self._results.systems if system.name not in out]
        sure = tuple(name for name in left if name not in unsure)
        return (sure, False) if sure else (tuple(left), True)

    def choose(self, pool: tuple[str, ...]) -> Choice:
        if pool not in self._made:
            self._made[pool] = choose(self.sets, self._needs, pool, seed=self._seed)
        return self._made[pool]

    def chosen(self, constraints: Sequence[Constraint]) -> tuple[Choice, bool]:
        pool, provisional = self.pool(constraints)
        return self.choose(pool), provisional

    def apart(self, draws: Draws, choice: Choice, questions: int) -> tuple[Measure, ...]:
        """What would tell the best from each that is level with it, the soonest told first."""
        if choice.why != "too close" or len(choice.level) < 2 or not draws.metrics:  # noqa: PLR2004  (two)
            return ()
        best, *rivals = choice.level
        weights = weightings(self._needs, draws.metrics, self._seed)
        found = [to_tell_apart(draws, best, rival, weights, questions) for rival in rivals]
        return tuple(sorted(found, key=lambda one: (one.questions is None, one.questions or 0)))

    def moves(self, draws: Draws, choice: Choice) -> tuple[Move, ...]:
        if choice.system is None or not draws.metrics:
            return ()
        weights = weightings(self._needs, draws.metrics, self._seed)
        return moves(draws, choice.system, weights)


def _unsure(checks: Sequence[Check], fitting: Sequence[Fit]) -> set[str]:
    """The systems of which something is undecided."""
    judged: tuple[Check | Fit, ...] = (*checks, *fitting)
    return {one.system for one in judged if one.kept == "undecided"}


def _missed(one: Check) -> str:
    metric, bound = one.constraint.metric, one.constraint.bound
    value = in_units(metric, one.estimate.value) if one.estimate.value is not None else "unknown"
    name = metric.replace("_", " ")
    return f"{name} is {value}, asked for {one.constraint.direction} {in_units(metric, bound)}"


def _text(decision: Decision) -> str:
    return " ".join([*_answer(decision), *_open(decision), *_excluded(decision)])


def _answer(decision: Decision) -> list[str]:
    choice, maybe = decision.choice, decision.provisional
    if choice.why == "nobody":
        return ["None of these systems will do: each surely misses something that was asked for."]
    unsure = "none surely keeps all that was asked for; these are those that may"
    if choice.system is None:
        level = join(choice.level)
        first = f"Undecided: this run cannot tell which of {level} to take."
        if choice.why == "depends on weights":
            first = f"It depends on what counts more: each of {level} is the better one for some."
        firsts = [
            f"{s.system} {s.ranks[0]:.0%}" for s in choice.standings if s.system in choice.level
        ]
        shares = (
            [f"Best in so many of all weightings and resamples: {join(firsts)}."] if firsts else []
        )
        return [first, *shares, *([f"{unsure[0].upper()}{unsure[1:]}."] if maybe else [])]
    if choice.why == "alone":
        if maybe:
            return [
                f"Take {choice.system}, for now: it is the only one that may keep all that was asked "
                "for, and this run cannot tell whether it does."
            ]
        rest = {one.system for one in decision.checks} - {choice.system}
        only = ["No other system surely does."] if rest else []
        return [f"Take {choice.system}. It keeps all that was asked for.", *only]
    own = next(s for s in choice.standings if s.system == choice.system)
    best = (
        f"{own.ranks[0]:.0%} of all weightings and resamples of the questions it is the best of "
        f"the {len(choice.standings)}"
    )
    if maybe:
        return [f"Take {choice.system}, for now. In {best} that may keep all that was asked for."]
    return [f"Take {choice.system}. It keeps all that was asked for.", f"In {best} that do."]


def _open(decision: Decision) -> list[str]:
    """What more questions would tell that matters to the choice."""
    if not decision.provisional and decision.choice.system is not None:
        return []
    mattering = decision.choice.level or (decision.choice.system,)
    told = [one for one in decision.measure if one.system in mattering]
    if not told:
        return []
    return [f"Open: {told[0].words}."]


def _excluded(decision: Decision) -> list[str]:
    """Who is out, by the first reason of each; and who was not compared."""
    found = []
    unsure = _unsure(decision.checks, decision.fits)
    aside = sorted(unsure - set(decision.pool) - set(decision.out))
    if aside:
        found.append(f"Not compared, because not sure to keep it: {join(aside)}.")
    grouped: dict[str, list[str]] = {}
    for name, reasons in decision.out.items():
        reason, shown = reasons[0], name
        for one in decision.checks:
            if one.system == name and _missed(one) == reason and one.estimate.value is not None:
                value = in_units(one.constraint.metric, one.estimate.value)
                reason, shown = f"asked for: {one.constraint.words}", f"{name} {value}"
        grouped.setdefault(reason, []).append(shown)
    if grouped:
        each = "; ".join(
            f"{join(names)} ({_of(reason, names)})" for reason, names in grouped.items()
        )
        found.append(f"Out: {each}.")
    return found


def _of(reason: str, names: Sequence[str]) -> str:
    """The reason that one system is out, said of several where it is that of each."""
    return (
        f"each {reason.removeprefix('it ')}"
        if len(names) > 1 and reason.startswith("it ")
        else reason
    )
