"""A whole run whose embedder and reranker are endpoints: what they change, cost, and how they fail.

Planted: each depot's code stands in a text that shares no telling word with its question, so only an
embedder that knows meanings finds it; and beside every other such text stands a denial that any
embedder finds nearer, and only the reranker sees through.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiohttp.web import StreamResponse

from harness import api
from harness.errors import ConfigError, RunError

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent / "training"))

import tiny_model
from loopback import Call, Play, says, status
from searching import SearchServer, embeddings, rerank, tokens

KEY = "sk-planted-0123456789-secret"
PLACES = ("north", "south", "east", "west")
DENIED = ("east", "west")
DELAY = 0.02
SUITE = """\
title = "Search"
days = [2026-01-01, 2026-07-01]
systems = "systems.toml"
prices = "prices.toml"
[world]
facts = "facts.csv"
documents = "documents.jsonl"
[questions]
source = "questions.jsonl"
"""
SYSTEMS = """\
[systems.built-in]
strategy = "rag"
model = {{ kind = "openai", name = "small-1", url = "{url}" }}
retrieval = {{ mode = "dense", passages = 1, recency = 0 }}

[systems.served]
strategy = "rag"
model = {{ kind = "openai", name = "small-1", url = "{url}" }}
[systems.served.retrieval]
mode = "dense"
passages = 1
recency = 0
embedder = {{ kind = "openai", name = "e-1", url = "{url}", key_env = "PLANTED_KEY", batch = 5 }}

[systems.judged]
strategy = "rag"
model = {{ kind = "openai", name = "small-1", url = "{url}" }}
[systems.judged.retrieval]
passages = 1
recency = 0
embedder = {{ kind = "openai", name = "e-1", url = "{url}", key_env = "PLANTED_KEY" }}
rerank = {{ kind = "endpoint", name = "r-1", url = "{url}", key_env = "PLANTED_KEY", candidates = 6 }}
"""
PRICES = """\
[[prices]]
name = "small-1"
usd_per_million_prompt_tokens = 1.0
usd_per_million_completion_tokens = 2.0
source = "planted"
date = 2026-01-01

[[prices]]
name = "e-1"
usd_per_million_prompt_tokens = 10.0
usd_per_million_completion_tokens = 0.0
source = "planted"
date = 2026-01-01

