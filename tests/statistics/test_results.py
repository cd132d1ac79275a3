from __future__ import annotations

from pathlib import Path

import pytest

import harness


def test_a_comparison_can_be_read_in_either_order(office: Path) -> None:
    results = harness.compare(office, out=office / "runs").results
    forth = results.compare("handbook", "remembered", "stale_rate")
    back = results.compare("remembered", "handbook", "stale_rate")
    assert (back.a, back.b) == ("remembered", "handbook")
    assert forth.difference.value == 0.25
    assert back.difference.value == -0.25
    assert back.difference.low == -(forth.difference.high or 0)
    assert back.difference.high == -(forth.difference.low or 0)
    assert (back.only_a, back.only_b) == (forth.only_b, forth.only_a)
    assert back.p_value == forth.p_value


def test_a_comparison_that_was_not_made_is_named(office: Path) -> None:
    results = harness.compare(office, out=office / "runs").results
    with pytest.raises(KeyError, match="no comparison of 'remembered' with 'handbook' on 'beauty'"):
        results.compare("handbook", "remembered", "beauty")
