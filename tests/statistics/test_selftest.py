"""The fast self-test is a test; the full one is what docs/statistics.md reports."""

from __future__ import annotations

import math

import numpy as np
import pytest

from harness.reporting.selftest import coverage_tables
from harness.statistics.selftest import (
    FAST,
    REQUIRED,
    Cell,
    Design,
    selftest,
    verdict,
)


@pytest.fixture(scope="module")
def cells() -> tuple[Cell, ...]:
    return selftest(fast=True)


def test_every_interval_of_the_report_covers_at_the_required_rate(cells: tuple[Cell, ...]) -> None:
    assert {cell.kind for cell in cells} == {"rate", "difference", "mean", "ratio", "quantile"}
    for cell in cells:
        if cell.stated < 0.5:
            continue  # where docs/statistics.md says that it falls short
        assert cell.coverage is not None
        # Two and a half standard errors of the simulation; the seed is fixed.
        assert cell.coverage >= REQUIRED - 2.5 * math.sqrt(0.05 * 0.95 / FAST), cell


def test_intervals_are_as_wide_as_groups_are_alike_and_no_wider_than_they_must(
    cells: tuple[Cell, ...],
) -> None:
    for alone, alike in zip(cells[::2], cells[1::2], strict=True):
        assert (alone.kind, alone.parameter) == (alike.kind, alike.parameter)
        if alike.stated > 0.9:
            assert (alone.width or 0) < (alike.width or 0) < 3 * (alone.width or 0)


def test_the_same_seed_gives_the_same_figures(cells: tuple[Cell, ...]) -> None:
    assert selftest(fast=True) == cells


def test_a_design_makes_groups_of_its_sizes() -> None:
    rng = np.random.default_rng(0)
    assert list(Design(3, 0.2).clusters(7, rng)) == [0, 0, 0, 1, 1, 1, 2]
    mixed = Design(10, 0.5, mixed=True).clusters(1000, rng)
    sizes = np.bincount(mixed)[:-1]
    assert len(mixed) == 1000
    assert (sizes.min(), sizes.max()) == (1, 10)


def short(coverage: float) -> Cell:
    return Cell("mean", None, 30, 10, Design(3, 0.5), 2000, 0.25, coverage, 1.5)


def test_what_falls_short_is_marked_and_named() -> None:
    found = verdict([short(0.96), short(0.874)])
    assert found.startswith("1 of 2 situations cover less than 93%")
    assert "87.4%: mean, n = 30 in 10 groups, 25% of the samples with an interval" in found
    table = next(t for _, t in coverage_tables([short(0.874)]) if t.row_count)
    cell = next(iter(table.columns[-1].cells))
    assert str(cell) == "87.4!\n1.50\n(25%)"
    assert verdict([short(0.94)]).startswith("all 1 situations cover at least 93%")
