"""The vocabulary of the report: what a section is made of.

A template prints these and nothing else, so whoever writes another face (a different template, a
JSON export) finds every text and every raw number here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from markupsafe import Markup

from harness.reporting.colours import colour, dash, dot
from harness.reporting.figures import Figure
from harness.reporting.untrusted import Excerpt


@dataclass(frozen=True, slots=True)
class SystemLabel:
    """A system's name with its colour: `slot` is its place in the run, and the same everywhere."""

    kind: ClassVar[str] = "system"

    name: str
    strategy: str
    slot: int

    @property
    def style(self) -> str:
        """Its CSS classes."""
        return dot(self.slot)


@dataclass(frozen=True, slots=True)
class Badge:
    """A verdict word with what stands behind it.

    `tone` is good, bad or neutral and never the only carrier of the meaning.
    """

    kind: ClassVar[str] = "badge"

    text: str
    tone: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Lines:
    """Several short texts in one cell, the first of them the main one."""

    kind: ClassVar[str] = "lines"

    texts: tuple[str, ...]


Cell = str | Figure | SystemLabel | Badge | Lines


@dataclass(frozen=True, slots=True)
class Column:
    """A column's heading, its unit in smaller type, and whether it holds numbers."""

    title: str
    unit: str = ""
    numeric: bool = True


@dataclass(frozen=True, slots=True)
class Table:
    """A table; the first `headers` cells of every row are its row headers.

    A `dense` one prints figure, interval and n on one line, which suits few columns of figures.
    """

    kind: ClassVar[str] = "table"

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    headers: int = 1
    note: str = ""
    dense: bool = False


@dataclass(frozen=True, slots=True)
class LegendEntry:
    """A colour of a chart by name; `style` is its CSS class.

    The key is a square, or where `line` has CSS classes a line of the chart's, drawn along `path`.
    """

    style: str
    text: str
    line: str = ""
    path: str = "M0 7H28"


def line_key(slot: int, text: str) -> LegendEntry:
    """The entry of a system that is drawn as a line."""
    return LegendEntry(colour(slot), text, f"curve {dash(slot)}")


@dataclass(frozen=True, slots=True)
class Chart:
    """An inline SVG with its caption and legend; the table beside it has the same numbers."""

    kind: ClassVar[str] = "chart"

    svg: Markup
    caption: str
    legend: tuple[LegendEntry, ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """Terms and what they stand for."""

    kind: ClassVar[str] = "facts"

    caption: str
    entries: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Commands:
    """Commands to type, one a line."""

    kind: ClassVar[str] = "commands"

    caption: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShownPassage:
    """A retrieved passage as it is printed."""

    document: str
    day: str
    excerpt: Excerpt


@dataclass(frozen=True, slots=True)
class ShownAnswer:
    """One system's answer to a flipped question, with what it had retrieved."""

    system: SystemLabel
    verdict: Badge
    excerpt: Excerpt
    evidence: str
    passages: tuple[ShownPassage, ...]


@dataclass(frozen=True, slots=True)
class ShownFlip:
    """A question that one system answered rightly and another did not."""

    kind: ClassVar[str] = "flip"

    anchor: str
    question: Excerpt
    day: str
    question_kind: str
    reference: str
    winner: ShownAnswer
    loser: ShownAnswer


@dataclass(frozen=True, slots=True)
class ListedAnswer:
    """One answer in the list of all: a line, and what unfolds beneath it."""

    system: SystemLabel
    verdict: Badge
    brief: str
    took: str
    excerpt: Excerpt
    evidence: str
    notes: tuple[str, ...]
    time: str
    cost: str
    passages: tuple[ShownPassage, ...]


@dataclass(frozen=True, slots=True)
class ListedCase:
    """A question on a day with the answers of all systems; `history` is None where it has none.

    `history` has the values of the reference and when each held, oldest first.
    """

    question: Excerpt
    meta: tuple[str, ...]
    id: str
    reference: str
    history: tuple[tuple[str, str], ...] | None
    answers: tuple[ListedAnswer, ...]


@dataclass(frozen=True, slots=True)
class Explorer:
    """All answers: the first of them listed, every one in `packed` (`harness.reporting.answers`).

    `systems`, `days`, `classes` and `kinds` are what can be chosen, by name.
    """

    kind: ClassVar[str] = "explorer"

    cases: tuple[ListedCase, ...]
    listed: int
    total: int
    packed: str
    systems: tuple[str, ...]
    days: tuple[str, ...]
    classes: tuple[str, ...]
    kinds: tuple[str, ...]


Block = Table | Chart | Facts | Commands | ShownFlip | Explorer


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the report: one plain sentence, its evidence, and how to read it.

    In a `noted` section the first block is narrow enough for the note on reading to stand beside it.
    """

    id: str
    title: str
    sentence: str
    reading: str
    blocks: tuple[Block, ...]
    noted: bool = True
