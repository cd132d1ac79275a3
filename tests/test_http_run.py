"""A whole comparison of a service behind an HTTP endpoint with a function, and where its key is not."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest
from aiohttp import web

from harness import api
from harness.errors import ConfigError, RunError
from harness.statistics.blame import blame_by_system

sys.path.insert(0, str(Path(__file__).parent))

from loopback import Call, Loopback, status

KEY = "sk-planted/0123+456789-secret"
THINGS = ("Twig", "Rust", "Perl", "Lua")
SUITE = """\
title = "Service"
days = [2026-01-01, 2026-07-01]
systems = "systems.toml"
[questions]
source = "questions.jsonl"
"""
SYSTEMS = """\
[systems.service]
strategy = "external"
limits = {{ concurrency = 4 }}
[systems.service.http]
url = "{url}/ask"
key_env = "PLANTED_KEY"
headers = {{ X-Tenant = "acme" }}
body = "ask.json.jinja"
text = "$.answer"
passages = "$.sources[*]"
passage_text = "$.content"
passage_id = "$.id"
passage_day = "$.day"
prompt_tokens = "$.usage.prompt"
completion_tokens = "$.usage.completion"

[systems.memory]
strategy = "external"
function = "memory:answer"
"""
MEMORY = """\
def answer(question, day):
    return "It is 1.0."
