from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from harness.errors import ConfigError
from harness.fixtures import fixture_path
from harness.running.record import Record
from harness.scoring.cost import answer_cost, tokens_cost, upkeep_cost
from harness.scoring.prices import HardwarePrice, PriceBook, TokenPrice
from harness.systems.base import Answer, Failure, Preparation, Timing, Usage

DAY = date(2026, 8, 22)
GOOD = """
title = "Ours"

[[prices]]
name = "small-*"
usd_per_million_prompt_tokens = 0.5
usd_per_million_completion_tokens = 1.5
usd_per_million_training_tokens = 3
source = "contract"
date = 2026-08-22

[[prices]]
name = "small-special"
usd_per_million_prompt_tokens = 1
usd_per_million_completion_tokens = 1
source = "contract"
date = 2026-08-22

[[prices]]
name = "lab"
usd_per_hour = 0.36
source = "assumed"
date = 2026-08-22
"""
SEARCHING = """
[[prices]]
name = "embed-1"
usd_per_million_prompt_tokens = 0.02
usd_per_million_completion_tokens = 0
source = "contract"
date = 2026-08-22

[[prices]]
name = "judge-1"
usd_per_million_prompt_tokens = 0.1
usd_per_million_completion_tokens = 0
source = "contract"
date = 2026-08-22

[[prices]]
name = "judge-free"
usd_per_million_prompt_tokens = 0
usd_per_million_completion_tokens = 0
source = "our own machine"
date = 2026-08-22
"""


def book(tmp_path: Path, text: str) -> PriceBook:
    path = tmp_path / "prices.toml"
    path.write_text(text)
    return PriceBook.load(path)


def record(system: str, answer: Answer) -> Record:
    return Record(system, "q", DAY, 0, 0, "", answer)


def test_the_most_exact_name_wins(tmp_path: Path) -> None:
    prices = book(tmp_path, GOOD).with_models(
        {"rag": "lab", "mini": "small-1", "tuned": "small-special", "lab": "small-1"}
    )
    assert isinstance(prices.price("rag"), HardwarePrice)
    assert isinstance(prices.price("lab"), HardwarePrice)  # the system's own name goes first
    for system, name in {"mini": "small-*", "tuned": "small-special"}.items():
        price = prices.price(system)
        assert price is not None
        assert price.name == name
    assert prices.price("unheard-of") is None


def test_seconds_and_tokens_cost_what_the_book_says(tmp_path: Path) -> None:
    prices = book(tmp_path, GOOD).with_models({"rag": "lab", "mini": "small-1"})
    timing = Timing(queue=5.0, total=15.0)
    local = answer_cost(record("rag", Answer("x", timing=timing)), prices)
    assert local.usd == pytest.approx(10 / 3600 * 0.36)
    assert "assumed" in local.basis
    hosted = answer_cost(record("mini", Answer("x", usage=Usage(800, 200))), prices)
    assert hosted.usd == pytest.approx((800 * 0.5 + 200 * 1.5) / 1e6)
    guessed = answer_cost(record("mini", Answer("x", usage=Usage(800, 200, counted=False))), prices)
    assert "estimated" in guessed.basis


def test_what_is_not_known_is_not_zero(tmp_path: Path) -> None:
    prices = book(tmp_path, GOOD).with_models({"rag": "lab", "mini": "small-1"})
    failed = Answer(None, failure=Failure("timeout", ""))
    for system, reason in {
        "mini": "tokens",
        "rag": "time",
        "other": "no price for 'other'",
    }.items():
        cost = answer_cost(record(system, failed), prices)
        assert cost.usd is None
        assert reason in cost.basis
    slow = Answer(None, timing=Timing(total=36.0), failure=Failure("timeout", ""))
    assert answer_cost(record("rag", slow), prices).usd == pytest.approx(0.0036)
    assert answer_cost(record("rag", slow), PriceBook.empty()).usd is None


