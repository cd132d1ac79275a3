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

    [[prices]]
    name = "our-gateway"                      # a system behind an address that names no provider
    published = "openai/gpt-4o-mini"          # what the provider asks for it on the day of the run

Beside tokens may stand `usd_per_million_cached_tokens` (of prompts that the provider had read before;
without it they cost between nothing and what others do, and the cost is an interval), `usd_per_million_reasoning_tokens`
(without it those of the completion) and `most_prompt_tokens`, above which one call has another price,
so an unknown one. Beside hours may stand `watts` and `usd_per_kwh`: power on top, by the machine's own
counters where it tells. Beside both, `usd_per_hosted_hour`: what being there costs, asked or idle;
and `usd_per_gb_month`: what keeping a GB (10^9 bytes) of its index costs for a month.
With `unknown = "why"` a name has no price, whatever else would fit.

The most exact name wins: the system's own, then its model's, then the longest prefix. A model that a
run has fine-tuned by its provider is known as `ft:` and its base's name, never by the base's price.
An embedder or a reranker behind an endpoint goes by its model's name, at the price of prompt tokens.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Final

from harness.scoring.tomlfile import Table, read_tables

_PROMPT: Final = "usd_per_million_prompt_tokens"
_COMPLETION: Final = "usd_per_million_completion_tokens"
_TRAINING: Final = "usd_per_million_training_tokens"
_CACHED: Final = "usd_per_million_cached_tokens"
_REASONING: Final = "usd_per_million_reasoning_tokens"
_MOST: Final = "most_prompt_tokens"
_HOUR: Final = "usd_per_hour"
_HOSTED: Final = "usd_per_hosted_hour"
_STORED: Final = "usd_per_gb_month"
_WATTS: Final = "watts"
_KWH: Final = "usd_per_kwh"
_BOTH: Final = ("name", "source", "date", _HOSTED, _STORED)
_OF_TOKENS: Final = (_PROMPT, _COMPLETION, _TRAINING, _CACHED, _REASONING, _MOST)
_OF_HOURS: Final = (_HOUR, _WATTS, _KWH)
_KEYS: Final = (*_BOTH, *_OF_TOKENS, *_OF_HOURS, "published", "unknown")


@dataclass(frozen=True, slots=True)
class TokenPrice:
    """US dollars per million tokens; `training` is None where no price of training is known.

    `cached` and `reasoning` are None where those tokens cost what others do. Of a call with more than
    `most_prompt` tokens in its prompt the price is not known. `hosted` is US dollars an hour, `stored`
    US dollars a month for a GB of index; None where that is not known.
    """

    name: str
    prompt: float
    completion: float
    source: str
    date: date
    training: float | None = None
    cached: float | None = None
    reasoning: float | None = None
    most_prompt: int | None = None
    hosted: float = 0.0
    stored: float | None = None


@dataclass(frozen=True, slots=True)
class HardwarePrice:
    """US dollars per hour of the machine that answers, indexes and trains; and of its power.

    `watts` is what it draws where its own counters do not tell; `hosted` and `stored` as of a
    `TokenPrice`.
    """

    name: str
    per_hour: float
    source: str
    date: date
    watts: float = 0.0
    per_kwh: float = 0.0
    hosted: float = 0.0
    stored: float | None = None


@dataclass(frozen=True, slots=True)
class PublishedPrice:
    """What a provider asks, looked up on the day of the run; `reference` is `provider/model`.

    `where` is the file and line that name it.
    """

    name: str
    reference: str
    where: str


@dataclass(frozen=True, slots=True)
class UnknownPrice:
    """That there is no price, and why."""

    name: str
    reason: str


Price = TokenPrice | HardwarePrice
Entry = Price | PublishedPrice | UnknownPrice


@dataclass(frozen=True, slots=True)
class PriceBook:
    """Prices by name.

    `models` says which model a system uses, `embedders` and `rerankers` which are behind an endpoint
    (`with_models`). `day` is that of the run, from which the age of a price counts.
    """

    title: str
    prices: tuple[Entry, ...]
    models: Mapping[str, str] = field(default_factory=dict)
    embedders: Mapping[str, str] = field(default_factory=dict)
    rerankers: Mapping[str, str] = field(default_factory=dict)
    day: date | None = None

    @classmethod
    def load(cls, path: Path | str) -> PriceBook:
        """Read a `prices.toml`; raises `ConfigError` naming file, line and key."""
        head, tables = read_tables(Path(path), "prices", top=("title",))
        prices = tuple(_entry(table) for table in tables)
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
        day: date | None = None,
    ) -> PriceBook:
        """The same book, knowing which model each system uses, which embedder and reranker, and when."""
        return replace(
            self,
            models=dict(models),
            embedders=dict(embedders or {}),
            rerankers=dict(rerankers or {}),
            day=day,
        )

    def price(self, system: str) -> Price | None:
        """The price that applies to a system; None when there is none."""
        return _known(self.entry(system))

    def part_price(self, name: str) -> Price | None:
        """The price of an embedder or a reranker; None when there is none."""
        return _known(self.part_entry(name))

    def entry(self, system: str) -> Entry | None:
        """What the book has for a system, be it only why there is no price."""
        return self._find([system, *filter(None, [self.models.get(system)])])

    def part_entry(self, name: str) -> Entry | None:
        """What the book has for an embedder or a reranker."""
        return self._find([name])

    def unpriced(self, name: str, entry: Entry | None) -> str:
        """Why a system or a part that is found as `entry` has no price."""
        found = f"no price for {name!r} in {self.title!r}"
        match entry:
            case UnknownPrice():
                return f"{found}: {entry.reason}"
            case PublishedPrice():
                return f"{found}: {entry.reference} was not looked up when the run was made"
        return found

    def _find(self, names: Sequence[str]) -> Entry | None:
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

    def toml(self) -> str:
        """The book as a file that `load` reads back; comments are not kept."""
        return "\n".join([f"title = {_quoted(self.title)}\n", *map(_table_text, self.prices)])


