"""Find people, places and organisations in a text, however their names are shortened.

A name is brought to its core: without legal forms (`Inc.`, `GmbH`), a club's letters (`F.C.`),
words for its kind (`team`, `racing`), a title before it (`King`), what follows a comma (`Baron
Carrington`) and a tail that the question's subject says already (`Philippe of Belgium`, where the
question is about Belgium).

The answer names it when it has every word of the core, in whatever order (`Jiang Zemin`), with or
without initials, particles and middle names (`Alan R. Mulally`). Part of it is enough when the part
is telling (a surname, `Lakers`, `Red Bull`) and the words beside it do not make another name of it
(`Manchester United`, `Jeb Bush`). A part of several names means any of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from harness.scoring.mention import Finder, Mention
from harness.scoring.name_words import (
    FORMS,
    KINDS_OF_PLACE,
    LINKS,
    NEUTRAL,
    NOT_ALONE,
    PARTICLES,
    PATRONYMICS,
    TITLES,
)
from harness.scoring.words import Words, words

_SUFFIX: Final = re.compile(r"jr|sr|junior|senior|(?=[ivx])x{0,2}(?:ix|iv|v?i{0,3})")
_SPACES: Final = " \t\u00a0"
_GAPS: Final = frozenset(("-", "\u2010", "\u2011", " '", ' "', " \u201c"))
_GAPS_AFTER_INITIAL: Final = frozenset((".", ".-"))
_MAX_SKIPPED: Final = 2
_INITIAL: Final = 2
_TELLING: Final = 2
_LEAST_LETTERS: Final = 3


@dataclass(frozen=True, slots=True)
class _Name:
    """The core of a value.

    `needed` are the places of words that must not be left out, `alone` that of the one which may
    stand alone; a name that is not `divisible` is never meant by part of it.
    """

    value: str
    core: tuple[str, ...]
    needed: frozenset[int]
    alone: int
    divisible: bool


@dataclass(frozen=True, slots=True)
class _Run:
    """Words `first` to `last` of the answer hold `count` words of a name's core."""

    first: int
    last: int
    count: int
    whole: bool
    value: str


def name_finder(spellings: Mapping[str, Sequence[str]], context: str) -> Finder:
    """Finds names. `spellings` has those of each value, `context` is what the question is about."""
    about = frozenset(words(context).folded)
    names = [_name(value, text, about) for value, texts in spellings.items() for text in texts]
    index: dict[str, list[_Name]] = {}
    for name in names:
        for word in {name.core[place] for place in name.needed}:
            index.setdefault(word, []).append(name)
    neutral = NEUTRAL | about

    def find(text: str) -> list[Mention]:
        answer = words(text)
        if index.keys().isdisjoint(answer.folded):
            return []
        reader = _Reader(answer, neutral, lower=text.islower())
        runs = [
            run
            for place, word in enumerate(answer.folded)
            for name in index.get(word, ())
            if (run := reader.run(place, name)) is not None
        ]
        return _mentions(answer, runs)

    return find


def _name(value: str, text: str, about: frozenset[str]) -> _Name:
    """The core of `text`, one spelling of `value`; without a word nothing is needed and found."""
    core = _without_tail(words(text.partition(",")[0]).folded, about)
    if len(core) > _INITIAL and core[0] in KINDS_OF_PLACE and core[1] == "of":
        core = core[2:]
    core = tuple(word for word in core if word not in FORMS) or core
    while len(core) > 1 and core[0] in TITLES:
        core = core[1:]
    last = len(core) - 1
    needed = frozenset(
        place
        for place, word in enumerate(core)
        if word not in PARTICLES | LINKS and (len(word) > 1 or place == last)
    )
    if all(len(core[place]) == 1 for place in needed):  # `H&M`, not the `M` alone
        needed = frozenset(range(len(core)))
    ruler = core and (_SUFFIX.fullmatch(core[last]) or not PATRONYMICS.isdisjoint(core[1:2]))
    alone = (min if ruler else max)(needed, default=0)
    return _Name(value, core, needed, alone, divisible="national" not in core)