def test_upkeep_is_indexing_and_training_of_all_days(tmp_path: Path) -> None:
    prices = book(tmp_path, GOOD).with_models(
        {"rag": "lab", "mini": "small-1", "t": "small-special"}
    )
    work = (
        Preparation(DAY, index_seconds=100.0),
        Preparation(DAY, training_seconds=260.0, tokens=2_000_000, reused=True),
    )
    assert upkeep_cost("rag", work, prices).usd == pytest.approx(0.036)
    assert upkeep_cost("mini", work[1:], prices).usd == pytest.approx(6.0)
    assert "indexing" in upkeep_cost("mini", work, prices).basis
    assert "training" in upkeep_cost("t", work[1:], prices).basis
    untold = Preparation(DAY, training_seconds=260.0, examples=10)
    assert "not reported" in upkeep_cost("mini", (work[1], untold), prices).basis
    assert upkeep_cost("rag", (), prices).usd is None
    assert upkeep_cost("other", work, prices).usd is None


def test_what_servers_read_to_search_is_part_of_an_answers_cost(tmp_path: Path) -> None:
    prices = book(tmp_path, GOOD + SEARCHING).with_models(
        {"rag": "lab", "mini": "small-1"},
        embedders={"rag": "embed-1", "mini": "embed-1"},
        rerankers={"mini": "judge-1"},
    )
    usage = Usage(800, 200, embedded_tokens=50, reranked_tokens=3000)
    hosted = answer_cost(record("mini", Answer("x", usage=usage)), prices)
    assert hosted.usd == pytest.approx((800 * 0.5 + 200 * 1.5 + 50 * 0.02 + 3000 * 0.1) / 1e6)
    assert "embed-1 at $0.02 (contract, 2026-08-22); judge-1 at $0.1" in hosted.basis
    local = Answer("x", usage=Usage(embedded_tokens=50), timing=Timing(total=10.0))
    assert answer_cost(record("rag", local), prices).usd == pytest.approx(0.001 + 50 * 0.02 / 1e6)


def test_a_search_whose_price_is_not_known_leaves_the_cost_unknown(tmp_path: Path) -> None:
    known = book(tmp_path, GOOD + SEARCHING)
    answer = Answer("x", usage=Usage(8, 2, embedded_tokens=5, reranked_tokens=None))
    for prices, reranker, reason in (
        (known, "judge-1", "'judge-1' does not tell how many tokens it read"),
        (known, "lab", "no price of tokens for 'lab' in 'Ours'"),
        (book(tmp_path, GOOD), "judge-1", "no price of tokens for 'embed-1' in 'Ours'"),
    ):
        parts = prices.with_models(
            {"mini": "small-1"}, embedders={"mini": "embed-1"}, rerankers={"mini": reranker}
        )
        cost = answer_cost(record("mini", answer), parts)
        assert cost.usd is None
        assert reason in cost.basis
    free = known.with_models(
        {"mini": "small-1"}, embedders={"mini": "embed-1"}, rerankers={"mini": "judge-free"}
    )
    # What costs nothing need not be counted.
    assert answer_cost(record("mini", answer), free).usd == pytest.approx((4 + 3 + 0.1) / 1e6)


def test_embedding_for_an_index_is_part_of_its_upkeep(tmp_path: Path) -> None:
    prices = book(tmp_path, GOOD + SEARCHING).with_models(
        {"rag": "lab", "mini": "small-1"}, embedders={"rag": "embed-1", "mini": "embed-1"}
    )
    work = (
        Preparation(DAY, index_seconds=100.0, embedded_tokens=3_000_000),
        Preparation(DAY, index_seconds=50.0, embedded_tokens=1_000_000, reused=True),
    )
    assert upkeep_cost("mini", work, prices).usd == pytest.approx(0.08)
    assert upkeep_cost("rag", work, prices).usd == pytest.approx(0.015 + 0.08)
    untold = (*work, Preparation(DAY, index_seconds=1.0, embedded_tokens=None))
    for made, reason in ((untold, "does not tell"), ((*work, Preparation(DAY, 1.0)), "indexing")):
        cost = upkeep_cost("mini", made, prices)
        assert cost.usd is None
        assert reason in cost.basis


