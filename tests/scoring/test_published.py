"""Prices of providers: taken where there is no choice, else unknown with the reason."""

from __future__ import annotations

import socket
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from genai_prices.types import (
    ClauseEquals,
    ClauseStartsWith,
    ConditionalPrice,
    ModelInfo,
    ModelPrice,
    Provider,
    StartDateConstraint,
    Tier,
    TieredPrices,
    TimeOfDateConstraint,
)
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import ConfigError
from harness.fixtures import fixture_path
from harness.running.record import Record
from harness.scoring.cost import answer_cost, describe, tokens_cost
from harness.scoring.prices import HardwarePrice, PriceBook, TokenPrice, UnknownPrice
from harness.scoring.published import Served, published_price, with_published
from harness.systems.base import Answer, Usage

DAY = date(2026, 11, 26)
OPENAI = "https://api.openai.com/v1"
OWN = """
title = "Ours"
[[prices]]
name = "gateway"
published = "openai/gpt-4o-mini"
"""


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("prices are read from the package, never asked for")

    monkeypatch.setattr(socket.socket, "connect", refuse)


def price_at(url: str, model: str, day: date = DAY) -> TokenPrice | UnknownPrice:
    (found,) = with_published(PriceBook.empty(), [Served("s", url, model)], day).prices
    assert isinstance(found, TokenPrice | UnknownPrice)
    return found


def loaded(tmp_path: Path, text: str) -> PriceBook:
    path = tmp_path / "prices.toml"
    path.write_text(text, encoding="utf-8")
    return PriceBook.load(path)


def planted(monkeypatch: pytest.MonkeyPatch, *models: ModelInfo) -> None:
    provider = Provider("acme", "Acme", r"https://api\.acme\.example", models=list(models))
    monkeypatch.setattr("genai_prices.data.providers", [provider])


def model(name: str, prices: ModelPrice | list[ConditionalPrice]) -> ModelInfo:
    return ModelInfo(id=name, match=ClauseStartsWith(name), prices=prices)


def per_token(prompt: int, completion: int = 9, **rest: Decimal | TieredPrices) -> ModelPrice:
    return ModelPrice(input_mtok=Decimal(prompt), output_mtok=Decimal(completion), **rest)


def test_a_providers_address_and_its_models_name_make_a_price() -> None:
    """Against the package's own arithmetic."""
    from genai_prices import Usage as Their  # noqa: PLC0415
    from genai_prices import calc_price  # noqa: PLC0415

    found = price_at(OPENAI, "gpt-4o-mini")
    assert isinstance(found, TokenPrice)
    theirs = calc_price(
        Their(input_tokens=1000, cache_read_tokens=600, output_tokens=200),
        "gpt-4o-mini",
        provider_id="openai",
        genai_request_timestamp=datetime(2026, 11, 26, tzinfo=UTC),
    )
    ours = tokens_cost(1000, 200, found, cached=600)
    assert ours == pytest.approx(float(theirs.total_price))
    assert "genai-prices" in found.source
    assert "openai/gpt-4o-mini" in found.source
    assert found.date <= DAY


def test_a_tuned_model_has_its_own_price_and_never_its_bases() -> None:
    base, tuned = price_at(OPENAI, "gpt-4o-mini"), price_at(OPENAI, "ft:gpt-4o-mini-2024-07-18")
    assert isinstance(base, TokenPrice)
    assert isinstance(tuned, TokenPrice)
    assert (tuned.prompt, tuned.completion) == (2 * base.prompt, 2 * base.completion)
    unknown = price_at(OPENAI, "ft:gpt-2-nano")
    assert isinstance(unknown, UnknownPrice)
    assert "no price of openai for 'ft:gpt-2-nano'" in unknown.reason


