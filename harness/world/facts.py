"""Dated truth: a `Fact` is a value with the interval in which it was true."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from harness.errors import DataError

ValueType = Literal["version", "date", "number", "boolean", "enum", "name", "text"]


@dataclass(frozen=True, slots=True)
class Fact:
    """`value` held for `(subject, attribute)` on every day of `[valid_from, valid_to)`.

    `valid_to` is None while the value still holds. `aliases` are other spellings that name the same
    value (`Meta` for `Meta Platforms`).
    """

    subject: str
    attribute: str
    value: str
    valid_from: date
    valid_to: date | None = None
    aliases: tuple[str, ...] = ()

    def holds_on(self, day: date) -> bool:
        """Whether the value was true on `day`."""
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)


@dataclass(frozen=True, slots=True)
class History:
    """All values of one (subject, attribute), oldest first.

    Intervals may leave gaps (nothing held) and may overlap (several values held at once).
    """

    subject: str
    attribute: str
    value_type: ValueType
    facts: tuple[Fact, ...]

    def __post_init__(self) -> None:
        for fact in self.facts:
            if fact.valid_to is not None and fact.valid_to <= fact.valid_from:
                raise DataError(
                    f"{fact.subject} / {fact.attribute}: value {fact.value!r} ends on "
                    f"{fact.valid_to}, not after it begins on {fact.valid_from}"
                )
        if any(
            a.valid_from > b.valid_from for a, b in zip(self.facts, self.facts[1:], strict=False)
        ):
            raise DataError(f"{self.subject} / {self.attribute}: facts are not oldest first")

    @classmethod
    def fixed(cls, value: str, value_type: ValueType = "text") -> History:
        """A reference answer that never changes."""
        return cls("", "", value_type, (Fact("", "", value, date.min),))

    @property
    def key(self) -> tuple[str, str]:
        """`(subject, attribute)`."""
        return self.subject, self.attribute

    def current(self, day: date) -> tuple[Fact, ...]:
        """The facts that hold on `day`; empty in a gap."""
        return tuple(fact for fact in self.facts if fact.holds_on(day))

    def outdated(self, day: date) -> tuple[Fact, ...]:
        """The facts that stopped being true on or before `day`, most recently ended first."""
        past = [fact for fact in self.facts if fact.valid_to is not None and fact.valid_to <= day]
        return tuple(sorted(past, key=lambda fact: (fact.valid_to, fact.valid_from), reverse=True))

    def future(self, day: date) -> tuple[Fact, ...]:
        """The facts that begin after `day`, soonest first."""
        return tuple(fact for fact in self.facts if fact.valid_from > day)

    def until(self, day: date) -> History:
        """What was known on `day`: later facts are gone, and an end that lies ahead is open."""
        known = (fact for fact in self.facts if fact.valid_from <= day)
        facts = tuple(
            fact if fact.valid_to is None or fact.valid_to <= day else replace(fact, valid_to=None)
            for fact in known
        )
        return History(self.subject, self.attribute, self.value_type, facts)


class Timeline:
    """All histories. `timeline.as_of(day)` is the world on that day."""

    def __init__(self, histories: Iterable[History]) -> None:
        self._histories: dict[tuple[str, str], History] = {}
        for history in histories:
            if history.key in self._histories:
                raise DataError(f"two histories for {history.subject} / {history.attribute}")
            self._histories[history.key] = history

    def __iter__(self) -> Iterator[History]:
        return iter(self._histories.values())

    def __len__(self) -> int:
        return len(self._histories)

    def get(self, subject: str, attribute: str) -> History | None:
        """The history of one (subject, attribute), or None."""
        return self._histories.get((subject, attribute))

    def as_of(self, day: date) -> Mapping[tuple[str, str], tuple[Fact, ...]]:
        """Every fact that holds on `day`, by (subject, attribute); keys in a gap are absent."""
        current = {key: history.current(day) for key, history in self._histories.items()}
        return {key: facts for key, facts in current.items() if facts}

    def until(self, day: date) -> Timeline:
        """The timeline as it was known on `day`; nothing later is in it."""
        known = (history.until(day) for history in self)
        return Timeline(history for history in known if history.facts)