def test_the_articles_arithmetic_comes_out_at_its_price() -> None:
    price = PriceBook.load(fixture_path("prices/article.toml")).price("any system at all")
    assert isinstance(price, TokenPrice)
    assert tokens_cost(500, 300, price) == pytest.approx(0.008)
    assert tokens_cost(400, 0, price) == pytest.approx(0.004)


def test_the_default_book_prices_the_lab_model_alone_and_says_that_it_assumes() -> None:
    prices = PriceBook.load(fixture_path("prices/default.toml")).with_models({"rag": "lab"})
    price = prices.price("rag")
    assert isinstance(price, HardwarePrice)
    assert "ASSUMPTION" in price.source
    assert prices.price("external") is None


def test_the_fingerprint_changes_with_any_price(tmp_path: Path) -> None:
    one = book(tmp_path, GOOD)
    assert one.fingerprint() == book(tmp_path, GOOD).fingerprint()
    assert one.fingerprint() == one.with_models({"a": "b"}).fingerprint()
    assert one.fingerprint() != book(tmp_path, GOOD.replace("0.36", "0.37")).fingerprint()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("usd_per_hour = 0.36", "usd_per_hour = -1", ":21: 'usd_per_hour' is -1: a price cannot"),
        ("usd_per_hour = 0.36", "usd_per_hour = true", ":21: 'usd_per_hour' must be a number"),
        ("usd_per_hour = 0.36", "usd_per_hour = nan", ":21: 'usd_per_hour' must be a number"),
        (
            "usd_per_hour",
            "usd_per_hours",
            ":21: unknown key 'usd_per_hours': did you mean 'usd_per_hour'",
        ),
        ('name = "lab"', 'name = "small-special"', ":20: a second price for 'small-special'"),
        ('name = "lab"', 'name = ""', ":20: 'name' must be a text"),
        ('name = "lab"', "", ":19: key 'name' is missing"),
        (
            'source = "assumed"\ndate = 2026-08-22',
            'source = "x"\ndate = "today"',
            ":23: 'date' must be",
        ),
        ("usd_per_hour = 0.36", "", ":19: price 'lab' has neither"),
        (
            "usd_per_hour = 0.36",
            "usd_per_hour = 1\nusd_per_million_prompt_tokens = 1",
            ":22: .* exclude",
        ),
        ('title = "Ours"', 'titel = "Ours"', ":2: unknown key 'titel': did you mean 'title'"),
        ('title = "Ours"', "title = ", ":2: not TOML"),
        ('title = "Ours"', f"title = {'[' * 10_000}", "not TOML"),
        ("[[prices]]", "[prices]", "not TOML|must be tables"),
    ],
)
def test_a_bad_book_is_refused_with_file_line_and_key(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    with pytest.raises(ConfigError, match=r"prices\.toml.*" + message) as refused:
        book(tmp_path, GOOD.replace(old, new))
    assert "\n" not in str(refused.value)


def test_a_missing_or_binary_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.toml: No such file"):
        PriceBook.load(tmp_path / "none.toml")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="not UTF-8"):
        PriceBook.load(tmp_path / "binary.toml")


RICH = """
[[prices]]
name = "r"
usd_per_million_prompt_tokens = 10
usd_per_million_completion_tokens = 40
usd_per_million_cached_tokens = 1
usd_per_million_reasoning_tokens = 20
source = "contract"
date = 2026-08-22

[[prices]]
name = "plain"
usd_per_million_prompt_tokens = 10
usd_per_million_completion_tokens = 40
source = "contract"
date = 2026-08-22

[[prices]]
name = "gpu"
usd_per_hour = 2.0
watts = 400
usd_per_kwh = 0.5
source = "contract"
date = 2026-08-22
"""