@pytest.mark.parametrize(
    ("url", "name", "reason"),
    [
        ("http://127.0.0.1:8000/v1", "gpt-4o-mini", "127.0.0.1 is the address of no provider"),
        ("https://api.openai.com.evil.example/v1", "gpt-4o-mini", "of no provider"),
        ("https://user:secret@llm.corp.example/v1", "gpt-4o", "llm.corp.example is the address"),
        (OPENAI, "gpt-9-nano", "no price of openai for 'gpt-9-nano'"),
        # Azure sells OpenAI's models; that it asks the same is a guess.
        ("https://x.openai.azure.com/openai", "text-embedding-9", "no price of azure"),
        ("https://api.deepseek.com", "deepseek-chat", "depends on the time of day"),
    ],
)
def test_what_is_not_sure_is_unknown_with_the_reason(url: str, name: str, reason: str) -> None:
    found = price_at(url, name)
    assert isinstance(found, UnknownPrice)
    assert reason in found.reason
    assert "secret" not in found.reason
    book = PriceBook("B", (found,))
    cost = answer_cost(Record("s", "q", DAY, 0, 0, "", Answer("x", usage=Usage(9, 9))), book)
    assert cost.usd is None
    assert reason in cost.basis


def test_the_price_is_that_of_the_day(monkeypatch: pytest.MonkeyPatch) -> None:
    cheaper = StartDateConstraint(date(2026, 6, 1))
    later = StartDateConstraint(date(2027, 1, 1))
    planted(
        monkeypatch,
        model(
            "small",
            [
                ConditionalPrice(prices=per_token(4)),
                ConditionalPrice(cheaper, prices=per_token(2)),
                ConditionalPrice(later, prices=per_token(8)),
            ],
        ),
    )
    for day, prompt in ((date(2026, 5, 31), 4), (date(2026, 6, 1), 2), (DAY, 2)):
        found = published_price("s", "acme/small", day)
        assert isinstance(found, TokenPrice)
        assert found.prompt == prompt
    assert found.date == date(2026, 6, 1)  # what is announced is not yet so
    assert "178 days old at the run" in describe(found, DAY)


@pytest.mark.parametrize(
    ("models", "reason"),
    [
        ([model("m", per_token(1)), model("m-1", per_token(2))], "at different prices"),
        ([model("m", ModelPrice(requests_kcount=Decimal(2)))], "not priced by tokens alone"),
        (
            [model("m", [ConditionalPrice(
                TimeOfDateConstraint(*(datetime(2026, 1, 1, h, tzinfo=UTC).timetz() for h in (1, 9))),
                prices=per_token(1),
            )])],
            "time of day",
        ),
    ],
)  # fmt: skip
def test_an_ambiguous_price_is_refused(
    monkeypatch: pytest.MonkeyPatch, models: list[ModelInfo], reason: str
) -> None:
    planted(monkeypatch, *models)
    found = published_price("s", "acme/m-1", DAY)
    assert isinstance(found, UnknownPrice)
    assert reason in found.reason


def test_beyond_a_tier_the_price_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    tiered = TieredPrices(Decimal(1), [Tier(1000, Decimal(2))])
    planted(monkeypatch, model("m", ModelPrice(input_mtok=tiered, output_mtok=Decimal(5))))
    found = published_price("s", "acme/m", DAY)
    assert isinstance(found, TokenPrice)
    book = PriceBook("B", (found,))
    short, long = (
        answer_cost(Record("s", "q", DAY, 0, 0, "", Answer("x", usage=Usage(n, 10))), book)
        for n in (1000, 1001)
    )
    assert short.usd == pytest.approx(1050 / 1e6)
    assert long.usd is None
    assert "more than 1,000 prompt tokens" in long.basis


def test_ones_own_price_goes_over_the_providers(tmp_path: Path) -> None:
    text = '[[prices]]\nname = "gpt-4o-mini"\nusd_per_million_prompt_tokens = 7\n'
    text += 'usd_per_million_completion_tokens = 7\nsource = "contract"\ndate = 2026-01-01\n'
    own = loaded(tmp_path, text).with_models({"s": "gpt-4o-mini"})
    served = [Served("s", OPENAI, "gpt-4o-mini"), Served("other", OPENAI, "gpt-4o")]
    found = with_published(own, served, DAY)
    assert found.price("s") == own.prices[0]
    other = found.price("other")
    assert isinstance(other, TokenPrice)
    assert "genai-prices" in other.source


