"""The sections on keeping up with a changing world, on planted runs and on runs without any."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from planted import planted_run, planted_sweep

from harness.reporting.charts import share_axis, zero_axis
from harness.reporting.components import Chart, Section, Table
from harness.reporting.curves import Steps, step_chart
from harness.reporting.figures import NUMBER
from harness.reporting.view import ReportView, report_view
from harness.statistics.ages import AgeCurve


def section(view: ReportView, name: str) -> Section:
    return next(section for section in view.sections if section.id == name)


def tables(of: Section) -> list[Table]:
    return [block for block in of.blocks if isinstance(block, Table)]


@pytest.fixture(scope="module")
def view() -> ReportView:
    run, results = planted_run(questions=80, days=3, systems=5)
    return report_view(run, results, hygiene=planted_sweep())


def test_the_age_curve_has_every_system_that_is_kept_up_to_date(view: ReportView) -> None:
    ages = section(view, "ages")
    assert ages.sentence.startswith("Half of what ")
    assert " days [" in ages.sentence
    half_lives, measured = tables(ages)
    assert [row[0].name for row in half_lives.rows] == ["rag", "fine-tuned", "hybrid", "stacked"]
    assert len(measured.rows) == 5
    chart = next(block for block in ages.blocks if isinstance(block, Chart))
    assert [entry.text for entry in chart.legend] == ["rag", "fine-tuned", "hybrid", "stacked"]
    assert str(chart.svg).count('class="curve d') == 4


def test_facts_that_a_system_never_knew_are_counted_and_named(view: ReportView) -> None:
    table = tables(section(view, "ages"))[0]
    left_out = {row[0].name: int(row[-1]) for row in table.rows}
    assert left_out["fine-tuned"] > 3
    assert re.search(
        rf"by fine-tuned (Product \d+ / latest_version(; )?){{3}} and {left_out['fine-tuned'] - 3} more",
        table.note,
    )


def test_the_two_clocks_stand_apart(view: ReportView) -> None:
    found = section(view, "time-to-fresh")
    assert "base: not kept up to date by the harness" in found.sentence
    rag, tuned = (row for row in tables(found)[0].rows if row[0].name in {"rag", "fine-tuned"})
    assert rag[1] == "index on-change"
    assert (rag[3].text, tuned[3].text) == ("0 d", "unknown")
    assert tuned[1] == "adapter never"
    assert tuned[7].text == "100.0%"
    assert rag[4].text.endswith(" s")


def test_blame_adds_up_to_all_judged_answers(view: ReportView) -> None:
    found = section(view, "blame")
    assert [row[0].name for row in tables(found)[0].rows] == ["rag", "hybrid", "stacked"]
    for row in tables(found)[0].rows:
        assert sum(cell.value for cell in row[1:8]) == pytest.approx(1)
    assert found.sentence.startswith("The most frequent fault was in ")


def test_the_sweep_says_where_it_breaks(view: ReportView) -> None:
    found = section(view, "hygiene")
    assert re.search(r"stops being fresh at once where (10|25|50)% of the outdated", found.sentence)
    scores, days = tables(found)
    assert len(scores.rows) == 8
    assert [row[0] for row in days.rows] == ["0%", "10%", "25%", "50%"]


def test_a_sweep_that_costs_nothing_says_so() -> None:
    run, results = planted_run(questions=8, days=1, systems=3)
    sweep = planted_sweep()
    clean = tuple(replace(p, lost=None) for p in sweep.points)
    found = report_view(run, results, hygiene=replace(sweep, points=clean))
    assert "lost nothing that could be told from chance" in section(found, "hygiene").sentence


def test_a_run_without_a_clock_says_so_in_every_section() -> None:
    run, results = planted_run(questions=8, days=1, systems=1)
    view = report_view(run, results)
    assert "nothing can be said about how its knowledge ages" in section(view, "ages").sentence
    assert section(view, "time-to-fresh").sentence == (
        "No time to fresh can be told: there is no part that the harness keeps up to date (base)."
    )
    assert "No system of this run retrieved" in section(view, "blame").sentence
    assert section(view, "blame").blocks == section(view, "time-to-fresh").blocks == ()
    assert "hygiene" not in {found.id for found in view.sections}


def test_less_than_half_is_no_half_life() -> None:
    run, results = planted_run(questions=8, days=1, systems=2)
    curve = AgeCurve("rag", (10,), (0.9,), (0.5,), (0.98,), 10, 1, 300)
    aged = replace(results, over_time=replace(results.over_time, ages=(curve,)))
    ages = section(report_view(run, aged), "ages")
    assert ages.sentence.startswith("Less than half of what the systems knew had changed after 300")
    row = tables(ages)[0].rows[0]
    assert row[3].texts == ("not reached", "in 300 days less than half of it had changed")
    assert row[4].texts == ("10 days", "[10,\N{NO-BREAK SPACE}not reached]")


def test_a_step_curve_goes_right_and_up_and_stays_in_its_field() -> None:
    steps = Steps(1, 0.0, 100.0, (10.0, 50.0), (0.25, 2.0), (0.1, 0.4), (0.5, 0.9))
    svg = str(step_chart([steps], zero_axis([100], NUMBER), share_axis(), "A planted curve"))
    path = re.search(r'class="curve d1"[^>]* d="M([^"]+)"', svg)
    assert path is not None
    points = [tuple(map(float, point.split())) for point in path[1].split("L")]
    assert points == [
        (0, 1000), (100, 1000), (100, 750), (500, 750), (500, 0), (1000, 0)
    ]  # fmt: skip
    assert svg.count("<path") == 2
    assert 'role="img" aria-label="A planted curve"' in svg