def test_cached_tokens_have_their_price_or_an_interval_and_reasoning_that_of_the_others(
    tmp_path: Path,
) -> None:
    prices = book(tmp_path, RICH)
    usage = Usage(1000, 500, cached_tokens=600, reasoning_tokens=200)
    costs = [answer_cost(record(name, Answer("x", usage=usage)), prices) for name in ("r", "plain")]
    assert costs[0].usd == pytest.approx((400 * 10 + 600 * 1 + 300 * 40 + 200 * 20) / 1e6)
    assert costs[0].least is None
    assert costs[1].usd == pytest.approx((1000 * 10 + 500 * 40) / 1e6)
    assert costs[1].least == pytest.approx((400 * 10 + 500 * 40) / 1e6)
    assert "cached tokens have no price" in costs[1].basis
    unread = answer_cost(record("plain", Answer("x", usage=Usage(1000, 500))), prices)
    assert (unread.usd, unread.least) == (costs[1].usd, None)


def test_power_is_paid_for_as_the_machine_tells_else_as_it_is_said_to_draw(tmp_path: Path) -> None:
    prices = book(tmp_path, RICH)
    answered = answer_cost(record("gpu", Answer("x", timing=Timing(total=36.0))), prices)
    assert answered.usd == pytest.approx(36 / 3600 * 2.0 + 36 * 400 / 3.6e6 * 0.5)
    told = Preparation(DAY, training_seconds=3600.0, energy_joules=3.6e6)
    untold = Preparation(DAY, training_seconds=3600.0)
    assert upkeep_cost("gpu", (told,), prices).usd == pytest.approx(2.0 + 0.5)
    assert upkeep_cost("gpu", (untold,), prices).usd == pytest.approx(2.0 + 0.4 * 0.5)
    assert "per kWh" in answered.basis


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (date(2026, 8, 22), "of the day of the run"),
        (date(2026, 8, 25), "3 days old at the run"),
        (date(2026, 8, 20), "2 days after the run"),
    ],
)
def test_a_price_shows_its_age(tmp_path: Path, day: date, words: str) -> None:
    prices = book(tmp_path, RICH).with_models({}, day=day)
    cost = answer_cost(record("plain", Answer("x", usage=Usage(1, 1))), prices)
    assert cost.basis.endswith(f"(contract, 2026-08-22, {words})")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("usd_per_million_cached_token = 1", "did you mean 'usd_per_million_cached_tokens'"),
        ("usd_per_million_cached_tokens = -1", "a price cannot be negative"),
        ("watts = 3", "'watts' and 'usd_per_million_prompt_tokens' exclude each other"),
        ('unknown = "later"', "'unknown' and"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, line: str, message: str) -> None:
    head = RICH.split("\n\n")[1]
    with pytest.raises(ConfigError, match=message) as caught:
        book(tmp_path, f"{head}\n{line}\n")
    assert "prices.toml:" in str(caught.value)


def test_a_name_can_be_said_to_have_no_price(tmp_path: Path) -> None:
    text = '[[prices]]\nname = "x"\nunknown = "still negotiated"\n' + RICH.replace('"r"', '"*"')
    prices = book(tmp_path, text)
    cost = answer_cost(record("x", Answer("x", usage=Usage(1, 1))), prices)
    assert cost.usd is None
    assert cost.basis == "no price for 'x' in 'prices': still negotiated"


def test_the_price_book_of_the_documents_is_what_the_harness_reads(tmp_path: Path) -> None:
    text = Path(__file__).parents[2].joinpath("docs", "decision.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```ini\n(.*?)```", text, re.DOTALL)
    names = [entry.name for entry in book(tmp_path, block).prices]
    assert names == ["our-model", "gateway", "our-machine"]
