"""The Python API: run a suite and read what came of it.

import harness

result = harness.compare("releases", systems=["rag", "hybrid"], limit=40)
result.results["rag"].metrics["stale_rate"]
result.report("report.html")
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import ConfigError, HarnessError, RunError, RunInterruptedError, nearest
from harness.result import Result, load
from harness.run_prices import of_today, price_text, prices_of
from harness.running.fingerprints import differences
from harness.running.folder import (
    MANIFEST,
    RunFolder,
    new_folder,
    read_manifest,
)
from harness.running.job import (
    Job,
    SystemChoice,
    check_training_keys,
    load_inputs,
    load_world,
    make_job,
    new_manifest,
)
from harness.running.judge_spec import JudgeSpec, judge_from_settings
from harness.running.manifest import Manifest
from harness.running.progress import Progress, ProgressCallback
from harness.running.suite import load_suite
from harness.running.tuning import EndedJob, cancel_all, tune_all
from harness.session import (
    Session,
    refuse_unlike,
    refuse_unwatchable,
    remove_if_nothing_was_kept,
    run_and_sweep,
    training_progress,
    tuning_progress,
    warn_of_sunsets,
)
from harness.systems.config import load_systems
from harness.systems.tuning import train_suite_adapters
from harness.training.adapter import Adapter
from harness.training.hosted.tuner import TunedModel
from harness.training.store import AdapterStore
from harness.world.questions import QuestionSet

if TYPE_CHECKING:
    from harness.scoring.forecast import Forecast
    from harness.statistics.planning import Plan

__all__ = [
    "Result",
    "cancel_training",
    "compare",
    "forecast",
    "load",
    "plan",
    "quality",
    "resume",
    "train",
]

_RUNS = Path("runs")


def compare(
    suite: str | Path = "releases",
    *,
    systems: Sequence[SystemChoice] | None = None,
    days: Sequence[date | str] | str | None = None,
    limit: int | None = None,
    repeats: int | None = None,
    seed: int | None = None,
    sample: float | None = None,
    hygiene: bool = True,
    decoding: Sequence[str] | None = None,
    out: Path | str | None = None,
    workers: int | None = None,
    cache: Path | str | bool = False,
    budget: float | None = None,
    stop_when_decided: bool = False,
    progress: ProgressCallback | None = None,
) -> Result:
    """Run a suite and compare its systems.

    Args:
        suite: A built-in suite, a folder with a `suite.toml`, or such a file.
        systems: Names from the suite, `SystemSpec`s, or functions `(question, day) -> text` (plain
            or async); all of the suite's when None.
        days: Days of the suite, or `"all"` of them; its default days when None.
        limit: Ask only so many questions a day: a sample of whole groups, the same for all systems.
        repeats: Ask each question so often a day.
        seed: Seed of sample, plan and resampling.
        sample: Ask only such a share of the questions, drawn as with `limit`.
        hygiene: Also sweep the index for outdated documents, where the suite says how.
        decoding: `free` (the prompt asks for a format), `constrained` (the decoder enforces it), or
            both: then each system runs with each, and their effects are estimated.
        out: Folder in which the run's folder is made; `runs` when None.
        workers: Processes for local systems. Latency is measured in the process that answers, one
            question at a time, on one core. Default: one a core, and two at most.
        cache: Take answers that were given before from a cache, in the user's cache folder (True) or in
            this one; see `harness.running.cache`. They have no measured latency.
        budget: Stop before answers have cost more than so many US dollars; the rest can be resumed.
            What training and indexing cost is not in it.
        stop_when_decided: Ask group after group in random order, and stop when each gate of the suite has
            passed or failed, by intervals that hold whenever one looks. Needs gates on rates only, one
            day and one repeat.
        progress: Told how far the run is.

    Raises:
        HarnessError: something is wrong with the suite, a system, the data or the machine; the
            message says what, where, and what to do.
    """
    job = make_job(
        load_suite(suite),
        systems=systems,
        days=days,
        limit=limit,
        repeats=repeats,
        seed=seed,
        sample=sample,
        hygiene=hygiene,
        decoding=decoding,
        stop_when_decided=stop_when_decided,
    )
    _check_gates(job)
    inputs = load_inputs(job)
    _check_formats(inputs.questions)
    path = new_folder(Path(out) if out is not None else _RUNS, job.suite.name)
    manifest = new_manifest(job, inputs, run_id=path.name)
    if job.stop_when_decided:
        refuse_unwatchable(manifest)
    prices = price_text(job.suite.prices, manifest)
    warn_of_sunsets(manifest, progress)
    try:
        with RunFolder.create(path, manifest, inputs.questions, prices) as folder:
            run_and_sweep(folder, job, inputs, Session(workers, cache, budget, progress))
    except RunInterruptedError:
        raise
    except BaseException:
        remove_if_nothing_was_kept(path)
        raise
    return _scored(path, inputs.questions, progress)


def forecast(
    suite: str | Path = "releases",
    *,
    systems: Sequence[SystemChoice] | None = None,
    days: Sequence[date | str] | str | None = None,
    limit: int | None = None,
    repeats: int | None = None,
    seed: int | None = None,
    sample: float | None = None,
    decoding: Sequence[str] | None = None,
) -> Forecast:
    """What `compare` with the same arguments would ask and cost; nothing is asked, made or written.

    The sweep of a suite's index is not in it.
    """
    from harness.scoring.forecast import forecast as foreseen  # noqa: PLC0415  (scoring is slow)

    job = make_job(
        load_suite(suite),
        systems=systems,
        days=days,
        limit=limit,
        repeats=repeats,
        seed=seed,
        sample=sample,
        decoding=decoding,
    )
    _check_gates(job)
    inputs = load_inputs(job)
    manifest = new_manifest(job, inputs, "forecast")
    return foreseen(job, inputs, of_today(prices_of(job.suite.prices, manifest), manifest))


def resume(
    run: Path | str,
    *,
    systems: Sequence[SystemChoice] | None = None,
    workers: int | None = None,
    cache: Path | str | bool = False,
    budget: float | None = None,
    progress: ProgressCallback | None = None,
) -> Result:
    """Finish a run: only what is missing is asked.

    `systems` must be given again where they were not all names of the suite; `cache` and `budget` (of
    the whole run, what was spent included) are as for `compare`. Raises `RunError`
    naming what differs when questions, facts, documents, prices or a system are not what they were.
    """
    path = Path(run)
    manifest = read_manifest(path)
    if "part_of" in manifest.settings:
        raise RunError(f"{path} is a part of another run; go on with: harness resume {path.parent}")
    job = _job_of(manifest, systems, path)
    inputs = load_inputs(job)
    now = new_manifest(job, inputs, run_id=manifest.run_id)
    refuse_unlike(manifest, now, path)
    warn_of_sunsets(manifest, progress)
    with RunFolder.open(path) as folder:
        moved = differences(manifest.machine, now.machine)
        moved += differences(manifest.versions, now.versions)
        if moved:
            folder.note(f"resumed in another environment: {', '.join(moved)}")
        run_and_sweep(folder, job, inputs, Session(workers, cache, budget, progress))
    return _scored(path, inputs.questions, progress)


def _scored(run: Path, questions: QuestionSet, progress: ProgressCallback | None) -> Result:
    """The run, scored by those of ragas' metrics that need no model, where ragas is installed."""
    from harness.scoring.quality.library import is_installed  # noqa: PLC0415  (scoring is slow)

    result = Result(run, questions=questions)
    if is_installed():
        from harness.judging import score_run  # noqa: PLC0415  (as above)

        try:
            score_run(run, result.loaded, progress)
        except HarnessError as error:  # the run is finished, and its figures do not hang on this
            if progress is not None:
                progress(Progress("note", 0, 0, message=f"ragas did not score the run: {error}"))
    return result


