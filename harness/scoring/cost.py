"""What an answer, and keeping a system up to date, cost. Unknown is None with the reason."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final

from harness.retrieval.spending import total_tokens
from harness.running.record import Record
from harness.scoring.prices import HardwarePrice, Price, PriceBook, TokenPrice, UnknownPrice
from harness.scoring.score import Cost
from harness.systems.base import Preparation, Usage

_HOUR: Final = 3600.0
_MILLION: Final = 1e6
_JOULES_PER_KWH: Final = 3.6e6

CACHED_UNKNOWN: Final = "cached tokens have no price there: between nothing and that of the others"
"""Why a cost has a least and a most."""


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
            # Those of all that were computed together are shared.
            joules = answer.energy_joules
            usd = _machine(
                price,
                answer.timing.service / answer.batch,
                None if joules is None else joules / answer.batch,
            )
            return Cost(usd, describe(price, prices.day))
        case TokenPrice():
            return _tokens(answer.usage, price, prices)


def _tokens(usage: Usage, price: TokenPrice, prices: PriceBook) -> Cost:
    if not usage.prompt_tokens and not usage.completion_tokens:
        return Cost(None, "no tokens were reported")
    if price.most_prompt is not None and usage.prompt_tokens > price.most_prompt:
        return Cost(
            None,
            f"no price for {price.name!r} with more than {price.most_prompt:,} prompt tokens in "
            f"{prices.title!r}",
        )
    usd = tokens_cost(
        usage.prompt_tokens,
        usage.completion_tokens,
        price,
        cached=usage.cached_tokens,
        reasoning=usage.reasoning_tokens,
    )
    basis = describe(price, prices.day) + ("" if usage.counted else "; tokens estimated")
    if not usage.cached_tokens or price.cached is not None or not price.prompt:
        return Cost(usd, basis)
    saved = min(usage.cached_tokens, usage.prompt_tokens) * price.prompt / _MILLION
    return Cost(usd, f"{basis}; {CACHED_UNKNOWN}", least=usd - saved)


def tokens_cost(
    prompt: float,
    completion: float,
    price: TokenPrice,
    *,
    cached: float = 0,
    reasoning: float = 0,
) -> float:
    """US dollars for that many tokens; `cached` are among the prompt's, `reasoning` the completion's.

    Cached tokens without a price of their own cost what others do, which is the most they can.
    """
    cached, reasoning = min(cached, prompt), min(reasoning, completion)
    per_cached = price.prompt if price.cached is None else price.cached
    per_reasoning = price.completion if price.reasoning is None else price.reasoning
    return (
        (prompt - cached) * price.prompt
        + cached * per_cached
        + (completion - reasoning) * price.completion
        + reasoning * per_reasoning
    ) / _MILLION


def training_cost(tokens: float, price: TokenPrice) -> float | None:
    """US dollars for training on that many tokens (each epoch's); None where no price is known."""
    return None if price.training is None else tokens * price.training / _MILLION


def _machine(price: HardwarePrice, seconds: float, joules: float | None) -> float:
    """US dollars for the machine's time and its power: as its counters tell, else as it is said to draw."""
    drawn = seconds * price.watts if joules is None else joules
    return seconds / _HOUR * price.per_hour + drawn / _JOULES_PER_KWH * price.per_kwh


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
            usd = sum(
                _machine(price, p.index_seconds + p.training_seconds, p.energy_joules)
                for p in preparations
            )
            return Cost(usd, describe(price, prices.day))
        case TokenPrice():
            return _token_upkeep(preparations, price, prices)


def _token_upkeep(
    preparations: Sequence[Preparation], price: TokenPrice, prices: PriceBook
) -> Cost:
    tokens = sum(p.tokens for p in preparations)
    if any(p.index_seconds and p.embedded_tokens == 0 for p in preparations):
        return Cost(None, f"{price.name!r} has no price for indexing")
    if any(p.examples and not p.tokens for p in preparations):
        return Cost(None, "the tokens trained on were not reported")
    usd = training_cost(tokens, price) if tokens else 0.0
    if usd is None:
        return Cost(None, f"{price.name!r} has no price for training")
    return Cost(usd, describe(price, prices.day))


def _searched(
    system: str, embedded: int | None, reranked: int | None, prices: PriceBook
) -> Iterator[Cost]:
    """What servers read to embed and to rerank, where they did."""
    parts = (("embedder", prices.embedders, embedded), ("reranker", prices.rerankers, reranked))
    for part, names, tokens in parts:
        if tokens != 0:
            yield _read(names.get(system, f"the {part} of {system}"), tokens, prices)


def _read(name: str, tokens: int | None, prices: PriceBook) -> Cost:
    entry = prices.part_entry(name)
    if isinstance(entry, UnknownPrice):
        return Cost(None, prices.unpriced(name, entry))
    if not isinstance(entry, TokenPrice):
        return Cost(None, f"no price of tokens for {name!r} in {prices.title!r}")
    if tokens is None and entry.prompt:
        return Cost(None, f"{name!r} does not tell how many tokens it read")
    usd = (tokens or 0) * entry.prompt / _MILLION
    return Cost(usd, f"{name} at ${entry.prompt:g} ({_provenance(entry, prices.day)})")


def _together(*costs: Cost) -> Cost:
    """The sum; unknown when a part is."""
    known = [cost.usd for cost in costs if cost.usd is not None]
    if len(known) < len(costs):
        return next(cost for cost in costs if cost.usd is None)
    lowest = sum(cost.lowest or 0.0 for cost in costs)
    open_ = any(cost.least is not None for cost in costs)
    basis = "; ".join(cost.basis for cost in costs)
    return Cost(sum(known), basis, least=lowest if open_ else None)


def describe(price: Price, day: date | None = None) -> str:
    """The price with its source, its date and how old it was on `day`, in one line."""
    match price:
        case HardwarePrice():
            amount = f"${price.per_hour:g} per machine hour"
            if price.per_kwh:
                amount += f" and ${price.per_kwh:g} per kWh"
        case TokenPrice():
            amount = f"${price.prompt:g} / ${price.completion:g} per million tokens in / out"
            if price.cached is not None:
                amount += f", ${price.cached:g} cached"
    return f"{amount} ({_provenance(price, day)})"


def _provenance(price: Price, day: date | None) -> str:
    """Who says so, since when, and how old that was on the day of the run."""
    if day is None:
        return f"{price.source}, {price.date}"
    days = (day - price.date).days
    age = (
        "of the day of the run"
        if days == 0
        else f"{abs(days):,} days " + ("old at the run" if days > 0 else "after the run")
    )
    return f"{price.source}, {price.date}, {age}"


def _unpriced(system: str, prices: PriceBook) -> Cost:
    return Cost(None, prices.unpriced(system, prices.entry(system)))
