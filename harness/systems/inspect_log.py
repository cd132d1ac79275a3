"""The samples of an Inspect AI log as rows of recorded answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from harness.errors import DataError, require_extra
from harness.systems.answer_rows import ANSWER_KEYS
from harness.world.rows import RowTable

if TYPE_CHECKING:
    from inspect_ai.log import EvalLog, EvalSample
    from inspect_ai.model import ModelUsage

__all__ = ["read_inspect_log"]

_HEAVY: Final = {"events", "store", "attachments"}  # of a sample, and of no use here
_REASONS: Final[Mapping[str, str]] = {
    "stop": "stop",
    "max_tokens": "length",
    "model_length": "length",
    "content_filter": "refusal",
}


def read_inspect_log(path: Path, epoch: int | None = None) -> RowTable:
    """The rows of the samples of one epoch, numbered; `epoch` may be None where there is but one.

    The time of an answer is that of its model call, and of a sample with several calls its working
    time. A sample that ended with an error, or without output, is a failure.

    Raises:
        DataError: the log cannot be read, or has several epochs or not this one.
        MissingExtraError: Inspect is not installed.
    """
    require_extra(f"{path.name}, an Inspect log,", "inspect", "inspect_ai")
    if not path.is_file():
        raise DataError(f"{path}: no such file")
    # In a thread of its own: Inspect starts an event loop, and one may be running here.
    with ThreadPoolExecutor(1) as pool:
        log = pool.submit(_read, path).result()
    epochs = log.eval.config.epochs or 1
    if epoch is None and epochs > 1:
        raise DataError(
            f"{path}: has {epochs} answers to each question; say which to take: "
            f'replay = {{ path = "{path.name}", epoch = 1 }}'
        )
    if epoch is not None and epoch > epochs:
        raise DataError(f"{path}: has no epoch {epoch}, the last is {epochs}")
    return RowTable(str(path), _rows(log, epoch or 1), set(ANSWER_KEYS))


def _read(path: Path) -> EvalLog:
    from inspect_ai.log import read_eval_log  # noqa: PLC0415  (optional, and slow)

    try:
        return read_eval_log(str(path), exclude_fields=_HEAVY)
    except Exception as error:  # whatever Inspect lets through, of zip, JSON or its own checks
        reason = " ".join(str(error).split())
        raise DataError(f"{path}: is no log that Inspect can read: {reason}") from error


def _rows(log: EvalLog, epoch: int) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, sample in enumerate(log.samples or (), 1):
        if sample.epoch == epoch:
            yield number, _row(sample)


def _row(sample: EvalSample) -> dict[str, Any]:
    once = sum(message.role == "assistant" for message in sample.messages) == 1
    output = sample.output
    usage = output.usage if once else _only(sample.model_usage)
    row = {
        "question_id": sample.id,
        "seconds": output.time if once and output.time is not None else sample.working_time,
        **_tokens(usage),
    }
    if sample.error is not None:
        return row | {"failure": "error", "message": sample.error.message}
    if output.empty and sample.limit is not None:
        kind = sample.limit.type
        return row | {
            "failure": f"{kind}_limit",
            "message": f"over the limit of {sample.limit.limit:g}",
        }
    if output.empty:
        return row | {"failure": "no_output", "message": "the log has no output of it"}
    reason = _REASONS.get(output.stop_reason, "other")
    return row | {"text": output.completion, "finish_reason": reason}


def _only(usage: Mapping[str, ModelUsage]) -> ModelUsage | None:
    """That of the one model; of several, one may have been a judge's."""
    return next(iter(usage.values())) if len(usage) == 1 else None


def _tokens(usage: ModelUsage | None) -> dict[str, int]:
    if usage is None:
        return {}
    cached = (usage.input_tokens_cache_read or 0) + (usage.input_tokens_cache_write or 0)
    return {
        "prompt_tokens": usage.input_tokens + cached,
        "completion_tokens": usage.output_tokens,
    }