def plan(
    run: Path | str,
    *,
    metric: str = "right_rate",
    systems: Sequence[str] | None = None,
    difference: float | None = None,
    questions: int | None = None,
    power: float = 0.8,
    alpha: float = 0.05,
) -> Plan:
    """Say what a next run like `run` would tell, and how many questions it takes.

    Args:
        run: The folder of the run that serves as a pilot.
        metric: What is to be told apart: a rate that systems are compared on, or a mean.
        systems: Some of the run's systems; all when None.
        difference: How many questions detect so much (a share, seconds or US dollars)?
        questions: What do so many questions detect? As many as the pilot had when None.
        power: The chance to detect a difference that is there.
        alpha: The chance to detect one that is not.

    Raises:
        HarnessError: the run cannot be read, or an argument is wrong.
    """
    from harness.statistics.planning import PLANNED  # noqa: PLC0415  (numpy is slow)
    from harness.statistics.planning import plan as planned  # noqa: PLC0415  (numpy is slow)

    if metric not in PLANNED:
        raise ConfigError(f"cannot plan for metric {metric!r}: {nearest(metric, PLANNED)}")
    for name, share in (("power", power), ("alpha", alpha)):
        if not 0 < share < 1:
            raise ConfigError(f"{name} must be between 0 and 1, not {share:g}")
    if power <= alpha:
        raise ConfigError(f"power must be more than alpha, not {power:g} at alpha {alpha:g}")
    if difference is not None and not 0 < difference < (
        1 if metric.endswith("_rate") else math.inf
    ):
        raise ConfigError(f"the difference to detect in {metric} cannot be {difference:g}")
    if questions is not None and questions < 1:
        raise ConfigError(f"questions must be at least 1, not {questions}")
    results = load(run).results
    names = [system.name for system in results.systems]
    for system in systems or ():
        if system not in names:
            raise ConfigError(f"{run} has no system {system!r}: {nearest(system, names)}")
    return planned(
        results,
        metric,
        tuple(dict.fromkeys(systems or names)),
        difference=difference,
        questions=questions,
        power=power,
        alpha=alpha,
    )


def quality(
    run: Path | str,
    *,
    judge: JudgeSpec | None = None,
    metrics: Sequence[str] | None = None,
    limit: int | None = None,
    budget: float | None = None,
    labels: Path | str | None = None,
    threshold: float = 0.5,
    progress: ProgressCallback | None = None,
) -> Result:
    """Score a run by ragas' metrics; what has been scored is kept beside it and not scored again.

    Args:
        run: The folder of a run.
        judge: A model that judges too; that of the run's suite when None, and none where it has none.
        metrics: The judged metrics; all that this judge can when None.
        limit: Judge only so many questions: whole groups, drawn at random, the same for all systems.
        budget: Stop before the judge has cost more than so many US dollars, earlier sessions included.
        labels: A CSV or JSONL file with what people say of some answers; see `docs/quality.md`.
        threshold: The score from which on the judge is taken to say yes, where there are labels.
        progress: Told how far it is.

    Raises:
        HarnessError: ragas is not installed, the judge cannot be asked, a file is wrong.
    """
    path = Path(run)
    result = load(path)
    declared = result.loaded.manifest.settings.get("judge")
    if judge is None and declared is not None:
        judge = judge_from_settings(declared, str(path / MANIFEST))
    from harness.judging import check_metrics, judge_run, score_run  # noqa: PLC0415  (slow)
    from harness.scoring.quality.labels import keep_labels, read_labels  # noqa: PLC0415  (as above)
    from harness.scoring.quality.library import is_installed  # noqa: PLC0415  (as above)

    if judge is not None:
        check_metrics(judge, metrics)
    if labels is not None:
        keys = [record.key for record in result.loaded.records]
        metric = metrics[0] if metrics is not None and len(metrics) == 1 else None
        keep_labels(path, read_labels(Path(labels), keys, metric=metric, threshold=threshold))
    if (
        labels is None or judge is not None or is_installed()
    ):  # to compare with labels takes no ragas
        score_run(path, result.loaded, progress)
    if judge is not None:
        judge_run(
            path,
            result.loaded,
            judge,
            result.prices,
            metrics=metrics,
            limit=limit,
            budget=budget,
            progress=progress,
        )
    return Result(path)


