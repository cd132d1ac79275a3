"""What a run would cost, what it may cost, and what it need not pay twice."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import api
from harness.errors import BudgetReachedError, ConfigError, RunError
from harness.running.cache import AnswerCache
from harness.systems.base import Answer, Failure

sys.path.insert(0, str(Path(__file__).parent))

from loopback import Loopback, says

SUITE = """\
title = "Spending"
days = [2026-01-01, 2026-02-01]
systems = "systems.toml"
prices = "prices.toml"
[questions]
source = "questions.jsonl"
"""
SYSTEMS = """\
[systems.one]
strategy = "base"
model = {{ kind = "openai", name = "small", url = "{url}" }}
max_tokens = 20

[systems.two]
strategy = "base"
model = {{ kind = "openai", name = "small", url = "{url}" }}
max_tokens = 30
"""
PRICES = """\
[[prices]]
name = "small"
usd_per_million_prompt_tokens = 1000
usd_per_million_completion_tokens = 500
source = "planted"
date = 2026-01-01
"""
EACH = 0.01  # nine tokens in and two out, as the server counts


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback(says("yes")) as playing:
        yield playing


@pytest.fixture
def suite(tmp_path: Path, server: Loopback) -> Path:
    return write_suite(tmp_path / "suite", server.url)


def write_suite(home: Path, url: str) -> Path:
    home.mkdir()
    (home / "suite.toml").write_text(SUITE)
    (home / "systems.toml").write_text(SYSTEMS.format(url=url))
    (home / "prices.toml").write_text(PRICES)
    rows = [{"id": f"q{i}", "question": f"number {i}?", "answer": "yes"} for i in range(10)]
    (home / "questions.jsonl").write_text("\n".join(map(json.dumps, rows)))
    return home


def harness(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "harness", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603


# The budget


def test_a_run_stops_at_its_budget_and_goes_on_with_more(
    suite: Path, server: Loopback, tmp_path: Path
) -> None:
    with pytest.raises(BudgetReachedError) as caught:
        api.compare(suite, budget=0.125, out=tmp_path / "runs")
    (run,) = (tmp_path / "runs").iterdir()
    told = str(caught.value)
    assert told.startswith("stopped at the budget: $0.12 of $0.125 are spent")
    assert f"12 of 40 answers are kept; go on with: harness resume {run} --budget USD" in told
    assert len(server.calls) == 12
    with pytest.raises(BudgetReachedError, match=r"\$0\.2 of \$0\.2 are spent"):
        api.resume(run, budget=0.2)
    assert len(server.calls) == 20
    result = api.resume(run, budget=1.0)
    assert len(result.loaded.records) == len(server.calls) == 40
    assert sum(s.cost.usd or 0.0 for s in result.results.scores) == pytest.approx(40 * EACH)


def test_the_command_says_so_and_exits_with_three(suite: Path, tmp_path: Path) -> None:
    done = harness("compare", suite, "--budget", "$0.1", "--out", tmp_path / "runs")
    assert done.returncode == 3
    assert "harness: stopped at the budget: $0.1 of $0.1 are spent" in done.stderr
    assert "missing are one " in done.stderr
    (run,) = (tmp_path / "runs").iterdir()
    done = harness("resume", run, "--budget", "2usd")
    assert done.returncode == 0, done.stderr


def test_without_a_price_no_budget_can_be_kept(suite: Path, tmp_path: Path) -> None:
    (suite / "prices.toml").write_text(PRICES.replace('"small"', '"large"'))
    with pytest.raises(
        ConfigError, match=r"no budget can be kept: no price for 'one' in 'prices': 127\.0\.0\.1"
    ):
        api.compare(suite, budget=5, out=tmp_path / "runs")
    assert not list((tmp_path / "runs").iterdir())


@pytest.mark.parametrize("amount", ["0", "-1", "inf", "nan", "5eur", ""])
def test_an_amount_that_is_none_is_refused(suite: Path, tmp_path: Path, amount: str) -> None:
    done = harness("compare", suite, f"--budget={amount}", "--out", tmp_path / "runs")
    assert done.returncode == 2
    assert "budget" in done.stderr
    assert "Traceback" not in done.stderr


# The cache


def test_an_answer_is_not_asked_for_twice_and_has_no_latency(
    suite: Path, server: Loopback, tmp_path: Path
) -> None:
    first = api.compare(suite, cache=tmp_path / "cache", out=tmp_path / "runs")
    assert len(server.calls) == 40
    second = api.compare(suite, cache=tmp_path / "cache", out=tmp_path / "runs")
    assert len(server.calls) == 40
    assert all(record.cached for record in second.loaded.records)
    assert [r.answer for r in first.loaded.records] == [r.answer for r in second.loaded.records]
    one = second.results["one"]
    assert one.metrics["right_rate"].value == 1.0
    assert one.metrics["cost_per_query"].value == pytest.approx(EACH)
    assert one.metrics["latency_mean"].value is None
    assert (
        "one: 20 answers came from the cache; their latency is not measured and not counted."
        in (second.results.notes)
    )
    assert "$0.00 was spent on answers, and $0.40 avoided by those from the cache." in (
        second.results.notes
    )
    assert not [note for note in first.results.notes if "cache" in note]


def test_what_was_avoided_at_no_known_price_is_unknown_and_not_nothing(
    suite: Path, tmp_path: Path
) -> None:
    (suite / "suite.toml").write_text(SUITE.replace('prices = "prices.toml"\n', ""))
    api.compare(suite, cache=tmp_path / "cache", out=tmp_path / "runs", systems=["one"])
    again = api.compare(suite, cache=tmp_path / "cache", out=tmp_path / "runs", systems=["one"])
    assert (
        "$0.00 was spent on answers, and an unknown amount avoided by those from the cache."
        in again.results.notes
    )


def test_what_shapes_an_answer_makes_it_another(
    suite: Path, server: Loopback, tmp_path: Path
) -> None:
    def asked(**options: object) -> int:
        before = len(server.calls)
        api.compare(suite, cache=tmp_path / "cache", out=tmp_path / "runs", **options)  # type: ignore[arg-type]
        return len(server.calls) - before

    assert asked(systems=["one"], days="2026-01-01") == 10
    assert asked(systems=["one"], days="2026-01-01") == 0
    assert asked(systems=["two"], days="2026-01-01") == 10  # another length
    assert asked(systems=["one"]) == 10  # another day
    assert asked(systems=["one"], repeats=2) == 20  # a second draw
    text = (suite / "questions.jsonl").read_text()
    (suite / "questions.jsonl").write_text(text.replace("number 3?", "number three?"))
    assert asked(systems=["one"]) == 2
    (suite / "closed.jinja").write_text("{{ today }} {{ question }} {{ instruction }}!")
    systems = (suite / "systems.toml").read_text()
    (suite / "systems.toml").write_text(
        systems.replace("max_tokens = 20", 'max_tokens = 20\nprompt = "closed.jinja"')
    )
    assert asked(systems=["one"]) == 20


def test_a_function_is_never_cached(suite: Path, tmp_path: Path) -> None:
    calls = []

    def answer(question: object, day: object) -> str:
        calls.append((question, day))
        return "yes"

    for _ in range(2):
        api.compare(suite, systems=[answer], cache=tmp_path / "cache", out=tmp_path / "runs")
    assert len(calls) == 40


def test_a_failure_is_asked_again(tmp_path: Path) -> None:
    with AnswerCache(tmp_path) as cache:
        cache.keep("a", Answer(None, failure=Failure("timeout", "late")))
        cache.keep("b", Answer("yes"))
        assert (cache.find("a"), cache.find("b")) == (None, Answer("yes"))
    with AnswerCache(tmp_path) as cache:
        assert cache.find("b") == Answer("yes")


def test_a_damaged_cache_is_one_line(suite: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "answers.sqlite").write_bytes(b"no database" * 100)
    with pytest.raises(
        RunError, match=r"answers\.sqlite: the answer cache cannot be used: .*delete"
    ):
        api.compare(suite, cache=tmp_path / "cache", out=tmp_path / "runs")
    (tmp_path / "cache" / "answers.sqlite").unlink()
    with AnswerCache(tmp_path / "cache") as cache:
        cache.keep("a", Answer("yes"))
    with sqlite3.connect(tmp_path / "cache" / "answers.sqlite") as database:
        database.execute("UPDATE answers SET answer = '{}'")
    with (
        AnswerCache(tmp_path / "cache") as cache,
        pytest.raises(RunError, match=r"a damaged answer \('text'\)"),
    ):
        cache.find("a")


# Before anything is asked


def test_a_dry_run_says_what_would_be_asked_and_asks_nothing(
    suite: Path, server: Loopback, tmp_path: Path
) -> None:
    done = harness("compare", suite, "--dry-run", "--out", tmp_path / "runs", "--json", "-")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert [system["calls"] for system in found["systems"]] == [20, 20]
    assert found["systems"][1]["completion_most"] == 20 * 30
    assert "40 answers would be asked for" in done.stderr
    assert "nothing was asked" in done.stderr
    assert max(map(len, done.stderr.splitlines())) <= 80
    assert not server.calls
    assert not (tmp_path / "runs").exists()


def test_its_dollars_are_those_of_its_tokens(suite: Path) -> None:
    one, two = api.forecast(suite).systems
    assert one.prompt_tokens == two.prompt_tokens
    assert one.prompt_tokens is not None and one.completion_tokens is not None  # noqa: PT018
    assert one.usd == pytest.approx(one.prompt_tokens * 1e-3 + one.completion_tokens * 5e-4)
    assert one.usd_most == pytest.approx(one.prompt_tokens * 1e-3 + 20 * 20 * 5e-4)
    assert api.forecast(suite).usd == pytest.approx((one.usd or 0) + (two.usd or 0))


def test_its_calls_are_those_of_the_run(suite: Path, server: Loopback, tmp_path: Path) -> None:
    options = {"systems": ["two"], "sample": 0.3, "repeats": 2}
    assert api.forecast(suite, **options).calls == 12  # type: ignore[arg-type]
    api.compare(suite, out=tmp_path / "runs", **options)  # type: ignore[arg-type]
    assert len(server.calls) == 12


def test_tokens_are_foreseen_to_a_factor_of_two_on_the_built_in_suites() -> None:
    """What the lab model really needed, in a run of all systems on the three default days."""
    foreseen = {one.system: one for one in api.forecast("releases").systems}
    for system, prompt in (("base", 71_000), ("rag", 480_000), ("hybrid", 480_000)):
        assert prompt / 2 < (foreseen[system].prompt_tokens or 0) < prompt * 2
    assert all(one.usd is None and "an hour" in one.basis for one in foreseen.values())


# A share of the questions


def test_a_sample_is_the_same_for_all_systems_and_can_be_resumed(
    suite: Path, tmp_path: Path
) -> None:
    result = api.compare(suite, sample=0.5, out=tmp_path / "runs")
    asked = {(record.system, record.question_id) for record in result.loaded.records}
    assert len(asked) == 10
    assert {q for s, q in asked if s == "one"} == {q for s, q in asked if s == "two"}
    journal = result.run / "records.jsonl"
    journal.write_bytes(b"".join(journal.read_bytes().splitlines(keepends=True)[:7]))
    assert len(api.resume(result.run).loaded.records) == 20


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--sample", "0"), "sample must be a share"),
        (("--sample", "150%"), "sample must be a share"),
        (("--sample", "nan"), "sample must be a share"),
        (("--sample", "few"), "'few' is no share: write it as 10% or 0.1"),
        (("--sample", "10%", "--limit", "3"), "give one of them"),
    ],
)
def test_a_share_that_is_none_is_refused(suite: Path, options: tuple[str, ...], told: str) -> None:
    done = harness("compare", suite, *options)
    assert done.returncode == 2
    assert told in done.stderr
    assert done.stderr.count("\n") == 1


PUBLISHED = """\
title = "Behind a gateway"
[[prices]]
name = "small"
published = "openai/gpt-4o-mini"
"""


def test_a_run_keeps_what_providers_asked_on_its_day(
    suite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (suite / "prices.toml").write_text(PUBLISHED)
    run = api.compare(suite, out=tmp_path / "runs").run
    monkeypatch.setitem(sys.modules, "genai_prices", None)  # a report takes nothing but the run
    result = api.load(run)
    price = result.prices.price("one")
    assert price is not None
    assert price.source.startswith("genai-prices ")
    cost = result.results["one"].metrics["cost_per_query"]
    # Nine tokens in, two out, at $0.15 and $0.60 a million.
    assert cost.value == pytest.approx((9 * 0.15 + 2 * 0.6) / 1e6)
    assert 'title = "Behind a gateway"' in (run / "prices.toml").read_text()


def test_a_provider_that_is_not_there_is_refused_before_anything_is_asked(
    suite: Path, tmp_path: Path, server: Loopback
) -> None:
    (suite / "prices.toml").write_text(PUBLISHED.replace("openai/", "opnai/"))
    done = harness("compare", str(suite), "--out", str(tmp_path / "runs"))
    assert done.returncode == 2
    assert "prices.toml:4: " in done.stderr
    assert "did you mean 'openai'?" in done.stderr
    assert "Traceback" not in done.stderr
    assert not server.calls
    assert not (tmp_path / "runs").exists() or not list((tmp_path / "runs").iterdir())
