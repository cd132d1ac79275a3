"""Runs against servers that are slow to anger, down for a while, or down for good."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from datetime import date
from pathlib import Path

import pytest
from aiohttp.web import StreamResponse

from harness import api
from harness.errors import ConfigError, RunError, TargetError
from harness.models.specs import ModelSpec
from harness.running.targets import make_targets
from harness.systems.spec import SystemSpec
from harness.transport.limits import Limits
from harness.world.questions import Question

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from loopback import Call, Loopback, drops, says, status

SUITE = """\
title = "Targets"
days = [2026-01-01]
systems = "systems.toml"
{more}
[questions]
source = "questions.jsonl"
"""
SYSTEM = """\
[systems.{name}]
strategy = "base"
model = {{ kind = "openai", name = "{name}", url = "{url}" }}
{more}
"""


def write_suite(home: Path, systems: str, count: int = 12, more: str = "") -> Path:
    home.mkdir()
    (home / "suite.toml").write_text(SUITE.format(more=more))
    (home / "systems.toml").write_text(systems)
    rows = [{"id": f"q{i}", "question": f"number {i}?", "answer": "yes"} for i in range(count)]
    (home / "questions.jsonl").write_text("\n".join(map(json.dumps, rows)))
    return home


def compare(suite: Path, notes: list[str] | None = None, **options: object) -> api.Result:
    def progress(event: api.Progress) -> None:
        if notes is not None and event.phase == "note":
            notes.append(event.message)

    return api.compare(suite, out=suite.parent / "runs", progress=progress, **options)  # type: ignore[arg-type]


def test_systems_at_one_server_share_its_limits(tmp_path: Path) -> None:
    now = most = 0

    async def watched(call: Call) -> StreamResponse:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.01)
        now -= 1
        return await says("yes")(call)

    with Loopback(watched) as server:
        limits = "limits = { concurrency = 3 }"
        systems = SYSTEM.format(name="a", url=server.url, more=limits)
        systems += SYSTEM.format(name="b", url=server.url, more="")
        result = compare(write_suite(tmp_path / "suite", systems))
    assert [record.answer.text for record in result.loaded.records] == ["yes"] * 24
    assert most == 3


def test_two_limits_of_one_server_are_refused(tmp_path: Path) -> None:
    url = "http://127.0.0.1:9/v1"
    systems = SYSTEM.format(name="a", url=url, more="limits = { concurrency = 3 }")
    systems += SYSTEM.format(name="b", url=url, more="limits = { concurrency = 4 }")
    with pytest.raises(
        ConfigError, match=r"systems 'a' and 'b' ask one server .* different limits"
    ):
        compare(write_suite(tmp_path / "suite", systems))


def test_a_function_is_a_target_of_its_own() -> None:
    model = ModelSpec("openai", name="m", url="http://127.0.0.1:9/v1")
    specs = [
        SystemSpec("a", "base", model),
        SystemSpec("b", "rag", model),
        SystemSpec("c", "external", function="m:f", limits=Limits(7)),
    ]
    targets = make_targets(specs, Limits(2))
    assert targets["a"] is targets["b"]
    assert [targets[name].limits.concurrency for name in "abc"] == [2, 2, 7]


def test_plain_functions_with_limits_wait_side_by_side(tmp_path: Path) -> None:
    systems = (
        '[systems.mine]\nstrategy = "external"\nfunction = "side_by_side:answer"\n'
        "limits = { concurrency = 12 }\n"
    )
    suite = write_suite(tmp_path / "suite", systems)
    (suite / "side_by_side.py").write_text(
        "import threading\n\nALL = threading.Barrier(12)\n\n\n"
        "def answer(question, day):\n    ALL.wait(60)\n    return 'yes'\n"
    )
    result = compare(suite)
    assert [record.answer.failure for record in result.loaded.records] == [None] * 12


def test_nobody_at_the_address_ends_the_run_before_anything_is_recorded(tmp_path: Path) -> None:
    suite = write_suite(
        tmp_path / "suite", SYSTEM.format(name="a", url="http://127.0.0.1:9/v1", more="")
    )
    with pytest.raises(TargetError, match=r"127\.0\.0\.1:9/v1 has not answered once: 4 calls"):
        compare(suite)
    assert not list((tmp_path / "runs").iterdir())


def test_a_refused_key_ends_the_run_and_what_was_answered_is_kept(tmp_path: Path) -> None:
    spent = status(429, "You exceeded your current quota", code="insufficient_quota")
    with Loopback(*[says("yes")] * 5, spent) as server:
        suite = write_suite(tmp_path / "suite", SYSTEM.format(name="a", url=server.url, more=""))
        with pytest.raises(TargetError, match="exceeded your current quota"):
            compare(suite)
        (run,) = (tmp_path / "runs").iterdir()
        assert len(api.load(run).loaded.records) == 5
        assert len(server.calls) == 6
        server.plays = (says("yes"),)
        assert [r.answer.text for r in api.resume(run).loaded.records] == ["yes"] * 12


def test_an_outage_is_waited_for_and_costs_no_answer(tmp_path: Path) -> None:
    """Twelve calls in a row are dropped, by which many a question would be lost."""
    notes: list[str] = []
    with Loopback(*[says("yes")] * 2, *[drops()] * 12, says("yes")) as server:
        more = "limits = { concurrency = 8, outage_seconds = 12 }"
        suite = write_suite(tmp_path / "suite", SYSTEM.format(name="a", url=server.url, more=more))
        result = compare(suite, notes)
    assert [record.answer.text for record in result.loaded.records] == ["yes"] * 12
    assert sum(record.answer.attempts for record in result.loaded.records) == 12 + 12
    assert any("is down: 5 calls in a row failed" in note for note in notes)
    assert notes[-1].endswith("is up again")


def test_questions_that_always_fail_do_not_look_like_an_outage(tmp_path: Path) -> None:
    """Those that are tried again come last, one after the other, with no good answer between them."""
    notes: list[str] = []

    async def server_of_some(call: Call) -> StreamResponse:
        bad = int(call.prompt.split("number ")[1].split("?")[0]) % 4 == 0
        return await (status(500) if bad else says("yes"))(call)

    with Loopback(server_of_some) as server:
        more = "limits = { concurrency = 16 }"
        systems = SYSTEM.format(name="a", url=server.url, more=more)
        result = compare(write_suite(tmp_path / "suite", systems, count=64), notes)
    answers = [record.answer for record in result.loaded.records]
    assert [answer.text for answer in answers].count("yes") == 48
    assert [answer.attempts for answer in answers if answer.failure] == [4] * 16
    assert not notes


def test_too_many_requests_are_spread_and_none_is_lost(tmp_path: Path) -> None:
    busy = status(429, "slow down", headers={"Retry-After": "0.05"})
    plays = [busy if number % 5 == 1 else says("yes") for number in range(40)]
    with Loopback(*plays, says("yes")) as server:
        more = "limits = { concurrency = 8 }"
        suite = write_suite(
            tmp_path / "suite", SYSTEM.format(name="a", url=server.url, more=more), count=60
        )
        result = compare(suite)
    answers = [record.answer for record in result.loaded.records]
    assert [answer.text for answer in answers] == ["yes"] * 60
    assert sum(answer.attempts for answer in answers) == len(server.calls) == 68


def test_a_call_that_takes_too_long_is_made_again(tmp_path: Path) -> None:
    async def slow(call: Call) -> StreamResponse:
        await asyncio.sleep(60)
        return await says("late")(call)

    with Loopback(slow, says("yes")) as server:
        more = "limits = { request_seconds = 0.2 }"
        systems = SYSTEM.format(name="a", url=server.url, more=more)
        result = compare(write_suite(tmp_path / "suite", systems, count=1))
    (record,) = result.loaded.records
    assert (record.answer.text, record.answer.attempts) == ("yes", 2)


def test_waiting_for_a_turn_is_told_apart_and_is_no_part_of_the_deadline(tmp_path: Path) -> None:
    def answer(question: Question, day: date) -> str:
        time.sleep(0.02)
        return f"{question.id} {day}"

    systems = SYSTEM.format(name="a", url="http://127.0.0.1:9/v1", more="")
    suite = write_suite(tmp_path / "suite", systems, count=8, more="deadline = 1\nconcurrency = 4")
    spec = SystemSpec(
        "mine", "external", function=answer, limits=Limits(4, requests_per_minute=120)
    )
    records = compare(suite, systems=[spec]).loaded.records
    assert not [record for record in records if record.answer.failure]
    timings = [record.answer.timing for record in records]
    assert all(0.02 <= timing.service < timing.total or timing.queue == 0 for timing in timings)
    assert max(timing.queue for timing in timings) > 1.0  # more than the deadline


def test_a_server_that_goes_down_for_good_ends_the_run_in_one_line(tmp_path: Path) -> None:
    with Loopback(*[says("yes")] * 3, drops()) as server:
        more = "limits = { concurrency = 4, outage_seconds = 1 }"
        suite = write_suite(
            tmp_path / "suite", SYSTEM.format(name="a", url=server.url, more=more), count=60
        )
        with pytest.raises(
            RunError, match=r"has been down since .* calls in a row failed"
        ) as caught:
            compare(suite)
    assert "\n" not in str(caught.value)
    (run,) = (tmp_path / "runs").iterdir()
    assert f"harness resume {run}" in str(caught.value)
    texts = [record.answer.text for record in api.load(run).loaded.records]
    assert texts.count("yes") == 3
