"""The Python API: run a suite and read what came of it.

import harness

result = harness.compare("releases", systems=["rag", "hybrid"], limit=40)
result.results["rag"].metrics["stale_rate"]
result.report("report.html")
"""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from harness.errors import ConfigError, HarnessError, RunError, RunInterruptedError, nearest
from harness.fixtures import shipped_claims
from harness.running.background import run_in_background
from harness.running.budget import Budget
from harness.running.cache import AnswerCache
from harness.running.fingerprints import differences
from harness.running.folder import (
    MANIFEST,
    PRICES,
    LoadedRun,
    RunFolder,
    load_run,
    new_folder,
    read_manifest,
)
from harness.running.hygiene import FOLDER as HYGIENE
from harness.running.hygiene import make_sweep
from harness.running.job import (
    Inputs,
    Job,
    SystemChoice,
    check_training_keys,
    load_inputs,
    load_world,
    make_arms,
    make_job,
    new_manifest,
)
from harness.running.judge_spec import JudgeSpec, judge_from_settings
from harness.running.manifest import Manifest
from harness.running.progress import Progress, ProgressCallback
from harness.running.record import Record
from harness.running.runner import Options, Runner
from harness.running.suite import load_suite
from harness.running.sunset import sunsets
from harness.running.together import together
from harness.running.tuning import EndedJob, cancel_all, tune_all
from harness.systems.config import load_systems
from harness.systems.search import VECTORS
from harness.systems.tuning import train_suite_adapters
from harness.training.adapter import Adapter
from harness.training.hosted.tuner import Tell, TunedModel
from harness.training.lora import TrainingStep
from harness.training.store import AdapterStore, cache_folder
from harness.world.questions import QuestionSet

if TYPE_CHECKING:
    from harness.decision import Claim, ClaimVerdict, Decision, Needs, Recommendation
    from harness.gates import Declared, GateReport
    from harness.history import Diff, SavedRun
    from harness.scoring import PriceBook
    from harness.scoring.forecast import Forecast
    from harness.scoring.freshness import Judge
    from harness.scoring.published import Served
    from harness.statistics import Results
    from harness.statistics.hygiene import Hygiene
    from harness.statistics.judging import JudgeAgreement
    from harness.statistics.planning import Plan
    from harness.statistics.quality import Quality

_RUNS = Path("runs")
_WORK = "work"
_REPORT = "report.html"


