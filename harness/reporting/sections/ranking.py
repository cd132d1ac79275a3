"""How systems rank over all weightings and resamples, and which of them no other one beats on everything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from harness.decision.words import join
from harness.reporting.charts import Bar, Segment, share_axis, stacked_bars
from harness.reporting.components import (
    Badge,
    Block,
    Cell,
    Chart,
    Column,
    LegendEntry,
    Lines,
    Table,
)
from harness.reporting.metrics import metric
from harness.reporting.sections.context import Context

if TYPE_CHECKING:
    from harness.decision.choice import Standing
    from harness.decision.recommend import Ranking

__all__ = ["ranking_blocks", "ranking_reading"]

_RANKS: Final = ("best", "second", "third", "later")
_SELDOM: Final = 0.005  # below, typical weights are those of too few draws
_OFTEN: Final = 0.05
_WEIGHTS: Final = 3


def ranking_blocks(context: Context) -> tuple[Block, ...]:
    """Ranks of those compared and of everyone, then the Pareto front of everyone."""
    found = context.recommendation
    if found is None or found.everyone is None:
        return ()
    compared, everyone = found.compared, found.everyone
    blocks: list[Block] = []
    if compared is not None and compared is not everyone and compared.standings:
        blocks += _ranks(context, compared, "among those left to choose from")
    if everyone.standings:
        alone = "" if compared is everyone else ", whatever was asked for"
        blocks += _ranks(context, everyone, f"among all systems{alone}")
    if len(everyone.systems) > 1:
        blocks.append(_front(context, everyone))
    return tuple(blocks)


def ranking_reading(context: Context) -> str:
    """What ranks and the front mean; empty where there are none."""
    found = context.recommendation
    if found is None or found.everyone is None or len(found.everyone.systems) == 1:
        return ""
    counted = join([metric(name).title.lower() for name in found.everyone.metrics])
    return (
        f" Ranks: each weighting of {counted} that fits what was said meets each resample of the "
        "questions, and a bar says in which share of all that a system is the best, the second and "
        "so on (SMAA-2). On the Pareto front are the systems that no other one dominates, that is, beats on "
        "one of these and matches on the others, by a point of a rate or 5% of the rest."
    )


def _ranks(context: Context, ranking: Ranking, among: str) -> tuple[Chart, Table]:
    label = f"How often each is the best, the second, the third or later, {among}"
    used = min(len(ranking.systems), len(_RANKS))
    bars = [
        Bar(one.system, f"best in {_share(one.ranks[0])}", _segments(one))
        for one in ranking.standings
    ]
    return (
        Chart(
            svg=stacked_bars(bars, share_axis(), label),
            caption=label,
            legend=tuple(
                LegendEntry(f"k-{place}", name) for place, name in enumerate(_RANKS[:used])
            ),
        ),
        Table(
            caption=f"Ranks over all weightings and resamples, {among}",
            columns=(
                Column("System", numeric=False),
                *(Column(name.capitalize()) for name in _RANKS[:used]),
                Column("Typical weights where it is the best", numeric=False),
                Column("Then the best in"),
            ),
            rows=tuple(
                (
                    context.labels[one.system],
                    *map(_share, _grouped(one)[:used]),
                    *_typical(one),
                )
                for one in ranking.standings
            ),
        ),
    )


def _grouped(one: Standing) -> tuple[float, ...]:
    """The shares of the first three ranks, and of all later ones together."""
    firsts = (*one.ranks, 0.0, 0.0)[: len(_RANKS) - 1]
    return (*firsts, sum(one.ranks[len(firsts) :]))


def _segments(one: Standing) -> tuple[Segment, ...]:
    return tuple(
        Segment(f"k-{place}", share, f"{100 * share:.0f}", f"{name}: {_share(share)}")
        for place, (name, share) in enumerate(zip(_RANKS, _grouped(one), strict=True))
    )


def _typical(one: Standing) -> tuple[Cell, Cell]:
    """The mean of the weights that make it the best, and how often it then is."""
    if not one.central or one.ranks[0] < _SELDOM:
        return "hardly ever the best", ""
    ranked = sorted(one.central.items(), key=lambda item: (-item[1], item[0]))[:_WEIGHTS]
    words = join([f"{metric(name).title.lower()} {weight:.0%}" for name, weight in ranked])
    return words, _share(one.confidence)


def _front(context: Context, ranking: Ranking) -> Table:
    front = ranking.front
    return Table(
        caption="Pareto front: whom another system beats on what counts and matches on the rest",
        columns=(
            Column("System", numeric=False),
            Column("As measured", numeric=False),
            Column("In how many resamples it is dominated", numeric=False),
        ),
        rows=tuple(
            (
                context.labels[name],
                Badge("on the front", "good")
                if name in front.front
                else Badge("dominated", "neutral"),
                _dominated(ranking, place),
            )
            for place, name in enumerate(ranking.systems)
        ),
    )


def _dominated(ranking: Ranking, worse: int) -> Cell:
    """By whom, the most frequent first; the seldom ones are left out."""
    chances = sorted(
        (
            (row[worse], by)
            for row, by in zip(ranking.front.probability, ranking.systems, strict=True)
            if row[worse] >= _OFTEN
        ),
        key=lambda pair: (-pair[0], pair[1]),
    )
    if not chances:
        return f"by none in {_OFTEN:.0%} or more"
    return Lines(tuple(f"by {by} in {_share(chance)}" for chance, by in chances))


def _share(share: float) -> str:
    """A share of draws in whole per cent; what is neither none nor all never prints as that."""
    if 0 < share < _SELDOM:
        return "<1%"
    if 1 - _SELDOM < share < 1:
        return ">99%"
    return f"{share:.0%}"
