"""One line a gate: what it means, and where it is wrong."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.errors import ConfigError
from harness.gates.expression import METRICS, Figure, parse
from harness.reporting.metrics import METRICS as REPORTED


def test_the_metrics_are_those_of_the_report() -> None:
    assert set(METRICS) == set(REPORTED)


@pytest.mark.parametrize(
    ("text", "at_least", "bound", "share", "wanted"),
    [
        ("rag.stale_rate <= 5%", False, 0.05, 0, "at most 5%"),
        ("rag.stale_rate <= 0.05", False, 0.05, 0, "at most 5%"),
        ("rag.valid_rate ≥ 99.5 %", True, 0.995, 0, "at least 99.5%"),
        ("rag.latency_p95<=800ms", False, 0.8, 0, "at most 800 ms"),
        ("rag.latency_p95 <= 1.5 s", False, 1.5, 0, "at most 1.5 s"),
        ("rag.cost_per_query <= $0.005", False, 0.005, 0, "at most $0.005"),
        ("rag.cost_per_right <= 0.5usd", False, 0.5, 0, "at most $0.5"),
        ("rag.cost_per_pass <= $0.5", False, 0.5, 0, "at most $0.5"),
        ("rag.prompt_tokens <= 500", False, 500, 0, "at most 500"),
        ("rag.valid_rate >= b.valid_rate - 1pp", True, -0.01, 0, "at least 1pp less than b"),
        ("rag.valid_rate >= b.valid_rate-0.5pp", True, -0.005, 0, "at least 0.5pp less than b"),
        ("rag.valid_rate >= b.valid_rate + 5pp", True, 0.05, 0, "at least 5pp more than b"),
        ("rag.stale_rate <= b.stale_rate", False, 0, 0, "at most that of b"),
        ("rag.latency_p50 <= b.latency_p50 + 50ms", False, 0.05, 0, "at most 50 ms more than b"),
        (
            "rag.latency_mean <= baseline.rag.latency_mean + 10%",
            False, 0, 0.1, "at most 10% more than rag in the baseline",
        ),
    ],
)  # fmt: skip
def test_what_a_gate_means(
    text: str, at_least: bool, bound: float, share: float, wanted: str
) -> None:
    found = parse(text)
    assert found.figure.system == "rag"
    assert (found.at_least, found.wanted) == (at_least, wanted)
    assert found.bound == pytest.approx(bound)
    assert found.share == pytest.approx(share)


def test_names_of_systems_may_hold_dots_hyphens_and_digits() -> None:
    found = parse("gpt-4.1-mini.right_rate >= baseline.4o.right_rate")
    assert found.figure == Figure("gpt-4.1-mini", "right_rate")
    assert found.reference == Figure("4o", "right_rate", baseline=True)
    assert found.systems == ("gpt-4.1-mini",)
    assert found.against_baseline
    alone = parse("a.right_rate >= baseline.right_rate")
    assert alone.reference == Figure("baseline", "right_rate")
    assert not alone.against_baseline


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("", 1, "a figure is missing"),
        ("rag <= 5%", 1, "'rag' is no figure: write SYSTEM.METRIC"),
        ("rag.stael_rate <= 5%", 5, "unknown metric 'stael_rate': did you mean 'stale_rate'"),
        ("rag.stale_rate 5%", 16, "a sign is missing: write <= or >="),
        ("rag.stale_rate < 5%", 16, "'<' is no sign of a gate"),
        ("rag.stale_rate at most 5%", 16, "'at most' is no sign of a gate"),
        ("rag.stale_rate <=", 18, "a number is missing, such as 5%"),
        ("rag.stale_rate <= 5", 19, "'5' is more than 100%"),
        ("rag.stale_rate <= 5ms", 19, "has the unit 'ms': valid: %"),
        ("rag.stale_rate <= 5pp", 19, "has the unit 'pp'"),
        ("rag.latency_p95 <= 800", 20, "has no unit: valid: min, ms, s"),
        ("rag.latency_p95 <= 800 msec", 20, "did you mean 'ms'"),
        ("rag.cost_per_query <= 3", 23, "has no unit: valid: $, usd"),
        ("rag.right_rate >= b.valid_rate", 19, "right_rate can be compared with right_rate only"),
        ("rag.right_rate >= rag.right_rate", 19, "is compared with itself"),
        ("rag.cost_per_right <= b.cost_per_right", 23, "can be held against a number only"),
        ("rag.right_rate >= b.right_rate - 2%", 34, "may be read in two ways: write 2pp"),
        ("rag.right_rate >= b.right_rate 2pp", 32, "'2pp' is no margin"),
        ("rag.right_rate >= b.right_rate -", 33, "a number is missing"),
        ("baseline.rag.right_rate >= 5%", 1, "stands on the right of the sign"),
        ("rag.right_rate >= 50% now", 23, "'now' is left over"),
    ],
)
def test_what_is_wrong_is_named_with_its_column(text: str, column: int, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(text)
    assert str(caught.value).startswith(f"column {column} of {text!r}: ")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@settings(max_examples=60)
@given(
    st.text(max_size=60) | st.from_regex(r"[a-z.]{0,9}(_rate)? ?[<>=]{0,2} ?[$0-9a-z%. +-]{0,12}")
)
def test_any_text_is_a_gate_or_a_config_error(text: str) -> None:
    try:
        found = parse(text)
    except ConfigError:
        return
    assert parse(found.text) == found