class Result:
    """A run that was carried out or loaded: its folder, its records, its figures."""

    def __init__(
        self, run: Path, *, judge: Judge | None = None, questions: QuestionSet | None = None
    ) -> None:
        """`questions` are those of the run, where the caller has them."""
        self.run = run
        self.judge = judge
        self._questions = questions

    @cached_property
    def loaded(self) -> LoadedRun:
        """Manifest, questions and records; read when they are first asked for, as all else is."""
        return load_run(self.run, self._questions)

    @cached_property
    def prices(self) -> PriceBook:
        """The price book that lies in the run; one without prices where there is none."""
        return _prices(self.run / PRICES, self.loaded.manifest)

    @cached_property
    def results(self) -> Results:
        """Every figure with its interval, every comparison paired."""
        from harness.statistics import summarise  # noqa: PLC0415  (numpy is slow)

        return summarise(self.loaded, self.prices, judge=self.judge)

    @cached_property
    def hygiene(self) -> Hygiene | None:
        """What outdated documents in the index cost; None where that was not swept."""
        from harness.statistics.hygiene import summarise_hygiene  # noqa: PLC0415  (numpy is slow)

        home = self.run / HYGIENE
        return summarise_hygiene(load_run(home)) if (home / MANIFEST).is_file() else None

    @cached_property
    def quality(self) -> Quality | None:
        """What ragas' metrics, with a judge or without, say; None where they have not scored the run."""
        from harness.scoring.quality import read_quality  # noqa: PLC0415  (scoring is slow)
        from harness.statistics.quality import summarise_quality  # noqa: PLC0415  (numpy is slow)

        stored = read_quality(self.run)
        return None if stored is None else summarise_quality(self.loaded, stored, self.prices)

    @cached_property
    def judge_agreement(self) -> tuple[JudgeAgreement, ...]:
        """How far the judge agrees with people's labels; empty where none were given."""
        from harness.scoring.quality import read_quality  # noqa: PLC0415  (scoring is slow)
        from harness.scoring.quality.labels import kept_labels  # noqa: PLC0415  (as above)
        from harness.statistics.judging import judge_agreement  # noqa: PLC0415  (numpy is slow)

        stored, labels = read_quality(self.run), kept_labels(self.run)
        return judge_agreement(self.loaded, stored, labels) if stored and labels else ()

    @cached_property
    def claims(self) -> tuple[ClaimVerdict, ...]:
        """What the run makes of the shipped claims."""
        from harness.decision import load_claims  # noqa: PLC0415  (scipy is slow)

        return self.judge_claims([c for file in shipped_claims() for c in load_claims(file)])

    def judge_claims(self, claims: Sequence[Claim]) -> tuple[ClaimVerdict, ...]:
        """What the run makes of claims, such as `harness.decision.load_claims` reads."""
        from harness.decision import evaluate_claims  # noqa: PLC0415  (scipy is slow)

        seed = self.loaded.manifest.seed
        return evaluate_claims(self.results, claims, seed=seed, hygiene=self.hygiene)

    @cached_property
    def recommendation(self) -> Recommendation:
        """Which system, under the default constraints, and what would change that."""
        from harness.decision import Needs, recommendation  # noqa: PLC0415  (scipy is slow)

        return recommendation(self.decide(Needs()))

    def decide(self, needs: Needs) -> Decision:
        """Which system to take under these needs, and what would change that."""
        from harness.decision import decide  # noqa: PLC0415  (scipy is slow)

        return decide(self.loaded, self.results, self.prices, needs)

    @cached_property
    def gates(self) -> GateReport:
        """The suite's gates on this run alone; those that need a baseline are left out with a note."""
        return self.judged(self._declared())

    def gate(
        self,
        *expressions: str,
        baseline: Result | Path | str | None = None,
        suite: Path | str | None = None,
        allow_different: Sequence[str] = (),
    ) -> GateReport:
        """Judge gates as one family.

        Args:
            expressions: Such as `"rag.stale_rate <= 5%"`; see `harness.gates.expression`. The gates
                that the suite had when it was run where neither these nor a `suite` are given.
            baseline: The run that `baseline.rag.stale_rate` speaks of, or its folder.
            suite: Take the gates that this suite has now.
            allow_different: What may differ between the runs, such as `questions` or `machine`.

        Raises:
            HarnessError: a gate cannot be read, or the runs are unlike.
        """
        from harness.gates import declare, from_texts  # noqa: PLC0415  (numpy is slow)

        names = [system.name for system in self.loaded.manifest.systems]
        asked = declare(load_suite(suite).gates) if suite is not None else ()
        asked += from_texts(expressions, names)
        if not asked and suite is None:
            asked = self._declared()
        if not asked:
            raise ConfigError(
                f"{self.run} has no gates: write them into its suite ([[gates]]), or give one: "
                "--gate 'rag.stale_rate <= 5%'"
            )
        if isinstance(baseline, str | Path):
            baseline = self._before(baseline)
        return self.judged(asked, baseline, allow_different)

    def _declared(self) -> tuple[Declared, ...]:
        from harness.gates import declared_in  # noqa: PLC0415  (numpy is slow)

        return declared_in(self.loaded.manifest)

    def judged(
        self,
        gates: Sequence[Declared],
        baseline: Result | SavedRun | None = None,
        allow_different: Sequence[str] = (),
        error: float | None = None,
    ) -> GateReport:
        """Judge gates that have been read already; `error` is the chance of any false failure."""
        from harness.gates import judge_runs  # noqa: PLC0415  (numpy is slow)

        return judge_runs(
            gates,
            (self.loaded, self.results),
            None if baseline is None else (baseline.loaded, baseline.results),
            allow_different=allow_different,
            error=error,
        )

    def against(self, baseline: Result | SavedRun | Path | str) -> Diff:
        """What changed since another run, system by system."""
        from harness.history import SavedRun, diff, pair_up, take  # noqa: PLC0415  (numpy is slow)

        if isinstance(baseline, SavedRun):
            then = baseline.snapshot
        else:
            before = self._before(baseline)
            then = take(before.loaded, before.results)
        now = take(self.loaded, self.results)
        pairs, missing = pair_up(then, now)
        names = (f"run {then.manifest.run_id}", f"run {now.manifest.run_id}")
        return diff(then, now, pairs, names=names, missing=missing)

    def _before(self, baseline: Result | Path | str) -> Result:
        return baseline if isinstance(baseline, Result) else load(baseline, judge=self.judge)

    def _gates_against(self, baseline: Result | SavedRun | None) -> GateReport:
        """The suite's gates beside a baseline; without it, saying why, where the runs are unlike."""
        if baseline is None:
            return self.gates
        try:
            return self.judged(self._declared(), baseline)
        except RunError as error:
            return replace(self.gates, notes=(*self.gates.notes, str(error)))

    def report(
        self,
        path: Path | str | None = None,
        *,
        baseline: Result | SavedRun | Path | str | None = None,
        templates: Path | str | None = None,
        brand: Path | str | None = None,
    ) -> Path:
        """Write the report (default: `report.html` in the run); the same run gives the same bytes.

        Args:
            path: Where to write it.
            baseline: Also say what changed since this run, and judge the gates that speak of a baseline.
            templates: A folder with templates of your own; see `docs/publishing.md`.
            brand: A TOML file with name, logo and accent colour.

        Raises:
            HarnessError: a file cannot be written or read, or a template is wrong.
        """
        from harness.reporting import write_report  # noqa: PLC0415  (jinja2 is slow)
        from harness.reporting.pages import load_look  # noqa: PLC0415  (jinja2 is slow)

        if isinstance(baseline, str | Path):
            baseline = self._before(baseline)
        look = load_look(
            Path(templates) if templates is not None else None,
            Path(brand) if brand is not None else None,
        )
        return write_report(
            self.loaded,
            self.results,
            Path(path) if path is not None else self.run / _REPORT,
            claims=self.claims,
            recommendation=self.recommendation,
            hygiene=self.hygiene,
            baseline=self.against(baseline) if baseline is not None else None,
            look=look,
            gates=self._gates_against(baseline),
            quality=self.quality,
            agreement=self.judge_agreement,
        )

    def markdown(self, *, baseline: Result | SavedRun | Path | str | None = None) -> str:
        """A short summary in Markdown, for job summaries and pull requests."""
        from harness.reporting import markdown_summary  # noqa: PLC0415  (jinja2 is slow)

        return markdown_summary(
            self.loaded,
            self.results,
            claims=self.claims,
            recommendation=self.recommendation,
            hygiene=self.hygiene,
            baseline=self.against(baseline) if baseline is not None else None,
            quality=self.quality,
        )

    def csv(self, folder: Path | str) -> tuple[Path, ...]:
        """Write `figures.csv`, `comparisons.csv`, `answers.csv`, and `quality.csv` where ragas ran, into `folder`."""
        from harness.reporting.exports import write_csv  # noqa: PLC0415  (jinja2 is slow)

        return write_csv(self.loaded, self.results, Path(folder), quality=self.quality)

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready dictionary of the figures; single scores are left out."""
        figures = {f.name: getattr(self.results, f.name) for f in fields(self.results)}
        figures.pop("scores")
        swept = {"hygiene": _plain(self.hygiene)} if self.hygiene is not None else {}
        gates = {"gates": _plain(self.gates)} if self.loaded.manifest.settings.get("gates") else {}
        return {"run": str(self.run), **_plain(figures), **swept, **gates, **self._rated()}

    def quality_dict(self) -> dict[str, Any]:
        """A JSON-ready dictionary of what ragas' metrics say, and of how far judge and people agree."""
        return {"run": str(self.run), **self._rated()}

    def _rated(self) -> dict[str, Any]:
        agreement = self.judge_agreement
        quality = {"quality": _plain(self.quality)} if self.quality is not None else {}
        return quality | ({"judge_agreement": _plain(agreement)} if agreement else {})

    def __repr__(self) -> str:
        return f"Result({str(self.run)!r}: {len(self.loaded.records)} records)"


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
        _check_watchable(manifest)
    prices = _price_text(job.suite.prices, manifest)
    _warn_of_sunsets(manifest, progress)
    try:
        with RunFolder.create(path, manifest, inputs.questions, prices) as folder:
            _run_and_sweep(folder, job, inputs, _Session(workers, cache, budget, progress))
    except RunInterruptedError:
        raise
    except BaseException:
        _remove_if_nothing_was_kept(path)
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
    return foreseen(job, inputs, _of_today(_prices(job.suite.prices, manifest), manifest))


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
    _refuse_unlike(manifest, now, path)
    _warn_of_sunsets(manifest, progress)
    with RunFolder.open(path) as folder:
        moved = differences(manifest.machine, now.machine)
        moved += differences(manifest.versions, now.versions)
        if moved:
            folder.note(f"resumed in another environment: {', '.join(moved)}")
        _run_and_sweep(folder, job, inputs, _Session(workers, cache, budget, progress))
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


