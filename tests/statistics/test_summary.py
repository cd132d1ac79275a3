from __future__ import annotations

import json
from dataclasses import replace

import pytest
from planting import DAYS, Script, planted_run

from harness.running.folder import LoadedRun
from harness.scoring import PriceBook
from harness.scoring.prices import HardwarePrice
from harness.scoring.score import FRESHNESS_CLASSES
from harness.statistics import Estimate, Results, summarise
from harness.statistics.summary import COMPARED
from harness.systems.base import Answer
from harness.world.facts import History
from harness.world.questions import Question, QuestionSet

BOOK = PriceBook("Planted", (HardwarePrice("*", 36.0, "planted", DAYS[0]),))
RAG = Script(
    "rag", "rag", {"current": 0.7, "stale": 0.1, "abstained": 0.1}, valid=0.6, seconds=0.05
)
TUNED = Script("fine-tuned", "fine-tuned", {"current": 0.4, "stale": 0.5, "failed": 0.05})
METRICS = {
    "right_rate",
    "right_relaxed_rate",
    *(f"{label}_rate" for label in FRESHNESS_CLASSES if label != "current"),
    *("raw_rate", "extractable_rate", "schema_valid_rate", "formats_valid_rate"),
    *("content_right_rate", "valid_rate", "valid_and_right_rate"),
    *("latency_p50", "latency_p95", "latency_p99", "latency_mean"),
    *("connect_mean", "retrieve_mean", "first_token_mean", "decode_mean", "other_mean"),
    *("queue_mean", "tokens_per_second"),
    *("cost_per_query", "cost_per_right", "cost_per_pass", "prompt_tokens", "completion_tokens"),
}


@pytest.fixture(scope="module")
def run() -> LoadedRun:
    return planted_run(RAG, TUNED, groups=90)


@pytest.fixture(scope="module")
def results(run: LoadedRun) -> Results:
    return summarise(run, BOOK)


def inside(truth: float, estimate: Estimate) -> bool:
    return (
        estimate.low is not None
        and estimate.high is not None
        and estimate.low <= truth <= estimate.high
    )


def test_every_promised_figure_is_there(results: Results) -> None:
    for system in results.systems:
        assert set(system.metrics) == METRICS
        assert list(system.by_day) == list(DAYS)
        assert set(system.by_kind) == {"kind0", "kind1"}
        for rates in (*system.by_day.values(), *system.by_kind.values()):
            assert set(rates) == {name for name in METRICS if name.endswith("_rate")}
    assert {c.metric for c in results.comparisons} == set(COMPARED)
    assert [(c.a, c.b) for c in results.comparisons] == [("rag", "fine-tuned")] * len(COMPARED)


def test_figures_add_up(results: Results) -> None:
    for system in results.systems:
        counts = system.counts
        assert counts.attempted == counts.answered + counts.failed == counts.planned == 540
        for day in DAYS:
            classes = system.classes[day]
            assert tuple(classes) == FRESHNESS_CLASSES
            assert sum(classes.values()) == 180
            for label in FRESHNESS_CLASSES[1:]:
                assert system.by_day[day][f"{label}_rate"].value == pytest.approx(
                    classes[label] / 180
                )
        labels = [s.freshness.label for s in results.scores if s.system == system.name]
        assert system.metrics["stale_rate"].value == labels.count("stale") / 540


def test_failures_stay_in_every_rate_and_leave_the_latencies(results: Results) -> None:
    tuned = results["fine-tuned"]
    assert tuned.counts.failed > 0
    assert tuned.metrics["failed_rate"].n == tuned.metrics["right_rate"].n == 540
    assert tuned.metrics["valid_rate"].n == 180
    assert tuned.metrics["latency_p50"].n == tuned.counts.answered
    assert any("fine-tuned" in note and "failed" in note for note in results.notes)


