"""The latency section: sentences, tables that add up, and the distribution's curve."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from planted import planted_run

from harness.reporting.components import Chart, Figure, Section, SystemLabel, Table
from harness.reporting.sections.overheads import overhead_sentence, overheads_summary
from harness.reporting.view import report_view
from harness.running.folder import LoadedRun
from harness.statistics.estimate import Estimate
from harness.statistics.overhead import Overhead
from harness.statistics.results import Results
from harness.statistics.settling import Settling
from harness.statistics.warm_up import WarmUp

NOTHING = Estimate(0.0, 0.0, 0.0, 9, 9, "planted")


def seconds(value: float, width: float = 0.001) -> Estimate:
    return Estimate(value, value - width, value + width, 9, 9, "planted")


def overhead(total: float, **stages: float) -> Overhead:
    other = total - sum(stages.values())
    return Overhead(
        "fine-tuned",
        "rag",
        total=seconds(total, 0.014),
        stages={stage: seconds(value) for stage, value in stages.items()},  # type: ignore[misc]
        other=seconds(other),
        queue=NOTHING,
    )


def latency(run: LoadedRun, results: Results) -> Section:
    return next(s for s in report_view(run, results).sections if s.id == "latency")


def table(of: Section, caption: str) -> Table:
    return next(b for b in of.blocks if isinstance(b, Table) and b.caption.startswith(caption))


@pytest.fixture(scope="module")
def planted() -> tuple[LoadedRun, Results]:
    return planted_run(questions=40, days=3, systems=5)


def test_the_overhead_is_said_in_one_plain_sentence() -> None:
    found = overhead(0.212, retrieve=0.009, first_token=0.150, decode=0.053)
    assert overhead_sentence(found).replace("\N{NO-BREAK SPACE}", " ") == (
        "rag costs +212 ms [+198, +226] over fine-tuned: retrieval +9, longer prefill +150, "
        "decode +53, other 0."
    )


def test_a_shorter_stage_and_one_that_neither_has_are_named_as_such() -> None:
    found = overhead(0.0235, connect=0.0, retrieve=0.030, first_token=-0.0075)
    assert overhead_sentence(found).endswith(
        ": retrieval +30.0, shorter prefill \N{MINUS SIGN}7.5, other +1.0."
    )


def test_without_stages_there_is_nothing_behind_the_figure_and_without_pairs_no_figure() -> None:
    assert overhead_sentence(overhead(0.1)).endswith(" over fine-tuned.")
    unknown = replace(overhead(0.1), total=Estimate.unknown("no question was measured on both"))
    assert overhead_sentence(unknown) == (
        "What rag costs over fine-tuned is not known: no question was measured on both."
    )


def test_the_slower_of_two_is_said_to_cost_more_whichever_came_first() -> None:
    found = overhead(0.212, retrieve=0.009, first_token=0.150, decode=0.053)
    assert overhead_sentence(found.reversed()) == overhead_sentence(found)


def test_reading_over_weights_is_said_beside_what_costs_most(
    planted: tuple[LoadedRun, Results],
) -> None:
    run, results = planted
    said = latency(run, results).sentence
    names = [system.name for system in results.systems]
    assert {"base", "rag", "fine-tuned"} < set(names)
    most, choice = said.split(" No other system adds more. In direct comparison, ")
    assert re.search(r"^On the same questions, \S+ costs \+.* over base: ", most)
    assert re.match(r"(rag|fine-tuned) costs \+.* over (fine-tuned|rag): ", choice)
    assert overheads_summary(results) in said


def test_where_the_reference_is_slowest_it_is_what_costs_more(
    planted: tuple[LoadedRun, Results],
) -> None:
    _, results = planted
    pairs = [
        Overhead("base", name, total=seconds(-gap), stages={}, other=NOTHING, queue=NOTHING)
        for name, gap in (("rag", 0.2), ("hybrid", 0.3))
    ]
    faster = replace(results, latency=replace(results.latency, overheads=tuple(pairs)))
    assert overheads_summary(faster).replace("\N{NO-BREAK SPACE}", " ") == (
        "On the same questions, base costs +300 ms [+299, +301] over hybrid. "
        "No other system takes less."
    )
    alone = replace(results, latency=replace(results.latency, overheads=()))
    assert overheads_summary(alone) == ""


def test_the_parts_of_each_row_add_up_to_the_whole_within_rounding(
    planted: tuple[LoadedRun, Results],
) -> None:
    others = table(latency(*planted), "Paired overhead of the other pairs")
    assert [column.title for column in others.columns] == [
        *("System", "Against", "Whole answer", "Retrieve", "First token", "Decode", "Other"),
    ]
    assert len(others.rows) == 6  # of ten pairs, four are against the base model
    for row in others.rows:
        whole, *parts = (cell for cell in row if isinstance(cell, Figure))
        shown = [float(part.text.replace("\N{MINUS SIGN}", "-")) for part in (whole, *parts)]
        assert shown[0] == pytest.approx(sum(shown[1:]), abs=0.21)
        assert whole.value == pytest.approx(sum(part.value or 0.0 for part in parts))
        assert (whole.value or 0.0) >= 0  # the slower system stands first


def test_the_table_against_the_reference_has_every_stage_and_tests_all_but_the_rest(
    planted: tuple[LoadedRun, Results],
) -> None:
    rows = table(latency(*planted), "Paired overhead over base").rows
    assert [row[1] for row in rows[:5]] == [
        *("Whole answer", "Retrieve", "First token", "Decode", "Other"),
    ]
    assert [row[3] == "none" for row in rows[:5]] == [False] * 4 + [True]
    whole, *parts = (row[2] for row in rows[:5])
    assert isinstance(whole, Figure)
    assert whole.value == pytest.approx(sum(p.value or 0 for p in parts if isinstance(p, Figure)))


def test_a_queue_stands_below_the_stages_and_is_in_no_sum(
    planted: tuple[LoadedRun, Results],
) -> None:
    run, results = planted
    first, *rest = results.latency.overheads
    queued = replace(first, queue=seconds(0.3))
    found = replace(results, latency=replace(results.latency, overheads=(queued, *rest)))
    rows = table(latency(run, found), "Paired overhead over base").rows
    assert [row[1] for row in rows if row[1] == "Queue, apart"] == ["Queue, apart"]
    assert rows[5][1] == "Queue, apart"
    assert "Queue" not in latency(run, found).sentence


def test_a_stage_that_a_pair_does_not_tell_is_said_to_be_in_other() -> None:
    run, results = planted_run(questions=8, days=1, systems=3)
    pair = next(o for o in results.latency.overheads if o.a == "rag")
    told = replace(pair, stages={"decode": pair.stages["decode"]})
    full = replace(pair, b="base2")
    results = replace(results, latency=replace(results.latency, overheads=(told, full)))
    rows = table(latency(run, replace_labels(run, results)), "Paired overhead of the other").rows
    assert rows[0][3:5] == ("in other", "in other")
    assert "in other" not in rows[1]


def replace_labels(_run: LoadedRun, results: Results) -> Results:
    """The results with one more system, which only an overhead speaks of."""
    return replace(results, systems=(*results.systems, replace(results.systems[0], name="base2")))


def test_what_was_left_out_is_told_beside_the_figures(planted: tuple[LoadedRun, Results]) -> None:
    run, results = planted
    found = Settling("rag", 1200, WarmUp(2, 2, 0.001), 6, 0.4, NOTHING, drifts=False)
    cut = replace(results, latency=replace(results.latency, settling=(found,)))
    assert "Left out as warm-up" in latency(run, cut).reading
    assert "6 of 1,200 of rag" in latency(run, cut).reading
    assert "warm-up" not in latency(run, results).reading


def test_the_queue_is_a_column_only_where_there_was_one(
    planted: tuple[LoadedRun, Results],
) -> None:
    run, results = planted
    calm = table(latency(run, results), "Mean time per stage")
    assert [column.title for column in calm.columns] == [
        *("System", "Retrieve", "First token", "Decode", "Other", "Tokens per second"),
    ]
    first, *rest = results.systems
    queued = replace(first, metrics={**first.metrics, "queue_mean": seconds(0.3)})
    busy = table(latency(run, replace(results, systems=(queued, *rest))), "Mean time per stage")
    assert busy.columns[-2].title == "Queue"
    assert busy.columns[-2].unit == "apart"
    assert "no part of the latency" in busy.note


def test_systems_that_tell_no_stages_have_no_table_of_them(
    planted: tuple[LoadedRun, Results],
) -> None:
    run, results = planted
    untold = Estimate.unknown("its answers do not tell it")
    stages = dict.fromkeys(("retrieve_mean", "first_token_mean", "decode_mean"), untold)
    silent = tuple(replace(s, metrics={**s.metrics, **stages}) for s in results.systems)
    captions = [block.caption for block in latency(run, replace(results, systems=silent)).blocks]
    assert not any("stage" in c and "overhead" not in c for c in captions)


def curve(of: Section) -> Chart:
    return next(b for b in of.blocks if isinstance(b, Chart) and b.caption.startswith("Share of"))


def test_the_distribution_of_every_system_is_drawn_with_its_n(
    planted: tuple[LoadedRun, Results],
) -> None:
    run, results = planted
    chart = curve(latency(run, results))
    measured = {
        system.name: sum(s.system == system.name and s.timing is not None for s in results.scores)
        for system in results.systems
    }
    assert [entry.text for entry in chart.legend] == [f"{s}, n {n}" for s, n in measured.items()]
    assert [entry.style for entry in chart.legend] == [f"s{slot}" for slot in range(5)]
    assert chart.svg.count('class="curve ') == 5
    first = re.findall(r'class="curve d0"[^>]* d="M([^"]*)"', chart.svg)[0]
    heights = [float(corner.split()[1]) for corner in first.split("L")]
    assert heights[0] == 1000
    assert heights[-1] == 0
    assert heights == sorted(heights, reverse=True)


def test_warm_ups_are_not_in_the_curve_and_long_runs_stay_small() -> None:
    run, results = planted_run(questions=900, days=3, systems=1)
    cold = tuple(replace(s, in_warm_up=i < 7) for i, s in enumerate(results.scores))
    chart = curve(latency(run, replace(results, scores=cold)))
    measured = sum(score.steady is not None for score in cold)
    assert [entry.text for entry in chart.legend] == [f"base, n {measured:,}"]
    assert len(chart.svg) < 30_000


def test_a_run_without_measured_times_has_no_curve(planted: tuple[LoadedRun, Results]) -> None:
    run, results = planted
    untimed = replace(results, scores=tuple(replace(s, timing=None) for s in results.scores))
    captions = [block.caption for block in latency(run, untimed).blocks]
    assert not any(caption.startswith("Share of") for caption in captions)
    assert isinstance(latency(run, untimed).blocks[0], Table)
    assert all(isinstance(row[0], SystemLabel) for row in latency(run, untimed).blocks[0].rows)