class _Together(Result):
    """Several runs, read as one; what is not in the records is that of the first."""

    def __init__(self, runs: Sequence[Path], *, judge: Judge | None = None) -> None:
        super().__init__(runs[0], judge=judge)
        self.runs = tuple(runs)

    @cached_property
    def loaded(self) -> LoadedRun:
        """The systems of all runs side by side."""
        return together([load_run(run) for run in self.runs])

    @cached_property
    def quality(self) -> Quality | None:
        """That of all runs, where the same scorer scored them; what unlike judges said is left out."""
        from harness.scoring.quality import read_quality  # noqa: PLC0415  (scoring is slow)
        from harness.scoring.quality.together import quality_together  # noqa: PLC0415  (as above)
        from harness.statistics.quality import summarise_quality  # noqa: PLC0415  (numpy is slow)

        loaded = [load_run(run).manifest for run in self.runs]
        stored = quality_together(loaded, [read_quality(run) for run in self.runs])
        return None if stored is None else summarise_quality(self.loaded, stored, self.prices)

    @cached_property
    def judge_agreement(self) -> tuple[JudgeAgreement, ...]:
        """None: labels are of one run."""
        return ()


def load(run: Path | str, *others: Path | str, judge: Judge | None = None) -> Result:
    """Read a run, finished or not; nothing is run.

    `others` are runs of the same questions on the same days, whose systems then stand beside those of
    the first. `judge` is asked `(question, answer, history, day)` about the free-text answers on which
    no rule can decide, and returns their freshness class, or None where it cannot tell.
    """
    paths = [Path(run), *map(Path, others)]
    result = _Together(paths, judge=judge) if others else Result(paths[0], judge=judge)
    _ = result.loaded  # read now: what is wrong with it is said here
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
        progress=_training_progress(progress) if progress is not None else None,
    )
    return (*adapters, *tune_all(job, world, _tuning_progress(progress, lambda: (0, 0))))


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


