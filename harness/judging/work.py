"""Scoring a run: what needs no model at once, what a judge takes call by call; all of it kept as it comes."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from harness.errors import BudgetReachedError, ConfigError, RunInterruptedError, nearest
from harness.judging.judge import Judge
from harness.judging.order import in_order
from harness.running.background import run_in_background
from harness.running.budget import Budget
from harness.running.folder import LoadedRun, disk_errors
from harness.running.judge_spec import JudgeSpec
from harness.running.lock import FolderLock
from harness.running.progress import Progress, ProgressCallback
from harness.scoring.prices import PriceBook
from harness.scoring.quality import (
    JUDGED,
    Sample,
    Scored,
    Scorer,
    StoredQuality,
    read_quality,
    samples,
)
from harness.scoring.quality.spending import judge_cost, spent_on
from harness.scoring.quality.stored import QualityJournal
from harness.scoring.quality.texts import score_texts, text_scorer

__all__ = ["check_metrics", "judge_run", "score_run"]

_TOLD_EVERY: Final = 100
_COMPARES_MEANINGS: Final = frozenset({"answer_relevancy"})


def check_metrics(spec: JudgeSpec, metrics: Sequence[str] | None = None) -> tuple[str, ...]:
    """The metrics to judge: those named, or all that this judge can.

    Raises `ConfigError` where the judge is wrong, or one is no judged metric, or needs an embedder.
    """
    for key, message in spec.problems():
        raise ConfigError(f"judge: {key}: {message}")
    for metric in metrics or ():
        if metric not in JUDGED:
            raise ConfigError(f"no judged metric {metric!r}: {nearest(metric, JUDGED)}")
        if metric in _COMPARES_MEANINGS and spec.embedder is None:
            raise ConfigError(f"{metric} compares meanings and needs an embedder: --embedder NAME")
    if metrics:
        return tuple(m for m in JUDGED if m in metrics)
    return tuple(m for m in JUDGED if spec.embedder is not None or m not in _COMPARES_MEANINGS)


def score_run(path: Path, run: LoadedRun, progress: ProgressCallback | None = None) -> int:
    """Score what needs no model and is not scored yet; the number of answers that were.

    Raises:
        MissingExtraError: ragas is not installed.
        RunError: the folder is in use, or cannot be written.
    """
    scorer = text_scorer()
    with _held(path):
        stored = read_quality(path) or StoredQuality()
        done = {(line.key, line.of) for line in stored.of(scorer)}
        missing = [
            s
            for s in samples(run)
            if (s.key, s.digest) not in done or (s.key, s.pooled) not in done
        ]
        with QualityJournal(path) as journal:
            _describe(journal, stored, scorer)
            for number, scored in enumerate(score_texts(missing)):
                journal.append(scored)
                if progress is not None and not number % _TOLD_EVERY:
                    at = number // 2
                    progress(Progress("answer", at, len(missing), message="scoring"))
    return len(missing)


def judge_run(
    path: Path,
    run: LoadedRun,
    spec: JudgeSpec,
    prices: PriceBook,
    *,
    metrics: Sequence[str] | None = None,
    limit: int | None = None,
    budget: float | None = None,
    progress: ProgressCallback | None = None,
) -> int:
    """Ask the judge about what it has not judged yet, or failed at; the number of ratings that came.

    Whole groups of questions are judged in random order, so that what has been judged when the budget
    or `limit` (a number of questions) is reached is a fair sample.

    Raises:
        MissingExtraError, ConfigError: ragas, or the key, is missing; there is no price for a budget.
        BudgetReachedError, RunInterruptedError, TargetError: it stopped early, and can go on.
    """
    chosen = check_metrics(spec, metrics)
    with _held(path), tempfile.TemporaryDirectory(prefix="harness-judge-") as work:
        stored = read_quality(path) or StoredQuality()
        judge = Judge(spec, Path(work))
        asked = _open(run, stored, judge.scorer, chosen, limit)
        with QualityJournal(path) as journal:
            _describe(journal, stored, judge.scorer)
            judging = _Judging(
                judge,
                asked,
                journal,
                budget=_budget(budget, judge.scorer, prices, stored),
                concurrency=spec.concurrency,
                progress=progress,
            )
            run_in_background(judging)
        if judging.interrupted:
            raise RunInterruptedError(_stopped("interrupted", judging, len(asked), path))
        if judging.is_spent:
            raise BudgetReachedError(
                _stopped("the budget is reached", judging, len(asked), path)
                + " with a larger --budget"
            )
    return judging.done


def _open(
    run: LoadedRun,
    stored: StoredQuality,
    scorer: Scorer,
    metrics: Sequence[str],
    limit: int | None,
) -> list[tuple[Sample, str]]:
    """What is still to be rated, in order."""
    verdicts = stored.verdicts(scorer)

    def settled(sample: Sample, metric: str) -> bool:
        line = verdicts.get((sample.key, metric))
        return line is not None and line.of == sample.digest and metric not in line.failed

    ordered = in_order(run, samples(run), limit=limit)
    return [(s, m) for s in ordered for m in metrics if not settled(s, m)]


def _budget(
    usd: float | None, scorer: Scorer, prices: PriceBook, stored: StoredQuality
) -> Budget | None:
    """The budget with what this judge has cost already."""
    if usd is None:
        return None
    if not 0 < usd < float("inf"):
        raise ConfigError(f"the budget must be more than 0 US dollars, not {usd:g}")
    before = judge_cost(scorer, prices, *spent_on(stored.of(scorer)))
    known = judge_cost(scorer, prices, 1, 1, 1 if scorer.settings["embedder"] else 0)
    if known.usd is None:
        raise ConfigError(
            f"no budget can be kept: {known.basis}; give it one in the suite's price book"
        )

    def cost(paid: _Paid) -> float | None:
        line = paid.line
        return judge_cost(
            scorer, prices, line.prompt_tokens, line.completion_tokens, line.embedded_tokens
        ).usd

    return Budget(usd, cost, before.usd or 0.0)


def _stopped(why: str, judging: _Judging, asked: int, path: Path) -> str:
    return (
        f"{why}: {judging.done:,} of {asked:,} ratings are kept; go on with the same command: "
        f"harness quality {path}"
    )


def _describe(journal: QualityJournal, stored: StoredQuality, scorer: Scorer) -> None:
    current = stored.scorer(scorer.kind)
    if current is None or current.fingerprint != scorer.fingerprint:
        journal.describe(scorer)


@contextmanager
def _held(path: Path) -> Iterator[None]:
    with disk_errors(path):
        lock = FolderLock(path)
    try:
        yield
    finally:
        lock.release()


@dataclass(frozen=True, slots=True)
class _Paid:
    """A rating as a budget sees it; one that took no call cost nothing."""

    line: Scored

    @property
    def cached(self) -> bool:
        return not self.line.calls


class _Judging:
    """The work: so many ratings at a time as the judge's limits say, each kept when it comes."""

    def __init__(
        self,
        judge: Judge,
        asked: Sequence[tuple[Sample, str]],
        journal: QualityJournal,
        *,
        budget: Budget | None,
        concurrency: int,
        progress: ProgressCallback | None,
    ) -> None:
        self._judge = judge
        self._asked = asked
        self._left = iter(asked)
        self._journal = journal
        self._budget = budget
        self._concurrency = concurrency
        self._progress = progress
        self._tasks: list[asyncio.Task[None]] = []
        self.done = 0
        self.failed = 0
        self.interrupted = False
        self.is_spent = False

    async def run(self) -> None:
        """Rate all; raises `TargetError` where the judge cannot be asked."""
        if self._progress is not None:
            tell = self._progress
            self._judge.target.note = lambda said: tell(self._at("note", said))
        async with self._judge:
            self._tasks = [asyncio.create_task(self._work()) for _ in range(self._concurrency)]
            try:
                await asyncio.gather(*self._tasks)
            except asyncio.CancelledError:
                if not self.interrupted:
                    raise
            finally:
                for task in self._tasks:
                    task.cancel()
                await asyncio.gather(*self._tasks, return_exceptions=True)

    def interrupt(self) -> None:
        """Ctrl-C: what is in flight is waited for, the second time no more."""
        if self.interrupted:
            for task in self._tasks:
                task.cancel()
        self.interrupted = True

    async def _work(self) -> None:
        for sample, metric in self._left:
            if self.interrupted or self.is_spent:
                return
            if self._budget is not None and not await self._budget.admit():
                self.is_spent = True
                return
            line: Scored | None = None
            try:
                line = await self._judge.rate(sample, metric)
                self._journal.append(line)
            finally:
                if self._budget is not None:
                    self._budget.settle(_Paid(line) if line is not None else None)
            self.done += 1
            self.failed += bool(line.failed)
            if self._progress is not None:
                self._progress(self._at("answer", f"judging {metric}"))

    def _at(self, phase: str, message: str) -> Progress:
        return Progress(phase, self.done, len(self._asked), self.failed, message=message)  # type: ignore[arg-type]
