"""The price book: what a token, or an hour of the machine, costs; who says so, and since when.

    title = "Our contract"

    [[prices]]
    name = "small-model"                      # a model or a system; `small-*` matches a prefix
    usd_per_million_prompt_tokens = 0.15
    usd_per_million_completion_tokens = 0.60
    source = "https://example.org/pricing"
    date = 2026-08-22

    [[prices]]
    name = "ft:small-model"                   # the same, fine-tuned by its provider
    usd_per_million_prompt_tokens = 0.30
    usd_per_million_completion_tokens = 1.20
    usd_per_million_training_tokens = 3.00    # each token as often as there are epochs
    source = "https://example.org/pricing"
    date = 2026-08-22

    [[prices]]
    name = "lab"
    usd_per_hour = 0.05                       # a machine of one's own: seconds times this
    source = "assumed"
    date = 2026-08-22

The most exact name wins: the system's own, then its model's, then the longest prefix. A model that a
run has fine-tuned by its provider is known as `ft:` and its base's name, never by the base's price.
An embedder or a reranker behind an endpoint goes by its model's name, at the price of prompt tokens.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Final

from harness.scoring.tomlfile import Table, read_tables

_PROMPT: Final = "usd_per_million_prompt_tokens"
_COMPLETION: Final = "usd_per_million_completion_tokens"
_TRAINING: Final = "usd_per_million_training_tokens"
_HOUR: Final = "usd_per_hour"
_KEYS: Final = ("name", "source", "date", _PROMPT, _COMPLETION, _TRAINING, _HOUR)


@dataclass(frozen=True, slots=True)
class TokenPrice:
    """US dollars per million tokens; `training` is None where no price of training is known."""

    name: str
    prompt: float
    completion: float
    source: str
    date: date
    training: float | None = None


@dataclass(frozen=True, slots=True)
class HardwarePrice:
    """US dollars per hour of the machine that answers, indexes and trains."""

    name: str
    per_hour: float
    source: str
    date: date


Price = TokenPrice | HardwarePrice


@dataclass(frozen=True, slots=True)
class PriceBook:
    """Prices by name.

    `models` says which model a system uses, `embedders` and `rerankers` which are behind an endpoint
    (`with_models`).
    """

    title: str
    prices: tuple[Price, ...]
    models: Mapping[str, str] = field(default_factory=dict)
    embedders: Mapping[str, str] = field(default_factory=dict)
    rerankers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def load(cls, path: Path | str) -> PriceBook:
        """Read a `prices.toml`; raises `ConfigError` naming file, line and key."""
        head, tables = read_tables(Path(path), "prices", top=("title",))
        prices = tuple(_price(table) for table in tables)
        names = [price.name for price in prices]
        for i, table in enumerate(tables):
            if names[i] in names[:i]:
                table.fail(f"a second price for {names[i]!r}", "name")
        return cls(head.text("title", Path(path).stem), prices)

    @classmethod
    def empty(cls) -> PriceBook:
        """A book in which nothing has a price: every cost is unknown."""
        return cls("no price book", ())

    def with_models(
        self,
        models: Mapping[str, str],
        *,
        embedders: Mapping[str, str] | None = None,
        rerankers: Mapping[str, str] | None = None,
    ) -> PriceBook:
        """The same book, knowing which model each system uses, and which embedder and reranker."""
        return replace(
            self,
            models=dict(models),
            embedders=dict(embedders or {}),
            rerankers=dict(rerankers or {}),
        )

    def price(self, system: str) -> Price | None:
        """The price that applies to a system; None when there is none."""
        return self._price([system, *filter(None, [self.models.get(system)])])

    def part_price(self, name: str) -> Price | None:
        """The price of an embedder or a reranker; None when there is none."""
        return self._price([name])

    def _price(self, names: Sequence[str]) -> Price | None:
        exact = {price.name: price for price in self.prices}
        for name in names:
            if name in exact:
                return exact[name]
        prefixes = [
            price
            for price in self.prices
            if price.name.endswith("*") and any(n.startswith(price.name[:-1]) for n in names)
        ]
        return max(prefixes, key=lambda price: len(price.name), default=None)

    def fingerprint(self) -> str:
        """SHA-256 (first 16 hex digits) over the title and every price."""
        return hashlib.sha256(repr((self.title, self.prices)).encode()).hexdigest()[:16]


def _price(table: Table) -> Price:
    table.only(_KEYS)
    name, source, day = table.text("name"), table.text("source"), table.day("date")
    tokens = [key for key in (_PROMPT, _COMPLETION, _TRAINING) if key in table.values]
    if _HOUR in table.values:
        if tokens:
            table.fail(f"{_HOUR!r} and {tokens[0]!r} exclude each other", tokens[0])
        return HardwarePrice(name, _amount(table, _HOUR), source, day)
    if not tokens:
        table.fail(f"price {name!r} has neither {_HOUR!r} nor {_PROMPT!r} and {_COMPLETION!r}")
    training = _amount(table, _TRAINING) if _TRAINING in table.values else None
    return TokenPrice(
        name, _amount(table, _PROMPT), _amount(table, _COMPLETION), source, day, training
    )


def _amount(table: Table, key: str) -> float:
    value = table.number(key)
    if value < 0:
        table.fail(f"{key!r} is {value:g}: a price cannot be negative", key)
    return value
