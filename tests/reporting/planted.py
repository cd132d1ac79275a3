"""A run with a planted truth: answers, scores and results made by rule, without any model.

The statistics here are plain stand-ins (Wilson intervals, normal approximations), so that the
report is tested on objects of the right shape without the packages that compute them.
"""

from __future__ import annotations

import math
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import combinations

from harness.decision import Constraint, Needs, Recommendation, decide, recommendation
from harness.retrieval.base import Passage
from harness.running.folder import LoadedRun
from harness.running.manifest import Manifest, SystemManifest
from harness.running.record import Record
from harness.scoring.prices import HardwarePrice, PriceBook
from harness.scoring.score import (
    FRESHNESS_CLASSES,
    Beside,
    Cost,
    Freshness,
    FreshnessClass,
    PartScore,
    Score,
    Strictness,
    Violation,
)
from harness.statistics.estimate import Estimate
from harness.statistics.hygiene import Hygiene, HygienePoint
from harness.statistics.latency import Latency
from harness.statistics.over_time import over_time
from harness.statistics.overhead import Overhead
from harness.statistics.results import (
    Comparison,
    Counts,
    Flip,
    Results,
    SystemResult,
    Upkeep,
)
from harness.systems.base import Answer, Failure, Preparation, Stage, Strategy, Timing, Usage
from harness.world.facts import Fact, History
from harness.world.formats import Choice, FreeText, JsonSchema
from harness.world.questions import Question, QuestionSet

DAYS = (date(2025, 8, 22), date(2026, 2, 22), date(2026, 8, 22))
PATHS = ("/cve", "/affected/vendor", "/due", "/use", "/priority", "/source/<b>")
BOOK = PriceBook("Planted", (HardwarePrice("*", 0.05, "planted", DAYS[0], stored=0.02),))
OTHER = 0.0002  # seconds that no stage covers
KINDS = ("product_latest_version", "cycle_end_of_life", "cycle_supported", "unanswerable")


@dataclass(frozen=True)
class Planted:
    """A system's true behaviour: probabilities of current, stale, wrong; the rest abstains."""

    name: str
    strategy: Strategy
    current: float
    stale: float
    wrong: float
    valid: float
    seconds: tuple[float, float, float]  # retrieve, first token, decode
    usd: float | None


SYSTEMS = (
    Planted("base", "base", 0.03, 0.0, 0.03, 0.45, (0, 0.006, 0.008), 2.1e-7),
    Planted("rag", "rag", 0.82, 0.05, 0.06, 0.50, (0.004, 0.021, 0.010), 5.2e-7),
    Planted("fine-tuned", "fine-tuned", 0.58, 0.27, 0.12, 0.93, (0, 0.006, 0.009), 2.2e-7),
    Planted("hybrid", "hybrid", 0.90, 0.03, 0.03, 0.99, (0.004, 0.021, 0.010), 5.3e-7),
    Planted("stacked", "hybrid", 0.80, 0.10, 0.07, 0.95, (0.004, 0.021, 0.010), 5.3e-7),
)
# More than a reader can tell apart at once, with long names.
SYSTEMS += tuple(replace(system, name=f"{system.name}-constrained") for system in SYSTEMS)


def asked_for(run: LoadedRun, results: Results, *constraints: Constraint) -> Recommendation:
    """What is decided where only right answers count; without constraints those of a report hold."""
    needs = Needs(constraints=constraints, prefer=("right_rate",))
    return recommendation(decide(run, results, BOOK, needs))


def planted_run(
    *, questions: int = 8, days: int = 2, systems: int = 3, seed: int = 0
) -> tuple[LoadedRun, Results]:
    """A run of that size with its results."""
    rng = random.Random(seed)
    asked = QuestionSet(_question(i) for i in range(questions))
    planted = SYSTEMS[:systems]
    pairs = [
        _answered(rng, system, question, day, position)
        for position, (day, question, system) in enumerate(
            (day, question, system)
            for day in DAYS[:days]
            for question in asked
            for system in planted
        )
    ]
    run = LoadedRun(
        manifest=_manifest(asked, planted, DAYS[:days], len(pairs)),
        questions=asked,
        records=tuple(record for record, _ in pairs),
        notes=(),
    )
    scores = tuple(score for _, score in pairs)
    results = _results(planted, DAYS[:days], scores)
    return run, replace(results, over_time=over_time(run, scores))


