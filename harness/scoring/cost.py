"""What an answer, and keeping a system up to date, cost. Unknown is None with the reason."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from harness.retrieval.spending import total_tokens
from harness.running.record import Record
from harness.scoring.prices import HardwarePrice, Price, PriceBook, TokenPrice
from harness.scoring.score import Cost
from harness.systems.base import Preparation

_HOUR: Final = 3600.0
_MILLION: Final = 1e6


def answer_cost(record: Record, prices: PriceBook) -> Cost:
    """Service seconds times the hourly price, or tokens times theirs; and what servers searched for it.

    A failure costs the time it took; where its tokens are not known, neither is its cost.
    """
    usage = record.answer.usage
    generated = _generated(record, prices)
    if usage.embedded_tokens == 0 and usage.reranked_tokens == 0:
        return generated
    searched = _searched(record.system, usage.embedded_tokens, usage.reranked_tokens, prices)
    return _together(generated, *searched)


def _generated(record: Record, prices: PriceBook) -> Cost:
    price = prices.price(record.system)
    answer = record.answer
    match price:
        case None:
            return _unpriced(record.system, prices)
        case HardwarePrice():
            if answer.timing.total <= 0:
                return Cost(None, "no time was measured")
            seconds = (
                answer.timing.service / answer.batch
            )  # those of all that were computed together
            return Cost(seconds / _HOUR * price.per_hour, describe(price))
        case TokenPrice():
            usage = answer.usage
            if not usage.prompt_tokens and not usage.completion_tokens:
                return Cost(None, "no tokens were reported")
            usd = tokens_cost(usage.prompt_tokens, usage.completion_tokens, price)
            return Cost(usd, describe(price) + ("" if usage.counted else "; tokens estimated"))


def tokens_cost(prompt: float, completion: float, price: TokenPrice) -> float:
    """US dollars for that many tokens."""
    return (prompt * price.prompt + completion * price.completion) / _MILLION


def upkeep_cost(system: str, preparations: Sequence[Preparation], prices: PriceBook) -> Cost:
    """Indexing and training of all days: seconds times the hourly price, or tokens trained on.

    Where a server embedded, its tokens at their price; beside a price of tokens they are all that
    indexing costs. Work whose artefact was reused counts as if it had been done: somebody paid for it.
    """
    if not preparations:
        return Cost(None, "no preparation was recorded")
    embedded = total_tokens(*(p.embedded_tokens for p in preparations))
    return _together(_worked(system, preparations, prices), *_searched(system, embedded, 0, prices))


def _worked(system: str, preparations: Sequence[Preparation], prices: PriceBook) -> Cost:
    price = prices.price(system)
    match price:
        case None:
            return _unpriced(system, prices)
        case HardwarePrice():
            seconds = sum(p.index_seconds + p.training_seconds for p in preparations)
            return Cost(seconds / _HOUR * price.per_hour, describe(price))
        case TokenPrice():
            return _token_upkeep(preparations, price)


def _token_upkeep(preparations: Sequence[Preparation], price: TokenPrice) -> Cost:
    tokens = sum(p.tokens for p in preparations)
    if any(p.index_seconds and p.embedded_tokens == 0 for p in preparations):
        return Cost(None, f"{price.name!r} has no price for indexing")
    if any(p.examples and not p.tokens for p in preparations):
        return Cost(None, "the tokens trained on were not reported")
    if tokens and price.training is None:
        return Cost(None, f"{price.name!r} has no price for training")
    return Cost(tokens * (price.training or 0.0) / _MILLION, describe(price))


def _searched(
    system: str, embedded: int | None, reranked: int | None, prices: PriceBook
) -> Iterator[Cost]:
    """What servers read to embed and to rerank, where they did."""
    parts = (("embedder", prices.embedders, embedded), ("reranker", prices.rerankers, reranked))
    for part, names, tokens in parts:
        if tokens != 0:
            yield _read(names.get(system, f"the {part} of {system}"), tokens, prices)


def _read(name: str, tokens: int | None, prices: PriceBook) -> Cost:
    price = prices.part_price(name)
    if not isinstance(price, TokenPrice):
        return Cost(None, f"no price of tokens for {name!r} in {prices.title!r}")
    if tokens is None and price.prompt:
        return Cost(None, f"{name!r} does not tell how many tokens it read")
    usd = (tokens or 0) * price.prompt / _MILLION
    return Cost(usd, f"{name} at ${price.prompt:g} ({price.source}, {price.date})")


def _together(*costs: Cost) -> Cost:
    """The sum; unknown when a part is."""
    known = [cost.usd for cost in costs if cost.usd is not None]
    if len(known) < len(costs):
        return next(cost for cost in costs if cost.usd is None)
    return Cost(sum(known), "; ".join(cost.basis for cost in costs))


def describe(price: Price) -> str:
    """The price with its source and date, in one line."""
    match price:
        case HardwarePrice():
            amount = f"${price.per_hour:g} per machine hour"
        case TokenPrice():
            amount = f"${price.prompt:g} / ${price.completion:g} per million tokens in / out"
    return f"{amount} ({price.source}, {price.date})"


def _unpriced(system: str, prices: PriceBook) -> Cost:
    return Cost(None, f"no price for {system!r} in {prices.title!r}")
