import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.reporting.figures import (
    DOLLARS,
    LATENCY,
    LATENCY_DIFFERENCE,
    MINUS,
    NUMBER,
    RATE,
    RATE_DIFFERENCE,
    Unit,
    dollars,
    duration,
    figure,
    p_value,
)
from harness.statistics.estimate import Estimate


def estimate(
    value: float,
    low: float,
    high: float,
    *,
    n: int = 1440,
    groups: int = 160,
    method: str = "Wilson",
) -> Estimate:
    return Estimate(value, low, high, n, groups, method)


def test_a_rate_stands_above_its_interval_and_n() -> None:
    printed = figure(estimate(0.7123, 0.6801, 0.7432), RATE)
    assert (printed.text, printed.interval, printed.sample) == (
        "71.2%",
        "[68.0,\N{NO-BREAK SPACE}74.3]",
        "n 1,440 in 160",
    )
    assert (printed.value, printed.low, printed.high) == (0.7123, 0.6801, 0.7432)
    assert printed.note == "95% interval, Wilson"


def test_groups_are_named_only_where_they_differ_from_n() -> None:
    assert figure(estimate(0.5, 0.4, 0.6, n=96, groups=96), RATE).sample == "n 96"


def test_unknown_says_why_and_is_never_zero() -> None:
    printed = figure(Estimate.unknown("no price for 'rag'", 12), DOLLARS)
    assert (printed.text, printed.interval, printed.note) == ("unknown", "", "no price for 'rag'")
    assert not printed.known
    assert figure(None, RATE).note == "not computed for this run"


def test_a_sum_has_no_interval() -> None:
    printed = figure(
        estimate(0.0031, 0.0031, 0.0031, n=3, groups=3, method="no sampling: a price"), DOLLARS
    )
    assert (printed.text, printed.interval, printed.sample) == ("$0.00310", "", "no sampling")


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0, "0.0"),
        (0.0002, "<0.1"),
        (0.0004, "<0.1"),
        (1, "100.0"),
        (0.9999, ">99.9"),
        (0.5, "50.0"),
    ],
)
def test_a_share_that_is_not_0_or_1_never_prints_as_such(share: float, text: str) -> None:
    assert RATE.write(share) == (text,)


@pytest.mark.parametrize(
    ("unit", "numbers", "texts"),
    [
        (RATE_DIFFERENCE, (0.041, -0.02, 0.0001), ("+4.1", "\N{MINUS SIGN}2.0", "0.0")),
        (LATENCY, (0.0361, 0.0358, 0.0365), ("36.1", "35.8", "36.5")),
        (LATENCY, (1.25,), ("1,250",)),
        (
            LATENCY_DIFFERENCE,
            (-0.00006, -0.0003, 0.0002),
            ("\N{MINUS SIGN}0.060", "\N{MINUS SIGN}0.300", "+0.200"),
        ),
        (NUMBER, (160.4,), ("160",)),
        (NUMBER, (0.01,), ("0.0100",)),
        (NUMBER, (0,), ("0",)),
        (NUMBER, (999.96,), ("1,000",)),
    ],
)
def test_numbers_that_stand_together_share_their_decimals(
    unit: Unit, numbers: tuple[float, ...], texts: tuple[str, ...]
) -> None:
    assert unit.write(*numbers) == texts


@pytest.mark.parametrize(
    ("number", "text"),
    [(1e-6, "$0.000001"), (-2.5e-7, f"{MINUS}$0.00000025"), (1e6, "$1,000,000"), (0.05, "$0.05")],
)
def test_no_tick_has_an_exponent(number: float, text: str) -> None:
    assert DOLLARS.tick(number) == text


def test_a_sign_stays_before_the_prefix() -> None:
    unit = Unit(signed=True, prefix="$", suffix=" per million")
    assert unit.tick(0.25) == "+$0.25 per million"
    assert figure(estimate(-0.25, -0.3, -0.2), unit).text == "\N{MINUS SIGN}$0.250 per million"


def test_dollars_are_scaled_until_they_can_be_read() -> None:
    assert dollars([0.008, None]).name == "$"
    assert dollars([2e-6]).name == "$ per thousand"
    assert dollars([2.1e-7, 5e-7]).name == "$ per million"
    assert figure(estimate(2.1e-7, 2e-7, 2.2e-7), dollars([2.1e-7])).text == "$0.210"
    assert dollars([]).name == "$"
    assert dollars([0.0]).name == "$"


def test_a_column_shares_its_decimals_within_reason() -> None:
    assert LATENCY.fitted([0.0361, 0.0062]).write(0.0062) == ("6.2",)
    assert LATENCY.fitted([4.0, 0.005]).write(4.0, 0.005) == ("4,000.0", "5.0")
    assert LATENCY.fitted([40.0, 0.00005]).decimals == 2
    assert RATE.fitted([0.5]) is RATE


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.004, "4.00 ms"), (4.5, "4.50 s"), (212, "3.53 min"), (7200, "2.00 h")]
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_p_values() -> None:
    assert [p_value(p) for p in (None, 0.0, 0.04321, 1.0)] == ["none", "<0.001", "0.043", "1.000"]


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_printing_keeps_the_order_of_what_stands_together(a: float, b: float) -> None:
    first, second = (
        float(text.replace(",", "").replace("\N{MINUS SIGN}", "-").replace("<", ""))
        for text in NUMBER.write(a, b)
    )
    assert (first <= second) if a <= b else (first >= second)


def test_an_infinite_bound_is_printed_as_such() -> None:
    endless = Estimate(1.5, 1.25, float("inf"), 9, 9, "planted")
    assert figure(endless, NUMBER).line == "1.50 [1.25,\N{NO-BREAK SPACE}\N{INFINITY}]"