def planted_sweep(seed: int = 0) -> Hygiene:
    """A sweep in which each outdated document left costs something, less where days are shown."""
    rng = random.Random(seed)
    shares = (0.0, 0.1, 0.25, 0.5)
    scored = {
        (share, shown): [
            -1 if rng.random() < share * (0.5 if shown else 0.9) else int(rng.random() < 0.9)
            for _ in range(200)
        ]
        for shown in (True, False)
        for share in shares
    }
    points = tuple(
        HygienePoint(
            share,
            shown,
            planted_mean(values),
            wilson([value == 1 for value in values]),
            wilson([value == -1 for value in values]),
            _gap(scored[0.0, shown], values) if share else None,
        )
        for (share, shown), values in scored.items()
    )
    help_ = {share: _gap(scored[share, False], scored[share, True]) for share in shares}
    return Hygiene("rag", 200, points, help_)


def _gap(a: Sequence[int], b: Sequence[int]) -> Estimate:
    return planted_mean([y - x for x, y in zip(a, b, strict=True)])


def with_texts(run: LoadedRun, text: str) -> LoadedRun:
    """The same run with `text` as every answer, question and passage."""
    questions = QuestionSet(replace(question, text=text) for question in run.questions)
    passage = Passage(text, DAYS[0], text, 1.0)
    records = tuple(
        replace(record, answer=replace(record.answer, text=text, passages=(passage,), failure=None))
        for record in run.records
    )
    return replace(run, questions=questions, records=records)


def with_parts(results: Results, right: Callable[[str, int, int], bool]) -> Results:
    """Strict answers get a part at each of `PATHS`, right where (system, answer, path) says so."""
    count: dict[str, int] = {}
    scores: list[Score] = []
    for score in results.scores:
        if not score.strictness.strict:
            scores.append(score)
            continue
        number = count[score.system] = count.get(score.system, -1) + 1
        parts = tuple(
            PartScore(path, "current", right=right(score.system, number, place))
            for place, path in enumerate(PATHS)
        )
        scores.append(replace(score, parts=parts))
    return replace(results, scores=tuple(scores))