def _known(entry: Entry | None) -> Price | None:
    return entry if isinstance(entry, TokenPrice | HardwarePrice) else None


def _entry(table: Table) -> Entry:
    table.only(_KEYS)
    name = table.text("name")
    for key in ("published", "unknown"):
        if key in table.values:
            other = next((k for k in table.values if k not in {"name", key}), None)
            if other is not None:
                table.fail(f"{key!r} and {other!r} exclude each other", other)
            if key == "unknown":
                return UnknownPrice(name, table.text(key))
            where = f"{table.file}:{table.lines.get(key, table.line)}"
            return PublishedPrice(name, _reference(table), where)
    return _price(table, name)


def _reference(table: Table) -> str:
    reference = table.text("published")
    provider, _, model = reference.partition("/")
    if not provider or not model:
        table.fail(f"'published' is {reference!r}: write it as provider/model", "published")
    return reference


def _price(table: Table, name: str) -> Price:
    source, day = table.text("source"), table.day("date")
    of_tokens = [key for key in _OF_TOKENS if key in table.values]
    of_hours = [key for key in _OF_HOURS if key in table.values]
    if of_tokens and of_hours:
        table.fail(f"{of_hours[0]!r} and {of_tokens[0]!r} exclude each other", of_tokens[0])
    hosted, stored = _amount(table, _HOSTED, 0.0), _optional(table, _STORED)
    if of_hours:
        if (_WATTS in table.values) != (_KWH in table.values):
            table.fail(f"{_WATTS!r} and {_KWH!r} go together", of_hours[-1])
        watts, per_kwh = (_amount(table, key, 0.0) for key in (_WATTS, _KWH))
        per_hour = _amount(table, _HOUR)
        return HardwarePrice(name, per_hour, source, day, watts, per_kwh, hosted, stored)
    if not of_tokens:
        table.fail(f"price {name!r} has neither {_HOUR!r} nor {_PROMPT!r} and {_COMPLETION!r}")
    most = _optional(table, _MOST)
    return TokenPrice(
        name,
        _amount(table, _PROMPT),
        _amount(table, _COMPLETION),
        source,
        day,
        training=_optional(table, _TRAINING),
        cached=_optional(table, _CACHED),
        reasoning=_optional(table, _REASONING),
        most_prompt=None if most is None else int(most),
        hosted=hosted,
        stored=stored,
    )


def _optional(table: Table, key: str) -> float | None:
    return _amount(table, key) if key in table.values else None


def _amount(table: Table, key: str, default: float | None = None) -> float:
    value = table.number(key, default)
    if value < 0:
        what = "a price" if key.startswith("usd") else "this"
        table.fail(f"{key!r} is {value:g}: {what} cannot be negative", key)
    return value


def _table_text(entry: Entry) -> str:
    lines: dict[str, str | float | date | None] = {"name": entry.name}
    match entry:
        case UnknownPrice():
            lines["unknown"] = entry.reason
        case PublishedPrice():
            lines["published"] = entry.reference
        case TokenPrice():
            lines |= {
                _PROMPT: entry.prompt,
                _COMPLETION: entry.completion,
                _TRAINING: entry.training,
                _CACHED: entry.cached,
                _REASONING: entry.reasoning,
                _MOST: entry.most_prompt,
            }
        case HardwarePrice():
            power = {_WATTS: entry.watts, _KWH: entry.per_kwh} if entry.per_kwh else {}
            lines |= {_HOUR: entry.per_hour, **power}
    if isinstance(entry, TokenPrice | HardwarePrice):
        lines |= {_HOSTED: entry.hosted or None, _STORED: entry.stored}
        lines |= {"source": entry.source, "date": entry.date}
    written = [f"{key} = {_value(value)}" for key, value in lines.items() if value is not None]
    return "\n".join(["[[prices]]", *written, ""])


def _value(value: str | float | date) -> str:
    if isinstance(value, str):
        return _quoted(value)
    return value.isoformat() if isinstance(value, date) else repr(value)


def _quoted(text: str) -> str:
    """A TOML basic string; JSON's escapes are TOML's too, but for DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
