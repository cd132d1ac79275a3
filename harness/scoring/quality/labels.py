"""What people said of some answers, so that a judge can be judged.

A CSV or JSONL file with one label a row: `system`, `question_id`, `day`, `repeat` (0 where it is left
out), `label` (yes or no; true, false, 1 and 0 will do), and `metric` where it is not one for all rows.
Beside the run they are kept in `labels.jsonl`.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from harness.errors import DataError, RunError, located, nearest
from harness.running.record import RecordKey
from harness.scoring.quality.metrics import JUDGED

__all__ = ["LABELS", "Label", "Labels", "keep_labels", "kept_labels", "read_labels"]

LABELS: Final = "labels.jsonl"
THRESHOLD: Final = 0.5
"""The score from which on a judge is taken to say yes, unless another is named."""

_COLUMNS: Final = ("system", "question_id", "day", "repeat", "label", "metric")
_WORDS: Final[Mapping[str, bool]] = {
    **dict.fromkeys(("yes", "true", "1", "y"), True),
    **dict.fromkeys(("no", "false", "0", "n"), False),
}


@dataclass(frozen=True, slots=True)
class Label:
    """Whether people find that an answer has what a metric asks for."""

    key: RecordKey
    metric: str
    good: bool


@dataclass(frozen=True, slots=True)
class Labels:
    """All labels of a run; a judge says yes where its score is at least `threshold`."""

    labels: tuple[Label, ...]
    threshold: float = THRESHOLD


def read_labels(
    path: Path,
    keys: Iterable[RecordKey],
    *,
    metric: str | None = None,
    threshold: float = THRESHOLD,
) -> Labels:
    """Read a file of labels for the answers `keys`.

    Raises `DataError` naming file and line where a row has no such answer, label or metric, or where
    two rows label one answer.
    """
    known = set(keys)
    labels: dict[tuple[RecordKey, str], Label] = {}
    for line, row in _rows(path):
        try:
            label = _label(row, metric)
        except (ValueError, KeyError) as error:
            what = f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else error
            raise DataError(located(path, line, str(what))) from None
        if label.key not in known:
            raise DataError(located(path, line, f"the run has no answer {_shown(label.key)}"))
        if (label.key, label.metric) in labels:
            raise DataError(located(path, line, f"a second label of {_shown(label.key)}"))
        labels[label.key, label.metric] = label
    if not labels:
        raise DataError(f"{path}: no labels in it")
    return Labels(tuple(labels.values()), threshold)


def keep_labels(run: Path, labels: Labels) -> None:
    """Keep them beside the run; raises `RunError` where they cannot be written."""
    lines: list[dict[str, Any]] = [{"threshold": labels.threshold}]
    lines += [{"key": list(x.key), "metric": x.metric, "label": x.good} for x in labels.labels]
    path = run / LABELS
    temporary = path.with_name(f".{path.name}.new")
    try:
        temporary.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        raise RunError(located(path, None, error.strerror or str(error))) from error


def kept_labels(run: Path) -> Labels | None:
    """Those that are kept beside a run, None where there are none; raises `RunError` on damage."""
    path = run / LABELS
    try:
        head, *rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        labels = []
        for row in rows:
            system, question, day, repeat = row["key"]
            labels.append(Label((system, question, day, repeat), row["metric"], bool(row["label"])))
        return Labels(tuple(labels), float(head["threshold"]))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RunError(
            f"{path}: no labels that harness quality kept ({error}); give them again with --labels"
        ) from error


def _label(row: Mapping[str, Any], metric: str | None) -> Label:
    for column in row:
        if column not in _COLUMNS:
            raise ValueError(f"unknown column {column!r}: {nearest(str(column), _COLUMNS)}")
    named = str(row.get("metric") or metric or "")
    if named not in JUDGED:
        raise ValueError(
            f"no judged metric {named!r}: {nearest(named, JUDGED)}"
            if named
            else "which metric is labelled? add a column metric, or name one with --metrics"
        )
    word = str(row["label"]).strip().lower()
    if word not in _WORDS:
        raise ValueError(f"label {row['label']!r} is neither yes nor no")
    day = date.fromisoformat(str(row["day"])).isoformat()
    repeat = int(row.get("repeat") or 0)
    key = (str(row["system"]), str(row["question_id"]), day, repeat)
    return Label(key, named, _WORDS[word])


def _rows(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "not UTF-8"
        raise DataError(located(path, None, f"cannot be read: {why}")) from error
    if path.suffix.lower() == ".csv":
        reader = csv.DictReader(text.splitlines())
        for row in reader:
            if None in row or None in row.values():
                raise DataError(located(path, reader.line_num, "not as many cells as columns"))
            yield reader.line_num, row
        return
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            found = json.loads(line)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise DataError(located(path, number, "not an object of JSON"))
        yield number, found


def _shown(key: RecordKey) -> str:
    system, question, day, repeat = key
    return f"of {system!r} to {question!r} on {day}, repeat {repeat}"