@dataclass(frozen=True, slots=True)
class _Session:
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


def _run_and_sweep(folder: RunFolder, job: Job, inputs: Inputs, session: _Session) -> None:
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


def _check_watchable(manifest: Manifest) -> None:
    from harness.gates import check_watchable, declared_in  # noqa: PLC0415  (numpy is slow)

    check_watchable(declared_in(manifest), manifest)


def _watch(folder: RunFolder, inputs: Inputs) -> Callable[[Record], bool]:
    """Who says when all gates are decided; knows what has been answered already."""
    from harness.gates import Watch, declared_in  # noqa: PLC0415  (numpy is slow)
    from harness.scoring.scorer import score  # noqa: PLC0415  (scoring is slow)

    prices = _prices(folder.path / PRICES, folder.manifest)
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

    prices = _prices(folder.path / PRICES, folder.manifest)
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
    tell = _tuning_progress(progress, lambda: (len(folder), total))
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
        _refuse_unlike(read_manifest(home), sweep.manifest, home)
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


def _training_progress(progress: ProgressCallback) -> Callable[[TrainingStep], None]:
    return lambda step: progress(
        Progress(
            "prepare",
            step.step,
            step.steps,
            remaining=step.remaining,
            message="training an adapter",
        )
    )


def _tuning_progress(
    progress: ProgressCallback | None, answers: Callable[[], tuple[int, int]]
) -> Tell | None:
    """How a fine-tuning at a provider stands, as a run's progress; `answers` are those done, and all."""
    if progress is None:
        return None

    def tell(kind: Literal["state", "note"], text: str) -> None:
        done, total = answers()
        progress(Progress("note" if kind == "note" else "prepare", done, total, message=text))

    return tell


def _warn_of_sunsets(manifest: Manifest, progress: ProgressCallback | None) -> None:
    for sunset in sunsets(manifest):
        if progress is not None and sunset.is_near:
            progress(Progress("note", 0, manifest.planned, message=str(sunset)))


