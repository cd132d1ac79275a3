from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from planting import DAYS, Script, planted_run

from harness.decision.bounds import (
    NOT_ABOVE,
    excluding,
    in_units,
    parse_bound,
    parse_constraint,
    quantity,
)
from harness.decision.claims import METRICS
from harness.errors import ConfigError
from harness.scoring import PriceBook
from harness.scoring.prices import HardwarePrice
from harness.statistics import summarise

BOOK = PriceBook("Planted", (HardwarePrice("*", 36.0, "planted", DAYS[0]),))


@pytest.mark.parametrize(
    ("text", "metric", "direction", "bound"),
    [
        ("latency_p95 <= 800 ms", "latency_p95", "at most", 0.8),
        ("latency_p95<=0.8s", "latency_p95", "at most", 0.8),
        ("latency_mean at most 2 min", "latency_mean", "at most", 120.0),
        ("stale_rate <= 2%", "stale_rate", "at most", 0.02),
        ("stale_rate <= 0.02", "stale_rate", "at most", 0.02),
        ("valid_rate >= 99%", "valid_rate", "at least", 0.99),
        ("right_rate at least 80 %", "right_rate", "at least", 0.8),
        ("cost_per_query <= $0.005", "cost_per_query", "at most", 0.005),
        ("cost_per_right <= 5e-3 USD", "cost_per_right", "at most", 0.005),
        ("prompt_tokens <= 500", "prompt_tokens", "at most", 500.0),
        ("tokens_per_second >= 20 tokens/s", "tokens_per_second", "at least", 20.0),
        ("tokens_per_second >= 20", "tokens_per_second", "at least", 20.0),
    ],
)
def test_a_constraint_is_read_in_its_unit(
    text: str, metric: str, direction: str, bound: float
) -> None:
    found = parse_constraint(text)
    assert (found.metric, found.direction) == (metric, direction)
    assert found.bound == pytest.approx(bound)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("stale_rat <= 2%", "unknown metric 'stale_rat': did you mean 'stale_rate'"),
        ("latency_p95 <= 800", "has no unit"),
        ("latency_p95 <= 80%", "has the unit '%'"),
        ("latency_p95 <= 800 msec", "did you mean 'ms'"),
        ("latency_p95 <= 8 seconds", "did you mean 's'"),
        ("stale_rate <= 2 percent", "did you mean '%'"),
        ("tokens_per_second >= 20 s", "has the unit 's'"),
        ("accuracy >= 80%", "did you mean 'right_rate'"),
        ("stale_rate <= 2 ms", "has the unit 'ms'"),
        ("stale_rate <= 120%", "a rate is at most 100%"),
        ("stale_rate <= 2", "a rate is at most 100%; 2% is 0.02"),
        ("stale_rate 2%", "say whether"),
        ("stale_rate < 2%", "say whether"),
        ("stale_rate <= few", "write it as"),
        ("cost_per_query <= -1", "write it as"),
        ("cost_per_query <= 1 EUR", "has the unit 'eur'"),
        ("fast", "is no constraint"),
    ],
)
def test_a_bad_constraint_is_refused_in_one_line(text: str, complaint: str) -> None:
    with pytest.raises(ConfigError) as refused:
        parse_constraint(text)
    assert complaint in str(refused.value)
    assert "\n" not in str(refused.value)


@given(st.sampled_from(METRICS), st.floats(1e-5, 1))
def test_what_is_written_is_read_again(metric: str, value: float) -> None:
    found = parse_bound(metric, f"<= {in_units(metric, value)}")
    assert found.bound == pytest.approx(value, rel=0.02)


@given(st.text(max_size=30))
def test_any_text_is_a_bound_or_a_known_error(text: str) -> None:
    for metric in ("stale_rate", "latency_p95", "cost_per_query", "prompt_tokens"):
        try:
            assert parse_bound(metric, text).bound >= 0
        except ConfigError:
            continue


def test_every_metric_is_a_quantity() -> None:
    assert {quantity(metric) for metric in METRICS} == {"rate", "time", "cost", "tokens", "speed"}


@pytest.mark.parametrize(
    "texts",
    [
        ("right_rate >= 80%", "abstained_rate >= 30%"),  # to abstain may be right
        ("latency_p50 <= 2 s", "latency_p95 >= 1 s"),
        ("right_rate >= 80%", "stale_rate >= 20%"),
        ("valid_rate >= 90%", "valid_and_right_rate <= 50%"),
    ],
)
def test_what_can_be_kept_together_is_not_refused(texts: tuple[str, ...]) -> None:
    assert excluding([parse_constraint(text) for text in texts]) == ""


def test_no_run_keeps_bounds_that_exclude_each_other() -> None:
    """What is refused is what no measurement can be: the pairs hold for whatever is planted."""
    for seed in range(3):
        run = planted_run(
            Script("a", "rag", {"current": 0.5, "stale": 0.2, "abstained": 0.1}, valid=0.6),
            groups=30,
            days=1,
            seed=seed,
        )
        (system,) = summarise(run, BOOK).systems
        for low, high in NOT_ABOVE:
            first, second = system.metrics[low].value, system.metrics[high].value
            assert first is None or second is None or first <= second, (low, high)
