from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from planting import DAYS, Script, planted_run

from harness.decision import Claim, ClaimVerdict, evaluate_claims, load_claims
from harness.errors import ConfigError
from harness.fixtures import fixture_path
from harness.scoring import PriceBook
from harness.scoring.prices import HardwarePrice
from harness.statistics import Estimate, Results, summarise
from harness.statistics.hygiene import Hygiene, HygienePoint

BOOK = PriceBook("Planted", (HardwarePrice("*", 36.0, "planted", DAYS[0]),))
BASE = Script("base", "base", {"current": 0.3, "abstained": 0.7}, seconds=0.03)
RAG = Script("rag", "rag", {"current": 0.85, "stale": 0.05}, valid=0.5, seconds=0.13)
TUNED = Script("tuned", "fine-tuned", {"current": 0.4, "stale": 0.5}, valid=0.99, seconds=0.03)


@pytest.fixture(scope="module")
def results() -> Results:
    return summarise(planted_run(BASE, RAG, TUNED, groups=90), BOOK)


def claim(metric: str, b: str, *a: str, **rest: object) -> Claim:
    return Claim("id", "text", "source", metric, a, b, **rest)  # type: ignore[arg-type]


def judged(results: Results, asked: Claim) -> ClaimVerdict:
    (found,) = evaluate_claims(results, [asked])
    assert found.claim is asked
    assert found.reason.endswith(".")
    return found


@pytest.mark.parametrize(
    ("asked", "verdict"),
    [
        (claim("latency_mean", "rag", "base", low=0.05, high=0.2), "supported"),
        (claim("latency_mean", "rag", "base", low=0.12, high=0.2), "refuted"),
        (claim("latency_mean", "rag", "base", low=0.105, high=0.2), "inconclusive"),
        (claim("stale_rate", "tuned", "rag", low=0.0), "supported"),
        (claim("stale_rate", "rag", "tuned", low=0.0), "refuted"),
        (claim("right_rate", "rag", "base", "tuned", low=-0.02), "supported"),
        (claim("right_rate", "tuned", "base", "rag", low=-0.02), "refuted"),
        (claim("valid_rate", "rag", high=0.9), "supported"),
        (claim("valid_rate", "rag", low=0.9), "refuted"),
        (claim("stale_rate", "rag", high=0.05), "inconclusive"),
        (claim("latency_p95", "rag", high=0.5), "supported"),
        (claim("cost_per_right", "rag", low=0.0), "supported"),
        # A strategy stands for the only system that has it.
        (claim("stale_rate", "fine-tuned", "rag", low=0.0, days="later"), "supported"),
        (claim("right_rate", "stacked", "rag", high=0.0), "not measurable here"),
        (Claim("id", "text", "source", needs="a hosted service"), "not measurable here"),
    ],
)
def test_a_claim_is_judged_by_the_whole_interval(
    results: Results, asked: Claim, verdict: str
) -> None:
    assert judged(results, asked).verdict == verdict


def test_the_figure_is_the_comparisons_own(results: Results) -> None:
    found = judged(results, claim("right_rate", "rag", "base", low=0.0))
    made = results.compare("base", "rag", "right_rate").difference
    assert (found.estimate.value, found.estimate.low) == (made.value, made.low)
    assert "right_rate of rag minus base" in found.reason
    alone = judged(results, claim("stale_rate", "rag", high=0.9))
    assert alone.estimate == results["rag"].metrics["stale_rate"]


def test_on_each_day_takes_every_day_and_shows_the_worst(results: Results) -> None:
    found = judged(results, claim("stale_rate", "tuned", high=0.9, days="each"))
    rates = [results["tuned"].by_day[day]["stale_rate"] for day in DAYS]
    assert found.verdict == "supported"
    assert found.estimate == max(rates, key=lambda rate: rate.high or 0.0)
    assert judged(results, claim("stale_rate", "tuned", high=0.4, days="each")).verdict == "refuted"


def test_later_is_all_days_but_the_first(results: Results) -> None:
    found = judged(results, claim("stale_rate", "tuned", "rag", low=0.0, days="later"))
    assert found.estimate.n == 2 * 180
    assert "from 2026-02-22 on" in found.reason
    one_day = summarise(planted_run(RAG, TUNED, groups=12, days=1), BOOK)
    alone = judged(one_day, claim("stale_rate", "tuned", "rag", low=0.0, days="later"))
    assert alone.verdict == "not measurable here"


