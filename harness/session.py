"""How a run and the sweep that follows it are carried out: budget, cache, progress, what is left behind."""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from harness.errors import ConfigError, RunError, RunInterruptedError
from harness.result import plain
from harness.run_prices import prices_of
from harness.running.background import run_in_background
from harness.running.budget import Budget
from harness.running.cache import AnswerCache
from harness.running.fingerprints import differences
from harness.running.folder import (
    MANIFEST,
    PRICES,
    RunFolder,
    load_run,
    read_manifest,
)
from harness.running.hygiene import FOLDER as HYGIENE
from harness.running.hygiene import make_sweep
from harness.running.job import (
    Inputs,
    Job,
    make_arms,
)
from harness.running.manifest import Manifest
from harness.running.progress import Progress, ProgressCallback
from harness.running.record import Record
from harness.running.runner import Options, Runner
from harness.running.sunset import sunsets
from harness.systems.search import VECTORS
from harness.training.hosted.tuner import Tell
from harness.training.lora import TrainingStep
from harness.training.store import cache_folder

_WORK = "work"


@dataclass(frozen=True, slots=True)
class Session:
    """How a run, and the sweep that follows it, are carried out this time."""

    workers: int | None
    cache: Path | str | bool
    budget: float | None
    progress: ProgressCallback | None

    def open_cache(self) -> AbstractContextManager[AnswerCache | None]:
        """The cache, or nothing."""
        if self.cache is False:
            return nullcontext()
        own = self.cache is not True
        return AnswerCache(Path(str(self.cache)) if own else cache_folder() / "answers")


def run_and_sweep(folder: RunFolder, job: Job, inputs: Inputs, session: Session) -> None:
    """Both share a folder, so that no vector is paid for twice; what is in it can be made again."""
    work = folder.path / _WORK
    budget = _budget(folder, job, session.budget)
    with session.open_cache() as cache:
        options = Options(session.workers, job.suite.deadline, cache, budget)
        watched = (
            replace(options, decided=_watch(folder, inputs)) if job.stop_when_decided else options
        )
        _carry_out(folder, job, inputs, watched, session.progress, work=work)
        _sweep_hygiene(folder, job, inputs, options, session.progress, work=work)
    shutil.rmtree(work, ignore_errors=True)


def refuse_unwatchable(manifest: Manifest) -> None:
    """Refuse to stop early where a gate cannot be decided before the end."""
    from harness.gates import check_watchable, declared_in  # noqa: PLC0415  (numpy is slow)

    check_watchable(declared_in(manifest), manifest)


def _watch(folder: RunFolder, inputs: Inputs) -> Callable[[Record], bool]:
    """Who says when all gates are decided; knows what has been answered already."""
    from harness.gates import Watch, declared_in  # noqa: PLC0415  (numpy is slow)
    from harness.scoring.scorer import score  # noqa: PLC0415  (scoring is slow)

    prices = prices_of(folder.path / PRICES, folder.manifest)
    return Watch(
        declared_in(folder.manifest),
        folder.manifest,
        inputs.questions,
        lambda record: score(inputs.questions[record.question_id], record, prices),
        load_run(folder.path).records if len(folder) else (),
    )


def _budget(folder: RunFolder, job: Job, usd: float | None) -> Budget | None:
    """The budget with what the run has spent already."""
    if usd is None:
        return None
    if not 0 < usd < math.inf:
        raise ConfigError(f"the budget must be more than 0 US dollars, not {usd:g}")
    from harness.scoring.cost import answer_cost  # noqa: PLC0415  (scoring is slow)

    prices = prices_of(folder.path / PRICES, folder.manifest)
    for spec in job.systems:
        if spec.replay is None and prices.price(spec.name) is None:
            entry = prices.entry(spec.name)
            advice = "" if entry else "; give it one in the suite's price book"
            raise ConfigError(f"no budget can be kept: {prices.unpriced(spec.name, entry)}{advice}")

    def cost(record: Record) -> float | None:
        return answer_cost(record, prices).usd

    before = load_run(folder.path).records if len(folder) else ()
    spent = sum(cost(record) or 0.0 for record in before if not record.cached)
    return Budget(usd, cost, spent)


