"""Which system to take, in one paragraph, and what would change that."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
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
from harness.decision.ownership import BreakEven, Ownership, break_evens, ownership
from harness.decision.pareto import Front, pareto
from harness.decision.recommend import DEFAULT_CONSTRAINTS, Recommendation
from harness.decision.situation import Fit, fits, shifted
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
    for another choice. `text` says it all in a paragraph.
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
            *_apart(results, needs, choice, len(run.questions)),
            *to_measure(checks, out, len(run.questions)),
        ),
        owned=owned,
        break_evens=break_evens(results, owned),
        text="",
        shifts=tuple(maker.shifts(needs)),
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
    )


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

    def moves(self, draws: Draws, choice: Choice) -> tuple[Move, ...]:
        if choice.system is None or not draws.metrics:
            return ()
        weights = weightings(self._needs, draws.metrics, self._seed)
        return moves(draws, choice.system, weights)


def _apart(results: Results, needs: Needs, choice: Choice, questions: int) -> tuple[Measure, ...]:
    """What would tell the first two apart that are level, on the metric that counts most."""
    if choice.why != "too close" or len(choice.level) < 2:  # noqa: PLR2004  (two)
        return ()
    a, b = choice.level[:2]
    found = to_tell_apart(results, a, b, counted(needs)[0], questions)
    return (found,) if found is not None else ()


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
    sentences = [_answer(decision), *_because(decision), *_excluded(decision)]
    told = next((one for one in decision.measure if one.questions is not None), None)
    if told is not None and (decision.provisional or decision.choice.system is None):
        sentences.append(f"Whether {told.what} takes about {told.questions:,} questions to tell.")
    return " ".join(sentences)


def _answer(decision: Decision) -> str:
    choice, maybe = decision.choice, decision.provisional
    if choice.system is not None:
        return f"Take {choice.system}{', for now' if maybe else ''}."
    if choice.why == "nobody":
        return "None of these systems does: each misses something that was asked for."
    level = f"{', '.join(choice.level[:-1])} and {choice.level[-1]}"
    if choice.why == "depends on weights":
        return f"It depends on what counts more: {level} are each the better one for some."
    return f"Undecided: {level} cannot be told apart by this run."


def _because(decision: Decision) -> list[str]:
    choice = decision.choice
    keeps = "It keeps all that was asked for."
    if decision.provisional:
        one = "this is one of those" if choice.system is not None else "these are of those"
        keeps = f"No system surely keeps all that was asked for; {one} that may."
    if choice.why == "nobody":
        return []
    if choice.system is None:
        firsts = ", ".join(
            f"{s.system} {s.ranks[0]:.0%}" for s in choice.standings if s.system in choice.level
        )
        shares = [f"Best in so many of the weightings and resamples: {firsts}."] if firsts else []
        return shares + ([keeps] if decision.provisional else [])
    if choice.why == "alone":
        return [keeps, "No other system is left to compare it with."]
    own = next(s for s in choice.standings if s.system == choice.system)
    return [
        keeps,
        f"Among the {len(choice.standings)} that do it is the best in {own.ranks[0]:.0%} of all "
        "weightings and resamples of the questions.",
    ]


def _excluded(decision: Decision) -> list[str]:
    found = []
    unsure = _unsure(decision.checks, decision.fits)
    aside = sorted(unsure - set(decision.pool) - set(decision.out))
    if aside:
        found.append(f"Not compared, because not sure to keep it: {', '.join(aside)}.")
    if decision.out:
        each = [f"{name} ({reasons[0]})" for name, reasons in decision.out.items()]
        found.append(f"Out: {'; '.join(each)}.")
    return found
