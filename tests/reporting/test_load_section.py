"""Latency under load in the report, of queues whose capacity is planted."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from planted import planted_run
from planted_load import LIMITS, planted_load

from harness.reporting import markdown_summary
from harness.reporting.components import Chart, Facts, Figure, Lines, Section, SystemLabel, Table
from harness.reporting.html import render
from harness.reporting.load_words import sentence
from harness.reporting.sections.context import Context
from harness.reporting.sections.load import load
from harness.reporting.view import report_view
from harness.running.folder import LoadedRun
from harness.running.manifest import SystemManifest
from harness.scoring.limits import LatencyLimits
from harness.statistics.load_figures import LoadFigures
from harness.statistics.results import Results


@pytest.fixture(scope="module")
def planted() -> tuple[LoadedRun, Results]:
    return planted_run(questions=8, days=2, systems=3)


@pytest.fixture(scope="module")
def rag(planted: tuple[LoadedRun, Results]) -> LoadFigures:
    """One second a request: it holds 0.2 and 0.5 requests a second and saturates before 1.5."""
    return planted_load(planted[0].manifest, "rag", streamed=True)


@pytest.fixture(scope="module")
def tuned(planted: tuple[LoadedRun, Results]) -> LoadFigures:
    """Half a second a request: capacity 2 a second, of which 0.4 and 1 are asked."""
    return planted_load(planted[0].manifest, "fine-tuned", service=0.5, rates=(0.2, 0.5))


def section(planted: tuple[LoadedRun, Results], *tests: LoadFigures) -> Section:
    return next(s for s in report_view(*planted, load=tests).sections if s.id == "load")


def table(of: Section, caption: str) -> Table:
    return next(b for b in of.blocks if isinstance(b, Table) and b.caption.startswith(caption))


def charts(of: Section) -> list[Chart]:
    return [block for block in of.blocks if isinstance(block, Chart)]


def column(of: Table, title: str) -> list[object]:
    place = [c.title for c in of.columns].index(title)
    return [row[place] for row in of.rows]


def test_without_a_load_test_there_is_no_section(planted: tuple[LoadedRun, Results]) -> None:
    assert "load" not in [s.id for s in report_view(*planted).sections]


def test_it_stands_behind_latency_and_its_sentence_is_the_terminals(
    planted: tuple[LoadedRun, Results], rag: LoadFigures
) -> None:
    ids = [s.id for s in report_view(*planted, load=[rag]).sections]
    assert ids[ids.index("latency") + 1] == "load"
    said = section(planted, rag).sentence
    assert said == sentence(rag)
    assert said.startswith("rag holds 0.5 requests a second: ")
    assert "It saturates between 0.5 and 1.5 requests a second" in said


def test_of_several_systems_the_lead_is_brief_and_the_whole_stands_below(
    planted: tuple[LoadedRun, Results], rag: LoadFigures, tuned: LoadFigures
) -> None:
    found = section(planted, tuned, rag)
    assert found.sentence == (
        "With all of it within 4 s, rag holds 0.5 requests a second and saturates between 0.5 and "
        "1.5; fine-tuned holds 1 requests a second and is not saturated up to 1."
    )
    whole = next(b for b in found.blocks if isinstance(b, Facts) and "comes to" in b.caption)
    assert whole.entries == (("rag", sentence(rag)), ("fine-tuned", sentence(tuned)))
    assert found.reading.count("coordinated omission") == 1


def test_unlike_limits_of_two_systems_are_said_with_each(
    planted: tuple[LoadedRun, Results], rag: LoadFigures
) -> None:
    other = planted_load(
        planted[0].manifest, "fine-tuned", rates=(0.2,), limits=LatencyLimits(total=5.0)
    )
    said = section(planted, rag, other).sentence
    assert "1.5, with all of it within 4 s; fine-tuned" in said
    assert said.endswith(", with all of it within 5 s.")


def test_every_step_has_a_row_with_the_figures_of_its_test(
    planted: tuple[LoadedRun, Results], rag: LoadFigures
) -> None:
    asked = table(section(planted, rag), "What was asked")
    assert column(asked, "Asked") == [
        Lines(("one at a time", "closed loop")), "0.2/s", "0.5/s", "1.5/s",
    ]  # fmt: skip
    assert column(asked, "Backlog") == ["closed loop", "holds", "holds", "grows"]
    assert column(asked, "Requests") == [f"{step.requests:,}" for step in rag.by_rate]
    for title, estimates in (
        ("Within limits", [step.within for step in rag.by_rate]),
        ("Goodput", [step.goodput for step in rag.by_rate]),
        ("Answered", [step.reached for step in rag.by_rate]),
    ):
        for cell, estimate in zip(column(asked, title), estimates, strict=True):
            assert isinstance(cell, Figure)
            assert (cell.value, cell.low, cell.high) == (
                estimate.value,
                estimate.low,
                estimate.high,
            )
            assert cell.interval


def test_times_are_of_the_planted_service_and_unknown_where_the_backlog_grows(
    planted: tuple[LoadedRun, Results], rag: LoadFigures
) -> None:
    found = section(planted, rag)
    whole, tokens = table(found, "Time to the last"), table(found, "Time to the first")
    assert [c.title for c in whole.columns] == ["System", "Asked", "p50", "p95", "p99"]
    assert [c.title for c in tokens.columns] == [
        *("System", "Asked", "TTFT p50", "TTFT p95", "TPOT p50", "TPOT p95"),
    ]
    # p95 takes 59 requests, and one at a time there were 20
    assert values(whole.rows[0]) == [1.0, None, None]
    assert values(tokens.rows[0]) == [0.5, None, 0.05, None]
    for row in (whole.rows[-1], tokens.rows[-1]):
        assert {cell.text for cell in row if isinstance(cell, Figure)} == {"unknown"}
    totals, firsts = values(whole.rows[1])[:2], values(tokens.rows[1])[:2]
    assert [(a or 0.0) - (b or 0.0) for a, b in zip(totals, firsts, strict=True)] == (
        pytest.approx([0.5, 0.5])
    )


def values(row: tuple[object, ...]) -> list[float | None]:
    return [cell.value for cell in row if isinstance(cell, Figure)]


def test_what_no_system_tells_is_no_table_and_no_chart(
    planted: tuple[LoadedRun, Results], tuned: LoadFigures, rag: LoadFigures
) -> None:
    found = section(planted, tuned)
    assert not any(b.caption.startswith("Time to the first") for b in found.blocks)  # type: ignore[union-attr]
    assert "Queue p95" in [c.title for c in table(found, "Time to the last").columns]
    both = table(section(planted, tuned, rag), "Time to the first")
    cells = column(both, "TTFT p50")
    assert [isinstance(c, Figure) and c.known for c in cells] == [True] * 3 + [False] * 4


def test_each_system_has_its_colour_and_every_known_share_a_mark(
    planted: tuple[LoadedRun, Results], rag: LoadFigures, tuned: LoadFigures
) -> None:
    found = section(planted, rag, tuned)
    share, *_ = charts(found)
    assert [(e.style, e.text) for e in share.legend] == [
        ("s1", "rag, saturates between 0.5 and 1.5 a second"),
        ("s2", "fine-tuned"),
    ]
    labels = {row[0].slot for t in found.blocks if isinstance(t, Table) for row in t.rows
              if isinstance(row[0], SystemLabel)}  # fmt: skip
    assert labels == {1, 2}
    first, second = re.findall(r'<g class="s(\d)" transform', share.svg)
    assert (first, second) == ("1", "2")
    assert share.svg.count('class="w"') == 3 + 2
    assert share.svg.count(">rag saturates<") == 1
    assert "fine-tuned saturates" not in share.svg
    assert "held from 90%" in share.svg


def test_the_marks_of_a_chart_stand_at_rate_and_share(
    planted: tuple[LoadedRun, Results], rag: LoadFigures
) -> None:
    share, *_ = charts(section(planted, rag))
    places = re.findall(r'<svg x="([\d.]+)%" y="([\d.]+)" overflow', share.svg)
    # the axis from 0 to 1.5 or 2, the field 240 high
    x = [float(a) for a, _ in places]
    y = [float(b) for _, b in places]
    assert x[2] / x[0] == pytest.approx(1.5 / 0.2, rel=0.01)
    for height, step in zip(y, rag.open_steps, strict=True):
        assert height == pytest.approx(240 * (1 - (step.within.value or 0.0)), abs=0.1)


def test_a_percentile_that_is_not_known_leaves_a_gap(
    planted: tuple[LoadedRun, Results], rag: LoadFigures
) -> None:
    _, times, _ = charts(section(planted, rag))
    assert "median, and p95 dashed" in times.caption
    assert times.svg.count('<line class="curve"') == 1  # from 0.2 to 0.5, none to 1.5
    assert times.svg.count('<line class="curve d1"') == 1


def test_of_two_tests_of_one_system_each_goes_by_its_own_name(
    planted: tuple[LoadedRun, Results], rag: LoadFigures
) -> None:
    again = planted_load(planted[0].manifest, "rag", rates=(0.3,), run_id="load-again")
    found = section(planted, rag, again)
    names = {row[0].name for row in table(found, "What was asked").rows
             if isinstance(row[0], SystemLabel)}  # fmt: skip
    assert names == {"rag (load-rag)", "rag (load-again)"}
    assert "rag (load-again) holds 0.3" in found.sentence


def test_notes_and_the_way_it_was_tested_are_told(planted: tuple[LoadedRun, Results]) -> None:
    test = planted_load(planted[0].manifest, "rag", notes=("a worker died.",))
    (how,) = (b for b in section(planted, test).blocks if isinstance(b, Facts))
    ((name, text),) = how.entries
    assert name == "rag"
    assert text.startswith(
        "rag on 2026-02-22, 1 worker: poisson arrivals, open loop; limits: all of"
    )
    assert ". A worker died. " in text
    assert "No percentile is shown at 1.5 a second: the requests under way grew throughout" in text


def test_an_infinite_bound_is_printed_and_drawn_at_the_edge(
    planted: tuple[LoadedRun, Results], rag: LoadFigures
) -> None:
    endless = float("inf")
    steps = [
        replace(
            s, latency={k: replace(e, high=endless) if e.value else e for k, e in s.latency.items()}
        )
        for s in rag.steps
    ]
    found = section(planted, replace(rag, steps=tuple(steps)))
    cells = column(table(found, "Time to the last"), "p50")
    assert any(isinstance(c, Figure) and c.interval.endswith("\N{INFINITY}]") for c in cells)
    assert "inf" not in "".join(chart.svg for chart in charts(found))
    assert 'y2="0"' in charts(found)[1].svg


@pytest.mark.parametrize("name", ["<b>rag", "ra\u202eg", "ra\ng"])
def test_a_name_is_no_markup(name: str, planted: tuple[LoadedRun, Results]) -> None:
    run, results = planted
    named = SystemManifest(name, "rag", {}, {})
    test = planted_load(replace(run.manifest, systems=(named,)), name, notes=(f"note of {name}",))
    renamed = replace(results, systems=(replace(results.systems[0], name=name),))
    found = load(Context(run, renamed, (), None, load=[test]))
    assert found is not None
    page = render(replace(report_view(*planted), sections=(found,)))
    shown = page[page.index('<section class="noted" id="load"') :]
    assert "<b>" not in shown
    assert "\u202e" not in shown


def test_the_same_tests_give_the_same_bytes_and_a_line_in_the_summary(
    planted: tuple[LoadedRun, Results],
) -> None:
    pages, summaries = set(), set()
    for _ in range(2):
        test = planted_load(planted[0].manifest, "rag", streamed=True)
        pages.add(render(report_view(*planted, load=[test])))
        summaries.add(markdown_summary(*planted, load=[test]))
    assert len(pages) == len(summaries) == 1
    assert "- Latency under load: rag holds 0.5 requests a second" in summaries.pop()


def test_without_limits_the_share_is_of_those_answered(planted: tuple[LoadedRun, Results]) -> None:
    test = planted_load(planted[0].manifest, "rag", limits=LatencyLimits(), rates=(0.2,))
    found = section(planted, test)
    assert charts(found)[0].caption.startswith("Share of requests answered, by requests a second")
    titles = [(c.title, c.unit) for c in table(found, "What was asked").columns]
    assert ("Answered", "%") in titles
    assert str(LIMITS) not in found.sentence