def test_the_comparison_is_paired_and_counts_who_alone_was_right(results: Results) -> None:
    made = results.compare("rag", "fine-tuned", "right_rate")
    right = {
        system.name: {
            (s.question_id, s.day): s.right for s in results.scores if s.system == system.name
        }
        for system in results.systems
    }
    only_rag = [key for key in right["rag"] if right["rag"][key] > right["fine-tuned"][key]]
    only_tuned = [key for key in right["rag"] if right["rag"][key] < right["fine-tuned"][key]]
    assert (made.only_a, made.only_b, made.pairs) == (len(only_rag), len(only_tuned), 540)
    assert made.difference.value == pytest.approx((len(only_tuned) - len(only_rag)) / 540)
    flips = {(f.question_id, f.day, f.winner) for f in results.flips}
    assert flips == {(*k, "rag") for k in only_rag} | {(*k, "fine-tuned") for k in only_tuned}
    assert made.p_adjusted is not None
    assert made.p_value is not None
    assert made.p_adjusted >= made.p_value
    latency = results.compare("rag", "fine-tuned", "latency_mean")
    assert latency.pairs == results["fine-tuned"].counts.answered
    assert latency.difference.high is not None
    assert latency.difference.high < 0


def test_times_are_service_times_and_cost_follows_them(results: Results) -> None:
    rag = results["rag"].metrics
    assert inside(0.05 * 1.046, rag["latency_mean"])  # the mean of lognormal(0, 0.3) is 1.046
    assert inside(0.05, rag["latency_p50"])
    assert rag["retrieve_mean"].value == pytest.approx(0.2 * (rag["latency_mean"].value or 0))
    assert rag["cost_per_query"].value == pytest.approx(0.01 * (rag["latency_mean"].value or 0))
    per_right = (rag["cost_per_query"].value or 0) / (rag["right_rate"].value or 1)
    assert rag["cost_per_right"].value == pytest.approx(per_right)
    scores = [score for score in results.scores if score.system == "rag"]
    passed = [s.right and (s.strictness.valid or not s.strictness.strict) for s in scores]
    spent = sum(score.cost.usd or 0 for score in scores)
    assert sum(passed) < sum(score.right for score in scores)  # one in three wants JSON, 0.6 valid
    assert rag["cost_per_pass"].value == pytest.approx(spent / sum(passed))
    # Planted: right or rightly abstaining 0.7 (abstaining never is right here), times 1 or 0.6.
    assert inside(0.01 * 0.05 * 1.046 / (0.7 * (2 / 3 + 0.6 / 3)), rag["cost_per_pass"])
    assert results["rag"].upkeep.usd.value == pytest.approx(0.36)
    assert rag["prompt_tokens"].value == 100


def test_the_same_run_gives_the_same_results_and_the_seed_is_the_runs_own(
    run: LoadedRun, results: Results
) -> None:
    assert summarise(run, BOOK) == results
    assert summarise(run, BOOK, seed=run.manifest.seed) == results
    assert summarise(run, BOOK, seed=99) != results


def test_the_order_of_the_records_does_not_matter(run: LoadedRun, results: Results) -> None:
    again = summarise(replace(run, records=run.records[::-1]), BOOK)
    assert [s.metrics["right_rate"] for s in again.systems] == [
        s.metrics["right_rate"] for s in results.systems
    ]
    assert [c.difference.value for c in again.comparisons] == pytest.approx(
        [c.difference.value for c in results.comparisons]
    )


def test_without_prices_costs_are_unknown_and_say_why(run: LoadedRun) -> None:
    free = summarise(run, PriceBook.empty())
    for name in ("cost_per_query", "cost_per_right"):
        assert free["rag"].metrics[name].value is None
        assert "no price for 'rag'" in free["rag"].metrics[name].method
    assert free["rag"].upkeep.usd.value is None
    assert free.compare("rag", "fine-tuned", "cost_per_query").p_value is None
    assert any("cost_per_query" in note for note in free.notes)


def test_a_broken_run_says_what_is_missing(run: LoadedRun) -> None:
    broken = summarise(replace(run, records=run.records[:400], notes=("torn",)), BOOK)
    assert broken["rag"].counts.attempted == 200
    assert broken["rag"].counts.planned == 540
    assert broken.notes[0] == "torn"
    assert any("340 of 540 planned answers are missing" in note for note in broken.notes)
    assert broken["rag"].by_day[DAYS[2]]["right_rate"].value is None


def test_a_run_without_records_has_no_figures_and_no_zeros(run: LoadedRun) -> None:
    empty = summarise(replace(run, records=()), BOOK)
    for system in empty.systems:
        assert all(estimate.value is None for estimate in system.metrics.values())
        assert system.counts.attempted == 0
    assert empty.flips == ()