def _without_tail(core: tuple[str, ...], about: frozenset[str]) -> tuple[str, ...]:
    """`Philippe of Belgium` without the tail, if `about` says it or a ruler's number is before it."""
    if "of" not in core[1:]:
        return core
    place = core.index("of", 1)
    tail = {word for word in core[place + 1 :] if word not in LINKS}
    return core[:place] if tail <= about or _SUFFIX.fullmatch(core[place - 1]) else core


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads names out of one answer; in one without capitals (`lower`) any word may be a name."""

    answer: Words
    neutral: frozenset[str]
    lower: bool

    def run(self, place: int, name: _Name) -> _Run | None:
        """The longest run of the name's words from `place` on, if it is enough to mean the name."""
        matched = {name.core.index(self.answer.folded[place])}
        last, skipped, at = place, 0, place + 1
        while skipped <= _MAX_SKIPPED and self._joined(at - 1):
            word = self.answer.folded[at]
            fresh = next(
                (i for i, own in enumerate(name.core) if own == word and i not in matched), None
            )
            if fresh is not None:
                matched.add(fresh)
                last, skipped = at if fresh in name.needed else last, 0
            elif word in PARTICLES or self._of_a_name(at):
                skipped += 1
            else:
                break
            at += 1
        first = place
        while self._joined(first - 1) and (
            (word := self.answer.folded[first - 1]) in PARTICLES and word in name.core
        ):
            first -= 1
        run = _Run(first, last, len(matched), name.needed <= matched, name.value)
        missing = [word for i, word in enumerate(name.core) if i not in matched]
        if self._is_another(run, missing) or not (run.whole or self._telling(run, matched, name)):
            return None
        return run

    def _telling(self, run: _Run, matched: set[int], name: _Name) -> bool:
        """Whether part of a name stands for it: two of its words, a surname, a ruler's first name."""
        parts = matched & name.needed
        if not name.divisible or len(parts) >= _TELLING:
            return name.divisible
        word = name.core[name.alone]
        return (
            parts == {name.alone}
            and len(word) >= _LEAST_LETTERS
            and not word.isdigit()
            and word not in NOT_ALONE
            and word not in self.neutral
            and (self.lower or self.answer.capital(run.last))
        )

    def _is_another(self, run: _Run, missing: Sequence[str]) -> bool:
        """Whether the words around the run make another name of it (`Donald Trump Jr.`)."""
        after, before = run.last + 1, run.first - 1
        if self._joined(run.last):
            word = self.answer.folded[after]
            if _SUFFIX.fullmatch(word) and word not in self.neutral:
                return True
            if not run.whole and self._unlike(after, missing):
                return True
        while self._joined(before) and self.answer.folded[before] in PARTICLES:
            before -= 1
        return not run.whole and self._joined(before) and self._unlike(before, missing)

    def _unlike(self, place: int, missing: Iterable[str]) -> bool:
        """Whether a word is of a name and like none of those `missing` (`Jim` is like `James`)."""
        word = self.answer.folded[place]
        return (
            len(word) > 1
            and word not in PARTICLES
            and word not in LINKS
            and not word.isdigit()
            and self._of_a_name(place)
            and not any(word[0] == other[0] for other in missing)
        )

    def _of_a_name(self, place: int) -> bool:
        word = self.answer.folded[place]
        return word not in self.neutral and (self.lower or self.answer.capital(place))

    def _joined(self, place: int) -> bool:
        """Whether words `place` and `place + 1` are there and may be of one name."""
        if not 0 <= place < len(self.answer) - 1:
            return False
        gap = self.answer.between(place)
        bare = gap.strip(_SPACES)
        initial = len(self.answer.folded[place]) <= _INITIAL
        return not bare or gap in _GAPS or (initial and bare in _GAPS_AFTER_INITIAL)


def _mentions(answer: Words, runs: Iterable[_Run]) -> list[Mention]:
    """In reading order; of runs that overlap the one with the most words, ties mean any of them."""
    best: list[tuple[_Run, list[str]]] = []
    taken: dict[int, int] = {}  # the place in `best` by the place of a word
    for run in sorted(runs, key=lambda run: (-run.count, not run.whole, run.first)):
        places = range(run.first, run.last + 1)
        over = next((taken[place] for place in places if place in taken), None)
        if over is None:
            taken |= dict.fromkeys(places, len(best))
            best.append((run, [run.value]))
            continue
        rival, values = best[over]
        if (run.count, run.whole) == (rival.count, rival.whole) and run.value not in values:
            values.append(run.value)
    best.sort(key=lambda pair: pair[0].first)
    return [
        Mention(answer.starts[run.first], answer.ends[run.last], tuple(values))
        for run, values in best
    ]
