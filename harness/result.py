"""A run that was carried out or loaded: its folder, its records, its figures, its reports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import ConfigError, RunError
from harness.fixtures import shipped_claims
from harness.run_prices import prices_of
from harness.running.folder import (
    MANIFEST,
    PRICES,
    LoadedRun,
    load_run,
    read_manifest,
)
from harness.running.hygiene import FOLDER as HYGIENE
from harness.running.manifest import Manifest
from harness.running.suite import load_suite
from harness.running.together import together
from harness.world.questions import QuestionSet

if TYPE_CHECKING:
    from harness.decision import Claim, ClaimVerdict, Decision, Needs, Recommendation
    from harness.gates import Declared, GateReport
    from harness.history import Contents, Diff, SavedRun
    from harness.history.past import Past
    from harness.load_result import LoadResult
    from harness.scoring import PriceBook
    from harness.scoring.freshness import Judge
    from harness.statistics import Results
    from harness.statistics.hygiene import Hygiene
    from harness.statistics.judging import JudgeAgreement
    from harness.statistics.load_figures import LoadFigures
    from harness.statistics.quality import Quality

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
        return prices_of(self.run / PRICES, self.loaded.manifest)

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

    def decide(self, needs: Needs, *, seed: int | None = None) -> Decision:
        """Which system to take under these needs, and what would change that.

        `seed` is that of weightings and resamples, the run's own when None; another changes noise only.
        """
        from harness.decision import decide  # noqa: PLC0415  (scipy is slow)

        return decide(self.loaded, self.results, self.prices, needs, seed=seed)

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
        history: Contents | Path | str | None = None,
        load: Sequence[LoadResult | Path | str] = (),
        templates: Path | str | None = None,
        brand: Path | str | None = None,
    ) -> Path:
        """Write the report (default: `report.html` in the run); the same run gives the same bytes.

        Args:
            path: Where to write it.
            baseline: Also say what changed since this run, and judge the gates that speak of a baseline.
            history: Also say how the figures moved over the saved runs of the suite: what a history holds, or
                the folder or URL of one.
            load: Load tests of the run's systems, or their folders.
            templates: A folder with templates of your own; see `docs/publishing.md`.
            brand: A TOML file with name, logo and accent colour.

        Raises:
            HarnessError: a file cannot be written or read, a template is wrong, the history has no run of
                the suite, or a load test is not of this run's systems, questions, documents and days.
        """
        from harness.reporting import write_report  # noqa: PLC0415  (jinja2 is slow)
        from harness.reporting.pages import load_look  # noqa: PLC0415  (jinja2 is slow)

        tests = self._under_load(load)
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
            past=self._past(history) if history is not None else None,
            load=tests,
        )

    def _past(self, history: Contents | Path | str) -> Past:
        """The figures over saved runs, in which this run is known by its id."""
        from harness.history import History  # noqa: PLC0415  (numpy is slow)
        from harness.history.past import look_back  # noqa: PLC0415  (as above)

        found = History(history).contents() if isinstance(history, str | Path) else history
        return look_back(found, self.loaded.manifest.suite, self.loaded.manifest.run_id)

    def _under_load(self, tests: Sequence[LoadResult | Path | str]) -> tuple[LoadFigures, ...]:
        """The figures of load tests; what is wrong with them is said before those of the run are formed."""
        if not tests:
            return ()
        from harness.load_result import beside_runs  # noqa: PLC0415  (numpy is slow)

        return beside_runs(tests, self._manifests())

    def _manifests(self) -> Sequence[Manifest]:
        return (self.loaded.manifest,)

    def markdown(
        self,
        *,
        baseline: Result | SavedRun | Path | str | None = None,
        load: Sequence[LoadResult | Path | str] = (),
    ) -> str:
        """A short summary in Markdown, for job summaries and pull requests."""
        from harness.reporting import markdown_summary  # noqa: PLC0415  (jinja2 is slow)

        tests = self._under_load(load)
        return markdown_summary(
            self.loaded,
            self.results,
            claims=self.claims,
            recommendation=self.recommendation,
            hygiene=self.hygiene,
            baseline=self.against(baseline) if baseline is not None else None,
            quality=self.quality,
            load=tests,
        )

    def csv(
        self, folder: Path | str, *, load: Sequence[LoadResult | Path | str] = ()
    ) -> tuple[Path, ...]:
        """Write `figures.csv`, `comparisons.csv` and `answers.csv` into `folder`.

        Also `quality.csv` where ragas ran, and `load.csv` where there are load tests.
        """
        from harness.reporting.exports import write_csv  # noqa: PLC0415  (jinja2 is slow)

        tests = self._under_load(load)
        return write_csv(self.loaded, self.results, Path(folder), quality=self.quality, load=tests)

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready dictionary of the figures; single scores are left out."""
        figures = {f.name: getattr(self.results, f.name) for f in fields(self.results)}
        figures.pop("scores")
        swept = {"hygiene": plain(self.hygiene)} if self.hygiene is not None else {}
        gates = {"gates": plain(self.gates)} if self.loaded.manifest.settings.get("gates") else {}
        return {"run": str(self.run), **plain(figures), **swept, **gates, **self._rated()}

    def quality_dict(self) -> dict[str, Any]:
        """A JSON-ready dictionary of what ragas' metrics say, and of how far judge and people agree."""
        return {"run": str(self.run), **self._rated()}

    def _rated(self) -> dict[str, Any]:
        agreement = self.judge_agreement
        quality = {"quality": plain(self.quality)} if self.quality is not None else {}
        return quality | ({"judge_agreement": plain(agreement)} if agreement else {})

    def __repr__(self) -> str:
        return f"Result({str(self.run)!r}: {len(self.loaded.records)} records)"


class _Together(Result):
    """Several runs, read as one; what is not in the records is that of the first."""

    def __init__(self, runs: Sequence[Path], *, judge: Judge | None = None) -> None:
        super().__init__(runs[0], judge=judge)
        self.runs = tuple(runs)

    @cached_property
    def loaded(self) -> LoadedRun:
        """The systems of all runs side by side."""
        return together([load_run(run) for run in self.runs])

    def _manifests(self) -> Sequence[Manifest]:
        return [read_manifest(run) for run in self.runs]

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


def plain(value: Any) -> Any:  # noqa: ANN401  (any JSON)
    """Dataclasses, dates and tuples as JSON has them."""
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value
