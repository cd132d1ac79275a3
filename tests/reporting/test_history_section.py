"""How the figures moved over saved runs: planted courses must be told, and nothing else."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from planted import planted_run
from planted_past import LEVELS, SUITE, Shift, planted_entries, planted_past, step

from harness.errors import ConfigError
from harness.history.past import RUNS, Past, look_back
from harness.history.store import Contents
from harness.reporting import write_report
from harness.reporting.colours import colour, dash, dot
from harness.reporting.components import Badge, Chart, Commands, Section, SystemLabel, Table
from harness.reporting.html import render
from harness.reporting.view import report_view
from harness.running.folder import LoadedRun
from harness.statistics.results import Results

DROP = step("rag", "right_rate", 8, -0.1)


@pytest.fixture(scope="module")
def run() -> tuple[LoadedRun, Results]:
    return planted_run(questions=4, days=1, systems=3)


def section(run: tuple[LoadedRun, Results], past: Past | None) -> Section | None:
    sections = report_view(*run, past=past).sections
    return next((one for one in sections if one.id == "history"), None)


def told(run: tuple[LoadedRun, Results], past: Past) -> Section:
    found = section(run, past)
    assert found is not None
    return found


def chart(of: Section) -> str:
    (found,) = (block for block in of.blocks if isinstance(block, Chart))
    return str(found.svg)


def table(of: Section, place: int = 0) -> Table:
    return [block for block in of.blocks if isinstance(block, Table)][place]


def flags(svg: str) -> list[tuple[float, bool]]:
    """Where the flags stand, in per cent of the width, and whether they point down."""
    found = re.findall(r'<svg x="([\d.]+)%" y="-5"[^>]*><path class="flag" d="(M-4-7)?', svg)
    return [(float(x), bool(down)) for x, down in found]


def test_a_planted_new_level_is_named_with_its_run_and_nothing_else_is(
    run: tuple[LoadedRun, Results],
) -> None:
    found = told(run, planted_past(*planted_entries(shift=DROP)))
    assert re.fullmatch(
        r"Over 14 saved runs, rag's right rate fell from 8[12]\.\d% to 7[12]\.\d% from 0009_nightly on "
        r"\(p 0\.0\d\d\); nothing else is shown to have moved, of 15 figures that varied\.",
        found.sentence,
    )
    assert flags(chart(found)) == [(pytest.approx(100 * 8.5 / 14, abs=0.01), True)]
    (text,) = re.findall(r"<li>(.*?)</li>", chart(found))
    assert text.startswith("rag fell from 8")
    moved = [row for row in table(found).rows if row[-1] != "none shown"]
    assert [(row[0], row[1].name) for row in moved if isinstance(row[1], SystemLabel)] == [
        ("Right, points", "rag")
    ]
    assert "0009_nightly" in str(moved[0][-1])


def test_a_flat_history_says_no_change(run: tuple[LoadedRun, Results]) -> None:
    found = told(run, planted_past(*planted_entries()))
    assert found.sentence == (
        "Over 14 saved runs, no change of level and no drift is shown in 15 figures that varied."
    )
    assert flags(chart(found)) == []
    assert {row[-1] for row in table(found).rows} == {"none shown"}


def test_all_figures_together_show_a_false_change_in_one_history_of_twenty() -> None:
    pasts = [planted_past(*planted_entries(16, seed=seed)) for seed in range(100)]
    changed = sum(any(one.changes for one in past.series) for past in pasts)
    drifting = sum(any(p is not None and p <= 0.05 for p in past.drift_p_values) for past in pasts)
    # More than 11 of 100 have a chance of 0.4 % where the level is 5 %.
    assert changed <= 11
    assert drifting <= 11


def test_one_figure_alone_is_not_searched_as_many() -> None:
    def only(system: str, metric: str, run: int) -> float | None:
        return (-0.1 if run >= 5 else 0.0) if (system, metric) == ("rag", "right_rate") else None

    past = planted_past(*planted_entries(9, ("rag",), only))
    assert past.tested == 1
    assert past.enough == 8
    (series,) = past.series
    assert [level.run for level in series.changes] == ["0006_nightly"]
    assert past.p_value(series.changes[0]) == series.changes[0].p_value


def test_too_few_runs_are_said_to_be_too_few(run: tuple[LoadedRun, Results]) -> None:
    past = planted_past(*planted_entries(8, shift=step("rag", "right_rate", 4, -0.5)))
    assert not any(one.changes for one in past.series)
    assert "nor could one be: beside 15 figures that varied it takes 12 runs or more" in (
        told(run, past).sentence
    )
    at_last = planted_past(*planted_entries(12, shift=step("rag", "right_rate", 6, -0.5)))
    assert any(one.changes for one in at_last.series)


def test_a_drift_without_a_step_is_told(run: tuple[LoadedRun, Results]) -> None:
    def rising(system: str, metric: str, run: int) -> float:
        return 0.004 * run if (system, metric) == ("base", "latency_p50") else 0.0

    found = told(run, planted_past(*planted_entries(11, shift=rising)))
    rise = re.search(r"base's latency p50 drifts by \+([\d.]+) ms from the first", found.sentence)
    assert rise
    assert float(rise[1]) == pytest.approx(40, abs=5)


def test_of_one_run_it_is_said_how_to_save_more(run: tuple[LoadedRun, Results]) -> None:
    found = told(run, planted_past(*planted_entries(1)))
    assert found.sentence.startswith("One run of this suite is saved")
    (block,) = found.blocks
    assert isinstance(block, Commands)
    assert "harness history save RUN" in block.lines


def test_without_a_history_there_is_no_section(run: tuple[LoadedRun, Results]) -> None:
    assert section(run, None) is None


def test_a_system_that_is_gone_is_shown(run: tuple[LoadedRun, Results]) -> None:
    def gone(system: str, _metric: str, run: int) -> float | None:
        return None if system == "old" and (run >= 11 or run in {4, 5}) else 0.0

    found = told(run, planted_past(*planted_entries(14, ("rag", "old"), gone)))
    assert found.sentence.endswith("Missing in the latest run: old with all its figures.")
    latest = {row[1].name: row[3] for row in table(found).rows if isinstance(row[1], SystemLabel)}
    assert isinstance(latest["old"], Badge)
    assert latest["old"].detail.endswith("in 0011_nightly")
    right = chart(found).split('<div class="course">')[1]
    _, old = re.findall(r'<g class="s\d">(?:<path[^>]*>)+</g>', right)
    assert [path.count("h0") for path in re.findall(r'class="dots"[^>]*', old)] == [4, 5]


def test_every_run_is_drawn_where_its_figure_is(run: tuple[LoadedRun, Results]) -> None:
    entries = planted_entries(shift=DROP)
    fields = chart(told(run, planted_past(*entries))).split('<div class="course">')[1:]
    assert len(fields) == len(LEVELS)
    drawn = re.findall(r'class="dots"[^>]*d="([^"]*)"', fields[0])
    for name, path in zip(("base", "rag", "fine-tuned"), drawn, strict=True):
        points = [tuple(map(float, point)) for point in re.findall(r"M(\S+) (\S+)h0", path)]
        values = [entry.header.figures[name]["right_rate"].value for entry in entries]
        assert [x for x, _ in points] == pytest.approx(
            [1000 * (i + 0.5) / 14 for i in range(14)], rel=1e-3
        )
        assert [1 - y / 1000 for _, y in points] == pytest.approx(values, abs=1e-3)


def test_the_table_has_the_baseline_and_the_latest(run: tuple[LoadedRun, Results]) -> None:
    entries = planted_entries(pinned=2)
    shown = table(told(run, planted_past(*entries)))
    assert [column.unit for column in shown.columns[2:4]] == ["pinned 0003_nightly", "0014_nightly"]
    for row in shown.rows[:3]:
        assert isinstance(row[1], SystemLabel)
        for place, entry in ((2, entries[2]), (3, entries[-1])):
            estimate = entry.header.figures[row[1].name]["right_rate"]
            got = row[place]
            assert (got.value, got.low, got.high) == (
                estimate.value, estimate.low, estimate.high
            )  # fmt: skip


def test_the_pinned_run_and_the_reports_own_are_marked(run: tuple[LoadedRun, Results]) -> None:
    entries = planted_entries(pinned=3)
    svg = chart(told(run, planted_past(*entries)))
    assert set(re.findall(r'class="pinned" x1="([\d.]+)%', svg)) == {"25"}
    assert set(re.findall(r'class="this" x1="([\d.]+)%', svg)) == {"96.43"}
    assert ">0004*</text>" in svg
    other = told(run, planted_past(*entries, run_id="night2"))
    assert other.sentence.endswith("This report is of 0003_nightly, not of the latest.")
    none = told(run, planted_past(*entries, run_id="another"))
    assert none.sentence.endswith("The run of this report is not among the saved ones.")
    assert 'class="this"' not in chart(none)


def test_where_something_else_differs_is_marked_and_named(run: tuple[LoadedRun, Results]) -> None:
    found = told(run, planted_past(*planted_entries(machines={5: "Another CPU"})))
    assert set(re.findall(r'x="([\d.]+)%" y="150"[^>]*><path class="unlike"', chart(found))) == {
        "39.29"
    }
    assert [row[0] for row in table(found, 1).rows] == ["0006_nightly"]
    assert table(found, 1).rows[0][2] == "the machine's processor"


def test_only_runs_of_the_suite_count(run: tuple[LoadedRun, Results], tmp_path: Path) -> None:
    own = planted_entries(shift=DROP)
    others = planted_entries(9, ("elsewhere",), suite="advisories")
    pages = [
        write_report(*run, tmp_path / f"{i}.html", past=planted_past(*entries)).read_bytes()
        for i, entries in enumerate((own, (*others, *own)))
    ]
    assert pages[0] == pages[1]
    with pytest.raises(ConfigError, match="no run of suite 'releases' is saved"):
        look_back(Contents(others, ()), SUITE, "run")


def test_of_many_runs_the_last_and_the_pinned_are_looked_at(
    run: tuple[LoadedRun, Results],
) -> None:
    past = planted_past(*planted_entries(RUNS + 10, ("rag",), pinned=0), broken=1)
    assert [past.stops[0].run, past.stops[1].run] == ["0001_nightly", "0011_nightly"]
    assert len(past.stops) == RUNS + 1
    assert told(run, past).sentence.endswith(
        f"9 runs before the last {RUNS} are left out. 1 file of the history cannot be read; "
        "harness history names what is wrong."
    )


def test_a_figure_that_never_varies_takes_no_part(run: tuple[LoadedRun, Results]) -> None:
    entries = []
    for entry in planted_entries(14, ("rag",)):
        figures = dict(entry.header.figures["rag"])
        figures["valid_rate"] = replace(figures["valid_rate"], value=1.0, low=0.9, high=1.0)
        entries.append(replace(entry, header=replace(entry.header, figures={"rag": figures})))
    past = planted_past(*entries)
    assert past.tested == len(LEVELS) - 1
    assert [row[-1] for row in table(told(run, past)).rows].count("always the same") == 1


HOSTILE = "rag</li><script>alert(1)</script>\u202e"


def test_hostile_names_are_harmless(run: tuple[LoadedRun, Results]) -> None:
    entries = planted_entries(
        14, ("base", HOSTILE), step(HOSTILE, "right_rate", 7, -0.2), machines={3: HOSTILE}
    )
    page = render(report_view(*run, past=planted_past(*entries)))
    assert "<script>alert" not in page
    assert "\u202e" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;⟨U+202E⟩" in page


def test_the_same_history_gives_the_same_bytes(
    run: tuple[LoadedRun, Results], tmp_path: Path
) -> None:
    pages = [
        write_report(*run, tmp_path / name, past=planted_past(*planted_entries(shift=DROP)))
        for name in ("a.html", "b.html")
    ]
    assert pages[0].read_bytes() == pages[1].read_bytes()


def test_a_system_has_its_colour_of_elsewhere_and_one_of_before_another(
    run: tuple[LoadedRun, Results],
) -> None:
    found = told(run, planted_past(*planted_entries(14, ("gone", "rag", "base"))))
    (legend,) = (block.legend for block in found.blocks if isinstance(block, Chart))
    slots = {entry.text: entry.style for entry in legend if entry.style}
    assert slots == {"base": "s0", "rag": "s1", "gone": "s3"}


def test_systems_beyond_the_eighth_are_told_apart() -> None:
    assert len({(colour(slot), dash(slot)) for slot in range(32)}) == 32
    assert len({dot(slot) for slot in range(24)}) == 24
    assert [dot(slot) for slot in (0, 7, 8)] == ["s0", "s7", "s0 r1"]


@pytest.mark.parametrize("runs", [2, 3, 5])
@pytest.mark.parametrize("shift", [DROP, lambda *_: None if _[2] == 1 else 0.0])
def test_histories_of_any_length_make_a_section(
    run: tuple[LoadedRun, Results], runs: int, shift: Shift
) -> None:
    page = render(report_view(*run, past=planted_past(*planted_entries(runs, shift=shift))))
    assert page.count('id="history"') == 1
    assert "nan" not in re.findall(r'<section[^>]* id="history".*?</section>', page, re.DOTALL)[0]