def with_formats(run: LoadedRun, *names: str) -> LoadedRun:
    """The questions with a schema ask for formats of these names by turns."""

    def changed(question: Question) -> Question:
        if not isinstance(question.format, JsonSchema):
            return question
        name = names[int(question.id[1:]) // 2 % len(names)]
        form = Choice(("a", "b")) if name == "choice" else replace(question.format, name=name)
        return replace(question, format=form)

    return replace(run, questions=QuestionSet(map(changed, run.questions)))


def _question(i: int) -> Question:
    subject = f"Product {i // 2}"
    kind = KINDS[i % len(KINDS)]
    history = History(
        subject,
        "latest_version",
        "version",
        tuple(
            Fact(subject, "latest_version", f"{i}.{step}", start, end)
            for step, (start, end) in enumerate(
                ((date(2024, 1, 1), DAYS[0]), (DAYS[0], DAYS[2]), (DAYS[2], None))
            )
        ),
    )
    schema = JsonSchema("release", {"type": "object", "required": ["value"]})
    return Question(
        id=f"q{i:04}",
        text=f"What is the latest version of {subject}?",
        history=None if kind == "unanswerable" else history,
        format=schema if i % 2 else FreeText(),
        group=f"{subject}/{kind}",
        kind=kind,
    )


def _answered(
    rng: random.Random, system: Planted, question: Question, day: date, position: int
) -> tuple[Record, Score]:
    label = _draw(rng, system)
    answerable = bool(question.references(day))
    if not answerable and label == "current":
        label = "abstained"
    if label in {"stale", "mixed"} and not (question.history and question.history.outdated(day)):
        label = "wrong"
    text, freshness = _text(question, day, label)
    retrieve, first, decode = (s * rng.uniform(0.8, 1.3) for s in system.seconds)
    timing = Timing(0, retrieve, first, decode, retrieve + first + decode + OTHER)
    passages = (_passage(question, day, rng),) if system.seconds[0] else ()
    failure = Failure("timeout", "no answer within 30 s") if label == "failed" else None
    answer = Answer(None if failure else text, passages, Usage(160, 9), timing, "stop", failure)
    record = Record(system.name, question.id, day, 0, position, f"{day}T09:00:00+00:00", answer)
    strict = isinstance(question.format, JsonSchema)
    right = label == "current" if answerable else label == "abstained"
    raw = strict and rng.random() < (1 + system.valid) / 2
    valid = raw and rng.random() < system.valid
    fenced = strict and not raw and position % 2 == 0
    schema = valid or (fenced and position % 4 == 0)
    violations = () if valid or not strict else (Violation("required", "/value", "missing"),)
    beside: tuple[Beside, ...] = ("repairable",) if strict and not raw and not fenced else ()
    score = Score(
        system=system.name,
        question_id=question.id,
        cluster=question.cluster,
        kind=question.kind,
        day=day,
        repeat=0,
        answerable=answerable,
        right=right,
        relaxed=right or (answerable and label == "mixed"),
        freshness=freshness,
        strictness=Strictness(
            strict, raw, raw or fenced, schema, schema, schema and right, violations, beside
        ),
        timing=None if failure else timing,
        cost=Cost(system.usd, "compute time at $0.05 an hour (planted price book)"),
    )
    return record, score


def _passage(question: Question, day: date, rng: random.Random) -> Passage:
    """Most passages state the current value, some an outdated one."""
    assert question.history is not None or question.kind == "unanswerable"
    facts = question.history.facts if question.history else ()
    started = [fact for fact in facts if fact.valid_from <= day]
    fact = rng.choice(started) if started and rng.random() < 0.3 else (started or [None])[-1]
    said = f"{fact.subject} {fact.value} is out." if fact else "Nothing is out."
    return Passage(f"doc-{question.id}", day - timedelta(3), said, 1.0)


def _draw(rng: random.Random, system: Planted) -> FreshnessClass:
    weights = {"current": system.current, "stale": system.stale, "wrong": system.wrong}
    weights |= {"mixed": 0.02, "premature": 0.0, "undecided": 0.0}
    weights |= {"unparseable": 0.01, "failed": 0.005}
    weights["abstained"] = 1 - sum(weights.values())
    return rng.choices(list(FRESHNESS_CLASSES), [weights[c] for c in FRESHNESS_CLASSES])[0]


def _text(question: Question, day: date, label: FreshnessClass) -> tuple[str, Freshness]:
    if label == "current":
        value = question.references(day)[0].value
        return value, Freshness(label, value, value=value)
    if label == "stale" and question.history:
        old = question.history.outdated(day)[0]
        age = (day - old.valid_to).days
        evidence = Freshness(label, old.value, value=old.value, age_days=age, changes_behind=1)
        return old.value, evidence
    if label == "mixed" and question.history:
        old, now = question.history.outdated(day)[0], question.references(day)
        said = f"{now[0].value} or {old.value}"
        age = (day - old.valid_to).days
        return said, Freshness(label, old.value, value=old.value, age_days=age, changes_behind=1)
    text = {"abstained": "I don't know.", "wrong": "99.9", "unparseable": "{", "failed": ""}[label]
    return text, Freshness(label)


def _manifest(
    questions: QuestionSet, systems: Sequence[Planted], days: Sequence[date], planned: int
) -> Manifest:
    return Manifest(
        run_id="releases-planted",
        suite="releases",
        title="Software releases: planted answers",
        created="2026-08-22T10:15:00+00:00",
        seed=7,
        days=tuple(days),
        repeats=1,
        planned=planned,
        systems=tuple(
            SystemManifest(s.name, s.strategy, _settings(s), {"model": "0123456789abcdef"})
            for s in systems
        ),
        fingerprints={"questions": questions.fingerprint(), "corpus": "fedcba9876543210"},
        versions={"python": "3.11.7", "ragft-harness": "0.1.0"},
        machine={"processor": "Planted CPU", "cores": "2", "memory": "8.0 GiB", "os": "Linux"},
        settings={"workers": 2},
        preparations={
            s.name: tuple(_preparation(s, day, days[0]) for day in days) for s in systems
        },
        finished="2026-08-22T10:18:00+00:00",
    )


def _settings(system: Planted) -> dict[str, object]:
    """An index that is brought up to date on change, and an adapter that never is."""
    facts = system.name in {"fine-tuned", "stacked"}
    return {
        "model": "lab",
        "retrieval": {"refresh": "on-change"} if system.seconds[0] else None,
        "training": {"recipe": "facts", "refresh": "never", "as_of": []} if facts else None,
    }


def _preparation(system: Planted, day: date, first: date) -> Preparation:
    facts = system.name in {"fine-tuned", "stacked"}
    return Preparation(
        day,
        index_seconds=1.5 if system.seconds[0] else 0.0,
        documents=4000 if system.seconds[0] else 0,
        training_seconds=212.0 if facts and day == first else 0.0,
        reused=bool(system.seconds[0]),
        index_as_of=day if system.seconds[0] else None,
        adapter_as_of=first if facts else None,
    )


def _results(
    systems: Sequence[Planted], days: Sequence[date], scores: tuple[Score, ...]
) -> Results:
    by_system = {s.name: [score for score in scores if score.system == s.name] for s in systems}
    return Results(
        systems=tuple(_system(system, days, by_system[system.name]) for system in systems),
        comparisons=tuple(_comparisons(systems, by_system)),
        flips=tuple(_flips(scores)),
        scores=scores,
        days=tuple(days),
        notes=("No p99 is shown: it takes 299 answers without a violation to certify one.",),
        latency=Latency((), tuple(_overheads(systems, by_system))),
    )


def _system(planted: Planted, days: Sequence[date], scores: list[Score]) -> SystemResult:
    by_kind: dict[str, list[Score]] = defaultdict(list)
    for score in scores:
        by_kind[score.kind].append(score)
    failed = sum(score.freshness.label == "failed" for score in scores)
    trained = "fine" in planted.name or planted.name in {"hybrid", "stacked"}
    return SystemResult(
        name=planted.name,
        strategy=planted.strategy,
        counts=Counts(len(scores), len(scores), len(scores) - failed, failed),
        metrics=_rates(scores) | _times(scores) | _costs(scores),
        by_day={day: _rates([s for s in scores if s.day == day]) for day in days},
        by_kind={kind: _rates(of_kind) for kind, of_kind in by_kind.items()},
        classes={
            day: dict(Counter(s.freshness.label for s in scores if s.day == day)) for day in days
        },
        upkeep=Upkeep(
            index_seconds=4.5 if planted.seconds[0] else 0,
            documents=12_345 if planted.seconds[0] else 0,
            training_seconds=212.0 if trained else 0,
            examples=3_200 if trained else 0,
            tokens=410_000 if trained else 0,
            usd=planted_mean([0.003 if trained else 0.0001, 0.0031 if trained else 0.0001]),
        ),
    )


def _rates(scores: list[Score]) -> dict[str, Estimate]:
    strict = [score.strictness for score in scores if score.strictness.strict]
    rates = {
        f"{c}_rate": wilson([s.freshness.label == c for s in scores]) for c in FRESHNESS_CLASSES
    }
    return rates | {
        "right_rate": wilson([score.right for score in scores]),
        "right_relaxed_rate": wilson([score.relaxed for score in scores]),
        "raw_rate": wilson([s.raw for s in strict]),
        "valid_rate": wilson([s.valid for s in strict]),
        "valid_and_right_rate": wilson([s.right for s in strict]),
    }


def _times(scores: list[Score]) -> dict[str, Estimate]:
    timings = [score.timing for score in scores if score.timing]
    totals = sorted(timing.total for timing in timings)
    return {
        "latency_p50": _quantile(totals, 0.5),
        "latency_p95": _quantile(totals, 0.95),
        "latency_p99": Estimate.unknown("needs 299 answers", len(totals)),
        "latency_mean": planted_mean(totals),
        "connect_mean": Estimate.unknown("its answers do not tell it"),
        "retrieve_mean": planted_mean([timing.retrieve for timing in timings]),
        "first_token_mean": planted_mean([timing.first_token for timing in timings]),
        "decode_mean": planted_mean([timing.decode for timing in timings]),
        "other_mean": planted_mean([timing.other for timing in timings]),
        "queue_mean": planted_mean([0.0 for _ in timings]),
        "tokens_per_second": planted_mean([8 / timing.decode for timing in timings]),
    }


def _costs(scores: list[Score]) -> dict[str, Estimate]:
    costs = [score.cost.usd for score in scores if score.cost.usd is not None]
    right = sum(score.right for score in scores)
    passed = sum(s.right and (s.strictness.valid or not s.strictness.strict) for s in scores)
    per_right = (
        Estimate.unknown("nothing right") if not right else planted_mean([sum(costs) / right])
    )
    per_pass = (
        Estimate.unknown("nothing passed") if not passed else planted_mean([sum(costs) / passed])
    )
    return {
        "cost_per_query": planted_mean(costs),
        "cost_per_right": per_right,
        "cost_per_pass": per_pass,
        "prompt_tokens": planted_mean([160.0]),
        "completion_tokens": planted_mean([9.0]),
    }


def _comparisons(
    systems: Sequence[Planted], by_system: dict[str, list[Score]]
) -> Iterable[Comparison]:
    values: dict[str, Callable[[Score], float | None]] = {
        "right_rate": lambda s: float(s.right),
        "stale_rate": lambda s: float(s.freshness.label == "stale"),
        "valid_rate": lambda s: float(s.strictness.valid) if s.strictness.strict else None,
        "latency_mean": lambda s: s.timing.total if s.timing else None,
        "retrieve_mean": lambda s: s.timing.retrieve if s.timing else None,
        "first_token_mean": lambda s: s.timing.first_token if s.timing else None,
        "decode_mean": lambda s: s.timing.decode if s.timing else None,
        "cost_per_query": lambda s: s.cost.usd,
    }
    for metric, value in values.items():
        for a, b in combinations(systems, 2):
            both = [
                (value(x), value(y))
                for x, y in zip(by_system[a.name], by_system[b.name], strict=True)
            ]
            gaps = [y - x for x, y in both if x is not None and y is not None]
            difference = planted_mean(gaps)
            spread = ((difference.high or 0) - (difference.low or 0)) / 3.92
            p = math.erfc(abs(difference.value or 0) / spread / math.sqrt(2)) if spread else None
            rate = metric.endswith("rate")
            yield Comparison(
                metric,
                a.name,
                b.name,
                difference,
                p,
                None if p is None else min(1.0, 3 * p),
                sum(gap < 0 for gap in gaps) if rate else None,
                sum(gap > 0 for gap in gaps) if rate else None,
                len(gaps),
            )


def _overheads(systems: Sequence[Planted], by_system: dict[str, list[Score]]) -> Iterable[Overhead]:
    for a, b in combinations(systems, 2):
        both = [
            (x.timing, y.timing)
            for x, y in zip(by_system[a.name], by_system[b.name], strict=True)
            if x.timing and y.timing
        ]
        stages: tuple[Stage, ...] = ("retrieve", "first_token", "decode")
        yield Overhead(
            a.name,
            b.name,
            total=planted_mean([y.total - x.total for x, y in both]),
            stages={
                s: planted_mean([getattr(y, s) - getattr(x, s) for x, y in both]) for s in stages
            },
            other=planted_mean([y.other - x.other for x, y in both]),
            queue=planted_mean([0.0 for _ in both]),
        )


def _flips(scores: Sequence[Score]) -> Iterable[Flip]:
    blocks: dict[tuple[str, date], list[Score]] = defaultdict(list)
    for score in scores:
        blocks[score.question_id, score.day].append(score)
    for (question_id, day), block in blocks.items():
        for winner in block:
            for loser in block:
                if winner.right and not loser.right:
                    yield Flip(
                        question_id, day, 0, winner.system, loser.system, loser.freshness.label
                    )


def wilson(outcomes: Sequence[bool]) -> Estimate:
    n, hits, z = len(outcomes), sum(outcomes), 1.959964
    if not n:
        return Estimate.unknown("no question asks for a strict format")
    centre = (hits + z * z / 2) / (n + z * z)
    half = z * math.sqrt(hits * (n - hits) / n + z * z / 4) / (n + z * z)
    low, high = max(0.0, centre - half), min(1.0, centre + half)
    return Estimate(hits / n, low, high, n, (n + 2) // 3, "Wilson")


def planted_mean(values: Sequence[float]) -> Estimate:
    n = len(values)
    if not n:
        return Estimate.unknown("nothing measured")
    mean = sum(values) / n
    spread = math.sqrt(sum((v - mean) ** 2 for v in values) / max(1, n - 1) / n)
    return Estimate(mean, mean - 1.96 * spread, mean + 1.96 * spread, n, n, "normal mean")


def _quantile(ordered: Sequence[float], q: float) -> Estimate:
    n = len(ordered)
    if not n:
        return Estimate.unknown("nothing measured")
    half = 1.96 * math.sqrt(n * q * (1 - q))
    at = [max(0, min(n - 1, round(n * q + shift))) for shift in (-half, 0, half)]
    return Estimate(ordered[at[1]], ordered[at[0]], ordered[at[2]], n, n, "order statistics")
