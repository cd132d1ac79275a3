import io
from dataclasses import replace

import pytest
from planted import planted_run
from rich.console import Console

from harness.reporting import summary_table
from harness.statistics.results import Results


def shown(results: Results, width: int = 80) -> str:
    file = io.StringIO()
    Console(file=file, width=width, no_color=True, force_terminal=False).print(
        summary_table(results)
    )
    return file.getvalue()


@pytest.mark.parametrize("width", [80, 60, 200])
def test_the_table_fits_the_terminal(width: int) -> None:
    _, results = planted_run(questions=40, days=3, systems=5)
    lines = shown(results, width).splitlines()
    assert max(len(line.rstrip()) for line in lines) <= min(width, 90)


def test_every_figure_and_its_interval_is_there_without_colour() -> None:
    _, results = planted_run(questions=40, days=3, systems=5)
    text = shown(results)
    assert "\x1b" not in text
    for system in results.systems:
        right = system.metrics["right_rate"]
        assert system.name in text
        assert f"{100 * right.value:.1f}%" in text
        assert f"{100 * right.low:.1f}-{100 * right.high:.1f}" in text
    attempted = sum(system.counts.attempted for system in results.systems)
    assert f"{attempted} answers attempted on 3 days" in text


def test_unknown_is_said() -> None:
    _, results = planted_run(questions=1, days=1, systems=1)
    assert "unknown" in shown(results)


def test_long_names_break_after_hyphens() -> None:
    _, results = planted_run(questions=40, days=1, systems=2)
    first, second = results.systems
    longer = replace(first, name="fine-tuned-constrained")
    lines = shown(replace(results, systems=(longer, second))).splitlines()
    assert any(line.startswith("fine-tuned- ") for line in lines)
    assert any(line.startswith("constrained ") for line in lines)


def test_p99_is_left_to_the_report_so_that_no_figure_is_broken() -> None:
    _, results = planted_run(questions=40, days=3, systems=5)
    first, *rest = results.systems
    known = replace(first.metrics["latency_p95"], value=0.0191, low=0.0187, high=0.0199)
    enough = replace(first, metrics={**first.metrics, "latency_p99": known})
    assert shown(replace(results, systems=(enough, *rest))) == shown(results)
