"""Every answer of a run as columns of numbers into tables of texts, small enough to lie in the page.

A *case* is a question on a day in a repeat; its answers stand together, in the order of the systems.
The same tables feed the list that stands in the page and the script that filters (`answers.js`), so
that both print the same texts: each is written, cut and made visible here, and nowhere else.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from harness.reporting.figures import Unit, dollars, duration
from harness.reporting.sections.context import Context
from harness.reporting.sections.kinds import plain_kind
from harness.reporting.sections.told import NOT_RECORDED, evidence, label, reference, said, tone
from harness.reporting.untrusted import excerpt, single_line
from harness.retrieval.base import UNDATED, Passage
from harness.running.record import Record
from harness.scoring.score import FRESHNESS_CLASSES, PartScore, Score
from harness.systems.base import Timing
from harness.world.facts import History
from harness.world.questions import Question

MOST: Final = 25_000
"""How many answers a page holds; of a larger run it has every n-th question, with all its answers."""

MOST_BYTES: Final = 2_000_000
"""How long the packed tables may be; where they would be longer, texts are cut shorter."""

_LINE: Final = 160  # characters of a name, a value, a broken rule
_VALUES: Final = 40  # of a history
_NOTES: Final = 12
_REST: Final = 60  # characters of an answer's row in the columns, about

Tables = Mapping[str, Any]
"""What `answers_tables` makes: JSON-ready, and described there."""


@dataclass(frozen=True, slots=True)
class Lengths:
    """At most so many characters of a question, an answer, a passage, and so many passages."""

    question: int
    answer: int
    passage: int
    passages: int


LENGTHS: Final = (
    Lengths(1200, 900, 400, 8),
    Lengths(600, 400, 200, 5),
    Lengths(400, 240, 120, 4),
    Lengths(300, 160, 80, 3),
    Lengths(160, 60, 0, 0),
)
"""What is tried in turn until the tables are short enough; the last is taken in any case."""


def fitted(context: Context, most_bytes: int = MOST_BYTES) -> tuple[Tables, str]:
    """The tables with the longest texts that fit into `most_bytes`, and the same packed.

    Lengths that will not fit, to judge by how well the first tables compressed, are not tried.
    """
    tables = answers_tables(context)
    packed = pack(tables)
    if len(packed) <= most_bytes:
        return tables, packed
    shorter = [
        lengths for lengths in LENGTHS[1:-1] if len(packed) * _kept(tables, lengths) <= most_bytes
    ]
    for lengths in (*shorter, LENGTHS[-1]):
        tables = answers_tables(context, lengths)
        packed = pack(tables)
        if len(packed) <= most_bytes:
            break
    return tables, packed


def _kept(tables: Tables, lengths: Lengths) -> float:
    """About which share of the tables is left when texts are cut to these lengths."""
    texts = [(len(text), lengths.answer) for text in tables["texts"]]
    texts += [(len(text), lengths.passage) for _, _, text, _ in tables["passages"]]
    rest = _REST * len(tables["answers"]["text"])
    return (rest + sum(map(min, texts))) / (rest + sum(length for length, _ in texts))


def pack(tables: Tables) -> str:
    """The tables as JSON, compressed (zlib, RFC 1950) and in base64; a browser unpacks them."""
    text = json.dumps(tables, ensure_ascii=False, separators=(",", ":"))
    return base64.b64encode(zlib.compress(text.encode(), 6)).decode()


def answers_tables(context: Context, lengths: Lengths = LENGTHS[0], most: int = MOST) -> Tables:
    """All answers of a run.

    `systems`, `classes`, `days`, `kinds`, `groups`, `histories`, `passages`, `texts` are what the others
    point into; `questions` and `cases` hold rows, `answers` columns of equal length. Of a text that is
    empty nothing is kept: `texts[0]` is "". `left_out` counts the answers beyond `most`.
    """
    cases = _cases(context)
    kept = _every_nth(cases, most)
    build = _Build(context, lengths)
    for key, records in kept.items():
        build.add(key, records)
    total = sum(map(len, cases.values()))
    return build.tables() | {"left_out": total - sum(map(len, kept.values()))}


_Case = tuple[str, date, int]


def _cases(context: Context) -> dict[_Case, list[Record]]:
    """The records of each case, in the order of the questions, the days, and the systems."""
    order = {name: place for place, name in enumerate(context.labels)}
    found: dict[_Case, list[Record]] = defaultdict(list)
    for record in context.run.records:
        found[record.question_id, record.day, record.repeat].append(record)
    questions = {question.id: place for place, question in enumerate(context.run.questions)}
    keys = sorted(found, key=lambda key: (questions[key[0]], key[1], key[2]))
    return {key: sorted(found[key], key=lambda record: order[record.system]) for key in keys}


def _every_nth(cases: dict[_Case, list[Record]], most: int) -> dict[_Case, list[Record]]:
    """Whole questions, evenly spread, with at most about `most` answers in all."""
    total = sum(map(len, cases.values()))
    if total <= most:
        return cases
    ids = list(dict.fromkeys(question_id for question_id, _, _ in cases))
    room = max(1, most * len(ids) // total)
    chosen = {ids[place * len(ids) // room] for place in range(room)}
    return {key: records for key, records in cases.items() if key[0] in chosen}


class _Interned:
    """A table in which an equal text stands once."""

    def __init__(self, *first: Any) -> None:  # noqa: ANN401  (any JSON)
        self.rows: list[Any] = list(first)
        self._places: dict[Hashable, int] = {row: place for place, row in enumerate(first)}

    def __getitem__(self, text: str) -> int:
        place = self._places.get(text)
        if place is None:
            place = self.add(text, text)
        return place

    def find(self, key: Hashable) -> int | None:
        return self._places.get(key)

    def add(self, key: Hashable, row: Any) -> int:  # noqa: ANN401  (any JSON)
        self._places[key] = len(self.rows)
        self.rows.append(row)
        return len(self.rows) - 1


_COLUMNS: Final = (
    "system", "class", "right", "text", "cut", "evidence", "notes", "time", "stages", "cost", "basis",
    "passages",
)  # fmt: skip


@dataclass
class _Build:
    """Fills the tables, one case after the other."""

    context: Context
    lengths: Lengths
    texts: _Interned = field(default_factory=lambda: _Interned(""))
    kinds: _Interned = field(default_factory=_Interned)
    groups: _Interned = field(default_factory=_Interned)
    days: _Interned = field(default_factory=_Interned)
    histories: _Interned = field(default_factory=_Interned)
    passages: _Interned = field(default_factory=_Interned)
    questions: _Interned = field(default_factory=_Interned)
    cases: list[list[int]] = field(default_factory=list)
    answers: dict[str, list[Any]] = field(default_factory=lambda: {name: [] for name in _COLUMNS})

    def __post_init__(self) -> None:
        self.systems = {name: place for place, name in enumerate(self.context.labels)}
        self.classes = (*FRESHNESS_CLASSES, NOT_RECORDED)
        self.unit = _unit(self.context)
        self.formatted: dict[float | None, int] = {}

    def add(self, key: _Case, records: Sequence[Record]) -> None:
        question_id, day, repeat = key
        question = self.context.run.questions[question_id]
        right = self.texts[reference(question, day)]
        place = self._question(question)
        row = [place, self.days[day.isoformat()], repeat, right, len(records)]
        self.cases.append(row)
        for record in records:
            score = self.context.scores.get(record.key)
            self._answer(question, record, score)

    def tables(self) -> dict[str, Any]:
        return {
            "systems": [
                [single_line(label.name, _LINE), label.slot, label.style]
                for label in self.context.labels.values()
            ],
            "classes": [[name, tone(name)] for name in self.classes],
            "days": self.days.rows,
            "kinds": self.kinds.rows,
            "groups": self.groups.rows,
            "histories": self.histories.rows,
            "passages": self.passages.rows,
            "texts": self.texts.rows,
            "questions": self.questions.rows,
            "cases": self.cases,
            "answers": self.answers,
        }

    def _question(self, question: Question) -> int:
        found = self.questions.find(question.id)
        if found is not None:
            return found
        text = excerpt(question.text, self.lengths.question)
        row = [
            single_line(question.id, _LINE),
            text.text,
            text.omitted,
            self.kinds[single_line(plain_kind(question.kind), _LINE)],
            self.groups[single_line(question.group, _LINE)],
            self._history(question.history),
        ]
        return self.questions.add(question.id, row)

    def _history(self, history: History | None) -> int:
        """A history as rows of value, first day and day after the last; -1 where there is none."""
        if history is None or all(fact.valid_from == date.min for fact in history.facts):
            return -1
        found = self.histories.find(history)
        if found is not None:
            return found
        rows = [
            [single_line(f.value, _LINE), f.valid_from.isoformat(), f.valid_to and f.valid_to.isoformat()]
            for f in history.facts[-_VALUES:]
        ]  # fmt: skip
        return self.histories.add(history, rows)

    def _answer(self, question: Question, record: Record, score: Score | None) -> None:
        text = said(record, self.lengths.answer)
        timing = score.timing if score else None
        usd = score.cost.usd if score else None
        values = (
            self.systems[record.system],
            self.classes.index(label(score)),
            int(score is not None and score.right),
            self.texts[text.text],
            self.texts[text.omitted],
            self.texts[single_line(evidence(score), 2 * _LINE)],
            [self.texts[note] for note in _notes(question, record, score)],
            self.texts[duration(timing.service) if timing else _UNMEASURED],
            self.texts[_stages(timing)],
            self._cost(usd),
            self.texts[single_line(score.cost.basis, _LINE) if score else ""],
            [self._passage(passage) for passage in record.answer.passages[: self.lengths.passages]],
        )
        for name, value in zip(_COLUMNS, values, strict=True):
            self.answers[name].append(value)

    def _cost(self, usd: float | None) -> int:
        place = self.formatted.get(usd)
        if place is None:
            text = "cost unknown"
            if usd is not None:
                (number,) = self.unit.write(usd)
                scale = self.unit.name.removeprefix("$")
                text = f"${number}{scale} answers" if scale else f"${number}"
            place = self.formatted[usd] = self.texts[text]
        return place

    def _passage(self, passage: Passage) -> int:
        key = (passage.document_id, passage.day, passage.text)
        place = self.passages.find(key)
        if place is None:
            text = excerpt(passage.text, self.lengths.passage)
            day = "" if passage.day == UNDATED else passage.day.isoformat()
            row = [single_line(passage.document_id, _LINE), day, text.text, text.omitted]
            place = self.passages.add(key, row)
        return place


_UNMEASURED: Final = "no time"


def _unit(context: Context) -> Unit:
    """US dollars, for as many answers as make them readable."""
    return dollars(score.cost.usd for score in context.results.scores)


def _stages(timing: Timing | None) -> str:
    if timing is None:
        return ""
    named = (
        ("connect", timing.connect),
        ("retrieve", timing.retrieve),
        ("first token", timing.first_token),
        ("decode", timing.decode),
        ("waiting in the client, not counted", timing.queue or None),
    )
    return ", ".join(
        f"{name} {duration(seconds)}" for name, seconds in named if seconds is not None
    )


def _notes(question: Question, record: Record, score: Score | None) -> Iterator[str]:
    """Broken rules of the format, wrong parts, and what else there is to say of an answer."""
    if record.cached:
        yield "from the cache; its time is that of the first time"
    if record.answer.attempts > 1:
        yield f"asked {record.answer.attempts} times"
    if score is None:
        return
    strict = score.strictness
    yield from strict.beside
    if strict.strict and strict.extractable and not strict.raw:
        yield "in the format only once what surrounds it is taken off"
    for violation in strict.violations[:_NOTES]:
        where = violation.path or "the whole output"
        yield single_line(f"{violation.rule} at {where}: {violation.message}", _LINE)
    if len(strict.violations) > _NOTES:
        yield f"and {len(strict.violations) - _NOTES} more broken rules"
    wrong = [part for part in score.parts if not part.right]
    yield from (_part(question, part, score.day) for part in wrong[:_NOTES])


def _part(question: Question, part: PartScore, day: date) -> str:
    histories = {asked.pointer: asked.history for asked in question.parts}
    history = histories.get(part.pointer)
    values = [fact.value for fact in history.current(day)] if history else []
    right = " or ".join(dict.fromkeys(values)) or "nothing on that day"
    return single_line(f"{part.pointer} is {part.label}; right: {right}", 2 * _LINE)