def test_a_gateway_is_priced_as_the_book_says(tmp_path: Path) -> None:
    found = with_published(loaded(tmp_path, OWN), [], DAY)
    direct = price_at(OPENAI, "gpt-4o-mini")
    assert isinstance(direct, TokenPrice)
    assert found.price("gateway") == replace(direct, name="gateway")
    unasked = loaded(tmp_path, OWN)
    assert unasked.price("gateway") is None
    assert "was not looked up" in unasked.unpriced("gateway", unasked.entry("gateway"))


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("opanai/gpt-4o", "unknown provider 'opanai': did you mean 'openai'"),
        ("openai/gpt-4o-minni", "openai has no model 'gpt-4o-minni': did you mean 'gpt-4o-mini'"),
        ("gpt-4o", "write it as provider/model"),
    ],
)
def test_a_wrong_reference_is_named_with_its_line_and_the_nearest(
    tmp_path: Path, reference: str, words: str
) -> None:
    text = OWN.replace("openai/gpt-4o-mini", reference)
    with pytest.raises(ConfigError, match=words) as caught:
        with_published(loaded(tmp_path, text), [], DAY)
    assert "prices.toml:5: " in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_embedder_is_priced_by_what_it_reads() -> None:
    served = [Served("text-embedding-3-small", OPENAI, "text-embedding-3-small", part=True)]
    book = with_published(PriceBook.empty(), served, DAY)
    price = book.part_price("text-embedding-3-small")
    assert isinstance(price, TokenPrice)
    assert price.prompt > 0
    assert price.completion == 0


amounts = st.floats(0, 1e4) | st.integers(0, 1000)
texts = st.text(min_size=1, max_size=20).filter(str.strip)
optional = st.none() | st.floats(0, 1e4)
tokens = st.builds(
    TokenPrice, texts, amounts, amounts, texts, st.dates(), optional, optional, optional,
    st.none() | st.integers(1, 10**7), st.floats(0, 10), optional,
)  # fmt: skip
hardware = st.builds(HardwarePrice, texts, amounts, texts, st.dates())
powered = st.builds(
    HardwarePrice, texts, amounts, texts, st.dates(), amounts, st.floats(0.01, 10), amounts
)
unknown = st.builds(UnknownPrice, texts, texts)


@given(
    texts,
    st.lists(tokens | hardware | powered | unknown, max_size=4, unique_by=lambda one: one.name),
)
def test_a_book_that_a_run_keeps_is_read_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory,
    title: str,
    entries: list[TokenPrice | HardwarePrice | UnknownPrice],
) -> None:
    book = PriceBook(title, tuple(entries))
    path = tmp_path_factory.mktemp("book") / "prices.toml"
    path.write_text(book.toml(), encoding="utf-8")
    assert PriceBook.load(path) == book


def test_models_match_by_what_they_are_called(monkeypatch: pytest.MonkeyPatch) -> None:
    exact = ModelInfo(id="m", match=ClauseEquals("m"), prices=per_token(1))
    planted(monkeypatch, exact)
    with pytest.raises(ConfigError, match="acme has no model 'm-2'"):
        published_price("s", "acme/m-2", DAY)


def test_the_shipped_hosted_prices_are_those_of_the_data_they_name() -> None:
    book = PriceBook.load(fixture_path("prices/hosted.toml"))
    for price in book.prices:
        assert isinstance(price, TokenPrice)
        reference = price.source.rpartition(" ")[2]
        theirs = published_price(price.name, reference, price.date)
        assert isinstance(theirs, TokenPrice)
        assert (price.prompt, price.completion) == (theirs.prompt, theirs.completion)
