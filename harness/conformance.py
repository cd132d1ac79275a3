"""How well the freshness classifier agrees with answers that people have labelled.

A folder holds `histories.jsonl` (subject, attribute, question, history: a list of value, from, to;
optional: value_type, name unless said) and `answers.jsonl` (model, subject, attribute, prompt,
answer, label). Labels are correct, outdated and irrelevant. A bound may be a year or month only
(`2023-00-00`); it is taken as the first day of it, a value without a start as always begun.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final, Literal, get_args

import numpy as np

from harness.errors import DataError, nearest
from harness.scoring.freshness import classify
from harness.scoring.score import FRESHNESS_CLASSES, Freshness, FreshnessClass
from harness.statistics.agreement import cohens_kappa
from harness.statistics.estimate import Estimate
from harness.statistics.intervals import rate
from harness.world.facts import Fact, History
from harness.world.problems import Problem, refuse
from harness.world.tables import VALUE_TYPES, read_json_lines

Label = Literal["correct", "outdated", "irrelevant"]
LABELS: Final[tuple[Label, ...]] = get_args(Label)

HISTORIES: Final = "histories.jsonl"
ANSWERS: Final = "answers.jsonl"

_MEANS: Final[Mapping[FreshnessClass, Label]] = {
    "current": "correct",
    "mixed": "correct",  # relaxed: a label knows no mixed answers
    "stale": "outdated",
}
_PARTIAL_DAY: Final = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_WIDTH: Final = 80

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class LabelledAnswer:
    """An answer with the line it stands on, its history, and the label that people gave it."""

    line: int
    model: str
    prompt: str
    text: str
    label: Label
    history: History


@dataclass(frozen=True, slots=True)
class Judged:
    """A labelled answer with its class; `meant` is the label that the class stands for."""

    answer: LabelledAnswer
    freshness: Freshness
    meant: Label

    @property
    def agrees(self) -> bool:
        """Whether class and label say the same."""
        return self.meant == self.answer.label

    @property
    def flips(self) -> bool:
        """Whether one says fresh and the other stale."""
        return {self.meant, self.answer.label} == {"correct", "outdated"}


@dataclass(frozen=True, slots=True)
class Conformance:
    """Figures over all answers on `day`; the groups are the histories.

    `by_model` has the agreement of each model's answers.
    """

    day: date
    judged: tuple[Judged, ...]
    agreement: Estimate
    kappa: Estimate
    flips: Estimate
    by_model: Mapping[str, Estimate]

    @property
    def confusion(self) -> dict[Label, dict[FreshnessClass, int]]:
        """How many answers of each label have each class."""
        counted = Counter((j.answer.label, j.freshness.label) for j in self.judged)
        return {label: {c: counted[label, c] for c in FRESHNESS_CLASSES} for label in LABELS}

    @property
    def disagreements(self) -> tuple[Judged, ...]:
        """The answers whose class is not what the label says, in the order of the file."""
        return tuple(judged for judged in self.judged if not judged.agrees)


def staleness_conformance(folder: Path | str, *, day: date | None = None) -> Conformance:
    """Classify every labelled answer of a folder and compare.

    `day` is the day on which the labels were given: the last that any history knows when None.

    Raises:
        DataError: a file is missing or rows are wrong; they are named by file and line.
    """
    folder = Path(folder)
    histories, last = _read_histories(folder / HISTORIES)
    answers = _read_answers(folder / ANSWERS, histories)
    asked = day or last
    return compare([_judge(answer, asked) for answer in answers], asked)


def compare(judged: Sequence[Judged], day: date) -> Conformance:
    """The figures of answers that were classified as of `day`."""
    places = {key: i for i, key in enumerate(dict.fromkeys(j.answer.history.key for j in judged))}
    groups = np.array([places[j.answer.history.key] for j in judged])
    agrees = np.array([j.agrees for j in judged])
    by_model: dict[str, list[int]] = defaultdict(list)
    for place, one in enumerate(judged):
        by_model[one.answer.model].append(place)
    return Conformance(
        day=day,
        judged=tuple(judged),
        agreement=rate(agrees, groups),
        kappa=cohens_kappa(
            [LABELS.index(j.answer.label) for j in judged],
            [LABELS.index(j.meant) for j in judged],
            groups,
        ),
        flips=rate([j.flips for j in judged], groups),
        by_model={m: rate(agrees[own], groups[own]) for m, own in sorted(by_model.items())},
    )


def _judge(answer: LabelledAnswer, day: date) -> Judged:
    freshness = classify(answer.text, answer.history, day)
    return Judged(answer, freshness, _MEANS.get(freshness.label, "irrelevant"))


# --- what is printed ------------------------------------------------------------------------------


def report(conformance: Conformance) -> str:
    """The figures and every disagreement as text, at most 80 columns wide."""
    n = len(conformance.judged)
    lines = [
        f"{n:,} labelled answers on {conformance.day}, "
        f"{conformance.agreement.groups} histories, {len(conformance.by_model)} models",
        "",
        *_confusion_lines(conformance),
        "",
        f"agreement       {_percent(conformance.agreement)}",
        f"Cohen's kappa   {_plain(conformance.kappa)}",
        f"fresh <> stale  {_percent(conformance.flips)}: "
        f"{sum(j.flips for j in conformance.judged)} answers",
        "",
        "agreement by model",
        *(f"  {name[:36]:36} {_percent(one)}" for name, one in conformance.by_model.items()),
        "",
        *_disagreement_lines(conformance.disagreements),
    ]
    return "\n".join(line.rstrip() for line in lines)


def _confusion_lines(conformance: Conformance) -> Iterator[str]:
    """A row a class, since there are more classes than fit side by side."""
    confusion = conformance.confusion
    yield f"{'class':13}{'means':12}" + "".join(f"{label:>12}" for label in LABELS)
    for one in FRESHNESS_CLASSES:
        counts = [confusion[label][one] for label in LABELS]
        if any(counts):
            cells = "".join(f"{count:>12,}" for count in counts)
            yield f"{one:13}{_MEANS.get(one, 'irrelevant'):12}{cells}"


def _disagreement_lines(disagreements: Sequence[Judged]) -> Iterator[str]:
    """Alike ones (same history, label, class and value) in one line, the most frequent first."""
    alike = Counter(
        (
            j.answer.label,
            j.freshness.label,
            f"{j.answer.history.subject} / {j.answer.history.attribute}".rstrip(" /"),
            j.freshness.matched or " ".join(j.answer.text.split()),
        )
        for j in disagreements
    )
    yield f"{len(disagreements)} disagreements: number, label, class, history: matched or answer"
    for (label, one, name, shown), count in alike.most_common():
        head = f"{count:4} {label:10} {one:11} {name[:26]}: "
        yield head + _cut("".join(c if c.isprintable() else " " for c in shown), _WIDTH - len(head))


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 3] + "..."


def _percent(estimate: Estimate) -> str:
    return _with_interval(estimate, lambda share: f"{100 * share:.2f}")


def _plain(estimate: Estimate) -> str:
    return _with_interval(estimate, lambda value: f"{value:.4f}")


def _with_interval(estimate: Estimate, show: Callable[[float], str]) -> str:
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return f"unknown: {estimate.method}"
    return f"{show(estimate.value)} [{show(estimate.low)}, {show(estimate.high)}]"


def to_dict(conformance: Conformance) -> dict[str, Any]:
    """JSON-ready: the figures, the confusion matrix, and every disagreement in full."""
    return {
        "day": conformance.day.isoformat(),
        "answers": len(conformance.judged),
        "agreement": _estimate(conformance.agreement),
        "kappa": _estimate(conformance.kappa),
        "flips": _estimate(conformance.flips),
        "confusion": conformance.confusion,
        "by_model": {name: _estimate(one) for name, one in conformance.by_model.items()},
        "disagreements": [_disagreement(j) for j in conformance.disagreements],
    }


def _estimate(estimate: Estimate) -> dict[str, Any]:
    return {name: getattr(estimate, name) for name in estimate.__slots__}


def _disagreement(judged: Judged) -> dict[str, Any]:
    answer, found = judged.answer, judged.freshness
    return {
        "line": answer.line,
        "model": answer.model,
        "prompt": answer.prompt,
        "subject": answer.history.subject,
        "attribute": answer.history.attribute,
        "answer": answer.text,
        "label": answer.label,
        "class": found.label,
        "matched": found.matched,
        "span": found.span,
        "value": found.value,
        "valid_from": found.valid_from.isoformat() if found.valid_from else None,
        "valid_to": found.valid_to.isoformat() if found.valid_to else None,
    }


# --- what is read ---------------------------------------------------------------------------------


def _read_histories(path: Path) -> tuple[dict[Key, History], date]:
    """The histories by subject and attribute, and the last day that any of them knows."""
    problems: list[Problem] = []
    histories: dict[Key, History] = {}
    for line, row in read_json_lines(path, problems):
        try:
            history = _history(row)
            if history.key in histories:
                raise DataError(f"a second history of {history.subject!r} / {history.attribute!r}")
            histories[history.key] = history
        except DataError as error:
            problems.append(Problem(str(path), line, str(error)))
    refuse(problems)
    facts = [fact for history in histories.values() for fact in history.facts]
    if not facts:
        raise DataError(f"{path}: has no histories")
    return histories, max(max(fact.valid_from, fact.valid_to or date.min) for fact in facts)


def _history(row: Mapping[str, Any]) -> History:
    subject, attribute = _text(row, "subject"), row.get("attribute") or ""
    value_type = row.get("value_type", "name")
    if value_type not in VALUE_TYPES:
        raise DataError(f"unknown value_type {value_type!r}: {nearest(value_type, VALUE_TYPES)}")
    entries = row.get("history")
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise DataError("'history' must be a list of objects with value, from and to")
    facts = [_fact(subject, attribute, entry) for entry in entries]
    return History(
        subject, attribute, value_type, tuple(sorted(facts, key=lambda fact: fact.valid_from))
    )


def _fact(subject: str, attribute: str, entry: Mapping[str, Any]) -> Fact:
    start = _day(entry.get("from")) or date.min
    end = _day(entry.get("to"))
    if end is not None and end <= start:  # both bounds in one month or year of unknown day
        end = start + timedelta(days=1)
    return Fact(subject, attribute, _text(entry, "value"), start, end)


def _day(text: object) -> date | None:
    if text is None:
        return None
    found = _PARTIAL_DAY.fullmatch(text) if isinstance(text, str) else None
    if found is not None:
        year, month, day = map(int, found.groups())
        try:
            return date(year, month or 1, day or 1)
        except ValueError:
            pass
    raise DataError(f"{text!r} is no day; write it as 2023-12-13")


def _read_answers(path: Path, histories: Mapping[Key, History]) -> Iterable[LabelledAnswer]:
    problems: list[Problem] = []
    answers: list[LabelledAnswer] = []
    for line, row in read_json_lines(path, problems):
        try:
            answers.append(_answer(line, row, histories))
        except DataError as error:
            problems.append(Problem(str(path), line, str(error)))
    refuse(problems)
    if not answers:
        raise DataError(f"{path}: has no answers")
    return answers


def _answer(
    line: int, row: Mapping[str, Any], histories: Mapping[Key, History]
) -> LabelledAnswer:
    key = _text(row, "subject"), row.get("attribute") or ""
    if key not in histories:
        raise DataError(f"{HISTORIES} has no history of {key[0]!r} / {key[1]!r}")
    label = next((name for name in LABELS if name == row.get("label")), None)
    if label is None:
        raise DataError(f"unknown label {row.get('label')!r}: {nearest('', LABELS)}")
    text = _text(row, "answer", empty=True)
    model, prompt = _text(row, "model"), _text(row, "prompt")
    return LabelledAnswer(line, model, prompt, text, label, histories[key])


def _text(row: Mapping[str, Any], key: str, *, empty: bool = False) -> str:
    value = row.get(key)
    if not isinstance(value, str) or not (empty or value.strip()):
        raise DataError(f"{key!r} must be a text, not {value!r}")
    return value
