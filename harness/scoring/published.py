"""What providers ask, from the data that the package `genai-prices` brings along; nothing is downloaded.

A price is taken only where there is no choice: the address of an endpoint is a provider's, and the
provider has one price for the model. A name that only looks like somebody's model, a price that
depends on the time of day, or one of another provider is no price, and the reason says what to do.
Looked up once, when a run is made: the run keeps what was found (`PriceBook.toml`), so that a report
needs neither the package nor its version of that day.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from importlib import metadata
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from harness.errors import ConfigError, nearest
from harness.scoring.prices import Entry, PriceBook, PublishedPrice, TokenPrice, UnknownPrice
from harness.transport.urls import is_local

if TYPE_CHECKING:
    from genai_prices.types import ModelInfo, ModelPrice, Provider

    Offer = tuple[Provider, ModelInfo]

__all__ = ["Served", "published_price", "with_published"]

_PACKAGE: Final = "genai-prices"
_ADVICE: Final = "give it a price, or published = 'provider/model', in prices.toml"
_OTHERWISE: Final = ("requests_kcount", "input_mchars", "input_text_messages_kcount")
"""Units of which no answer tells how many there were."""


@dataclass(frozen=True, slots=True)
class Served:
    """What a book may lack: `name` is what it would be found by, `model` what the server at `url` calls it."""

    name: str
    url: str
    model: str
    part: bool = False


def with_published(book: PriceBook, served: Iterable[Served], day: date) -> PriceBook:
    """`book` with what providers asked on `day` for all that it names, and for what it does not have.

    What cannot be found gets an `UnknownPrice` with the reason.

    Raises:
        ConfigError: the book names a provider or a model that is not in the data; with file and line.
    """
    entries: list[Entry] = [_named(entry, day) for entry in book.prices]
    title = book.title if entries else "What providers ask"
    found = replace(book, title=title, prices=tuple(entries))
    for one in served:
        known = found.part_entry(one.name) if one.part else found.entry(one.name)
        if known is None:
            entries.append(_at(one, day))
            found = replace(found, prices=tuple(entries))
    return found


def published_price(name: str, reference: str, day: date) -> TokenPrice | UnknownPrice:
    """The price of `provider/model` on `day`, under `name`.

    Raises:
        ConfigError: there is no such provider, or it has no such model.
    """
    provider_id, _, model = reference.partition("/")
    providers = {provider.id: provider for provider in _providers()}
    if provider_id not in providers:
        raise ConfigError(
            f"published = {reference!r}: unknown provider {provider_id!r}: "
            f"{_nearest(provider_id, providers)}"
        )
    provider = providers[provider_id]
    offers = _matching(provider, model)
    if not offers:
        raise ConfigError(
            f"published = {reference!r}: {provider_id} has no model {model!r}: "
            f"{_nearest(model, [info.id for info in provider.models])}"
        )
    return _price_of(name, offers, model, day)


def _named(entry: Entry, day: date) -> Entry:
    if not isinstance(entry, PublishedPrice):
        return entry
    try:
        return published_price(entry.name, entry.reference, day)
    except ConfigError as error:
        raise ConfigError(f"{entry.where}: {error}") from None


def _at(one: Served, day: date) -> TokenPrice | UnknownPrice:
    """The price of what is behind an address."""
    # The data take fifteen megabytes, and a server on this machine is in none of them.
    known = () if is_local(one.url) else _providers()
    serving = [provider for provider in known if _serves(provider, one.url)]
    if not serving:
        host = urlsplit(one.url).hostname or one.url
        return UnknownPrice(
            one.name, f"{host} is the address of no provider in {_PACKAGE}: {_ADVICE}"
        )
    having = [offer for provider in serving for offer in _matching(provider, one.model)]
    if not having:
        return UnknownPrice(
            one.name,
            f"{_PACKAGE} has no price of {serving[0].id} for {one.model!r}: {_ADVICE}",
        )
    return _price_of(one.name, having, one.model, day)


def _serves(provider: Provider, url: str) -> bool:
    """Whether the address is the provider's, and not one that only begins like it."""
    found = re.match(provider.api_pattern, url)
    return found is not None and (
        found.group()[-1:] == "/" or url[found.end() :][:1] in {"", "/", ":"}
    )


def _matching(provider: Provider, model: str) -> list[Offer]:
    """The provider's own models of that name; those of others that it may sell have other prices."""
    return [(provider, info) for info in provider.models if info.is_match(model)]


def _price_of(
    name: str, offers: Sequence[Offer], model: str, day: date
) -> TokenPrice | UnknownPrice:
    names = [f"{provider.id}/{info.id}" for provider, info in offers]
    if any(_by_the_hour(info) for _, info in offers):
        return UnknownPrice(name, f"what {names[0]} costs depends on the time of day: {_ADVICE}")
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    prices = [info.get_prices(noon) for _, info in offers]
    if any(price != prices[0] for price in prices):
        which = f"{model!r} is {' and '.join(names)}, at different prices"
        return UnknownPrice(name, f"{which}: {_ADVICE}")
    return _token_price(name, names[0], offers[0][0], prices[0], day)


def _by_the_hour(info: ModelInfo) -> bool:
    conditional: Sequence[Any] = info.prices if isinstance(info.prices, list) else ()
    return any(hasattr(one.constraint, "start_time") for one in conditional)


def _token_price(
    name: str, sources: str, provider: Provider, price: ModelPrice, day: date
) -> TokenPrice | UnknownPrice:
    if price.input_mtok is None or any(getattr(price, key) is not None for key in _OTHERWISE):
        return UnknownPrice(name, f"{sources} is not priced by tokens alone: {_ADVICE}")
    amounts = (
        price.input_mtok,
        price.output_mtok,
        price.cache_read_mtok,
        price.output_reasoning_mtok,
    )
    prompt, completion, cached, reasoning = map(_base, amounts)
    most = min(
        (tier.start for amount in amounts for tier in getattr(amount, "tiers", ())), default=None
    )
    listed = f", {provider.pricing_urls[0]}" if provider.pricing_urls else ""
    return TokenPrice(
        name,
        prompt or 0.0,
        completion or 0.0,  # an embedder completes nothing
        f"{_PACKAGE} {metadata.version(_PACKAGE)}: {sources}{listed}",
        _as_of(day),
        cached=cached,
        reasoning=reasoning,
        most_prompt=most,
    )


def _base(amount: Any) -> float | None:  # noqa: ANN401  (a Decimal, or tiers of them)
    return None if amount is None else float(getattr(amount, "base", amount))


def _as_of(day: date) -> date:
    """How new the data are, as far as they tell: the day of the last change of a price before `day`."""
    starts = [
        start
        for provider in _providers()
        for info in provider.models
        if isinstance(info.prices, list)
        for one in info.prices
        if (start := getattr(one.constraint, "start_date", None)) is not None and start <= day
    ]
    return max(starts, default=day)


def _providers() -> Sequence[Provider]:
    """The data of the package itself; not what somebody has it download."""
    from genai_prices.data import providers  # noqa: PLC0415  (a megabyte and a half of data)

    return providers


def _nearest(word: str, valid: Iterable[str]) -> str:
    """The nearest of very many words, without listing them all."""
    words = list(valid)
    close = difflib.get_close_matches(word, words, n=3)
    return nearest(word, close) if close else f"one of {len(words):,} such as {words[0]!r}"
