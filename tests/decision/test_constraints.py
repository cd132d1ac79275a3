from __future__ import annotations

import re
from pathlib import Path

import pytest

from harness.decision import Needs, Situation, load_needs
from harness.decision.criteria import HIGHER, PREFERABLE
from harness.decision.flags import with_flags
from harness.decision.judged import Constraint, kept
from harness.errors import ConfigError
from harness.fixtures import fixture_path
from harness.reporting.metrics import METRICS
from harness.statistics import Estimate

GOOD = """
title = "Ours"
latency_p95 = "<= 800 ms"
right_rate = [">= 80%", "<= 99%"]
change_days = 7
corpus = true
labelled_examples = 200
data_may_leave = false
prefer = ["right_rate", "latency_p95"]
assumptions = ["We run servers."]

[[weights]]
metric = "right_rate"
low = 0.4
high = 0.8
"""


def load(tmp_path: Path, text: str) -> Needs:
    path = tmp_path / "needs.toml"
    path.write_text(text, encoding="utf-8")
    return load_needs(path)


def test_a_file_says_what_it_says(tmp_path: Path) -> None:
    found = load(tmp_path, GOOD)
    assert {(c.metric, c.direction, c.bound) for c in found.constraints} == {
        ("latency_p95", "at most", 0.8),
        ("right_rate", "at least", 0.8),
        ("right_rate", "at most", 0.99),
    }
    assert found.situation == Situation(
        7.0, corpus=True, labelled_examples=200, data_may_leave=False
    )
    assert found.prefer == ("right_rate", "latency_p95")
    assert found.weights == {"right_rate": (0.4, 0.8)}
    assert found.assumptions == ("We run servers.",)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("latency_p95 =", "latency_p59 =", ":3: unknown key 'latency_p59': did you mean"),
        ("<= 800 ms", "<= 800%", ":3: 'latency_p95' is '<= 800%', which has the unit '%'"),
        ('"<= 99%"', '"<= 101%"', ":4: 'right_rate' is '<= 101%': a rate is at most 100%"),
        ('"<= 99%"', '"<= 70%"', ":4: 'right_rate' cannot be at least 80% and at most 70%"),
        ("latency_p95 =", "p95 =", ":3: unknown key 'p95': did you mean 'latency_p95'"),
        ("latency_p95 =", "cost =", ":3: unknown key 'cost': did you mean 'cost_per_query'"),
        ('"<= 800 ms"', "800", ":3: 'latency_p95' is 800: write it as a text, <= 800 ms or"),
        ("<= 800 ms", "<= 0,8 s", ":3: 'latency_p95' is '<= 0,8 s': write the number with a point"),
        (
            "change_days = 7",
            'latency_p99 = "<= 1 s"\nlatency_p50 = ">= 2 s"',
            "'latency_p50' at least 2 s and 'latency_p95' at most 800 ms exclude each other",
        ),
        (
            "change_days = 7",
            'stale_rate = ">= 30%"',
            ":5: 'right_rate' at least 80% and 'stale_rate' at least 30% are together more than all",
        ),
        ('["right_rate", "l', '["abstained_rate", "l', ", which has no better direction"),
        (
            "high = 0.8",
            'high = 0.4\n[[weights]]\nmetric = "latency_p95"\nlow = 0.5',
            ":9: 'prefer' has 'right_rate' before 'latency_p95', which must weigh at least 0.5",
        ),
        ("[[weights]]", "[weights]", ":12: 'weights' must be tables written [[weights]]"),
        ("[[weights]]", "[constraints]", ":12: unknown key 'constraints'"),
        ("high = 0.8", "low = 0.5", ":15: not TOML"),
        ("change_days = 7", "change_days = 0", ":5: 'change_days' is 0"),
        ("change_days = 7", "change_days = -1", ":5: 'change_days' is -1"),
        ("corpus = true", 'corpus = "yes"', ":6: 'corpus' must be true or false"),
        ("examples = 200", "examples = 1.5", ":7: 'labelled_examples' is 1.5"),
        ('["right_rate", "l', '["right", "l', ":9: 'prefer' has 'right': did you mean"),
        ('["right_rate", "l', '["latency_p95", "l', ":9: 'prefer' has 'latency_p95' twice"),
        ("low = 0.4", "low = 0.9", ":12: the weight of 'right_rate' is 0.9 to 0.8"),
        ('metric = "right_rate"', 'metric = "rihgt_rate"', ":13: 'metric' is 'rihgt_rate'"),
        (
            "high = 0.8",
            'high = 0.8\n[[weights]]\nmetric = "stale_rate"\nlow = 0.7',
            ":18: the least weights together are more than 1",
        ),
        (
            "high = 0.8",
            'high = 0.5\n[[weights]]\nmetric = "latency_p95"\nhigh = 0.4',
            ":18: the most that all weights may be is together less than 1",
        ),
    ],
)
def test_what_is_wrong_is_named_with_file_line_and_the_nearest_word(
    tmp_path: Path, old: str, new: str, complaint: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        load(tmp_path, GOOD.replace(old, new, 1))
    assert complaint in str(refused.value)
    assert re.search(r"needs\.toml:\d+: ", str(refused.value))
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("name", ["wiki", "classifier", "compliance"])
def test_the_shipped_needs_load(name: str) -> None:
    found = load_needs(fixture_path(f"constraints/{name}.toml"))
    assert found.constraints
    assert found.assumptions


@pytest.mark.parametrize(
    ("low", "high", "at_most", "at_least"),
    [
        (0.1, 0.2, "met", "missed"),
        (0.1, 0.3, "met", "undecided"),
        (0.2, 0.4, "undecided", "undecided"),
        (0.3, 0.4, "undecided", "met"),
        (0.4, 0.5, "missed", "met"),
    ],
)
def test_a_bound_is_kept_by_the_whole_interval(
    low: float, high: float, at_most: str, at_least: str
) -> None:
    estimate = Estimate((low + high) / 2, low, high, 10, 10, "planted")
    assert kept(estimate, Constraint("stale_rate", "at most", 0.3, "")) == at_most
    assert kept(estimate, Constraint("right_rate", "at least", 0.3, "")) == at_least


def test_what_is_better_is_what_the_report_says_is_better() -> None:
    assert {m for m in PREFERABLE if METRICS[m].better == "higher"} == HIGHER
    assert not [m for m in PREFERABLE if METRICS[m].better == "neither"]


def test_a_flag_takes_the_place_of_the_files_bound(tmp_path: Path) -> None:
    needs = load(tmp_path, GOOD)
    found = with_flags(
        needs,
        flags={"--min-right": "90%", "--max-stale": None},
        require=["latency_p50 <= 1 s"],
        change_days=30,
    )
    bounds = {(c.metric, c.direction): c.bound for c in found.constraints}
    assert bounds == {
        ("latency_p95", "at most"): 0.8,
        ("right_rate", "at least"): 0.9,
        ("right_rate", "at most"): 0.99,
        ("latency_p50", "at most"): 1.0,
    }
    assert found.situation.change_days == 30
    assert found.situation.corpus is True


@pytest.mark.parametrize(
    ("flags", "require", "change_days", "complaint"),
    [
        ({"--max-stale": "2 ms"}, [], None, "--max-stale: 'stale_rate' is '2 ms'"),
        ({"--max-stale": ">= 2%"}, [], None, "--max-stale: '>= 2%' is a bound in the other"),
        ({"--min-right": "100%"}, [], None, "cannot be at least 100% and at most 99%"),
        ({}, ["speed <= 1 s"], None, "--require: unknown metric 'speed'"),
        ({}, [], 0.0, "--change-days: 0 is no number of days"),
    ],
)
def test_a_bad_flag_is_named(
    tmp_path: Path,
    flags: dict[str, str | None],
    require: list[str],
    change_days: float | None,
    complaint: str,
) -> None:
    with pytest.raises(ConfigError) as refused:
        with_flags(load(tmp_path, GOOD), flags=flags, require=require, change_days=change_days)
    assert complaint in str(refused.value)