def test_a_single_system_is_compared_with_nobody() -> None:
    alone = summarise(planted_run(RAG, groups=12), BOOK)
    assert alone.comparisons == ()
    assert alone["rag"].metrics["right_rate"].value is not None
    assert alone["rag"].metrics["latency_p99"].value is None
    assert any("latency_p99 is not shown" in note for note in alone.notes)


def test_cached_answers_are_counted_right_and_not_timed(run: LoadedRun) -> None:
    cached = tuple(replace(record, cached=True) for record in run.records)
    found = summarise(replace(run, records=cached), BOOK)
    assert found["rag"].metrics["right_rate"].n == 540
    assert found["rag"].metrics["latency_mean"].value is None
    assert any("came from the cache" in note for note in found.notes)


def test_answers_of_a_batch_are_counted_right_and_not_timed(run: LoadedRun) -> None:
    together = tuple(replace(r, answer=replace(r.answer, batch=4)) for r in run.records)
    found = summarise(replace(run, records=together), BOOK)
    assert found["rag"].metrics["right_rate"].n == 540
    assert found["rag"].metrics["latency_mean"].value is None
    assert any("rag: 540 answers were computed several at once" in note for note in found.notes)


def test_recorded_latencies_are_said_to_be_no_measurement(run: LoadedRun) -> None:
    rag, tuned = run.manifest.systems
    replayed = replace(tuned, settings={"replay": "answers.jsonl"})
    manifest = replace(run.manifest, systems=(rag, replayed))
    found = [
        note for note in summarise(replace(run, manifest=manifest), BOOK).notes if "record" in note
    ]
    assert found == [
        "fine-tuned: its latencies are those recorded with its answers; they were not measured in "
        "this run, and say nothing of this machine."
    ]


def test_planted_classes_come_back_inside_their_intervals() -> None:
    truth = {
        "right_rate": 0.55,
        "stale_rate": 0.2,
        "abstained_rate": 0.1,
        "failed_rate": 0.05,
        "wrong_rate": 0.1,
        "valid_rate": 0.7 * 0.95,
    }
    script = Script(
        "rag",
        "rag",
        {"current": 0.55, "stale": 0.2, "abstained": 0.1, "failed": 0.05},
        valid=0.7,
        alike=0.3,
    )
    covered = dict.fromkeys(truth, 0)
    for seed in range(40):
        found = summarise(planted_run(script, groups=45, days=2, seed=seed), BOOK)
        for name, rate in truth.items():
            covered[name] += inside(rate, found["rag"].metrics[name])
    # 40 runs at 95 %: fewer than 35 happen once in a hundred times.
    assert min(covered.values()) >= 35
    assert sum(covered.values()) >= 0.93 * 40 * len(truth)


def test_a_mixed_answer_separates_the_strict_from_the_relaxed_rate() -> None:
    script = Script("rag", "rag", {"current": 0.5, "mixed": 0.3, "stale": 0.1})
    metrics = summarise(planted_run(script), BOOK)["rag"].metrics
    strict, relaxed, mixed = (
        metrics[name].value for name in ("right_rate", "right_relaxed_rate", "mixed_rate")
    )
    assert inside(0.5, metrics["right_rate"])
    assert inside(0.8, metrics["right_relaxed_rate"])
    assert strict is not None
    assert mixed is not None
    assert relaxed == pytest.approx(strict + mixed)


def test_undecided_and_premature_answers_are_told(run: LoadedRun) -> None:
    question = next(iter(run.questions))
    assert question.history is not None
    later = question.history.future(DAYS[0])[0].value
    text = History.fixed("what stands in five words")
    questions = QuestionSet((question, Question("text", "What?", text)))
    first = next(r for r in run.records if r.system == "rag")
    records = tuple(
        replace(first, question_id=name, day=DAYS[0], answer=Answer(said))
        for name, said in ((question.id, json.dumps({"value": later})), ("text", "Something"))
    )
    told = " ".join(summarise(replace(run, questions=questions, records=records), BOOK).notes)
    assert "1 answer gave a value that became true only after the day" in told
    assert "1 answer to free-text questions could not be decided" in told