def test_an_unknown_figure_is_not_measurable_and_says_why() -> None:
    few = summarise(planted_run(RAG, groups=12, days=1), BOOK)
    found = judged(few, claim("latency_p99", "rag", high=1.0))
    assert found.verdict == "not measurable here"
    assert "below the 299" in found.reason
    without = summarise(planted_run(RAG, TUNED, groups=12, days=1), PriceBook.empty())
    assert judged(without, claim("cost_per_query", "rag", "tuned", low=0.0)).verdict == (
        "not measurable here"
    )


def test_a_strategy_that_two_systems_share_is_nobody() -> None:
    two = summarise(planted_run(RAG, replace(RAG, name="rag-2"), groups=12, days=1), BOOK)
    assert judged(two, claim("stale_rate", "rag-2", high=1.1)).verdict == "supported"
    hybrid = replace(RAG, strategy="hybrid")
    both = summarise(planted_run(hybrid, replace(hybrid, name="h"), groups=12, days=1), BOOK)
    assert judged(both, claim("stale_rate", "hybrid", high=1.1)).verdict == "not measurable here"


@pytest.mark.parametrize("name", ["article", "literature"])
def test_the_shipped_claims_load_and_each_gets_a_verdict(results: Results, name: str) -> None:
    claims = load_claims(fixture_path(f"claims/{name}.toml"))
    verdicts = {v.claim.id: v.verdict for v in evaluate_claims(results, claims)}
    assert len(verdicts) == len(claims)
    if name == "article":
        assert verdicts["rag-query-costs-0.008"] == "supported"
        assert verdicts["fine-tuned-query-costs-0.004"] == "supported"
        assert verdicts["training-costs-40"] == "not measurable here"
        assert verdicts["rag-adds-latency"] == "supported"
        assert verdicts["rag-fresh-at-once"] == "refuted"
        assert verdicts["hybrid-dominates"] == "not measurable here"


GOOD = """
title = "Ours"

[[claims]]
id = "one"
text = "Retrieval is slower."
source = "us"
metric = "latency_mean"
b = "rag"
a = ["base", "tuned"]
direction = "above"
margin = 0.01

[[claims]]
id = "two"
text = "Retrieval is in between."
source = "us"
metric = "latency_p95"
b = "rag"
direction = "within"
bounds = [0.1, 1]
"""


def load(tmp_path: Path, text: str) -> tuple[Claim, ...]:
    path = tmp_path / "claims.toml"
    path.write_text(text)
    return load_claims(path)


