"""What a judge took, and cost: tokens of all calls, those without a verdict included."""

from __future__ import annotations

from collections.abc import Iterable

from harness.retrieval.spending import total_tokens
from harness.scoring.cost import describe, tokens_cost
from harness.scoring.prices import HardwarePrice, PriceBook, TokenPrice
from harness.scoring.quality.stored import Scored, Scorer
from harness.scoring.score import Cost

__all__ = ["judge_cost", "spent_on"]


def spent_on(lines: Iterable[Scored]) -> tuple[int, int, int | None]:
    """Tokens in, out, and embedded (None where a server did not tell)."""
    lines = tuple(lines)
    return (
        sum(line.prompt_tokens for line in lines),
        sum(line.completion_tokens for line in lines),
        total_tokens(*(line.embedded_tokens for line in lines)),
    )


def judge_cost(
    judge: Scorer, prices: PriceBook, prompt: int, completion: int, embedded: int | None = 0
) -> Cost:
    """US dollars for so many tokens of a judge, and of its embedder; unknown without a price of tokens."""
    name = str(judge.settings.get("model", ""))
    price = prices.part_price(name)
    if not isinstance(price, TokenPrice):
        return _unpriced(name, prices)
    usd = tokens_cost(prompt, completion, price)
    basis = f"{name} at {describe(price, prices.day)}"
    if embedded == 0:
        return Cost(usd, basis)
    embedder = str((judge.settings.get("embedder") or {}).get("name", ""))
    reads = prices.part_price(embedder)
    if not isinstance(reads, TokenPrice):
        return _unpriced(embedder, prices)
    if embedded is None:
        return Cost(None, f"{embedder!r} does not tell how many tokens it read")
    usd += tokens_cost(embedded, 0, reads)
    return Cost(usd, f"{basis}; {embedder} at {describe(reads, prices.day)}")


def _unpriced(name: str, prices: PriceBook) -> Cost:
    entry = prices.part_entry(name)
    if isinstance(entry, HardwarePrice):
        return Cost(None, f"no price of tokens for {name!r} in {prices.title!r}, only one of hours")
    return Cost(None, prices.unpriced(name, entry))
