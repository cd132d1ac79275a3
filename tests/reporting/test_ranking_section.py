from __future__ import annotations

import re
from dataclasses import replace

from planted import asked_for, planted_run

from harness.decision.choice import Standing
from harness.decision.claims import Claim, ClaimVerdict
from harness.decision.ownership import CHANGES, VOLUMES, Ownership
from harness.decision.pareto import Front
from harness.decision.recommend import Ranking, Recommendation
from harness.reporting.components import Badge, Block, Chart, Lines, Section, SystemLabel, Table
from harness.reporting.view import report_view
from harness.statistics.estimate import Estimate

RUN, RESULTS = planted_run(questions=40, days=2, systems=4)
NAMES = ("base", "rag", "fine-tuned", "hybrid")
METRICS = ("right_rate", "cost_per_query")
RANKS = (
    (0.30, 0.30, 0.396, 0.004),
    (0.0, 0.0, 0.0, 1.0),
    (0.0, 0.3, 0.7, 0.0),
    (0.7, 0.2, 0.1, 0.0),
)
EVERYONE = Ranking(
    NAMES,
    METRICS,
    Front(
        ("base", "fine-tuned", "hybrid"),
        (("rag", "hybrid"),),
        ((0.0,) * 4, (0.0,) * 4, (0.0, 0.3, 0.0, 0.0), (0.02, 0.961, 0.0, 0.0)),
    ),
    tuple(
        Standing(name, ranks, {"right_rate": 0.6, "cost_per_query": 0.4} if ranks[0] else {}, 0.999)
        for name, ranks in zip(NAMES, RANKS, strict=True)
    ),
)
TWO = Ranking(
    ("base", "hybrid"),
    METRICS,
    Front(("base", "hybrid"), (), ((0.0, 0.0), (0.0, 0.0))),
    (Standing("base", (0.3, 0.7), {}, 0.0), Standing("hybrid", (0.7, 0.3), {}, 0.0)),
)


def section(name: str, **changed: object) -> Section:
    asked: Recommendation = replace(asked_for(RUN, RESULTS), **changed)  # type: ignore[arg-type]
    view = report_view(RUN, RESULTS, recommendation=asked)
    return next(section for section in view.sections if section.id == name)


def charts(blocks: tuple[Block, ...]) -> list[Chart]:
    return [block for block in blocks if isinstance(block, Chart)]


def captioned(of: Section, start: str) -> list[Table]:
    return [b for b in of.blocks if isinstance(b, Table) and b.caption.startswith(start)]


def test_ranks_are_drawn_and_listed_for_those_compared_and_for_everyone() -> None:
    found = section("decision", compared=TWO, everyone=EVERYONE)
    two, everyone = captioned(found, "Ranks over")
    assert two.caption.endswith("among those left to choose from")
    assert everyone.caption.endswith("among all systems, whatever was asked for")
    assert [column.title for column in two.columns][1:3] == ["Best", "Second"]
    assert everyone.rows[0][1:5] == ("30%", "30%", "40%", "<1%")
    assert everyone.rows[0][5:] == ("right 60% and cost per query 40%", ">99%")
    assert everyone.rows[1][5:] == ("hardly ever the best", "")
    assert [len(chart.legend) for chart in charts(found.blocks)] == [2, 4]
    widths = re.findall(r'class="k-0" x="0%" width="([\d.]+)%"', str(charts(found.blocks)[1].svg))
    assert widths == ["30", "70"]


def test_the_front_says_who_is_dominated_by_whom_and_how_often() -> None:
    (table,) = captioned(section("decision", everyone=EVERYONE), "Pareto front")
    told = {}
    for label, verdict, by in table.rows:
        assert isinstance(label, SystemLabel)
        assert isinstance(verdict, Badge)
        told[label.name] = (verdict.text, by.texts if isinstance(by, Lines) else by)
    assert told == {
        "base": ("on the front", "by none in 5% or more"),
        "rag": ("dominated", ("by hybrid in 96%", "by fine-tuned in 30%")),
        "fine-tuned": ("on the front", "by none in 5% or more"),
        "hybrid": ("on the front", "by none in 5% or more"),
    }


def test_one_ranking_is_shown_where_all_were_compared_or_only_one_was_left() -> None:
    one = Ranking(("base",), METRICS, Front(("base",), (), ((0.0,),)), ())
    for compared in (EVERYONE, one, None):
        found = section("decision", compared=compared, everyone=EVERYONE)
        (table,) = captioned(found, "Ranks over")
        assert table.caption.endswith("whatever was asked for") is (compared is not EVERYONE)
    without = section("decision", compared=None, everyone=None)
    assert not charts(without.blocks)
    assert "Pareto" not in without.reading


def test_total_cost_curves_rise_from_what_is_paid_anyhow() -> None:
    per_query = Estimate(0.001, 0.0009, 0.0012, 80, 40, "planted")
    month = 365.25 / 12
    bare = Ownership("base", per_query, 0.0, "", 0.0, {})
    flat, kept, dear = (
        replace(
            one,
            by_change={days: {v: one.month(v, days) for v in VOLUMES} for days in CHANGES},
        )
        for one in (
            bare,
            replace(bare, system="rag", per_refresh=10 / month),
            replace(bare, system="hybrid", per_refresh=None, basis="no price for training"),
        )
    )
    drawn = charts(section("cost", owned=(flat, kept, dear)).blocks)
    daily, monthly = drawn
    assert "facts change every day (log scales)" in daily.caption
    assert "facts change every 30 days (log scales)" in monthly.caption
    for chart in drawn:
        assert [entry.text for entry in chart.legend] == ["base", "rag"]
        assert str(chart.svg).count('class="band"') == 2
    ends = {
        chart: re.findall(r'class="curve d\d".*? d="M0 ([\d.]+)', str(chart.svg)) for chart in drawn
    }
    base, rag = map(float, ends[daily])  # pixels from the top: what costs more is higher
    assert rag < base
    assert abs(float(ends[monthly][1]) - float(ends[monthly][0])) < base - rag


def test_a_claim_about_dollars_says_of_how_many_queries_with_every_number() -> None:
    paid = Estimate(0.000255, 0.000255, 0.000255, 0, 0, "no sampling")
    arithmetic = Claim("a", "It costs $0.008.", "us", low=0.00795, high=0.00805, computed=paid)
    measured = Claim("m", "Cheap.", "us", "cost_per_query", b="rag", high=0.008)
    found = (
        ClaimVerdict(arithmetic, "refuted", paid, "", "the arithmetic"),
        ClaimVerdict(
            measured, "supported", Estimate(2e-6, 1e-6, 3e-6, 9, 9, "planted"), "", "cost_per_query"
        ),
    )
    view = report_view(RUN, RESULTS, claims=found)
    claims = next(section for section in view.sections if section.id == "claims")
    (table,) = captioned(claims, "Claims")
    first, second = ([getattr(cell, "text", cell) for cell in row] for row in table.rows)
    assert first[1:3] == ["$0.00795 to $0.00805", "$0.000255"]
    assert second[1:3] == ["below $8 per thousand", "$0.00200 per thousand"]