def test_a_file_says_what_it_says(tmp_path: Path) -> None:
    one, two = load(tmp_path, GOOD)
    assert (one.a, one.b, one.low, one.high, one.days) == (
        ("base", "tuned"),
        "rag",
        0.01,
        None,
        "all",
    )
    assert (two.a, two.b, two.low, two.high) == ((), "rag", 0.1, 1.0)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            '"latency_mean"',
            '"latency_men"',
            ":8: 'metric' is 'latency_men': did you mean 'latency_mean'",
        ),
        ('"latency_mean"', '"latency_p95"', ":8: 'metric' is 'latency_p95'"),
        ('"above"', '"abov"', ":11: 'direction' is 'abov': did you mean 'above'"),
        ("margin = 0.01", "bounds = [0, 1]", ":12: direction 'above' goes with 'margin'"),
        ("margin = 0.01", 'margin = "1%"', ":12: 'margin' must be a number"),
        ("bounds = [0.1, 1]", "bounds = [1, 0.1]", ":21: 'bounds' are"),
        ("bounds = [0.1, 1]", "bounds = [1]", ":21: 'bounds' must be 2 numbers"),
        ("bounds = [0.1, 1]", "", ":14: key 'bounds' is missing"),
        (
            "bounds = [0.1, 1]",
            'bounds = [0.1, 1]\ndays = "each"',
            ":22: 'latency_p95' is only known",
        ),
        ('id = "two"', 'id = "one"', ":15: a second claim with the id 'one'"),
        ('source = "us"\nmetric = "latency_mean"', 'metric = "latency_mean"', ":4: key 'source'"),
        ('a = ["base", "tuned"]', "a = []", ":10: 'a' must be a text or a list"),
        ('a = ["base", "tuned"]', 'vs = "base"', ":10: unknown key 'vs'"),
        ('title = "Ours"', 'name = "Ours"', ":2: unknown key 'name'"),
        ("[[claims]]", "[[claim]]", "unknown key 'claim': did you mean 'claims'"),
        ('metric = "latency_p95"', "tokens = { prompt = 1 }", ":19: unknown key 'b'"),
    ],
)
def test_a_bad_claim_is_refused_with_file_line_and_the_nearest_word(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    with pytest.raises(ConfigError, match=r"claims\.toml.*" + message) as refused:
        load(tmp_path, GOOD.replace(old, new))
    assert "\n" not in str(refused.value)


def test_arithmetic_needs_a_price_for_every_model(tmp_path: Path) -> None:
    (tmp_path / "p.toml").write_text(
        '[[prices]]\nname = "x"\nusd_per_hour = 1\nsource = "s"\ndate = 2026-08-22\n'
    )
    text = """
[[claims]]
id = "sum"
text = "t"
source = "s"
tokens = { prompt = 1, complete = 2 }
prices = "p.toml"
direction = "above"
"""
    with pytest.raises(ConfigError, match=r":6: unknown key 'complete': did you mean 'completion'"):
        load(tmp_path, text)
    with pytest.raises(ConfigError, match=r":7: the price book has no price per token"):
        load(tmp_path, text.replace("complete", "completion"))
    with pytest.raises(ConfigError, match="No such file"):
        load(tmp_path, text.replace("complete", "completion").replace("p.toml", "q.toml"))


def test_a_claim_of_outdated_documents_is_judged_by_the_sweep(tmp_path: Path) -> None:
    text = (
        '[[claims]]\nid = "hoh"\ntext = "They hurt."\nsource = "s"\nleft = 0.5\n'
        'days_shown = false\ndirection = "below"\n'
    )
    (asked,) = load(tmp_path, text)
    few = summarise(planted_run(RAG, groups=12, days=1), BOOK)

    def verdict(low: float, high: float) -> str:
        lost = Estimate((low + high) / 2, low, high, 100, 50, "planted")
        point = HygienePoint(0.5, show_days=False, score=lost, right=lost, outdated=lost, lost=lost)
        swept = Hygiene("rag", 100, (point,), {})
        (found,) = evaluate_claims(few, [asked], hygiene=swept)
        return found.verdict

    assert verdict(-0.4, -0.1) == "supported"
    assert verdict(0.0, 0.2) == "refuted"
    assert verdict(-0.2, 0.2) == "inconclusive"
    assert judged(few, asked).verdict == "not measurable here"
    with pytest.raises(ConfigError, match=r":5: 'left' is 1\.5"):
        load(tmp_path, text.replace("0.5", "1.5"))
    with pytest.raises(ConfigError, match=r":6: unknown key 'day_shown': did you mean"):
        load(tmp_path, text.replace("days_shown", "day_shown"))


def test_what_is_detectable_is_told_so_four_times_of_five() -> None:
    """A normal figure so far off its bound has its whole interval beyond it in 80 % of runs."""
    rng = np.random.default_rng(2)
    asked = claim("right_rate", "rag", low=0.5)

    def verdict(value: float) -> ClaimVerdict:
        return ClaimVerdict(
            asked, "inconclusive", Estimate(value, value - 1.96, value + 1.96, 9, 9, ""), ""
        )

    detectable = verdict(0.0).detectable
    assert detectable is not None
    beyond = rng.normal(detectable, 1.0, 20_000) - 1.96 > 0
    assert beyond.mean() == pytest.approx(0.8, abs=0.01)


def test_arithmetic_takes_a_models_price_and_a_difference(tmp_path: Path) -> None:
    lines = "usd_per_million_prompt_tokens = {}\nusd_per_million_completion_tokens = 0\n"
    rest = 'source = "s"\ndate = 2026-08-22\n'
    (tmp_path / "p.toml").write_text(
        "".join(
            f'[[prices]]\nname = "{n}"\n{lines.format(p)}{rest}' for n, p in (("a", 1), ("b", 3))
        )
    )
    text = (
        '[[claims]]\nid = "x"\ntext = "t"\nsource = "s"\ntokens = { prompt = 1_000_000 }\n'
        'model = "b"\nthan = { model = "a", prompt = 2_000_000 }\nprices = "p.toml"\n'
        'direction = "below"\nmargin = 2\n'
    )
    (asked,) = load(tmp_path, text)
    assert asked.computed is not None
    assert asked.computed.value == pytest.approx(1.0)
    with pytest.raises(ConfigError, match=r":6: no price per token for 'c'"):
        load(tmp_path, text.replace('model = "b"', 'model = "c"'))
    with pytest.raises(ConfigError, match=r":8: the price book has no price of training 'b'"):
        load(tmp_path, text.replace("{ prompt = 1_000_000 }", "{ training = 1 }"))