def train(
    suite: str | Path,
    *,
    out: Path | str | None = None,
    base: Path | str | None = None,
    systems: Sequence[SystemChoice] | None = None,
    days: Sequence[date | str] | str = "all",
    progress: ProgressCallback | None = None,
) -> tuple[Adapter | TunedModel, ...]:
    """Train every adapter that the suite's systems need on its days.

    Adapters of local models come first, then models that are fine-tuned by their provider, which are
    all ordered at once and waited for.

    Args:
        suite: As for `compare`.
        out: Folder for the adapters; where runs look for them when None.
        base: Folder of another base model than the local systems name.
        systems: As for `compare`.
        days: Days of the suite, or `"all"` of them. What a system learns without `as_of` depends on
            the first of them.
        progress: Told the steps of each training, and how long a provider takes.

    Raises:
        HarnessError: as `compare`.
    """
    job = make_job(load_suite(suite), systems=systems, days=days)
    check_training_keys(job)
    world = load_world(job)
    adapters = train_suite_adapters(
        job.systems,
        world,
        Path(out) if out is not None else AdapterStore.default().cache,
        base=Path(base) if base is not None else None,
        progress=training_progress(progress) if progress is not None else None,
    )
    return (*adapters, *tune_all(job, world, tuning_progress(progress, lambda: (0, 0))))


def cancel_training(
    suite: str | Path,
    *,
    systems: Sequence[SystemChoice] | None = None,
    days: Sequence[date | str] | str = "all",
) -> tuple[EndedJob, ...]:
    """End the fine-tuning jobs that `train` with the same arguments would wait for."""
    job = make_job(load_suite(suite), systems=systems, days=days)
    return cancel_all(job, load_world(job))


def _check_gates(job: Job) -> None:
    """Refuse a gate that cannot be read, or speaks of a system that there is not."""
    if job.suite.gates:
        from harness.gates import declare  # noqa: PLC0415  (numpy is slow)

        suite = load_systems(job.suite.systems, job.suite.path.parent)
        declare(job.suite.gates, {spec.name for spec in (*suite, *job.systems)})


def _check_formats(questions: QuestionSet) -> None:
    """Refuse a format by which no answer could be graded, before one is paid for."""
    from harness.scoring import check_format  # noqa: PLC0415  (slow)

    different = {id(question.format): question for question in questions}
    for question in different.values():
        try:
            check_format(question.format)
        except ConfigError as error:
            raise ConfigError(f"question {question.id!r}: {error}") from error


def _job_of(manifest: Manifest, systems: Sequence[SystemChoice] | None, path: Path) -> Job:
    names = [system.name for system in manifest.systems]
    try:
        return make_job(
            load_suite(manifest.settings["suite"]),
            systems=systems if systems is not None else names,
            days=manifest.days,
            limit=manifest.settings["limit"],
            repeats=manifest.repeats,
            seed=manifest.seed,
            hygiene=bool(manifest.settings.get("hygiene")),
            stop_when_decided=bool(manifest.settings.get("stop_when_decided")),
        )
    except KeyError as error:
        raise RunError(f"{path}: the manifest lacks the setting {error}") from None
    except ConfigError as error:
        hint = "; systems that are not in the suite must be given again" if systems is None else ""
        raise RunError(f"{path} cannot be resumed: {error}{hint}") from error