"""
TEMPLATE = '{"q": {{ question | tojson }}, "today": "{{ today }}"}'


class Service(Loopback):
    """Answers at `/v1/ask`."""

    paths: ClassVar = ("/ask",)


async def reads(call: Call) -> web.StreamResponse:
    """Knows of both releases and reads the one of the day; repeats the key wherever it can."""
    said = call.header("Authorization")
    thing, today = call.body["q"].split()[0], call.body["today"]
    if thing == "Lua":
        return await status(422, f"{said} may not ask for {call.body['q']}")(call)
    if thing == "Perl":
        return web.json_response({"oops": said})
    sources = [
        {"id": f"{thing}-{value}", "day": since, "content": f"{thing} {value} is out, {said}"}
        for value, since in (("2.0", "2026-03-01"), ("1.0", "2025-01-01"))
        if since <= today
    ]
    (value,) = re.findall(r"\d\.\d", sources[0]["content"])[:1]
    reply = {"answer": f"It is {value}, {said}.", "sources": sources}
    return web.json_response({**reply, "usage": {"prompt": 80, "completion": 6}})


def write_suite(home: Path, url: str) -> Path:
    """Four things with two releases each; one question is hostile."""
    home.mkdir()
    questions = []
    for thing in THINGS:
        releases = [["1.0", "2025-01-01", "2026-03-01"], ["2.0", "2026-03-01", None]]
        history = {"subject": thing, "attribute": "v", "value_type": "version", "facts": releases}
        text = f'{thing} version?", "today": "{{{{ 7 * 7 }}}}\n\\'
        questions.append({"id": thing, "question": text, "history": json.dumps(history)})
    (home / "suite.toml").write_text(SUITE)
    (home / "systems.toml").write_text(SYSTEMS.format(url=url))
    (home / "memory.py").write_text(MEMORY)
    (home / "ask.json.jinja").write_text(TEMPLATE)
    (home / "questions.jsonl").write_text("\n".join(map(json.dumps, questions)))
    return home


@pytest.fixture(scope="module")
def server() -> Iterator[Service]:
    with Service(reads) as playing:
        yield playing


@pytest.fixture(autouse=True)
def planted_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLANTED_KEY", KEY)


@pytest.fixture
def suite(server: Service, tmp_path: Path) -> Path:
    return write_suite(tmp_path / "suite", server.url)


def test_a_service_is_compared_like_any_system(suite: Path, server: Service) -> None:
    result = api.compare(suite, out=suite.parent / "runs", workers=1)
    answers = {(r.system, r.question_id, r.day.month): r.answer for r in result.loaded.records}
    assert len(answers) == 2 * 4 * 2
    twig = answers["service", "Twig", 7]
    assert twig.text == "It is 2.0, Bearer [key]."
    assert [passage.document_id for passage in twig.passages] == ["Twig-2.0", "Twig-1.0"]
    assert twig.usage.counted
    kinds = {q: a.failure and a.failure.kind for (s, q, _), a in answers.items() if s == "service"}
    assert kinds == {"Twig": None, "Rust": None, "Perl": "bad_reply", "Lua": "bad_request"}
    perl = answers["service", "Perl", 1].failure
    assert perl is not None
    assert 'no text at text = "$.answer" (the server sent {"oops":"Bearer [key]"})' in perl.message
    figures = result.results
    assert figures["service"].metrics["right_rate"].value == pytest.approx(4 / 8)
    assert figures["memory"].metrics["stale_rate"].value == pytest.approx(4 / 8)
    assert server.calls[-1].header("X-Tenant") == "acme"
    assert {tuple(call.body) for call in server.calls} == {("q", "today")}


def test_its_passages_tell_who_is_to_blame(suite: Path) -> None:
    result = api.compare(suite, systems=["service"], out=suite.parent / "runs")
    (blame,) = blame_by_system(result.loaded, result.results.scores)
    assert blame.system == "service"
    assert blame.counts["read"] == 4
    assert blame.counts["nothing"] == 4


def test_the_key_is_in_no_file_and_on_no_terminal(suite: Path) -> None:
    runs, page = suite.parent / "runs", suite.parent / "report.html"
    done = subprocess.run(  # noqa: S603  (our own program)
        [sys.executable, "-m", "harness", "compare", str(suite), "--out", str(runs),
         "--report", str(page)],
        env={**os.environ, "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    files = [path for path in suite.parent.rglob("*") if path.is_file()]
    names = {path.name for path in files}
    assert {"report.html", "records.jsonl", "manifest.json"} <= names
    texts = [done.stdout, done.stderr, *(path.read_bytes().decode("latin-1") for path in files)]
    parts = [KEY[start : start + 10] for start in range(0, len(KEY) - 10, 5)]
    assert not [part for part in parts for text in texts if part in text]
    records = next(path for path in files if path.name == "records.jsonl").read_text()
    assert "Bearer [key] may not ask" in records


def test_the_manifest_says_what_is_asked(suite: Path, server: Service) -> None:
    result = api.compare(suite, systems=["service"], out=suite.parent / "runs")
    (service,) = result.loaded.manifest.systems
    assert service.settings["http"]["url"] == f"{server.url}/ask"
    assert service.settings["http"]["body"] == "ask.json.jinja"
    assert service.fingerprints.keys() == {"request", "reply"}
    assert not service.recorded


def test_a_broken_run_goes_on_unless_the_request_is_another(
    suite: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = api.compare(suite, systems=["service"], out=suite.parent / "runs")
    journal = result.run / "records.jsonl"
    kept = b"".join(journal.read_bytes().splitlines(keepends=True)[:3])
    journal.write_bytes(kept)
    systems = suite / "systems.toml"
    monkeypatch.setenv("OTHER_KEY", KEY)
    systems.write_text(systems.read_text().replace("PLANTED_KEY", "OTHER_KEY"))
    assert len(api.resume(result.run).loaded.records) == 8
    journal.write_bytes(kept)
    (suite / "ask.json.jinja").write_text(TEMPLATE.replace('"q"', '"query"'))
    with pytest.raises(RunError, match=r"system 'service' is not what it was: request \(was"):
        api.resume(result.run)


def test_a_missing_key_is_said_before_anything_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PLANTED_KEY")
    suite = write_suite(tmp_path / "suite", "http://10.0.0.1")
    with pytest.raises(ConfigError, match=r"'service': .* set the environment variable PLANTED"):
        api.compare(suite, out=tmp_path / "runs")
    assert not list((tmp_path / "runs").iterdir())


def test_services_at_one_url_share_its_limits(tmp_path: Path) -> None:
    now = most = 0

    async def watched(_: Call) -> web.StreamResponse:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.01)
        now -= 1
        return web.json_response({"answer": "It is 1.0."})

    with Service(watched) as server:
        suite = write_suite(tmp_path / "suite", server.url)
        systems = suite / "systems.toml"
        text = systems.read_text()
        other = text[: text.index("[systems.memory]")].replace("systems.service", "systems.other")
        systems.write_text(text + other.replace("limits = { concurrency = 4 }\n", ""))
        result = api.compare(suite, systems=["service", "other"], out=tmp_path / "runs")
    assert [record.answer.text for record in result.loaded.records] == ["It is 1.0."] * 16
    assert most == 4
