"""A family of gates on runs with a planted truth."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import cache

import pytest
from planting import DAYS, Script, planted_run

from harness.errors import ConfigError, RunError
from harness.gates import Declared, Evidence, GateReport, Scope, judge, judge_runs, parse
from harness.gates.likeness import unlike
from harness.running.folder import LoadedRun
from harness.scoring import PriceBook
from harness.statistics import Results, summarise
from harness.systems.base import Preparation
from harness.world.questions import QuestionSet

RAG = Script("rag", "rag", {"current": 0.9, "stale": 0.03}, seconds=0.05)
TUNED = Script("tuned", "fine-tuned", {"current": 0.5, "stale": 0.4}, seconds=0.02)
TWIN = replace(RAG, name="twin")


@cache
def planted(seed: int = 0, groups: int = 300) -> tuple[LoadedRun, Results]:
    run = planted_run(RAG, TUNED, TWIN, groups=groups, size=1, days=1, seed=seed)
    tagged = (
        replace(question, tags=("even",) if i % 2 == 0 else ("odd",))
        for i, question in enumerate(run.questions)
    )
    run = replace(run, questions=QuestionSet(tagged))
    return run, summarise(run, PriceBook.empty())


def judged(*texts: str, baseline: bool = False, scope: Scope | None = None) -> GateReport:
    gates = [Declared(parse(text), scope=scope or Scope()) for text in texts]
    return judge_runs(gates, planted(), planted(seed=1) if baseline else None)


def verdicts(report: GateReport) -> list[str]:
    return [one.verdict for one in report.verdicts]


def test_what_is_surely_so_passes_and_what_is_surely_not_fails() -> None:
    report = judged(
        "rag.stale_rate <= 10%",
        "tuned.stale_rate <= 10%",
        "rag.latency_p95 <= 500ms",
        "rag.latency_p50 <= 10ms",
        "tuned.right_rate >= rag.right_rate - 10pp",
        "tuned.latency_mean <= rag.latency_mean",
        "tuned.latency_p95 <= rag.latency_p95 - 10%",
        "twin.right_rate >= rag.right_rate - 15pp",
    )
    assert verdicts(report) == [
        "pass", "fail", "pass", "fail", "fail", "pass", "pass", "pass",
    ]  # fmt: skip
    assert report.summary == "8 gates: 3 failed, 5 passed"
    assert [one.verdict for one in report.worst_first][:3] == ["fail"] * 3


def test_the_sentence_has_figure_interval_n_and_bound_in_units() -> None:
    (one,) = judged("tuned.stale_rate <= 10%").verdicts
    assert one.sentence.startswith("tuned stale_rate is 3")
    assert one.sentence.endswith("%], n = 300; wanted at most 10%")
    (one,) = judged("tuned.right_rate >= rag.right_rate - 10pp").verdicts
    assert one.sentence.startswith("tuned right_rate minus that of rag is -")
    assert one.sentence.endswith("pp], n = 300; wanted at least 10pp less than rag")


def test_inconclusive_says_what_this_n_detects_and_the_n_that_would_decide() -> None:
    (one,) = judged("twin.right_rate >= rag.right_rate - 2pp").verdicts
    assert one.verdict == "inconclusive"
    assert one.detectable is not None
    assert one.needed is not None
    assert one.needed > 300
    assert "80% power" in one.sentence
    assert f"n about {one.needed}" in one.sentence


def test_what_would_be_a_failure_alone_is_none_among_many() -> None:
    """A stale rate of 3 % against the highest bound that it breaks: p between 0.05 / 40 and 0.025."""
    alone = next(
        text
        for bound in range(60, 0, -1)
        if verdicts(judged(text := f"rag.stale_rate <= {bound / 20:g}%")) == ["fail"]
    )
    others = [f"rag.right_rate >= {50 + i / 10}%" for i in range(39)]
    (first, *rest) = judged(alone, *others).verdicts
    assert {one.verdict for one in rest} == {"pass"}
    assert first.verdict == "inconclusive"
    assert "alone that would be a failure" in first.sentence
    assert "of 40 gates" in first.sentence
    assert first.p_adjusted == pytest.approx(40 * (first.p_value or 0))


def test_many_gates_on_times_can_still_fail() -> None:
    texts = [f"rag.latency_mean <= {5 + i / 100:g}ms" for i in range(60)]
    assert set(verdicts(judged(*texts))) == {"fail"}


def test_a_baseline_is_compared_question_by_question() -> None:
    report = judged(
        "rag.right_rate >= baseline.rag.right_rate - 15pp",
        "tuned.right_rate >= baseline.rag.right_rate - 15pp",
        baseline=True,
    )
    assert verdicts(report) == ["pass", "fail"]
    assert report.baseline == "planted"
    assert "minus that of baseline rag" in report.verdicts[0].sentence


def test_days_and_tags_restrict_what_counts() -> None:
    whole, half = (
        judged("rag.right_rate >= 50%"),
        judged("rag.right_rate >= 50%", scope=Scope(tags=("odd",))),
    )
    assert (whole.verdicts[0].estimate.n, half.verdicts[0].estimate.n) == (300, 150)
    run = planted_run(RAG, groups=40, size=1, days=2)
    results = summarise(run, PriceBook.empty())
    gates = [Declared(parse("rag.right_rate >= 50%"), scope=Scope(days=DAYS[:1]))]
    assert judge_runs(gates, (run, results)).verdicts[0].estimate.n == 40


def test_what_the_run_cannot_tell_is_left_out_and_named() -> None:
    report = judge(
        [
            Declared(parse("hybrid.right_rate >= 50%"), name="the hybrid"),
            Declared(parse("rag.right_rate >= baseline.rag.right_rate")),
            Declared(parse("rag.right_rate >= 1%"), scope=Scope(days=(date(2020, 1, 1),))),
            Declared(parse("rag.right_rate >= 2%"), scope=Scope(tags=("missing",))),
        ],
        Evidence(*planted()),
        seed=0,
    )
    assert not report.verdicts
    assert [why for _, why in report.left_out] == [
        "the run has no system 'hybrid'",
        "it needs a baseline run",
        "none of its days was run",
        "no question has the tag 'missing'",
    ]
    assert report.remarks[0] == "not judged: the hybrid: the run has no system 'hybrid'"


def test_an_unknown_cost_is_inconclusive_and_never_free() -> None:
    (one,) = judged("rag.cost_per_query <= $0.01").verdicts
    assert one.verdict == "inconclusive"
    assert "is not known" in one.sentence
    (one,) = judged("rag.cost_per_query <= tuned.cost_per_query").verdicts
    assert one.verdict == "inconclusive"


def test_the_same_run_gives_the_same_verdicts() -> None:
    texts = ("rag.latency_p95 <= tuned.latency_p95 + 50ms", "rag.latency_mean <= 60ms")
    assert judged(*texts) == judged(*texts)


def with_index(run: LoadedRun, fingerprint: str) -> LoadedRun:
    made = (Preparation(DAYS[0], fingerprints={"index": fingerprint}),)
    manifest = replace(run.manifest, preparations={"rag": made})
    return replace(run, manifest=manifest)


@pytest.mark.parametrize("word", ["questions", "facts", "corpus", "prices", "judge"])
def test_unlike_runs_are_refused_unless_what_differs_is_named(word: str) -> None:
    (run, results), (before, their) = planted(), planted(seed=1)
    run = replace(run, manifest=replace(run.manifest, fingerprints={word: "new"}))
    before = replace(before, manifest=replace(before.manifest, fingerprints={word: "old"}))
    gates = [Declared(parse("rag.right_rate >= baseline.rag.right_rate - 20pp"))]
    with pytest.raises(RunError, match=rf"{word} \(was old, is new\).*--allow-different={word}"):
        judge_runs(gates, (run, results), (before, their))
    report = judge_runs(gates, (run, results), (before, their), allow_different=[word])
    assert report.notes == (f"differs from the baseline, as allowed: {word} (was old, is new)",)


def test_days_repeats_and_the_index_are_part_of_what_must_be_alike() -> None:
    run, before = with_index(planted()[0], "new"), with_index(planted()[0], "old")
    of_rag = [parse("rag.right_rate >= baseline.rag.right_rate")]
    of_tuned = [parse("tuned.right_rate >= baseline.tuned.right_rate")]
    assert unlike(run.manifest, before.manifest, of_rag) == {"index": "the index of rag"}
    assert not unlike(run.manifest, before.manifest, of_tuned)
    other = replace(before.manifest, days=DAYS, repeats=3)
    assert set(unlike(run.manifest, other, of_tuned)) == {"days", "repeats"}


def test_another_machine_matters_to_times_alone() -> None:
    run, before = planted()[0].manifest, replace(planted()[0].manifest, machine={"cores": "64"})
    assert not unlike(run, before, [parse("rag.right_rate >= baseline.rag.right_rate")])
    timed = unlike(run, before, [parse("rag.latency_p95 <= baseline.rag.latency_p95 + 10%")])
    assert timed == {"machine": "the machine, for times: cores (was 64, is absent)"}


def test_what_changed_in_a_system_is_told_and_not_refused() -> None:
    (run, results), (before, their) = planted(), planted(seed=1)
    systems = tuple(replace(s, fingerprints={"prompt": s.name}) for s in run.manifest.systems)
    run = replace(run, manifest=replace(run.manifest, systems=systems))
    gates = [Declared(parse("rag.right_rate >= baseline.rag.right_rate - 20pp"))]
    report = judge_runs(gates, (run, results), (before, their))
    assert report.notes == ("rag differs from itself in the baseline in: prompt",)


def test_what_may_differ_must_be_a_known_word() -> None:
    gates = [Declared(parse("rag.right_rate >= baseline.rag.right_rate"))]
    with pytest.raises(ConfigError, match="unknown 'machin': did you mean 'machine'"):
        judge_runs(gates, planted(), planted(), allow_different=["machin"])
