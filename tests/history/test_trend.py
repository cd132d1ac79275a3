from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
from making import entries
from rich.console import Console

from harness.errors import ConfigError
from harness.history import series
from harness.reporting.history import trend_lines


def noisy(*levels: tuple[float, int], seed: int = 0) -> list[float | None]:
    rng = np.random.default_rng(seed)
    return [float(level + rng.normal(0, 0.01)) for level, nights in levels for _ in range(nights)]


def test_a_planted_change_is_found_where_it_was_planted() -> None:
    (found,) = series(entries(noisy((0.8, 15), (0.7, 15)), pinned=0), "right_rate")
    assert [level.run for level in found.changes] == ["0016_nightly"]
    assert found.changes[0].before == pytest.approx(0.8, abs=0.01)
    assert found.changes[0].after == pytest.approx(0.7, abs=0.01)
    lines = list(trend_lines(found))
    assert any(line.startswith("  -- a new level: ") for line in lines)
    assert any("baseline 0001_nightly: 8" in line for line in lines)
    assert max(map(len, lines)) <= 80


def test_a_series_without_a_change_has_none() -> None:
    (found,) = series(entries(noisy((0.8, 30), seed=3)), "right_rate")
    assert found.changes == ()
    assert "no change of level is seen" in list(trend_lines(found))


def test_a_slow_drift_is_called_one() -> None:
    rng = np.random.default_rng(1)
    values = [0.9 - 0.003 * night + rng.normal(0, 0.01) for night in range(30)]
    (found,) = series(entries(values, pinned=0), "right_rate")
    rise = found.drift.rise
    assert rise.low is not None
    assert rise.high is not None
    assert rise.low < -0.003 * 29 < rise.high < 0
    assert found.drift.p_value is not None
    assert found.drift.p_value < 0.001


def test_a_run_without_the_system_is_named_and_loud_when_it_is_the_latest() -> None:
    (found,) = series(entries([0.8, None, 0.8, 0.8, None]), "right_rate")
    assert [missing.run for missing in found.missing] == ["0002_nightly", "0005_nightly"]
    assert found.gone
    assert any(line.startswith("MISSING in the latest run") for line in trend_lines(found))
    (back,) = series(entries([0.8, None, 0.8]), "right_rate")
    assert not back.gone
    assert [missing.reason for missing in back.missing] == ["has no system 'rag'"]


def test_what_we_changed_stands_beside_the_change() -> None:
    runs = entries(noisy((0.8, 10), (0.6, 10)))
    runs[10:] = [
        replace(
            entry,
            header=replace(
                entry.header,
                manifest=replace(entry.header.manifest, fingerprints={"questions": "q2"}),
            ),
        )
        for entry in runs[10:]
    ]
    (found,) = series(runs, "right_rate")
    assert found.changes[0].unlike == ("questions",)
    lines = list(trend_lines(found))
    assert sum("changed here: questions" in line for line in lines) == 1


def test_an_unknown_system_or_metric_is_refused_with_the_nearest() -> None:
    runs = entries([0.8])
    with pytest.raises(ConfigError, match="did you mean 'rag'"):
        series(runs, "right_rate", "rga")
    with pytest.raises(ConfigError, match="did you mean 'right_rate'"):
        series(runs, "rigth_rate")


def test_one_run_is_a_series_too() -> None:
    (found,) = series(entries([0.8]), "right_rate")
    console = Console(file=io.StringIO(), width=80)
    for line in trend_lines(found):
        console.print(line)
    assert "in 1 run" in next(trend_lines(found))
