"""Kept answers as rows of a table, and back: flat columns that a query can name.

Every row says all of a `Kept`, so that figures, comparisons and gates can be formed again from it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson
import pyarrow as pa

from harness.history.snapshot import Kept
from harness.scoring.score import Cost, Freshness, PartScore, Score, Strictness, Violation
from harness.systems.base import Timing, Usage

__all__ = ["SCHEMA", "digest", "from_table", "to_table"]

_VIOLATION = pa.struct([("rule", pa.string()), ("path", pa.string()), ("message", pa.string())])
_PART = pa.struct([("pointer", pa.string()), ("class", pa.string()), ("is_right", pa.bool_())])

SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("system", "question_id", "cluster", "kind")),
        ("day", pa.date32()),
        *((name, pa.int64()) for name in ("repeat", "position")),
        *((name, pa.string()) for name in ("started", "question", "answer", "failure")),
        ("finish_reason", pa.string()),
        ("passages", pa.list_(pa.string())),
        *((name, pa.bool_()) for name in ("answerable", "is_right", "relaxed", "cached")),
        *((name, pa.string()) for name in ("class", "matched", "value", "path")),
        *((name, pa.date32()) for name in ("valid_from", "valid_to")),
        *((name, pa.int64()) for name in ("age_days", "changes_behind", "span_start", "span_end")),
        *((name, pa.bool_()) for name in ("partial", "strict", "raw", "extractable")),
        *((name, pa.bool_()) for name in ("schema_valid", "formats_valid", "content_right")),
        ("violations", pa.list_(_VIOLATION)),
        ("beside", pa.list_(pa.string())),
        ("parts", pa.list_(_PART)),
        *((name, pa.bool_()) for name in ("timed", "in_warm_up")),
        *((name, pa.float64()) for name in ("queue", "connect", "retrieve", "first_token")),
        *((name, pa.float64()) for name in ("decode", "total", "tokens_per_second", "usd")),
        ("cost_basis", pa.string()),
        *((name, pa.int64()) for name in ("prompt_tokens", "completion_tokens")),
        ("counted", pa.bool_()),
        *((name, pa.int64()) for name in ("reasoning_tokens", "cached_tokens")),
        *((name, pa.int64()) for name in ("embedded_tokens", "reranked_tokens", "attempts")),
    ]
)
"""Times are in seconds; they are null where none was measured (`timed` is then false)."""


def to_table(answers: Iterable[Kept]) -> pa.Table:
    """One row an answer, in their order."""
    return pa.Table.from_pylist([_row(kept) for kept in answers], schema=SCHEMA)


def from_table(table: pa.Table) -> Iterator[Kept]:
    """The inverse of `to_table`; raises KeyError, TypeError or ValueError where it is none."""
    return map(_kept, table.to_pylist())


def digest(run_id: str, table: pa.Table) -> str:
    """SHA-256 of what the rows of a run say, however a file holds them."""
    hashed = hashlib.sha256(run_id.encode())
    for batch in table.to_batches(max_chunksize=1000):
        hashed.update(orjson.dumps(batch.to_pylist()))
    return hashed.hexdigest()


def _row(kept: Kept) -> dict[str, Any]:
    score = kept.score
    freshness, strictness, usage = score.freshness, score.strictness, kept.usage
    timing = score.timing
    start, end = freshness.span or (None, None)
    return {
        "system": score.system,
        "question_id": score.question_id,
        "cluster": score.cluster,
        "kind": score.kind,
        "day": score.day,
        "repeat": score.repeat,
        "position": kept.position,
        "started": kept.started,
        "question": _whole(kept.question),
        "answer": None if kept.text is None else _whole(kept.text),
        "failure": _whole(kept.failure),
        "finish_reason": kept.finish_reason,
        "passages": list(kept.passages),
        "answerable": score.answerable,
        "is_right": score.right,
        "relaxed": score.relaxed,
        "cached": score.cached,
        "class": freshness.label,
        "matched": _whole(freshness.matched),
        "value": freshness.value,
        "path": freshness.path,
        "valid_from": freshness.valid_from,
        "valid_to": freshness.valid_to,
        "age_days": freshness.age_days,
        "changes_behind": freshness.changes_behind,
        "span_start": start,
        "span_end": end,
        "partial": freshness.partial,
        "strict": strictness.strict,
        "raw": strictness.raw,
        "extractable": strictness.extractable,
        "schema_valid": strictness.schema_valid,
        "formats_valid": strictness.formats_valid,
        "content_right": strictness.right,
        "violations": [
            {"rule": v.rule, "path": _whole(v.path), "message": _whole(v.message)}
            for v in strictness.violations
        ],
        "beside": list(strictness.beside),
        "parts": [
            {"pointer": part.pointer, "class": part.label, "is_right": part.right}
            for part in score.parts
        ],
        "timed": timing is not None,
        "in_warm_up": score.in_warm_up,
        "queue": timing and timing.queue,
        "connect": timing and timing.connect,
        "retrieve": timing and timing.retrieve,
        "first_token": timing and timing.first_token,
        "decode": timing and timing.decode,
        "total": timing and timing.total,
        "tokens_per_second": score.tokens_per_second,
        "usd": score.cost.usd,
        "cost_basis": score.cost.basis,
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "counted": usage.counted,
        "reasoning_tokens": usage.reasoning_tokens,
        "cached_tokens": usage.cached_tokens,
        "embedded_tokens": usage.embedded_tokens,
        "reranked_tokens": usage.reranked_tokens,
        "attempts": kept.attempts,
    }


def _kept(row: Mapping[str, Any]) -> Kept:
    return Kept(
        score=_score(row),
        position=row["position"],
        started=row["started"],
        question=row["question"],
        text=row["answer"],
        failure=row["failure"],
        finish_reason=row["finish_reason"],
        passages=tuple(row["passages"]),
        usage=Usage(
            prompt_tokens=row["prompt_tokens"],
            completion_tokens=row["completion_tokens"],
            counted=row["counted"],
            reasoning_tokens=row["reasoning_tokens"],
            cached_tokens=row["cached_tokens"],
            embedded_tokens=row["embedded_tokens"],
            reranked_tokens=row["reranked_tokens"],
        ),
        attempts=row["attempts"],
    )


def _score(row: Mapping[str, Any]) -> Score:
    return Score(
        system=row["system"],
        question_id=row["question_id"],
        cluster=row["cluster"],
        kind=row["kind"],
        day=row["day"],
        repeat=row["repeat"],
        answerable=row["answerable"],
        right=row["is_right"],
        relaxed=row["relaxed"],
        freshness=Freshness(
            label=row["class"],
            matched=row["matched"],
            span=None if row["span_start"] is None else (row["span_start"], row["span_end"]),
            value=row["value"],
            valid_from=row["valid_from"],
            valid_to=row["valid_to"],
            partial=row["partial"],
            age_days=row["age_days"],
            changes_behind=row["changes_behind"],
            path=row["path"],
        ),
        strictness=Strictness(
            strict=row["strict"],
            raw=row["raw"],
            extractable=row["extractable"],
            schema_valid=row["schema_valid"],
            formats_valid=row["formats_valid"],
            right=row["content_right"],
            violations=tuple(Violation(**violation) for violation in row["violations"]),
            beside=tuple(row["beside"]),
        ),
        timing=_timing(row) if row["timed"] else None,
        cost=Cost(row["usd"], row["cost_basis"]),
        parts=tuple(
            PartScore(part["pointer"], part["class"], part["is_right"]) for part in row["parts"]
        ),
        cached=row["cached"],
        tokens_per_second=row["tokens_per_second"],
        in_warm_up=row["in_warm_up"],
    )


def _timing(row: Mapping[str, Any]) -> Timing:
    return Timing(
        queue=row["queue"],
        retrieve=row["retrieve"],
        first_token=row["first_token"],
        decode=row["decode"],
        total=row["total"],
        connect=row["connect"],
    )


def _whole(text: str) -> str:
    """A text without half surrogate pairs, which no file of UTF-8 can hold."""
    return text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
