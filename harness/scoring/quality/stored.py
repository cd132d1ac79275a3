"""The scores of ragas beside a run, in `quality.jsonl`: written once, so that a report asks nobody.

Two kinds of lines. One describes a scorer (ragas' version; of a judge its model, its prompts and what
else shapes a verdict) under its fingerprint:

    {"scorer": "1f2e...", "kind": "judge", "settings": {"ragas": "0.4.3", "model": "..."}}

One holds scores of one answer by a scorer: a number, or why there is none.

    {"key": ["rag", "q1", "2026-08-22", 0], "by": "1f2e...", "of": "9a8b...", "scores": {"faithfulness": 0.5},
     "missing": {}, "failed": {}, "prompt_tokens": 812, "completion_tokens": 90, "calls": 2}

`of` is the digest of what was scored. The scorer that is described last is the one that counts, and of its lines
on one answer the last: verdicts of unlike judges are never mixed.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, Self, get_args

from harness import fastjson
from harness.errors import RunError, located
from harness.running.journal import Journal
from harness.running.record import RecordKey
from harness.scoring.quality.metrics import METRICS

__all__ = ["QUALITY", "QualityJournal", "Scored", "Scorer", "StoredQuality", "read_quality"]

QUALITY: Final = "quality.jsonl"

Kind = Literal["text", "judge"]


@dataclass(frozen=True, slots=True)
class Scorer:
    """What scored: ragas alone, or with a judge. `settings` is JSON-ready and has no key in it."""

    kind: Kind
    settings: Mapping[str, Any]

    @property
    def fingerprint(self) -> str:
        """SHA-256 (first 16 hex digits) of all that shapes a score."""
        text = json.dumps([self.kind, self.settings], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @property
    def title(self) -> str:
        """In a few words."""
        ragas = f"ragas {self.settings.get('ragas', 'of unknown version')}"
        model = self.settings.get("model")
        return f"{model} with {ragas}" if model else ragas


@dataclass(frozen=True, slots=True)
class Scored:
    """What one scorer said of one answer at one time.

    A metric is in `scores`, or in `missing` with the reason why nothing could be rated, or in `failed` with
    that of a judge that gave no verdict. Tokens are those of all calls; `embedded_tokens` is None where
    a server did not tell.
    """

    key: RecordKey
    by: str
    of: str
    scores: Mapping[str, float] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
    failed: Mapping[str, str] = field(default_factory=dict)
    prompt_tokens: int = 0
    completion_tokens: int = 0
    embedded_tokens: int | None = 0
    calls: int = 0
    counted: bool = True


@dataclass(frozen=True, slots=True)
class StoredQuality:
    """All that is stored: scorers by fingerprint in the order in which they last wrote, and every line."""

    scorers: Mapping[str, Scorer] = field(default_factory=dict)
    lines: tuple[Scored, ...] = ()
    notes: tuple[str, ...] = ()

    def scorer(self, kind: Kind) -> Scorer | None:
        """The one of that kind that counts; None where none has written."""
        return next((s for s in reversed(tuple(self.scorers.values())) if s.kind == kind), None)

    def of(self, scorer: Scorer) -> tuple[Scored, ...]:
        """Its lines."""
        return tuple(line for line in self.lines if line.by == scorer.fingerprint)

    def verdicts(self, scorer: Scorer) -> Mapping[tuple[RecordKey, str], Scored]:
        """Its last word on each answer and metric."""
        return {
            (line.key, metric): line
            for line in self.of(scorer)
            for metric in (*line.scores, *line.missing, *line.failed)
        }


def read_quality(run: Path) -> StoredQuality | None:
    """What is stored beside a run; None where nothing is.

    A last line that was cut short is dropped with a note. Raises `RunError` naming the line where
    another is damaged.
    """
    path = run / QUALITY
    scorers: dict[str, Scorer] = {}
    lines: list[Scored] = []
    notes: list[str] = []
    try:
        for number, raw in _lines(path):
            if not raw.endswith(b"\n"):
                notes.append(f"{QUALITY}:{number}: the line was cut short; it is not counted")
                continue
            try:
                _take(fastjson.loads(raw), scorers, lines)
            except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
                what = f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else error
                raise RunError(
                    f"{located(path, number, f'no score: {what}')}; remove the line, or the file, and score anew"
                ) from error
    except FileNotFoundError:
        return None
    except OSError as error:
        raise RunError(located(path, None, error.strerror or str(error))) from error
    return StoredQuality(scorers, tuple(lines), tuple(notes))


class QualityJournal:
    """Appends to the scores of a run; what was cut short is cut off first. Use as a context manager."""

    def __init__(self, run: Path) -> None:
        path = run / QUALITY
        _cut(path)
        self._journal = Journal(path, f"harness quality {run}")

    def describe(self, scorer: Scorer) -> None:
        """Name who scores from here on, who is then the one that counts; raises as `append`."""
        described = {"kind": scorer.kind, "settings": dict(scorer.settings)}
        self._write({"scorer": scorer.fingerprint} | described)

    def append(self, scored: Scored) -> None:
        """Write the scores of one answer; raises `RunError` where the disk is full."""
        self._write(_to_dict(scored))

    def _write(self, line: dict[str, Any]) -> None:
        self._journal.append(fastjson.dumps(line) + b"\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._journal.close()


def _to_dict(scored: Scored) -> dict[str, Any]:
    return {
        "key": list(scored.key),
        "by": scored.by,
        "of": scored.of,
        "scores": dict(scored.scores),
        "missing": dict(scored.missing),
        "failed": dict(scored.failed),
        "prompt_tokens": scored.prompt_tokens,
        "completion_tokens": scored.completion_tokens,
        "embedded_tokens": scored.embedded_tokens,
        "calls": scored.calls,
        "counted": scored.counted,
    }


def _take(data: Any, scorers: dict[str, Scorer], lines: list[Scored]) -> None:  # noqa: ANN401  (any JSON)
    if not isinstance(data, dict):
        raise TypeError("no object")
    if "scorer" in data:
        if data["kind"] not in get_args(Kind):
            raise ValueError(f"kind {data['kind']!r} is neither text nor judge")
        scorer = Scorer(data["kind"], dict(data["settings"]))
        if scorer.fingerprint != data["scorer"]:
            raise ValueError("the fingerprint is not that of its settings")
        scorers.pop(scorer.fingerprint, None)
        scorers[scorer.fingerprint] = scorer
        return
    system, question, day, repeat = data["key"]
    scored = Scored(**(data | {"key": (system, question, day, repeat)}))
    if scored.by not in scorers:
        raise ValueError(f"scorer {scored.by!r} is not described before it")
    for metric, value in scored.scores.items():
        if metric not in METRICS:
            raise ValueError(f"unknown metric {metric!r}")
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or not math.isfinite(value)
        ):
            raise ValueError(f"{metric} is no number")
    lines.append(scored)


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    with path.open("rb") as file:
        yield from enumerate(file, 1)


def _cut(path: Path) -> None:
    """Take off a last line that has no end, which would run into the next one."""
    try:
        with path.open("rb") as file:
            whole = 0
            for line in file:
                whole += len(line) if line.endswith(b"\n") else 0
        if whole < path.stat().st_size:
            os.truncate(path, whole)
    except FileNotFoundError:
        return
    except OSError as error:
        raise RunError(located(path, None, error.strerror or str(error))) from error
