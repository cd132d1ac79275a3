from __future__ import annotations

import pytest

from harness.scoring.quantities import is_quantity, quantity_finder


def found(text: str, *values: str) -> list[tuple[str, tuple[str, ...]]]:
    find = quantity_finder({value: (value,) for value in values})
    assert find is not None
    return [(text[mention.start : mention.end], mention.values) for mention in find(text)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1,200", "1200"),
        ("1200.0", "1200"),
        ("about 1,200 units", "1200"),
        ("1.2 million", "1200000"),
        ("512 GB", "512 GB"),
        ("512GB", "512 GB"),
        ("0.512 TB", "512 GB"),
        ("512 gigabytes", "512 GB"),
        ("512", "512 GB"),
        ("512 in total", "512 GB"),
        ("90 km/h", "90 km/h"),
        ("25 m/s", "90 km/h"),
        ("12 percent", "12%"),
        ("12 per cent", "12 %"),
        ("$5 billion", "5,000,000,000 USD"),
        ("5 dollars", "$5"),
        ("20 °C", "20 °C"),
        ("2 hours", "120 min"),
        ("3 user", "3 users"),
        ("exactly 3 seats", "3 users"),
    ],
)
def test_one_quantity_however_it_is_written(text: str, value: str) -> None:
    assert [values for _, values in found(text, value)] == [(value,)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12000", "1200"),
        ("1200.5", "1200"),
        ("1.200.1", "1.200"),
        ("version 1200b", "1200"),
        ("512 MB", "512 GB"),
        ("512 km", "512 GB"),
        ("5 EUR", "5 USD"),
        ("12 kg", "12%"),
        ("9" * 200, "9"),
    ],
)
def test_another_quantity_is_another(text: str, value: str) -> None:
    assert found(text, value) == []


def test_the_evidence_has_the_unit_and_no_more() -> None:
    assert found("It holds 0.5 TB of data.", "500 GB") == [("0.5 TB", ("500 GB",))]
    assert found("It holds 500 in all.", "500 GB") == [("500", ("500 GB",))]


@pytest.mark.parametrize("text", ["", "many", "3.1.2", "sNaN", "v3", "3 or 4"])
def test_what_is_no_number_is_none(text: str) -> None:
    assert not is_quantity(text)
    assert quantity_finder({text: (text,)}) is None
