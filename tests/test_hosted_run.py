"""Whole runs with systems that their provider fine-tunes, and `harness train` as a user types it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from concurrent.futures import Future
from datetime import date
from pathlib import Path

import pytest

from harness import api
from harness.errors import ConfigError
from harness.running.progress import Progress
from harness.training.hosted.tuner import TunedModel

sys.path.insert(0, str(Path(__file__).parent))

from tuning_server import SECONDS, TuningServer, When

KEY = "sk-planted-0123456789-secret"
FIRST, SECOND = date(2026, 1, 1), date(2026, 7, 1)
THINGS = ("Twig", "Rust", "Perl", "Lua")
SUITE = """\
title = "Hosted"
days = [2026-01-01, 2026-07-01]
systems = "systems.toml"
prices = "prices.toml"
[world]
facts = "facts.csv"
documents = "documents.jsonl"
[questions]
source = "questions.jsonl"
"""
MODEL = (
    'model = {{ kind = "openai", name = "small-1", url = "{url}", key_env = "PLANTED_KEY"{more} }}'
)
SYSTEMS = f"""\
[systems.base]
strategy = "base"
{MODEL}
[systems.once]
strategy = "fine-tuned"
{MODEL}
training = {{{{ recipe = "facts", epochs = 3 }}}}
[systems.fresh]
strategy = "fine-tuned"
{MODEL}
training = {{{{ recipe = "facts", epochs = 3, refresh = "on-change" }}}}
"""
PRICE = """\
[[prices]]
name = "{name}"
usd_per_million_prompt_tokens = {prompt}
usd_per_million_completion_tokens = {completion}
{training}
source = "planted"
date = 2026-01-01
"""
TRAIN = (sys.executable, "-m", "harness", "train")
JOB = "GET /fine_tuning/jobs/{id}"


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PLANTED_KEY", KEY)
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_COLOR", "1")


def write_suite(home: Path, url: str, more: str = "") -> Path:
    """Four things, three of which have a new version between the two days."""
    facts = ["subject,attribute,value,value_type,valid_from,valid_to"]
    questions = []
    for thing in THINGS:
        releases = [("1.0", "2025-01-01", "2026-03-01"), ("2.0", "2026-03-01", None)]
        if thing == "Lua":
            releases = [("1.0", "2025-01-01", None)]
        for value, since, until in releases:
            facts.append(f"{thing},version,{value},version,{since},{until or ''}")
        history = {"subject": thing, "attribute": "version", "value_type": "version"}
        question = {"id": thing, "question": f"What is the version of {thing}?"}
        questions.append({**question, "history": json.dumps({**history, "facts": releases})})
    prices = PRICE.format(name="small-*", prompt=1, completion=2, training="") + PRICE.format(
        name="ft:small-*",
        prompt=10,
        completion=20,
        training="usd_per_million_training_tokens = 5",
    )
    home.mkdir()
    (home / "suite.toml").write_text(SUITE)
    (home / "systems.toml").write_text(SYSTEMS.format(url=url, more=more))
    (home / "prices.toml").write_text(prices)
    (home / "facts.csv").write_text("\n".join(facts) + "\n")
    (home / "documents.jsonl").write_text(
        json.dumps({"id": "d", "day": "2025-01-01", "text": "Nothing."}) + "\n"
    )
    (home / "questions.jsonl").write_text("\n".join(map(json.dumps, questions)))
    return home


def without_key(*places: Path) -> bool:
    files = [path for place in places for path in place.rglob("*") if path.is_file()]
    assert files
    return not any(KEY.encode() in path.read_bytes() for path in files)


def test_hosted_fine_tuning_is_compared_with_its_base(tmp_path: Path) -> None:
    told: list[Progress] = []
    with TuningServer(key=KEY, states=("running", "succeeded")) as server:
        suite = write_suite(tmp_path / "suite", server.url)
        result = api.compare(suite, out=tmp_path / "runs", progress=told.append)
        jobs = list(server.jobs.values())
        assert len(jobs) == 2, "the first day's model is shared"
        again = api.compare(suite, out=tmp_path / "runs")
        assert server.created == 2, "a later run finds both"

    right = {
        name: [result.results[name].by_day[day]["right_rate"].value for day in (FIRST, SECOND)]
        for name in ("base", "once", "fresh")
    }
    assert right == {"base": [0, 0], "once": [1, 0.25], "fresh": [1, 1]}
    assert result.results["once"].by_day[SECOND]["stale_rate"].value == 0.75
    assert set(server.asked) == {"small-1", *(job["fine_tuned_model"] for job in jobs)}

    manifest = result.loaded.manifest
    first, second = manifest.preparations["once"]
    assert (first.training_seconds, first.tokens) == (SECONDS, jobs[0]["trained_tokens"])
    assert (first.reused, second.training_seconds, second.adapter_as_of) == (False, 0, FIRST)
    assert first.examples > 1000
    assert first.fingerprints["tuned_model"] == jobs[0]["fine_tuned_model"]
    fresh = manifest.preparations["fresh"]
    assert [p.reused for p in fresh] == [True, False]
    assert len({p.fingerprints["model"] for p in fresh}) == 2
    assert [p.reused for p in again.loaded.manifest.preparations["fresh"]] == [True, True]

    costs = {name: result.results[name].metrics["cost_per_query"].value for name in right}
    assert costs["base"] == pytest.approx((100 * 1 + 10 * 2) / 1e6)
    assert costs["once"] == pytest.approx((100 * 10 + 10 * 20) / 1e6), "not the base's price"
    trained = sum(job["trained_tokens"] for job in jobs)
    assert result.results["fresh"].upkeep.usd.value == pytest.approx(trained * 5 / 1e6)

    states = [p.message for p in told if p.phase == "prepare" and " min" in p.message]
    assert states == ["running, 0 min: fine-tuning of small-1"] * 2
    assert jobs[0]["fine_tuned_model"] in result.report().read_text()
    assert without_key(tmp_path / "runs", tmp_path / "cache")


def test_a_fine_tuned_model_without_a_price_of_its_own_has_no_known_cost(tmp_path: Path) -> None:
    with TuningServer() as server:
        suite = write_suite(tmp_path / "suite", server.url)
        text = (suite / "prices.toml").read_text().replace("ft:small-*", "ft:other")
        (suite / "prices.toml").write_text(text.replace('"small-*"', '"small-1"'))
        result = api.compare(suite, systems=["base", "once"], out=tmp_path / "runs")
    assert result.results["base"].metrics["cost_per_query"].value is not None
    assert result.results["once"].metrics["cost_per_query"].value is None
    assert result.results["once"].upkeep.usd.value is None


def test_a_job_that_fails_ends_the_run_in_one_line_and_leaves_no_folder(tmp_path: Path) -> None:
    with TuningServer(key=KEY, states=("failed",)) as server:
        suite = write_suite(tmp_path / "suite", server.url)
        done = harness("compare", suite, "--systems", "once", "--out", tmp_path / "runs")
    assert done.returncode == 2
    last = done.stderr.splitlines()[-1]
    assert last.startswith(
        "harness: system 'once' cannot be prepared for 2026-01-01: the job ftjob-1"
    )
    assert KEY not in done.stdout + done.stderr
    assert not list((tmp_path / "runs").iterdir())


def test_training_ahead_orders_all_at_once_and_the_run_finds_it(tmp_path: Path) -> None:
    both: asyncio.Barrier | None = None

    async def meet(step: str, when: When) -> None:
        nonlocal both
        if (step, when) == ("POST /fine_tuning/jobs", "after"):
            both = both or asyncio.Barrier(2)
            await both.wait()  # one after the other, neither would ever be created

    with TuningServer(key=KEY, at=meet) as server:
        suite = write_suite(tmp_path / "suite", server.url)
        done = harness("train", suite)
        assert done.returncode == 0, done.stderr
        names = {
            job["user_provided_suffix"]: job["fine_tuned_model"] for job in server.jobs.values()
        }
        lines = [f"facts as of {name[6:16]}: {names[name]}" for name in sorted(names)]
        assert done.stdout.splitlines() == lines
        assert "fine-tuning small-1: the job ftjob-" in done.stderr
        assert KEY not in done.stdout + done.stderr
        models = api.train(suite, systems=["fresh"])
        assert [model.where for model in models] == [names[name] for name in sorted(names)]
        assert all(isinstance(model, TunedModel) for model in models)
        api.compare(suite, systems=["fresh"], out=tmp_path / "runs")
        assert server.created == 2


def test_a_missing_key_is_said_before_anything_is_trained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PLANTED_KEY")
    suite = write_suite(tmp_path / "suite", "http://10.0.0.1/v1")
    with pytest.raises(ConfigError, match=r"'once': .* set the environment variable PLANTED_KEY"):
        api.train(suite)


def test_ctrl_c_leaves_the_job_and_cancel_ends_it(tmp_path: Path) -> None:
    pid: Future[int] = Future()

    async def interrupt(step: str, when: When) -> None:
        if (step, when) == (JOB, "after"):
            os.kill(await asyncio.wrap_future(pid), signal.SIGINT)

    with TuningServer(key=KEY, states=("running",), at=interrupt) as server:
        suite = write_suite(tmp_path / "suite", server.url)
        options = ("--systems", "once", "--days", "2026-01-01")
        with subprocess.Popen(  # noqa: S603  (our own command)
            [*TRAIN, str(suite), *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            pid.set_result(process.pid)
            out, err = process.communicate()
        assert (process.returncode, out) == (130, "")
        *_, note, last = err.splitlines()
        assert note == (
            f"note: the job ftjob-1 at {server.url} goes on, and the next run waits for the same "
            f"one; to end it: harness train {suite / 'suite.toml'} --systems once "
            "--days 2026-01-01 --cancel"
        )
        assert last.startswith("harness: interrupted: what is ordered goes on at the provider")
        assert server.jobs["ftjob-1"]["status"] == "running"

        server.at = None
        other = harness("train", suite, "--systems", "fresh", "--days", "2026-07-01", "--cancel")
        assert other.stdout.endswith(": not ordered\n")
        done = harness("train", suite, *options, "--cancel")
        name = server.jobs["ftjob-1"]["user_provided_suffix"]
        assert done.stdout == f"{name}: ftjob-1 cancelled\n"
        assert server.jobs["ftjob-1"]["status"] == "cancelled"
        server.states = ("succeeded",)
        api.train(suite, systems=["once"], days=["2026-01-01"])
        assert server.created == 2


def test_a_run_interrupted_while_it_waits_is_resumed_with_the_same_job(tmp_path: Path) -> None:
    waiting: Future[None] = Future()
    runs = tmp_path / "runs"

    async def hold(step: str, when: When) -> None:
        if (step, when) == (JOB, "after") and not waiting.done():
            waiting.set_result(None)
            await asyncio.Event().wait()  # until nobody is there any more

    with TuningServer(key=KEY, states=("running",), at=hold) as server:
        suite = write_suite(tmp_path / "suite", server.url)
        command = [*TRAIN[:-1], "compare", str(suite), "--systems", "once", "--out", str(runs)]
        with subprocess.Popen(  # noqa: S603  (our own command)
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        ) as process:
            assert process.stderr is not None
            waiting.result()
            process.send_signal(signal.SIGINT)
            assert any("interrupt again to stop at once" in line for line in process.stderr)
            process.send_signal(signal.SIGINT)
            err = process.stderr.read()
        assert process.returncode == 130
        assert "note: the job ftjob-1 at" in err
        (run,) = runs.iterdir()
        assert f"go on with: harness resume {run}" in err
        server.states = ("succeeded",)
        result = api.resume(run)
        assert len(result.loaded.records) == 8
        assert server.created == 1
    assert without_key(runs, tmp_path / "cache")


def test_a_sunset_stands_in_manifest_and_report_and_warns_where_it_is_near(tmp_path: Path) -> None:
    told: list[Progress] = []
    with TuningServer() as server:
        suite = write_suite(tmp_path / "suite", server.url, ", sunset = 2026-03-01")
        near = api.compare(suite, systems=["base"], out=tmp_path / "runs", progress=told.append)
        text = (suite / "systems.toml").read_text().replace("2026-03-01", "2999-01-01")
        (suite / "systems.toml").write_text(text)
        far = api.compare(suite, systems=["base"], out=tmp_path / "runs", progress=told.append)
    (note,) = [n for n in near.results.notes if "withdraws" in n]
    assert note.startswith(
        "base: the provider withdraws small-1 on 2026-03-01, 122 days before the"
    )
    assert [p.message for p in told if p.phase == "note"] == [note]
    assert near.loaded.manifest.systems[0].settings["model"]["sunset"] == "2026-03-01"
    assert any("days after the last evaluation day" in n for n in far.results.notes)
    page = far.report().read_text()
    assert "the provider withdraws small-1 on 2999-01-01" in page
    assert "sunset 2999-01-01" in page


def harness(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603  (our own command)
        [sys.executable, "-m", "harness", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )
