"""Read a claims file.

    [[claims]]
    id = "rag-latency"
    text = "Retrieval adds 50 to 200 ms."
    source = "the article"
    metric = "latency_mean"
    b = "rag"                     # a system, or the only one of a strategy
    a = ["base"]                  # b minus a, paired, for each a; without `a`: b by itself
    direction = "within"          # within `bounds`, or above / below `margin` (0 when left out)
    bounds = [0.05, 0.2]
    days = "all"                  # all together (default), each, or later: all but the first

Instead of `b` a claim may have `tokens = { prompt = 500, completion = 300 }` and `prices`, a price
book beside the file (arithmetic, no measurement), or `needs`: what no run here can have.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, cast, get_args

from harness.decision.claims import METRICS, PAIRED_METRICS, Claim, Days
from harness.scoring.cost import describe, tokens_cost
from harness.scoring.prices import PriceBook, TokenPrice
from harness.scoring.tomlfile import Table, read_tables
from harness.statistics.estimate import Estimate

_COMMON: Final = ("id", "text", "source")
_BOUNDS: Final = ("direction", "margin", "bounds")
_MEASURED: Final = (*_COMMON, *_BOUNDS, "metric", "a", "b", "days")
_COMPUTED: Final = (*_COMMON, *_BOUNDS, "tokens", "prices")
_TOKENS: Final = ("prompt", "completion")


def load_claims(path: Path | str) -> tuple[Claim, ...]:
    """The claims of a file; raises `ConfigError` naming file, line, key and the nearest word."""
    path = Path(path)
    _, tables = read_tables(path, "claims", top=("title",))
    claims = tuple(_claim(table) for table in tables)
    for i, table in enumerate(tables):
        if claims[i].id in {claim.id for claim in claims[:i]}:
            table.fail(f"a second claim with the id {claims[i].id!r}", "id")
    return claims


def _claim(table: Table) -> Claim:
    if "needs" in table.values:
        table.only((*_COMMON, "needs"))
        ident, text, source = map(table.text, _COMMON)
        return Claim(ident, text, source, needs=table.text("needs"))
    computed = "tokens" in table.values
    table.only(_COMPUTED if computed else _MEASURED)
    ident, text, source = map(table.text, _COMMON)
    low, high = _bounds(table)
    if computed:
        estimate = _arithmetic(table)
        return Claim(ident, text, source, low=low, high=high, computed=estimate)
    a = table.texts("a") if "a" in table.values else ()
    metric = table.word("metric", PAIRED_METRICS if a else METRICS)
    days = cast("Days", table.word("days", get_args(Days), "all"))
    if days != "all" and metric not in PAIRED_METRICS:
        table.fail(f"{metric!r} is only known for all days together", "days")
    return Claim(ident, text, source, metric, a, table.text("b"), low, high, days)


def _bounds(table: Table) -> tuple[float | None, float | None]:
    direction = table.word("direction", ("above", "below", "within"))
    wanted, other = ("bounds", "margin") if direction == "within" else ("margin", "bounds")
    if other in table.values:
        table.fail(f"direction {direction!r} goes with {wanted!r}, not {other!r}", other)
    if direction == "within":
        low, high = table.numbers("bounds", 2)
        if low >= high:
            table.fail(f"'bounds' are [{low:g}, {high:g}]: the first must be the lower", "bounds")
        return low, high
    margin = table.number("margin", 0.0)
    return (margin, None) if direction == "above" else (None, margin)


def _arithmetic(table: Table) -> Estimate:
    tokens = table.table("tokens")
    tokens.only(_TOKENS)
    book = PriceBook.load(table.file.parent / table.text("prices"))
    price = book.price("")
    if not isinstance(price, TokenPrice):
        table.fail("the price book has no price per token for every model ('*')", "prices")
    usd = tokens_cost(tokens.number("prompt", 0.0), tokens.number("completion", 0.0), price)
    return Estimate(usd, usd, usd, 0, 0, f"arithmetic: {describe(price)}")
