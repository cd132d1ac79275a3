import pytest

from harness.reporting.metrics import metric
from harness.reporting.verdicts import verdict
from harness.statistics.estimate import Estimate
from harness.statistics.results import Comparison


def comparison(name: str, low: float, high: float, p: float | None = 0.001) -> Comparison:
    middle = (low + high) / 2
    difference = Estimate(middle, low, high, 480, 160, "planted")
    return Comparison(name, "a", "b", difference, p, p)


@pytest.mark.parametrize(
    ("name", "low", "high", "p", "word"),
    [
        ("right_rate", 0.02, 0.06, 0.001, "better"),
        ("right_rate", -0.06, -0.02, 0.001, "worse"),
        ("stale_rate", 0.02, 0.06, 0.001, "worse"),
        ("stale_rate", -0.06, -0.02, 0.001, "better"),
        ("right_rate", -0.01, 0.06, 0.2, "no difference detected"),
        ("right_rate", 0.001, 0.06, 0.08, "no difference detected"),
        ("right_rate", -0.001, 0.06, 0.01, "no difference detected"),
        ("right_rate", 0.002, 0.009, 0.001, "within noise"),
        ("right_rate", 0.002, 0.011, 0.001, "better"),
        ("latency_mean", 0.001, 0.004, 0.001, "within noise"),
        ("latency_mean", 0.001, 0.006, 0.001, "worse"),
        ("completion_tokens", 30.0, 40.0, 0.001, "higher"),
        ("completion_tokens", -40.0, -30.0, 0.001, "lower"),
        ("right_rate", 0.02, 0.06, None, "better"),
    ],
)
def test_a_comparison_in_words(
    name: str, low: float, high: float, p: float | None, word: str
) -> None:
    assert verdict(comparison(name, low, high, p), metric(name), reference=0.1) == word


def test_an_unknown_difference_has_no_verdict() -> None:
    unknown = Comparison("right_rate", "a", "b", Estimate.unknown("no pairs"), None, None)
    assert verdict(unknown, metric("right_rate"), 0.5) == "unknown"


def test_relative_noise_without_a_reference_is_none() -> None:
    assert verdict(comparison("latency_mean", 1e-6, 2e-6), metric("latency_mean"), None) == "worse"