def _carry_out(
    folder: RunFolder,
    job: Job,
    inputs: Inputs,
    options: Options,
    progress: ProgressCallback | None,
    *,
    work: Path,
) -> None:
    total = len(inputs.plan)
    tell = tuning_progress(progress, lambda: (len(folder), total))
    arms = make_arms(job, inputs.world, work, tell)
    run_in_background(
        Runner(folder, inputs.plan, inputs.questions, arms, options=options, progress=progress)
    )


def _sweep_hygiene(
    folder: RunFolder,
    job: Job,
    inputs: Inputs,
    options: Options,
    progress: ProgressCallback | None,
    *,
    work: Path,
) -> None:
    """Carry out the sweep that follows a finished run, or what is missing of it."""
    sweep = make_sweep(job, inputs, folder.manifest.run_id)
    if sweep is None:
        return
    home = folder.path / HYGIENE
    if (home / MANIFEST).is_file():
        refuse_unlike(read_manifest(home), sweep.manifest, home)
        own = RunFolder.open(home)
    else:
        shutil.rmtree(home, ignore_errors=True)  # what a killed process left unfinished
        own = RunFolder.create(home, sweep.manifest, sweep.inputs.questions)
    try:
        with own:
            _carry_out(own, sweep.job, sweep.inputs, options, progress, work=work)
    except RunInterruptedError as error:
        raise RunInterruptedError(
            f"interrupted while the index was swept: {len(own)} of {len(sweep.inputs.plan)} of its "
            f"answers are kept; go on with: harness resume {folder.path}"
        ) from error


def training_progress(progress: ProgressCallback) -> Callable[[TrainingStep], None]:
    """How a training stands, as a run's progress."""
    return lambda step: progress(
        Progress(
            "prepare",
            step.step,
            step.steps,
            remaining=step.remaining,
            message="training an adapter",
        )
    )


def tuning_progress(
    progress: ProgressCallback | None, answers: Callable[[], tuple[int, int]]
) -> Tell | None:
    """How a fine-tuning at a provider stands, as a run's progress; `answers` are those done, and all."""
    if progress is None:
        return None

    def tell(kind: Literal["state", "note"], text: str) -> None:
        done, total = answers()
        progress(Progress("note" if kind == "note" else "prepare", done, total, message=text))

    return tell


def warn_of_sunsets(manifest: Manifest, progress: ProgressCallback | None) -> None:
    """Tell which models their providers will soon switch off."""
    for sunset in sunsets(manifest):
        if progress is not None and sunset.is_near:
            progress(Progress("note", 0, manifest.planned, message=str(sunset)))


def remove_if_nothing_was_kept(path: Path) -> None:
    """A run that failed before its first paid work leaves no folder behind."""
    with suppress(RunError):
        run = load_run(path)
        made = [p for days in run.manifest.preparations.values() for p in days]
        paid = any(p.index_seconds or p.training_seconds for p in made)
        if not run.records and not paid and not (path / _WORK / VECTORS).is_file():
            shutil.rmtree(path, ignore_errors=True)


def refuse_unlike(before: Manifest, now: Manifest, path: Path) -> None:
    """Refuse to resume the run in `path` where something is not what it was."""
    changed = differences(before.fingerprints, now.fingerprints)
    declared = {system.name: system.settings for system in now.systems}
    for system in before.systems:
        if system.name not in declared:
            changed.append(f"system {system.name!r} (is absent)")
        elif plain(declared[system.name]) != plain(system.settings):
            changed.append(f"the settings of system {system.name!r}")
    changed += [
        f"system {name!r} (is new)" for name in declared.keys() - {s.name for s in before.systems}
    ]
    if changed:
        raise RunError(
            f"{path} cannot be resumed, these are not what they were: {', '.join(changed)}"
        )
