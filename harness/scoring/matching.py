"""Find a history's values in a text, by the type of the value.

| type | same value | not the same |
|---|---|---|
| version | `v3.12.4`, `3.12.4` (`packaging`; other schemes: the exact token) | `3.12.40`, `3.12`, `3.12.4rc1` |
| date | `2026-01-14`, `14 January 2026`, `Jan 14th, 2026` | `03/04/2026`, two days; a month alone is partial |
| number | `1,200`, `1200.0`; `500 GB`, `0.5 TB` | `12000`; `500 MB` |
| boolean | `Yes.`, `It is still supported` | |
| name | `Zeta`, `ZETA Inc.`; a surname (`harness.scoring.names`) | `Zeta Bank` |
| enum, text | case, accents, hyphens and white space folded, whole words | a part of a word |

A value that is not of its type (version `R2024b`) is matched as text.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Final

from harness.scoring.mention import Finder, Mention
from harness.scoring.names import name_finder
from harness.scoring.phrases import find_phrase, fold
from harness.scoring.quantities import is_quantity, quantity_finder
from harness.scoring.tokens import DATE, VERSION, read_date, read_version
from harness.scoring.truths import find_truth, read_truth
from harness.world.facts import History, ValueType

Spellings = Mapping[str, Sequence[str]]
"""The spellings of each value: its own and its aliases."""

_READERS: Final[Mapping[str, Callable[[str], bool]]] = {
    "version": lambda text: read_version(text.strip()) is not None,
    "date": lambda text: read_date(text.strip()) is not None,
    "number": is_quantity,
    "boolean": lambda text: read_truth(text) is not None,
}


def finder(history: History) -> Finder:
    """What finds the values of a history in a text, in reading order."""
    return _finder(
        history.value_type,
        tuple([fact.value for fact in history.facts]),
        tuple([fact.aliases for fact in history.facts]),
        history.subject,
        history.attribute,
    )


@lru_cache(maxsize=4096)
def _finder(
    value_type: ValueType,
    values: tuple[str, ...],
    aliases: tuple[tuple[str, ...], ...],
    subject: str,
    attribute: str,
) -> Finder:
    spellings: dict[str, tuple[str, ...]] = {}
    for value, others in zip(values, aliases, strict=True):
        spellings[value] = (*spellings.get(value, (value,)), *others)
    if value_type == "name":
        return name_finder(spellings, f"{subject} {attribute}")
    readable = _READERS.get(value_type)
    if readable is None:
        named = _phrases(spellings, dotted=False)
        return lambda text: _longest(named(text))
    typed = {
        value: tuple(text for text in texts if readable(text)) for value, texts in spellings.items()
    }
    plain = {
        value: tuple(text for text in texts if text not in typed[value])
        for value, texts in spellings.items()
    }
    finders = [_phrases(plain, dotted=value_type == "version")]
    if any(typed.values()):
        finders.append(_typed(value_type, typed, attribute))

    def find(text: str) -> list[Mention]:
        return _longest(mention for finder in finders for mention in finder(text))

    return find


def _typed(value_type: ValueType, spellings: Spellings, attribute: str) -> Finder:
    match value_type:
        case "version":
            return _versions(spellings)
        case "date":
            return _dates(spellings)
        case "number":
            return quantity_finder(spellings) or _phrases({}, dotted=False)
        case _:
            return _truths(spellings, attribute)


def _by_key(pairs: Iterable[tuple[Hashable, str]]) -> dict[Hashable, tuple[str, ...]]:
    found: dict[Hashable, dict[str, None]] = {}
    for key, value in pairs:
        found.setdefault(key, {})[value] = None
    return {key: tuple(values) for key, values in found.items()}


def _versions(spellings: Spellings) -> Finder:
    wanted = _by_key((read_version(t.strip()), v) for v, texts in spellings.items() for t in texts)

    def find(text: str) -> list[Mention]:
        return [
            Mention(*token.span(), wanted[key])
            for token in VERSION.finditer(text)
            if (key := read_version(token.group())) in wanted
        ]

    return find


def _dates(spellings: Spellings) -> Finder:
    """Days by day and months by month; the month of a day is part of it, not the whole."""
    read = [(read_date(t.strip()), v) for v, texts in spellings.items() for t in texts]
    wanted = _by_key(read)
    months = _by_key(((k.year, k.month), v) for k, v in read if isinstance(k, date))

    def find(text: str) -> list[Mention]:
        mentions = []
        for token in DATE.finditer(text):
            key = read_date(token.group())
            if key in wanted:
                mentions.append(Mention(*token.span(), wanted[key]))
            elif isinstance(key, date) and (key.year, key.month) in wanted:
                mentions.append(Mention(*token.span(), wanted[key.year, key.month]))
            elif isinstance(key, tuple) and key in months:
                mentions.append(Mention(*token.span(), months[key], partial=True))
        return mentions

    return find


def _truths(spellings: Spellings, attribute: str) -> Finder:
    wanted = _by_key((read_truth(t), v) for v, texts in spellings.items() for t in texts)

    def find(text: str) -> list[Mention]:
        found = find_truth(text, attribute)
        if found is None or found[2] not in wanted:
            return []
        return [Mention(found[0], found[1], wanted[found[2]])]

    return find


def _phrases(spellings: Spellings, *, dotted: bool) -> Finder:
    wanted = _by_key((fold(text), value) for value, texts in spellings.items() for text in texts)

    def find(text: str) -> list[Mention]:
        return [
            Mention(start, end, values)
            for folded, values in wanted.items()
            for start, end in find_phrase(text, str(folded), dotted=dotted)
        ]

    return find


def _longest(mentions: Iterable[Mention]) -> list[Mention]:
    """In reading order, without those that lie inside a longer one (`Inter` in `Inter Miami`)."""
    kept: list[Mention] = []
    for mention in sorted(mentions, key=lambda m: (m.start, -m.end)):
        if not kept or mention.end > kept[-1].end:
            kept.append(mention)
    return kept
