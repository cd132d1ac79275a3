import math
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from harness.reporting.charts import (
    Bar,
    LogAxis,
    Mark,
    Segment,
    interval_chart,
    share_axis,
    stacked_bars,
    time_axis,
    zero_axis,
)
from harness.reporting.figures import LATENCY, RATE_DIFFERENCE


def mark(
    value: float | None = 0.5,
    low: float | None = 0.4,
    high: float | None = 0.6,
    *,
    slot: int = 1,
    label: str = "rag",
    text: str = "50.0%",
    heading: str = "",
) -> Mark:
    return Mark(label, text, slot, value, low, high, heading)


def test_a_rate_is_drawn_from_0_to_100_whatever_the_data() -> None:
    svg = interval_chart([mark(0.98, 0.97, 0.99)], share_axis(), "rates")
    assert 'x1="97%" x2="99%"' in svg
    assert re.findall(r">(\d+)%</text>", svg) == ["0", "25", "50", "75", "100"]


def test_the_mark_stands_inside_its_interval() -> None:
    svg = interval_chart([mark(0.25, 0.2, 0.4, slot=0)], share_axis(), "rates")
    assert 'x1="20%" x2="40%"' in svg
    assert 'cx="25%"' in svg


def test_an_unknown_value_keeps_its_row_and_says_why_without_a_mark() -> None:
    svg = interval_chart([mark(None, None, None, text="unknown: no price")], share_axis(), "c")
    assert "unknown: no price" in svg
    assert 'class="m"' not in svg
    assert 'class="w"' not in svg


def test_systems_differ_in_shape_and_not_in_colour_alone() -> None:
    drawn = [interval_chart([mark(slot=slot)], share_axis(), "c") for slot in range(5)]
    shapes = {tuple(re.findall(r'd="[^"]*"|<circle', svg)) for svg in drawn}
    assert len(shapes) == 5


def test_segments_stand_end_to_end_and_fill_the_bar() -> None:
    parts = tuple(
        Segment(f"c-{i}", share, str(i), str(i)) for i, share in enumerate((0.5, 0.3, 0.2))
    )
    svg = stacked_bars([Bar("day", "n 10", parts)], share_axis(), "classes")
    rects = re.findall(r'<rect class="[^"]*" x="([\d.]+)%" width="([\d.]+)%"', svg)
    assert [(float(x), float(w)) for x, w in rects] == [(0, 50), (50, 30), (80, 20)]


def test_a_segment_without_room_carries_no_number_and_an_empty_one_is_not_drawn() -> None:
    parts = (Segment("a", 0.05, "5", "five"), Segment("b", 0.0, "0", "none"))
    svg = stacked_bars([Bar("day", "", parts)], share_axis(), "classes")
    assert svg.count("<rect") == 1
    assert "<title>five</title>" in svg
    assert ">5</text>" not in svg


def test_labels_are_escaped() -> None:
    svg = interval_chart([mark(label="<script>", heading="a&b")], share_axis(), '"onload="x')
    assert "<script>" not in svg
    assert "a&amp;b" in svg
    assert 'aria-label="&#34;onload=&#34;x"' in svg


@given(st.lists(st.floats(-10, 10), max_size=8))
@example([5e-324])
def test_an_axis_holds_zero_and_all_values_with_rising_ticks(values: list[float]) -> None:
    axis = zero_axis(values, LATENCY)
    assert axis.ticks[0] <= min([0, *values]) + 1e-9
    assert axis.ticks[-1] >= max([0, *values]) - 1e-9
    assert list(axis.ticks) == sorted(set(axis.ticks))
    assert 2 <= len(axis.ticks) <= 8
    assert any(tick == pytest.approx(0) for tick in axis.ticks)


def test_ticks_are_round_and_signed_where_differences_are_drawn() -> None:
    axis = zero_axis([-0.031, 0.082], RATE_DIFFERENCE)
    assert [axis.unit.tick(tick) for tick in axis.ticks] == [
        "\N{MINUS SIGN}5",
        "0",
        "+5",
        "+10",
    ]


def test_an_axis_of_times_is_logarithmic_where_they_span_more_than_tenfold() -> None:
    narrow, wide = time_axis([0.02, 0.19], LATENCY), time_axis([0.003, 0.4, 1.7], LATENCY)
    assert not isinstance(narrow, LogAxis)
    assert narrow.ticks[0] == 0
    assert isinstance(wide, LogAxis)
    assert wide.ticks == pytest.approx((0.003, 0.01, 0.03, 0.1, 0.3, 1, 3))
    assert [wide.x(t) for t in (0.003, 0.03, 0.3, 3)] == pytest.approx([0, 100 / 3, 200 / 3, 100])
    assert wide.x(0) == wide.x(-1) == 0


@given(st.lists(st.floats(1e-7, 1e5), min_size=1, max_size=8))
def test_an_axis_of_times_holds_all_of_them_with_few_rising_ticks(values: list[float]) -> None:
    axis = time_axis(values, LATENCY)
    assert axis.ticks[0] <= min(values) * (1 + 1e-6)
    assert axis.ticks[-1] >= max(values) * (1 - 1e-6)
    assert list(axis.ticks) == sorted(set(axis.ticks))
    assert len(axis.ticks) >= 2
    decades = math.log10(max(values) / min(values))
    assert len(axis.ticks) <= max(8, decades + 3)
    assert all(0 <= axis.x(value) <= 100 for value in values)