[[prices]]
name = "r-1"
usd_per_million_prompt_tokens = 100.0
usd_per_million_completion_tokens = 0.0
source = "planted"
date = 2026-01-01
"""


def code(place: str) -> str:
    return f"K47{PLACES.index(place)}1"


def question(place: str) -> str:
    return f"What opens the {place} depot?"


def texts() -> dict[str, str]:
    found = {}
    for place in PLACES:
        found[f"{place}-told"] = f"{place} store: the door answers to {code(place)}"
        found[f"{place}-sign"] = f"{place} depot opens early, says a sign above its gate at noon"
    for place in DENIED:
        found[f"{place}-denied"] = f"No, what opens the {place} warehouse is not the code K0000"
    return found


LATER = "A new fence stands in the yard"


def write_suite(home: Path, url: str, systems: str = SYSTEMS, more: str = "") -> Path:
    documents = [{"id": n, "day": "2025-01-01", "text": text} for n, text in texts().items()]
    documents.append({"id": "later", "day": "2026-03-01", "text": LATER})
    questions = [{"id": p, "question": question(p), "answer": code(p)} for p in PLACES]
    home.mkdir(exist_ok=True)
    (home / "suite.toml").write_text(SUITE + more)
    (home / "systems.toml").write_text(systems.format(url=url))
    (home / "prices.toml").write_text(PRICES)
    (home / "facts.csv").write_text(
        "subject,attribute,value,value_type,valid_from,valid_to\nyard,code,K0000,text,2025-01-01,\n"
    )
    (home / "documents.jsonl").write_text("\n".join(map(json.dumps, documents)))
    (home / "questions.jsonl").write_text("\n".join(map(json.dumps, questions)))
    return home


async def reads(call: Call) -> StreamResponse:
    """Tells the code in the passage, where there is one."""
    found = re.findall(r"\bK\d{4}\b", call.prompt)
    return await says(found[0] if found else "I don't know.")(call)


class SlowJudge(SearchServer):
    """Takes its time to rerank."""

    def play(self, call: Call) -> Play:
        found = super().play(call)
        if found is not rerank:
            return found

        async def later(call: Call) -> StreamResponse:
            await asyncio.sleep(DELAY)
            return await rerank(call)

        return later


@pytest.fixture(autouse=True)
def planted_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLANTED_KEY", KEY)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)


@pytest.fixture(scope="module")
def server() -> Iterator[SearchServer]:
    with SlowJudge(talks=reads) as running:
        yield running


@pytest.fixture(scope="module")
def result(server: SearchServer, tmp_path_factory: pytest.TempPathFactory) -> api.Result:
    """Made by the command itself, in a process of its own."""
    home = tmp_path_factory.mktemp("search")
    write_suite(home / "suite", server.url)
    done = compare(home)
    assert done.returncode == 0, done.stderr
    (run,) = (home / "runs").iterdir()
    return api.load(run)


def compare(home: Path, *more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603  (our own program)
        [sys.executable, "-m", "harness", "compare", "suite", "--out", "runs", *more],
        cwd=home,
        env={**os.environ, "PLANTED_KEY": KEY, "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_meaning_finds_what_words_do_not_and_the_reranker_what_vectors_confuse(
    result: api.Result,
) -> None:
    found = {
        (r.system, r.question_id): [p.document_id for p in r.answer.passages]
        for r in result.loaded.records
    }
    for place in PLACES:
        assert found["built-in", place] == [f"{place}-sign"]
        nearest = "denied" if place in DENIED else "told"
        assert found["served", place] == [f"{place}-{nearest}"]
        assert found["judged", place] == [f"{place}-told"]
    right = {s.name: s.metrics["right_rate"].value for s in result.results.systems}
    assert right == {"built-in": 0.0, "served": 0.5, "judged": 1.0}
    assert not [r for r in result.loaded.records if r.answer.failure]


def test_each_text_is_embedded_once_for_all_systems_and_days(
    result: api.Result, server: SearchServer
) -> None:
    embedded = Counter(server.embedded)
    questions = {question(place) for place in PLACES}
    documents = {text: embedded[text] for text in embedded.keys() - questions - {"ready?"}}
    assert documents == dict.fromkeys([*texts().values(), LATER], 1)
    # Two systems ask on two days, and no vector of a question is one that was there.
    assert {embedded[text] for text in questions} == {4}
    assert max(len(c.body["input"]) for c in server.calls if "input" in c.body) == 5
    assert not (result.run / "work").exists()


def test_searching_is_timed_counted_and_priced(result: api.Result) -> None:
    for record in result.loaded.records:
        usage, timing = record.answer.usage, record.answer.timing
        asked = tokens(question(record.question_id))
        assert usage.embedded_tokens == (0 if record.system == "built-in" else asked)
        assert (usage.reranked_tokens or 0) > 6 * asked or record.system != "judged"
        assert timing.retrieve is not None
        assert timing.retrieve >= (DELAY if record.system == "judged" else 0.0)
    costs = {s.name: s.metrics["cost_per_query"].value for s in result.results.systems}
    mean = sum(r.answer.usage.reranked_tokens or 0 for r in result.loaded.records) / 8
    assert costs["built-in"] == pytest.approx((9 + 2 * 2) / 1e6)
    assert costs["served"] == pytest.approx((9 + 2 * 2 + 10 * 5) / 1e6)
    assert costs["judged"] == pytest.approx((9 + 2 * 2 + 10 * 5 + 100 * mean) / 1e6)


def test_embedding_documents_is_upkeep_of_every_system_that_needs_it(result: api.Result) -> None:
    first, later = tokens(*texts().values()), tokens(LATER)
    for name in ("served", "judged"):
        made = result.loaded.manifest.preparations[name]
        assert [p.embedded_tokens for p in made] == [first, later]
        upkeep = result.results[name].upkeep
        assert upkeep.embedded_tokens == first + later
        assert upkeep.usd.value == pytest.approx(10 * (first + later) / 1e6)
    # The second system found the vectors, and is told what making them took.
    served, judged = (result.loaded.manifest.preparations[n][0] for n in ("served", "judged"))
    assert not judged.reused
    assert judged.index_seconds > 0 < served.index_seconds
    assert result.loaded.manifest.preparations["built-in"][0].embedded_tokens == 0
    report = result.report().read_text(encoding="utf-8").replace("\u00a0", " ")
    assert f"{first + later} tokens embedded" in report


def test_manifest_and_folder_name_the_parts_and_no_secret(
    result: api.Result, server: SearchServer
) -> None:
    judged = next(s for s in result.loaded.manifest.systems if s.name == "judged")
    assert judged.settings["retrieval"]["embedder"] == {
        "kind": "openai",
        "name": "e-1",
        "url": server.url,
    }
    assert judged.settings["retrieval"]["rerank"] == {
        "kind": "endpoint",
        "name": "r-1",
        "url": server.url,
        "candidates": 6,
    }
    asked = [call for call in server.calls if "messages" not in call.body]
    assert {call.header("Authorization") for call in asked} == {f"Bearer {KEY}"}
    files = [path for path in result.run.rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if KEY.encode() in path.read_bytes()]


# What goes wrong


def test_a_search_that_fails_is_the_outcome_of_its_question(tmp_path: Path) -> None:
    class Picky(SearchServer):
        def play(self, call: Call) -> Play:
            refused = "east" in call.body.get("query", "")
            return status(400, f"not for {KEY}") if refused else super().play(call)

    with Picky(talks=reads) as server:
        suite = write_suite(tmp_path / "suite", server.url)
        result = api.compare(suite, systems=["judged"], out=tmp_path / "runs")
    failures = {r.question_id: r.answer.failure for r in result.loaded.records}
    assert [place for place in PLACES if failures[place] is not None] == ["east"]
    failed = failures["east"]
    assert failed is not None
    assert failed.kind == "retrieval"
    said = "the request is refused (400 Bad Request: not for [key])"
    assert failed.message == f"{server.url}/rerank: {said}"
    assert result.results["judged"].metrics["failed_rate"].value == 0.25


@pytest.mark.parametrize(
    ("plays", "said"),
    [
        ([status(401, f"who is {KEY}?")], "/embeddings: the key is refused; look at the environ"),
        ([embeddings, status(404)], "/rerank: nothing is there; look at url and the model's name"),
    ],
)
def test_a_server_that_will_not_do_is_said_in_one_line_before_any_question(
    tmp_path: Path, plays: list[Play], said: str
) -> None:
    with SearchServer(*plays) as server:
        write_suite(tmp_path / "suite", server.url)
        done = compare(tmp_path, "--systems", "judged")
    assert done.returncode == 2
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("harness: ")]
    assert line.startswith("harness: system 'judged' cannot be prepared for 2026-01-01: http://")
    assert said in line
    assert KEY not in done.stdout + done.stderr
    assert not list((tmp_path / "runs").iterdir())


def test_what_was_embedded_before_a_failure_is_kept_for_resuming(tmp_path: Path) -> None:
    with SearchServer(embeddings, embeddings, status(400, "no credit"), talks=reads) as server:
        suite = write_suite(tmp_path / "suite", server.url)
        with pytest.raises(RunError, match=r"'served' cannot be prepared .*no credit"):
            api.compare(suite, systems=["served"], out=tmp_path / "runs")
        (run,) = (tmp_path / "runs").iterdir()
        paid = server.embedded[:6]
        before = len(server.embedded)
        result = api.resume(run)
    assert len(result.loaded.records) == 8
    assert not set(paid[1:]) & set(server.embedded[before:])
    assert not (run / "work").exists()


def test_a_missing_key_is_said_before_anything_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PLANTED_KEY")
    with SearchServer() as server:
        systems = SYSTEMS.replace('url = "{url}", key_env', 'url = "http://10.0.0.1/v1", key_env')
        suite = write_suite(tmp_path / "suite", server.url, systems)
        for name in ("served", "judged"):
            with pytest.raises(ConfigError, match=f"system '{name}': .*variable PLANTED_KEY"):
                api.compare(suite, systems=[name], out=tmp_path / "runs")
    assert not server.calls
    assert not list((tmp_path / "runs").iterdir())


# A model that computes here


def test_workers_and_the_sweep_share_the_vectors(tmp_path: Path) -> None:
    systems = """\
[systems.local]
strategy = "rag"
model = {{ path = "tiny" }}
max_tokens = 2
[systems.local.retrieval]
passages = 1
embedder = {{ kind = "openai", name = "e-1", url = "{url}" }}
"""
    swept = '[hygiene]\nsystem = "local"\nshares = [0, 1]\n'
    tiny_model.build(tmp_path / "suite" / "tiny")
    with SearchServer() as server:
        suite = write_suite(tmp_path / "suite", server.url, systems, swept)
        changed = [["K0000", "2025-01-01", "2026-02-01"], ["K1111", "2026-02-01", None]]
        history = {"subject": "yard", "attribute": "code", "value_type": "text", "facts": changed}
        asked = {"id": "yard", "question": "yard code?", "history": json.dumps(history)}
        (suite / "questions.jsonl").write_text(json.dumps(asked) + "\n")
        result = api.compare(suite, out=tmp_path / "runs", workers=2)
    assert result.hygiene is not None
    embedded = Counter(server.embedded)
    assert {embedded[text] for text in (*texts().values(), LATER)} == {1}
    assert not [r for r in result.loaded.records if r.answer.failure]
    assert not list(result.run.rglob("vectors.sqlite"))
    assert not list(result.run.rglob("*.lance"))
