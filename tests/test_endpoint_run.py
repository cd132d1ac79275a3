"""A whole run against an endpoint: base and rag, free and constrained, and the key stays where it is."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiohttp.web import StreamResponse

from harness import api
from harness.errors import ConfigError, RunError
from harness.reporting import markdown_summary

sys.path.insert(0, str(Path(__file__).parent))

from loopback import Call, Loopback, begin, chunk, send, status, usage

KEY = "sk-planted-0123456789-secret"
THINGS = ("Twig", "Rust", "Perl", "Lua")
DELAY = 0.02
SUITE = """\
title = "Endpoint"
days = [2026-01-01, 2026-07-01]
systems = "systems.toml"
prices = "prices.toml"
deadline = 60
concurrency = 2
[world]
facts = "facts.csv"
documents = "documents.jsonl"
[questions]
source = "questions.jsonl"
"""
SYSTEMS = """\
[systems.base]
strategy = "base"
model = {{ kind = "openai", name = "small-1", url = "{url}", key_env = "PLANTED_KEY" }}

[systems.rag]
strategy = "rag"
model = {{ kind = "openai", name = "small-1", url = "{url}", key_env = "PLANTED_KEY" }}
retrieval = {{ mode = "bm25", superseded = "delete" }}
"""
PRICES = """\
[[prices]]
name = "small-*"
usd_per_million_prompt_tokens = 1.0
usd_per_million_completion_tokens = 2.0
source = "planted"
date = 2026-01-01
"""
FORM = {
    "kind": "json",
    "name": "version",
    "schema": {
        "type": "object",
        "properties": {"value": {"type": "string"}},
        "required": ["value"],
        "additionalProperties": False,
    },
    "instruction": "Tell it as JSON.",
}


def write_suite(home: Path, url: str) -> Path:
    """Four things with two releases each, asked as JSON; one more question is a choice."""
    facts = ["subject,attribute,value,value_type,valid_from,valid_to"]
    documents, questions = [], []
    for thing in THINGS:
        releases = (("1.0", "2025-01-01", "2026-03-01"), ("2.0", "2026-03-01", None))
        for value, since, until in releases:
            facts.append(f"{thing},v,{value},version,{since},{until or ''}")
            text = f"{thing} {value} is out"
            documents.append({"id": f"{thing}-{value}", "day": since, "text": text})
        history = {"subject": thing, "attribute": "v", "value_type": "version", "facts": releases}
        question = {"id": thing, "question": f"{thing} version?", "history": json.dumps(history)}
        questions.append({**question, "format": json.dumps(FORM)})
    choice = json.dumps({"kind": "choice", "options": ["yes", "no"]})
    questions.append({"id": "open", "question": "Is it open?", "answer": "yes", "format": choice})
    home.mkdir()
    (home / "suite.toml").write_text(SUITE)
    (home / "systems.toml").write_text(SYSTEMS.format(url=url))
    (home / "prices.toml").write_text(PRICES)
    (home / "facts.csv").write_text("\n".join(facts) + "\n")
    (home / "documents.jsonl").write_text("\n".join(map(json.dumps, documents)))
    (home / "questions.jsonl").write_text("\n".join(map(json.dumps, questions)))
    return home


async def model(call: Call) -> StreamResponse:
    """Reads the newest passage, or says 1.0; writes JSON where it is enforced, prose where not."""
    if "Lua" in call.prompt and "Context" not in call.prompt:
        return await status(400, f"wrong key: {call.header('Authorization')}")(call)
    response = await begin(call)
    await asyncio.sleep(DELAY)
    versions = re.findall(r"\] .*?(\d\.\d) is out", call.prompt) or ["1.0"]
    text = "yes" if "open?" in call.prompt else f"It is {versions[0]}."
    if "response_format" in call.body:
        text = json.dumps({"value": versions[0]})
    await send(response, chunk(text[:3]), chunk(text[3:]), chunk(finish="stop"), usage(100, 50))
    await send(response, "[DONE]")
    return response


@pytest.fixture(scope="module")
def server() -> Iterator[Loopback]:
    with Loopback(model) as playing:
        yield playing


@pytest.fixture(autouse=True)
def planted_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLANTED_KEY", KEY)


@pytest.fixture
def result(server: Loopback, tmp_path: Path) -> api.Result:
    suite = write_suite(tmp_path / "suite", server.url)
    return api.compare(suite, decoding=["free", "constrained"], out=tmp_path / "runs")


def test_an_endpoint_is_compared_like_any_model(result: api.Result, server: Loopback) -> None:
    records = {(r.system, r.question_id, r.day.month): r.answer for r in result.loaded.records}
    assert len(records) == 4 * 5 * 2
    assert records["rag", "Twig", 7].text == "It is 2.0."
    assert records["rag-constrained", "Twig", 7].text == '{"value": "2.0"}'
    assert records["base-constrained", "Twig", 7].text == '{"value": "1.0"}'
    assert [p.document_id for p in records["rag", "Twig", 1].passages] == ["Twig-1.0"]
    for (system, question, _), answer in records.items():
        if question == "Lua" and system.startswith("base"):
            assert answer.failure is not None
            assert answer.failure.kind == "bad_request"
            assert "wrong key: Bearer [key]" in answer.failure.message
        elif question == "open" and system.endswith("constrained"):
            assert answer.failure is not None
            assert answer.failure.kind == "grammar"
        else:
            assert answer.usage.counted
            assert answer.finish_reason == "stop"
            timing = answer.timing
            assert timing.first_token is not None
            assert timing.first_token >= DELAY
            assert timing.total >= timing.first_token + (timing.retrieve or 0.0)
    figures = result.results
    assert figures["rag-constrained"].metrics["valid_rate"].value == pytest.approx(8 / 10)
    assert figures["rag-constrained"].metrics["stale_rate"].value == 0.0
    assert figures["rag"].metrics["cost_per_query"].value == pytest.approx(200e-6)
    assert {call.header("Authorization") for call in server.calls} == {f"Bearer {KEY}"}


def test_latency_says_that_it_is_that_of_a_closed_loop(result: api.Result) -> None:
    label = "closed loop, 2 in flight"
    assert any(label in note for note in result.results.notes)
    page = result.report().read_text(encoding="utf-8")
    section = re.search(r'<section[^>]*id="latency".*?</section>', page, re.DOTALL)
    assert section is not None
    assert label in section.group()
    summary = markdown_summary(result.loaded, result.results)
    assert re.search(rf"- Latency: .*{label}", summary)


def test_a_run_that_does_not_tell_what_was_in_flight_is_read(result: api.Result) -> None:
    path = result.run / "manifest.json"
    manifest = json.loads(path.read_text())
    del manifest["settings"]["in_flight"]
    path.write_text(json.dumps(manifest))
    again = api.load(result.run)
    assert len(again.loaded.records) == 40
    assert not any("in flight" in note for note in again.results.notes)


def test_the_manifest_names_the_model_and_no_secret(result: api.Result, server: Loopback) -> None:
    base, constrained, *_ = result.loaded.manifest.systems
    assert base.settings["model"] == {
        "kind": "openai",
        "name": "small-1",
        "url": server.url,
        "enforce": "json_schema",
        "temperature": 0.0,
    }
    assert base.fingerprints["model"] == constrained.fingerprints["model"]
    page = result.report()
    assert "the model “small-1”" in page.read_text(encoding="utf-8")
    files = [path for path in result.run.rglob("*") if path.is_file()]
    assert {page, result.run / "records.jsonl", result.run / "manifest.json"} <= set(files)
    assert not [path for path in files if KEY.encode() in path.read_bytes()]


def test_a_broken_run_goes_on_unless_the_model_is_another(
    result: api.Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = result.run / "records.jsonl"
    journal.write_bytes(b"".join(journal.read_bytes().splitlines(keepends=True)[:7]))
    monkeypatch.setenv("OTHER_KEY", KEY)
    systems = tmp_path / "suite" / "systems.toml"
    text = systems.read_text().replace("PLANTED_KEY", "OTHER_KEY")
    systems.write_text(text)
    assert len(api.resume(result.run).loaded.records) == 40
    systems.write_text(text.replace("small-1", "small-2"))
    with pytest.raises(RunError, match="the settings of system 'base'"):
        api.resume(result.run)


def test_as_many_questions_are_in_flight_as_the_suite_says(tmp_path: Path) -> None:
    met = asyncio.Barrier(2)

    async def pairs(call: Call) -> StreamResponse:
        response = await begin(call)
        await met.wait()  # alone, a question would never be answered
        await send(response, chunk("2.0", finish="stop"), "[DONE]")
        return response

    with Loopback(pairs) as server:
        suite = write_suite(tmp_path / "suite", server.url)
        result = api.compare(suite, systems=["rag"], limit=4, out=tmp_path / "runs", workers=1)
    assert [r.answer.text for r in result.loaded.records] == ["2.0"] * 8
    assert not (result.run / "workers.log").exists()


def test_a_missing_key_is_said_before_anything_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PLANTED_KEY")
    suite = write_suite(tmp_path / "suite", "http://10.0.0.1/v1")
    with pytest.raises(ConfigError, match=r"'base': .* set the environment variable PLANTED_KEY"):
        api.compare(suite, out=tmp_path / "runs")
    assert not list((tmp_path / "runs").iterdir())
