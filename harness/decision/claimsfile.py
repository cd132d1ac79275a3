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
book beside the file: arithmetic, no measurement. Tokens are `prompt`, `cached` (among the prompt's),
`completion` or `training`; `model` says whose price (left out: that of every model, `*`). With
`than = { model = "small", prompt = 800 }` it is the difference to that. Or it may have `left = 0.5`, with
`days_shown = false` where passages do not show their day: what it costs to leave so many superseded
documents in the index, in the score of a run's sweep (1 right, 0 abstained, -1 asserted and untrue).
Or `needs`: what no run here can have. Above all claims may stand `written = 2026-08-22`, the day they were written down:
of a run from before that day they predicted nothing, and their verdicts say so.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final, cast, get_args

from harness.decision.claims import METRICS, PAIRED_METRICS, Claim, Days
from harness.errors import nearest
from harness.scoring.cost import describe, tokens_cost, training_cost
from harness.scoring.prices import PriceBook, TokenPrice
from harness.scoring.tomlfile import Table, read_tables
from harness.statistics.estimate import Estimate

_COMMON: Final = ("id", "text", "source")
_BOUNDS: Final = ("direction", "margin", "bounds")
_MEASURED: Final = (*_COMMON, *_BOUNDS, "metric", "a", "b", "days")
_COMPUTED: Final = (*_COMMON, *_BOUNDS, "tokens", "prices", "model", "than")
_TOKENS: Final = ("prompt", "completion", "cached", "training")


def load_claims(path: Path | str) -> tuple[Claim, ...]:
    """The claims of a file; raises `ConfigError` naming file, line, key and the nearest word."""
    path = Path(path)
    head, tables = read_tables(path, "claims", top=("title", "written"))
    written = head.day("written") if "written" in head.values else None
    claims = tuple(replace(_claim(table), written=written) for table in tables)
    for i, table in enumerate(tables):
        if claims[i].id in {claim.id for claim in claims[:i]}:
            table.fail(f"a second claim with the id {claims[i].id!r}", "id")
    return claims


def _claim(table: Table) -> Claim:
    if "needs" in table.values:
        table.only((*_COMMON, "needs"))
        ident, text, source = map(table.text, _COMMON)
        return Claim(ident, text, source, needs=table.text("needs"))
    if "left" in table.values:
        return _of_index(table)
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


def _of_index(table: Table) -> Claim:
    table.only((*_COMMON, *_BOUNDS, "left", "days_shown"))
    left, shown = table.number("left"), table.values.get("days_shown", True)
    if not 0 < left <= 1:
        table.fail(f"'left' is {left:g}: a share above 0, of 1 at most", "left")
    if not isinstance(shown, bool):
        table.fail(f"'days_shown' must be true or false, not {shown!r}", "days_shown")
    ident, text, source = map(table.text, _COMMON)
    low, high = _bounds(table)
    return Claim(ident, text, source, low=low, high=high, left=left, days_shown=shown)


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
    """US dollars for the claim's tokens, less those for what it is compared with."""
    book = PriceBook.load(table.file.parent / table.text("prices"))
    model = table.text("model", "*")
    tokens = table.table("tokens")
    tokens.only(_TOKENS)
    usd, basis = _dollars(table, tokens, book, "" if model == "*" else model)
    if "than" in table.values:
        than = table.table("than")
        than.only((*_TOKENS, "model"))
        other = than.text("model", model)
        less, beside = _dollars(table, than, book, "" if other == "*" else other)
        usd, basis = usd - less, f"{basis}; less {beside}"
    return Estimate(usd, usd, usd, 0, 0, f"arithmetic: {basis}")


def _dollars(table: Table, tokens: Table, book: PriceBook, model: str) -> tuple[float, str]:
    price = book.price(model)
    if not isinstance(price, TokenPrice):
        if model:
            names = [entry.name for entry in book.prices]
            table.fail(
                f"no price per token for {model!r} in the price book: {nearest(model, names)}",
                "model",
            )
        table.fail("the price book has no price per token for every model ('*')", "prices")
    prompt, completion, cached, trained = (tokens.number(key, 0.0) for key in _TOKENS)
    usd = tokens_cost(prompt, completion, price, cached=cached)
    if trained:
        spent = training_cost(trained, price)
        if spent is None:
            table.fail(f"the price book has no price of training {price.name!r}", "prices")
        usd += spent
    return usd, describe(price)
