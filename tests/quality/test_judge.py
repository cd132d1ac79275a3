"""A run judged over real HTTP by a stub that follows a rule, so that every verdict is known."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from loopback import status
from scored_runs import answered, kept, made, passage, question, ragas, two_systems
from searching import SearchServer
from stub_judge import COMPLETION_TOKENS, PROMPT_TOKENS, slow_judge, stub_judge

from harness import api
from harness.errors import BudgetReachedError, ConfigError, TargetError
from harness.running.judge_spec import JudgeSpec
from harness.scoring.quality import QUALITY, read_quality

ROOT = Path(__file__).resolve().parent.parent.parent
WITHOUT_MEANINGS = ("faithfulness", "answer_correctness", "context_precision", "context_recall")


@pytest.fixture(autouse=True)
def _ragas() -> None:
    ragas()


@pytest.fixture
def judge() -> Iterator[SearchServer]:
    with SearchServer(talks=stub_judge) as server:
        yield server


def spec(server: SearchServer, **more: object) -> JudgeSpec:
    return JudgeSpec("stub-judge", server.url, **more)  # type: ignore[arg-type]


def test_verdicts_are_those_of_the_judge(judge: SearchServer, tmp_path: Path) -> None:
    run = kept(two_systems(), tmp_path / "run")

    found = api.quality(run, judge=spec(judge, embedder="stub-embedder")).quality

    assert found is not None
    rag, base = found.figures["rag"], found.figures["base"]
    assert rag["faithfulness"].estimate.value == 1.0  # each says what one of its passages says
    assert base["faithfulness"].missing == {"no passages": 6}
    assert rag["context_recall"].estimate.value == 1.0
    assert rag["context_precision"].estimate.value == pytest.approx(1.0)  # the right one is first
    assert 0.5 < (rag["answer_relevancy"].estimate.value or 0) <= 1.0
    # Half of the claims are right; the likeness of meanings is a quarter of the score.
    assert 0.375 <= (rag["answer_correctness"].estimate.value or 0) <= 0.625
    assert (base["answer_correctness"].estimate.value or 0) <= 0.25
    assert {
        f.judge_failed + f.waiting for figures in found.figures.values() for f in figures.values()
    } == {0}
    assert found.judge is not None
    assert found.judge.settings["model"] == "stub-judge"


def test_every_call_is_counted_and_priced(judge: SearchServer, tmp_path: Path) -> None:
    run = kept(two_systems(), tmp_path / "run")

    found = api.quality(run, judge=spec(judge), metrics=["faithfulness"]).quality

    assert found is not None
    (spent,) = found.spending
    assert spent.calls == len(judge.calls) == 12  # two a rating: claims, then verdicts
    assert spent.prompt_tokens == 12 * PROMPT_TOKENS
    assert spent.completion_tokens == 12 * COMPLETION_TOKENS
    assert spent.usd.usd == pytest.approx(12 * PROMPT_TOKENS * 100 / 1e6)


def test_what_is_judged_is_not_asked_again_and_reports_need_no_judge(
    judge: SearchServer, tmp_path: Path
) -> None:
    run = kept(two_systems(), tmp_path / "run")
    api.quality(run, judge=spec(judge), metrics=["faithfulness"])
    asked = len(judge.calls)

    api.quality(run, judge=spec(judge), metrics=["faithfulness"])
    first = api.load(run).report(tmp_path / "one.html").read_bytes()
    second = api.load(run).report(tmp_path / "two.html").read_bytes()

    assert len(judge.calls) == asked
    assert first == second
    assert b"Quality, by ragas" in first
    assert b"stub-judge" in first


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("BREAK", "bad_reply: no StatementGeneratorOutput"),
        ("TWO", "a verdict of 2, which is neither 0 nor 1"),
        ("SHORT", "0 verdicts on 1 claims"),
    ],
)
def test_a_judge_that_gives_no_verdict_has_failed_and_not_the_system(
    judge: SearchServer, tmp_path: Path, word: str, told: str
) -> None:
    questions = [question(i) for i in range(6)]
    answers = [answered(f"It is at {i}.2", passage(i)) for i in range(5)]
    answers.append(answered(f"It is {word} at 5.2", passage(5)))
    run = kept(made(questions, {"rag": answers}), tmp_path / "run")

    found = api.quality(run, judge=spec(judge), metrics=["faithfulness"]).quality

    assert found is not None
    figure = found.figures["rag"]["faithfulness"]
    assert (figure.scored, figure.judge_failed, figure.failed) == (5, 1, 0)
    assert figure.estimate.value == 1.0
    text = (run / QUALITY).read_text()
    assert told in text


def test_failures_of_the_judge_are_asked_again(tmp_path: Path) -> None:
    run = kept(two_systems(2), tmp_path / "run")
    refusals = [status(400, "no such field")] * 1
    with SearchServer(*refusals, talks=stub_judge) as server:
        asked = spec(server, concurrency=1)
        before = api.quality(run, judge=asked, metrics=["faithfulness"]).quality
        after = api.quality(run, judge=asked, metrics=["faithfulness"]).quality
    assert before is not None
    assert after is not None
    assert before.figures["rag"]["faithfulness"].judge_failed == 1
    assert after.figures["rag"]["faithfulness"].judge_failed == 0


def test_an_answer_without_claims_has_nothing_to_rate(judge: SearchServer, tmp_path: Path) -> None:
    run = made([question(0)], {"rag": [answered("SILENT", passage(0))]})
    found = api.quality(
        kept(run, tmp_path / "run"),
        judge=spec(judge),
        metrics=["faithfulness", "answer_correctness"],
    ).quality
    assert found is not None
    for metric in ("faithfulness", "answer_correctness"):  # of which ragas makes NaN, and 1
        assert found.figures["rag"][metric].missing == {"the judge found no claims": 1}


def test_a_failed_answer_scores_0_and_is_not_judged(judge: SearchServer, tmp_path: Path) -> None:
    answers = [answered(None, passage(0)), answered("It is at 1.2", passage(1))]
    run = made([question(0), question(1)], {"rag": answers})
    found = api.quality(
        kept(run, tmp_path / "run"), judge=spec(judge), metrics=["faithfulness"]
    ).quality
    assert found is not None
    figure = found.figures["rag"]["faithfulness"]
    assert (figure.scored, figure.failed) == (2, 1)
    assert len(judge.calls) == 2


def test_a_budget_stops_before_it_is_exceeded_and_more_of_it_goes_on(
    judge: SearchServer, tmp_path: Path
) -> None:
    run = kept(two_systems(12), tmp_path / "run")
    rating = 2 * PROMPT_TOKENS * 100 / 1e6

    with pytest.raises(BudgetReachedError, match=r"of 24 ratings are kept.*--budget"):
        api.quality(run, judge=spec(judge), metrics=["faithfulness"], budget=5 * rating)
    spent = api.load(run).quality
    assert spent is not None
    (stopped,) = spent.spending
    assert stopped.usd.usd == pytest.approx(5 * rating)
    found = api.quality(
        run, judge=spec(judge), metrics=["faithfulness"], budget=12 * rating
    ).quality
    assert found is not None
    assert sum(f["faithfulness"].waiting for f in found.figures.values()) == 0
    assert len(judge.calls) == 24


def test_no_budget_without_a_price(judge: SearchServer, tmp_path: Path) -> None:
    run = kept(two_systems(2), tmp_path / "run")
    other = JudgeSpec("another", judge.url)
    with pytest.raises(ConfigError, match=r"no budget can be kept: no price for 'another'"):
        api.quality(run, judge=other, budget=1.0)
    assert judge.calls == []


def test_a_limit_takes_whole_groups_the_same_for_all_systems(
    judge: SearchServer, tmp_path: Path
) -> None:
    run = kept(two_systems(12), tmp_path / "run")
    api.quality(run, judge=spec(judge), metrics=["answer_correctness"], limit=4)
    stored = read_quality(run)
    assert stored is not None
    scorer = stored.scorer("judge")
    assert scorer is not None
    keys = [line.key for line in stored.of(scorer)]
    judged = {system: {q for s, q, _, _ in keys if s == system} for system in ("base", "rag")}
    assert judged["base"] == judged["rag"]
    assert len(judged["rag"]) == 4
    groups = {int(name.removeprefix("q")) // 2 for name in judged["rag"]}
    assert len(groups) == 2


def test_another_judge_is_another_scorer_and_the_last_one_counts(
    judge: SearchServer, tmp_path: Path
) -> None:
    run = kept(two_systems(2), tmp_path / "run")
    api.quality(run, judge=spec(judge), metrics=["faithfulness"])
    first = api.load(run).quality
    api.quality(run, judge=JudgeSpec("other-judge", judge.url), metrics=["faithfulness"], limit=1)
    second = api.load(run).quality
    asked = len(judge.calls)
    again = api.quality(run, judge=spec(judge), metrics=["faithfulness"]).quality
    assert first is not None
    assert second is not None
    assert again is not None
    assert second.judge is not None
    assert second.judge.settings["model"] == "other-judge"
    assert again.judge == first.judge
    assert again.figures == first.figures
    assert len(judge.calls) == asked  # what the first judge had said is there still


def test_a_key_that_is_refused_ends_it_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JUDGE_KEY", "planted-0123456789")
    run = kept(two_systems(2), tmp_path / "run")
    with (
        SearchServer(talks=status(401, "bad key planted-0123456789")) as server,
        pytest.raises(TargetError, match="the key is refused") as caught,
    ):
        api.quality(run, judge=spec(server, key_env="JUDGE_KEY"))
    assert "planted-0123456789" not in str(caught.value)
    assert "planted-0123456789" not in (run / QUALITY).read_text()


def test_relevancy_needs_an_embedder(judge: SearchServer, tmp_path: Path) -> None:
    run = kept(two_systems(2), tmp_path / "run")
    with pytest.raises(
        ConfigError, match="answer_relevancy compares meanings and needs an embedder"
    ):
        api.quality(run, judge=spec(judge), metrics=["answer_relevancy"])
    found = api.quality(run, judge=spec(judge)).quality
    assert found is not None
    assert [m for m in found.metrics if m in WITHOUT_MEANINGS] == list(WITHOUT_MEANINGS)
    assert "answer_relevancy" not in found.metrics


def test_the_judge_of_the_suite_is_asked(judge: SearchServer, tmp_path: Path) -> None:
    settings = {"judge": spec(judge, concurrency=2).settings()}
    run = kept(two_systems(2, settings=settings), tmp_path / "run")
    found = api.quality(run, metrics=["faithfulness"]).quality
    assert found is not None
    assert found.judge is not None
    assert found.figures["rag"]["faithfulness"].scored == 2


def command(run: Path, server: SearchServer, *more: str) -> list[str]:
    asked = ["--judge", server.url, "--judge-model", "stub-judge", "--metrics", "faithfulness"]
    return [sys.executable, "-m", "harness", "quality", str(run), *asked, *more]


def test_ctrl_c_keeps_what_came_and_the_same_command_goes_on(tmp_path: Path) -> None:
    run = kept(two_systems(40), tmp_path / "run")
    env = {**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"}
    with SearchServer(talks=slow_judge) as server:
        work = subprocess.Popen(  # noqa: S603  (our own program)
            command(run, server, "--concurrency", "2"),
            env=env,
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
        )
        deadline = time.monotonic() + 240
        while len(server.calls) < 8 and work.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        work.send_signal(signal.SIGINT)
        _, said = work.communicate(timeout=120)
        assert work.returncode == 130, said
        assert "go on with the same command" in said
        kept_ratings = sum(
            '"faithfulness":' in line and '"calls":2' in line
            for line in (run / QUALITY).read_text().splitlines()
        )
        before = len(server.calls)
        assert before == 2 * kept_ratings  # what was in flight was waited for
        done = subprocess.run(  # noqa: S603  (our own program)
            command(run, server, "--concurrency", "8", "--json", "-"),
            env=env,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert len(server.calls) == 80  # two for each of 40 answers that have passages
    figure = json.loads(done.stdout)["quality"]["figures"]["rag"]["faithfulness"]
    assert (figure["scored"], figure["waiting"]) == (40, 0)