def _remove_if_nothing_was_kept(path: Path) -> None:
    """A run that failed before its first paid work leaves no folder behind."""
    with suppress(RunError):
        run = load_run(path)
        made = [p for days in run.manifest.preparations.values() for p in days]
        paid = any(p.index_seconds or p.training_seconds for p in made)
        if not run.records and not paid and not (path / _WORK / VECTORS).is_file():
            shutil.rmtree(path, ignore_errors=True)


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


def _refuse_unlike(before: Manifest, now: Manifest, path: Path) -> None:
    changed = differences(before.fingerprints, now.fingerprints)
    declared = {system.name: system.settings for system in now.systems}
    for system in before.systems:
        if system.name not in declared:
            changed.append(f"system {system.name!r} (is absent)")
        elif _plain(declared[system.name]) != _plain(system.settings):
            changed.append(f"the settings of system {system.name!r}")
    changed += [
        f"system {name!r} (is new)" for name in declared.keys() - {s.name for s in before.systems}
    ]
    if changed:
        raise RunError(
            f"{path} cannot be resumed, these are not what they were: {', '.join(changed)}"
        )


def _prices(path: Path | None, manifest: Manifest) -> PriceBook:
    """The price book, if there is one, and which models the systems use."""
    from harness.scoring import PriceBook  # noqa: PLC0415  (scoring is slow)

    book = PriceBook.load(path) if path is not None and path.is_file() else PriceBook.empty()
    return book.with_models(
        _models(manifest),
        embedders=_retrieval_models(manifest, "embedder"),
        rerankers=_retrieval_models(manifest, "rerank"),
        day=_day(manifest),
    )


def _price_text(path: Path | None, manifest: Manifest) -> str | None:
    """What a run keeps as its price book: the suite's own, with what providers ask on this day."""
    own = _prices(path, manifest)
    found = _of_today(own, manifest)
    if found.prices != own.prices:
        return found.toml()
    return None if path is None else path.read_text(encoding="utf-8")


def _of_today(book: PriceBook, manifest: Manifest) -> PriceBook:
    """The book with what providers ask on the day of the run for what it names or lacks."""
    from harness.scoring.published import with_published  # noqa: PLC0415  (scoring is slow)

    return with_published(book, _served(manifest), _day(manifest))


def _day(manifest: Manifest) -> date:
    return datetime.fromisoformat(manifest.created).date()


def _served(manifest: Manifest) -> Iterator[Served]:
    """What servers of others compute for a run: models, embedders, rerankers."""
    from harness.scoring.published import Served  # noqa: PLC0415  (scoring is slow)

    models = _models(manifest)
    for system in manifest.systems:
        model = system.settings.get("model")
        if isinstance(model, Mapping) and model.get("url"):
            yield Served(system.name, str(model["url"]), models[system.name])
        for part in ("embedder", "rerank"):
            found = (system.settings.get("retrieval") or {}).get(part)
            if isinstance(found, Mapping) and found.get("url"):
                yield Served(str(found["name"]), str(found["url"]), str(found["name"]), part=True)


def _models(manifest: Manifest) -> dict[str, str]:
    """The name of each system's model, by which a price book may know it.

    A lab model is `lab` wherever its weights lie; another is known by its own name, or by that which
    its endpoint has for it. One that was fine-tuned by its provider is `ft:` and its base's name: it
    has other prices than the base.
    """
    models = {}
    for system in manifest.systems:
        model = system.settings.get("model")
        if isinstance(model, Mapping):
            kind = str(model["kind"])
            name = kind if kind == "lab" else str(model.get("name") or model.get("path") or kind)
            hosted = kind == "openai" and system.settings.get("training") is not None
            models[system.name] = f"ft:{name}" if hosted else name
    return models


def _retrieval_models(manifest: Manifest, part: str) -> dict[str, str]:
    """The name of each system's embedder or reranker, where it is a table and not a model's name."""
    models = {}
    for system in manifest.systems:
        found = (system.settings.get("retrieval") or {}).get(part)
        if isinstance(found, Mapping):
            models[system.name] = str(found["name"])
    return models


def _plain(value: Any) -> Any:  # noqa: ANN401  (any JSON)
    """Dataclasses, dates and tuples as JSON has them."""
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value
