"""The figures and the answers of a run as CSV files, for spreadsheets and data frames."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from harness.reporting.files import write_text
from harness.scoring.quality import METRICS
from harness.statistics.estimate import Estimate
from harness.statistics.results import Comparison, Results

if TYPE_CHECKING:
    from harness.running.folder import LoadedRun
    from harness.statistics.load_figures import LoadFigures
    from harness.statistics.quality import Quality

__all__ = ["write_csv"]

_ESTIMATE: Final = ("value", "low", "high", "n", "groups", "method")
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")

_Cell = str | int | float | bool | None


def write_csv(
    run: LoadedRun,
    results: Results,
    folder: Path,
    *,
    quality: Quality | None = None,
    load: Sequence[LoadFigures] = (),
) -> tuple[Path, ...]:
    """Write `figures.csv`, `comparisons.csv` and `answers.csv` into `folder`, `quality.csv` and `load.csv` if there is any.

    Unknown numbers are empty. A text that a spreadsheet would take for a formula gets an apostrophe in
    front, for answers are not to be trusted. Raises `RunError` where a file cannot be written.
    """
    files: list[tuple[str, Iterable[tuple[_Cell, ...]]]] = [
        ("figures.csv", _figures(results)),
        ("comparisons.csv", _comparisons(results.comparisons)),
        ("answers.csv", _answers(run, results)),
    ]
    if quality is not None:
        files.append(("quality.csv", _quality(quality)))
        files.append(("quality-comparisons.csv", _comparisons(quality.comparisons)))
    if load:
        files.append(("load.csv", _load(load)))
    paths = []
    for name, rows in files:
        path = folder / name
        write_text(path, _csv(rows))
        paths.append(path)
    return tuple(paths)


def _figures(results: Results) -> Iterator[tuple[_Cell, ...]]:
    yield ("system", "strategy", "day", "metric", *_ESTIMATE)
    for system in results.systems:
        for name, estimate in system.metrics.items():
            yield (system.name, system.strategy, "", name, *_estimate(estimate))
        for day, rates in system.by_day.items():
            for name, estimate in rates.items():
                yield (system.name, system.strategy, day.isoformat(), name, *_estimate(estimate))


def _quality(quality: Quality) -> Iterator[tuple[_Cell, ...]]:
    yield ("system", "metric", *_ESTIMATE, "failed", "missing", "judge_failed", "waiting", "scorer")
    for system, figures in quality.figures.items():
        for name, f in figures.items():
            scorer = quality.judge if METRICS[name].judged else quality.text
            counts = (f.failed, sum(f.missing.values()), f.judge_failed, f.waiting)
            by = scorer.fingerprint if scorer is not None else ""
            yield (system, name, *_estimate(f.estimate), *counts, by)


def _load(tests: Iterable[LoadFigures]) -> Iterator[tuple[_Cell, ...]]:
    """A row for each figure of each step; a closed loop has no rate, and times are seconds."""
    yield ("system", "test", "day", "rate", "requests", "failed", "backlog", "metric", *_ESTIMATE)
    for test in tests:
        for step in test.by_rate:
            manifest = test.manifest
            whose = (test.system, manifest.run_id, manifest.days[0].isoformat())
            head = (*whose, step.rate, step.requests, step.failed, step.verdict)
            shares = {"answered": step.reached, "within": step.within, "goodput": step.goodput}
            times = {"latency": step.latency, "ttft": step.ttft, "tpot": step.tpot}
            for name, estimate in shares.items():
                yield (*head, name, *_estimate(estimate))
            for name, found in (times | {"queue": {"p95": step.queue}}).items():
                for quantile, estimate in found.items():
                    yield (*head, f"{name}_{quantile}", *_estimate(estimate))


def _comparisons(comparisons: Iterable[Comparison]) -> Iterator[tuple[_Cell, ...]]:
    counts = ("pairs", "only_a", "only_b")
    yield ("metric", "a", "b", *_ESTIMATE, "p_value", "p_adjusted", *counts)
    for c in comparisons:
        tests = (c.p_value, c.p_adjusted, c.pairs, c.only_a, c.only_b)
        yield (c.metric, c.a, c.b, *_estimate(c.difference), *tests)


def _answers(run: LoadedRun, results: Results) -> Iterator[tuple[_Cell, ...]]:
    yield (
        "system", "question_id", "day", "repeat", "kind", "group", "question", "reference", "text", "failure",
        "class", "right", "valid", "violations", "passages", "seconds", "usd", "prompt_tokens",
        "completion_tokens", "cached", "cached_tokens", "reasoning_tokens", "embedded_tokens",
        "reranked_tokens", "energy_joules", "usd_least", "price",
    )  # fmt: skip
    scores = {(s.system, s.question_id, s.day.isoformat(), s.repeat): s for s in results.scores}
    for record in run.records:
        score, answer = scores.get(record.key), record.answer
        question = run.questions[record.question_id]
        strict = score.strictness if score else None
        yield (
            record.system,
            record.question_id,
            record.day.isoformat(),
            record.repeat,
            question.kind,
            question.group,
            question.text,
            " or ".join(dict.fromkeys(fact.value for fact in question.references(record.day))),
            answer.text,
            f"{answer.failure.kind}: {answer.failure.message}" if answer.failure else "",
            score.freshness.label if score else "",
            score.right if score else None,
            strict.valid if strict and strict.strict else None,
            "; ".join(f"{v.rule} {v.path}".rstrip() for v in strict.violations) if strict else "",
            " ".join(passage.document_id for passage in answer.passages),
            score.timing.service if score and score.timing else None,
            score.cost.usd if score else None,
            answer.usage.prompt_tokens,
            answer.usage.completion_tokens,
            record.cached,
            answer.usage.cached_tokens,
            answer.usage.reasoning_tokens,
            answer.usage.embedded_tokens,
            answer.usage.reranked_tokens,
            answer.energy_joules,
            score.cost.lowest if score else None,
            score.cost.basis if score else "",
        )


def _estimate(estimate: Estimate) -> tuple[_Cell, ...]:
    known = (estimate.value, estimate.low, estimate.high)
    return (*known, estimate.n, estimate.groups, estimate.method)


def _csv(rows: Iterable[tuple[_Cell, ...]]) -> str:
    file = io.StringIO(newline="")
    writer = csv.writer(file)  # RFC 4180: lines end in CR LF
    for row in rows:
        writer.writerow([_cell(cell) for cell in row])
    return file.getvalue()


def _cell(cell: _Cell) -> str:
    """One cell: what is not known is empty, numbers are as precise as they are."""
    match cell:
        case None:
            return ""
        case bool():
            return "yes" if cell else "no"
        case str():
            text = cell.replace("\0", "␀").encode("utf-8", "backslashreplace").decode("utf-8")
            return f"'{text}" if text.startswith(_FORMULA) else text
        case int():
            return str(cell)
        case _:
            return repr(float(cell))
