"""A secret is planted wherever a user may put one, and every byte that comes out is searched for it.

The servers are the worst that there are: they repeat the key in answers, errors, headers, broken
streams and job reports. Everything runs in processes of its own, with logging at DEBUG.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import closing
from pathlib import Path

import pytest
from aiohttp.web import Response, StreamResponse

sys.path.insert(0, str(Path(__file__).parent))

from loopback import Call, Play, begin, chunk, drops, says, send, status
from searching import SearchServer, embeddings, rerank
from tuning_server import TuningServer

PART = 10  # characters; fewer tell nobody anything


def secret(name: str) -> str:
    digest = hashlib.sha256(name.encode()).hexdigest()
    return f"sk-{digest[:20]}-{digest[20:40]}"


VARIABLES = {
    name: secret(name)
    for name in (
        "CHAT_KEY",
        "EMBED_KEY",
        "RERANK_KEY",
        "TUNE_KEY",
        "HTTP_KEY",
        "OPENAI_API_KEY",
        "DATABASE_PASSWORD",
    )
}
PROXY = secret("proxy")
LOGGED = """\
import logging, resource, sys
logging.basicConfig(level=logging.DEBUG)
_, most = resource.getrlimit(resource.RLIMIT_CORE)
resource.setrlimit(resource.RLIMIT_CORE, (most, most))
from harness.cli import main
main()
"""
SUITE = """\
title = "Leaky"
days = [2026-01-01]
systems = "systems.toml"
concurrency = 8
[world]
facts = "facts.csv"
documents = "documents.jsonl"
[questions]
source = "questions.jsonl"
"""
SYSTEMS = """\
[systems.chat]
strategy = "base"
model = {{ kind = "openai", name = "small-1", url = "{url}", key_env = "CHAT_KEY" }}

[systems.plain]
strategy = "base"
model = {{ kind = "openai", name = "small-1", url = "{url}" }}

[systems.search]
strategy = "rag"
model = {{ kind = "openai", name = "small-1", url = "{url}", key_env = "CHAT_KEY" }}
[systems.search.retrieval]
embedder = {{ kind = "openai", name = "e-1", url = "{url}", key_env = "EMBED_KEY" }}
rerank = {{ kind = "endpoint", name = "r-1", url = "{url}", key_env = "RERANK_KEY" }}

[systems.mine]
strategy = "external"
function = "mine:answer"
"""
HTTP = """\
[systems.api]
strategy = "external"
[systems.api.http]
url = "{url}/ask"
key_env = "HTTP_KEY"
key_header = "X-Api-Key"
body = {{ prompt = "{{{{ question }}}}" }}
text = "$.answer"
error = "$.error"
passages = "$.passages[*]"
passage_id = "$.id"
passage_text = "$.text"
finish_reason = "$.finish"

[systems.events]
strategy = "external"
[systems.events.http]
url = "{url}/events"
key_env = "HTTP_KEY"
body = {{ prompt = "{{{{ question }}}}" }}
event_text = "$.choices[0].delta.content"
error = "$.error"
"""
TUNED = """\
[systems.tuned]
strategy = "fine-tuned"
model = {{ kind = "openai", name = "small-1", url = "{url}", key_env = "TUNE_KEY" }}
training = {{ recipe = "facts" }}
"""
MINE = """\
import os


def answer(question, day):
    if "crash" in question.text:
        os.abort()
    if "raise" in question.text:
        raise ValueError(f"no login at db://me:{os.environ['DATABASE_PASSWORD']}@host")
    return "fine"
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Echo]:
    with Echo() as running:
        yield running


class Echo(SearchServer):
    """Does what is asked, and repeats whatever it was sent."""

    paths = (*SearchServer.paths, "/ask", "/events")

    def play(self, call: Call) -> Play:
        key = str(call.header("X-Api-Key") or call.header("Authorization"))
        path = call.request.path
        if path.endswith(("/ask", "/events")):
            return _asked(key, str(call.body["prompt"]), streamed=path.endswith("/events"))
        if path.endswith("/chat/completions"):
            return next(
                (play(key) for word, play in TALK.items() if word in call.prompt), says(key)
            )
        searched = str(call.body.get("input") or call.body.get("query"))
        if path.endswith("/embeddings"):
            return (
                status(400, f"not with {key}") if "embed" in searched else _headed(embeddings, key)
            )
        return _unreadable(key) if "rerank" in searched else _headed(rerank, key)


def _asked(key: str, question: str, *, streamed: bool) -> Play:
    for word, play in TALK.items():
        if word in question:
            return play(key)
    if streamed:
        return says(key)
    passage = {"id": key, "text": f"It is {key}."}
    answer = {"answer": f"It is {key}", "passages": [passage], "finish": key}
    told = {"error": {"who": key}} if "raise" in question else answer
    return status(200, told)


def _headed(play: Play, key: str) -> Play:
    async def headed(call: Call) -> StreamResponse:
        response = await play(call)
        response.headers.update({"X-Echo": key, "WWW-Authenticate": key})
        response.headers["Set-Cookie"] = f"{key}={key}"
        return response

    return headed


def _unreadable(key: str) -> Play:
    """A header without a colon, of which `urllib3` warns."""

    async def play(call: Call) -> StreamResponse:
        assert call.request.transport is not None
        head = f"HTTP/1.1 200 OK\r\nX Echo {key}\r\nContent-Length: 2\r\n\r\n{{}}"
        call.request.transport.write(head.encode())
        call.request.transport.close()
        return Response()

    return play


def _bodies(key: str) -> dict[str, str]:
    escaped = json.dumps(f"wrong: {key}").replace("-", "\\u002d")
    return {
        "text": f"<html>{key}</html>",
        "escaped": f'{{"error": {{"message": {escaped}}}}}',
        "nested": json.dumps({"detail": [{"loc": ["header"], "input": {"authorization": key}}]}),
    }


def _refusal(kind: str, code: int) -> object:
    def refuse(key: str) -> Play:
        async def play(_: Call) -> StreamResponse:
            headers = {"Retry-After": key, "Location": f"http://127.0.0.1/{key}", "X-Echo": key}
            return Response(text=_bodies(key)[kind], status=code, reason=key, headers=headers)

        return play

    return refuse


def _ends(key: str, finish: str | None) -> Play:
    """An answer that is cut in the middle of the key."""

    async def play(call: Call) -> StreamResponse:
        response = await begin(call)
        await send(response, chunk("It is "), chunk(key[:12]), chunk(key[12:-8]))
        if finish is None:
            return await drops()(call)
        await send(response, chunk(finish=finish), "[DONE]")
        return response

    return play


def _error_within(key: str) -> Play:
    async def play(call: Call) -> StreamResponse:
        response = await begin(call)
        await send(response, chunk("It"), {"error": {"message": f"broke at {key}", "code": 400}})
        return response

    return play


def _no_chunk(key: str) -> Play:
    async def play(call: Call) -> StreamResponse:
        response = await begin(call)
        await send(response, {"choices": [{"delta": {"content": [key]}}]})
        return response

    return play


TALK = {
    "text refusal": _refusal("text", 400),
    "escaped refusal": _refusal("escaped", 422),
    "nested refusal": _refusal("nested", 413),
    "redirected": _refusal("text", 302),
    "half an answer": lambda key: _ends(key, "length"),
    "cut": lambda key: _ends(key, None),
    "error within": _error_within,
    "no chunk": _no_chunk,
}
QUESTIONS = (*TALK, "whole answer", "embed this", "rerank this", "raise this", "crash this")


QUICK = ("text refusal", "whole answer", "raise this")
"""Those that nothing is asked again for: a run of them takes a second."""


def write_suite(home: Path, systems: str, url: str, asked: Sequence[str] = QUESTIONS) -> Path:
    questions = [
        {"id": str(number), "question": f"{text}?", "answer": "fine"}
        for number, text in enumerate(asked)
    ]
    suite = home / "suite"
    suite.mkdir()
    (suite / "suite.toml").write_text(SUITE)
    (suite / "systems.toml").write_text(systems.format(url=url))
    (suite / "mine.py").write_text(MINE)
    (suite / "facts.csv").write_text(
        "subject,attribute,value,value_type,valid_from,valid_to\nTwig,version,1.0,version,2025-01-01,\n"
    )
    documents = [{"id": f"d{n}", "day": "2025-01-01", "text": f"This is {n}."} for n in range(3)]
    (suite / "documents.jsonl").write_text("\n".join(map(json.dumps, documents)))
    (suite / "questions.jsonl").write_text("\n".join(map(json.dumps, questions)))
    return suite


def environment(home: Path, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """The keys are in it, and a proxy with a password, which is not to be used."""
    proxy = f"http://me:{PROXY}@127.0.0.1:9"
    return {
        **os.environ,
        **VARIABLES,
        "HTTP_PROXY": proxy,
        "http_proxy": proxy,
        "HTTPS_PROXY": proxy,
        "HARNESS_CACHE": str(home / "cache"),
        "NO_COLOR": "1",
        "PYTHONASYNCIODEBUG": "1",
        **(more or {}),
    }


def harness(home: Path, *arguments: object, **more: str) -> subprocess.CompletedProcess[str]:
    return run(home, [sys.executable, "-c", LOGGED, *map(str, arguments)], **more)


def run(home: Path, command: Sequence[str], **more: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(  # noqa: S603  (our own commands)
        command, cwd=home, env=environment(home, more), capture_output=True, text=True, check=False
    )
    number = len(list(home.glob("*.out")))
    (home / f"{number}.out").write_text(f"{done.stdout}\n{done.stderr}")
    return done


def leaks(home: Path, *more: str, written: Sequence[str] = ()) -> list[str]:
    """Where a secret, or a part of one, is found in what was written below `home`.

    `written` are names of the files in which the user put it.
    """
    files = [path for path in home.rglob("*") if path.is_file() and path.name not in written]
    assert len(files) > len(written)
    found = []
    for whole in (*VARIABLES.values(), PROXY, *more):
        parts = [whole[start : start + PART].encode() for start in range(len(whole) - PART + 1)]
        for path in files:
            data = path.read_bytes()
            if part := next((part for part in parts if part in data), None):
                place = data.index(part)
                found.append(f"{path.relative_to(home)}: {data[max(0, place - 80) : place + 20]!r}")
    return found


def test_the_search_finds_a_part_of_a_secret(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(b"\0\1" + PROXY[7:17].encode() + b"\2")
    assert len(leaks(tmp_path)) == 1


def test_no_key_is_in_what_a_run_its_report_and_its_figures_leave(
    server: Echo, tmp_path: Path
) -> None:
    write_suite(tmp_path, SYSTEMS, server.url)
    done = harness(tmp_path, "compare", "suite", "--out", "runs", "--json", "compared.json")
    assert done.returncode == 0, done.stderr[-3000:]
    (made,) = (tmp_path / "runs").iterdir()
    records = [json.loads(line) for line in (made / "records.jsonl").read_text().splitlines()]
    said = {(r["system"], QUESTIONS[int(r["question_id"])]): r["answer"] for r in records}

    assert said["chat", "whole answer"]["text"] == "Bearer [key]"
    assert said["plain", "whole answer"]["text"] == "Bearer [key]"
    assert said["chat", "half an answer"]["text"].startswith("It is Bearer [key]")
    failures = {key: answer["failure"] for key, answer in said.items() if answer["failure"]}
    assert {question for system, question in failures if system == "chat"} == {
        word for word in TALK if word != "half an answer"
    }
    told = {key: failure["message"] for key, failure in failures.items()}
    assert "(400 Bad Request: <html>Bearer [key]</html>)" in told["chat", "text refusal"]
    assert "wrong: Bearer [key]" in told["chat", "escaped refusal"]
    assert told["search", "embed this"].endswith("(400 Bad Request: not with Bearer [key])")
    assert said["mine", "raise this"]["failure"]["message"] == (
        "ValueError: no login at db://me:[DATABASE_PASSWORD]@host"
    )
    assert said["mine", "crash this"]["failure"]["kind"] == "worker_died"
    assert "unparsed data: 'X Echo Bearer [key]" in done.stderr

    lines = (made / "records.jsonl").read_bytes().splitlines(keepends=True)
    (made / "records.jsonl").write_bytes(b"".join(lines[:9]))
    assert harness(tmp_path, "resume", made).returncode == 0
    done = harness(tmp_path, "report", made, "--html", "page.html", "--json", "-")
    assert done.returncode == 0, done.stderr[-3000:]
    sent = {call.header("Authorization") for call in server.calls}
    assert sent >= {
        f"Bearer {VARIABLES[n]}" for n in VARIABLES if n.endswith("KEY") and n[0] not in "TH"
    }
    assert leaks(tmp_path) == []


def test_no_key_is_in_what_http_systems_and_the_answer_cache_leave(
    server: Echo, tmp_path: Path
) -> None:
    write_suite(tmp_path, SYSTEMS + HTTP, server.url)
    asked = ("compare", "suite", "--systems", "chat,api,events", "--cache")
    for out in ("first", "second"):
        done = harness(tmp_path, *asked, "--out", out)
        assert done.returncode == 0, done.stderr[-3000:]
    (made,) = (tmp_path / "second").iterdir()
    records = [json.loads(line) for line in (made / "records.jsonl").read_text().splitlines()]
    said = {(r["system"], QUESTIONS[int(r["question_id"])]): r["answer"] for r in records}
    whole = said["api", "whole answer"]
    assert whole["text"] == "It is [key]", whole
    assert [(p["document_id"], p["text"]) for p in whole["passages"]] == [("[key]", "It is [key].")]
    assert whole["finish_reason"] == "[key]"
    assert said["events", "whole answer"]["text"] == "Bearer [key]"
    failures = {key: answer["failure"] for key, answer in said.items() if answer["failure"]}
    told = {key: failure["message"] for key, failure in failures.items()}
    assert "[key]" in told["api", "raise this"]
    assert "(400 Bad Request: <html>[key]</html>)" in told["api", "text refusal"]
    assert "wrong: Bearer [key]" in told["events", "escaped refusal"]

    assert {r["system"] for r in records if r["cached"]} == {"chat"}
    (kept,) = (tmp_path / "cache" / "answers").rglob("*.sqlite")
    with closing(sqlite3.connect(kept)) as database:
        answers = [str(row) for row in database.execute("SELECT * FROM answers")]
    assert any("Bearer [key]" in answer for answer in answers)
    assert not [name for name, value in VARIABLES.items() if value in "".join(answers)]
    sent = {str(call.header("X-Api-Key")) for call in server.calls}
    assert VARIABLES["HTTP_KEY"] in sent
    assert leaks(tmp_path) == []


def test_no_key_is_in_what_ctrl_c_leaves(tmp_path: Path) -> None:
    waiting: Future[None] = Future()

    async def hold(_: Call) -> StreamResponse:
        waiting.set_result(None)
        await asyncio.Event().wait()  # until nobody is there any more
        raise AssertionError

    class Slow(Echo):
        def play(self, call: Call) -> Play:
            return hold if not waiting.done() else super().play(call)

    with Slow() as server:
        write_suite(tmp_path, SYSTEMS, server.url)
        command = [sys.executable, "-c", LOGGED, "compare", "suite", "--systems", "chat"]
        with (tmp_path / "interrupted.out").open("w") as out, subprocess.Popen(  # noqa: S603  (ours)
            command, cwd=tmp_path, env=environment(tmp_path), stdout=out, stderr=subprocess.PIPE, text=True
        ) as process:  # fmt: skip
            assert process.stderr is not None
            waiting.result()
            process.send_signal(signal.SIGINT)
            before = []
            for line in process.stderr:
                before.append(line)
                if "interrupt again to stop at once" in line:
                    break
            process.send_signal(signal.SIGINT)
            (tmp_path / "interrupted.err").write_text("".join(before) + process.stderr.read())
        assert process.returncode == 130
        (made,) = (tmp_path / "runs").iterdir()
        assert harness(tmp_path, "resume", made, "--debug").returncode == 0
    assert leaks(tmp_path) == []


@pytest.mark.parametrize("echo", ["refused", "failed"])
def test_no_key_is_in_what_fine_tuning_at_a_provider_leaves(tmp_path: Path, echo: str) -> None:
    key = VARIABLES["TUNE_KEY"]
    with TuningServer(key="another" if echo == "refused" else None) as server:
        message = f"no access for Bearer {key}"
        told = {"status": "failed", "error": {"code": "who", "message": message}}
        job = {"id": f"job-{key}", "fine_tuned_model": f"ft:{key}", **told}
        server.failing["GET /fine_tuning/jobs/{id}"] = [(200, job)]
        write_suite(tmp_path, TUNED, server.url)
        done = harness(tmp_path, "train", "suite", "--systems", "tuned", "--debug")
        compared = harness(tmp_path, "compare", "suite", "--systems", "tuned")
    assert done.returncode == 2
    said = "Incorrect API key provided: Bearer [key]" if echo == "refused" else "for Bearer [key]"
    assert "Traceback" in done.stderr
    assert said in done.stderr
    if echo == "failed":
        assert (tmp_path / "cache" / "hosted").is_dir()
    else:
        assert said in compared.stderr
    assert leaks(tmp_path) == []


def test_pytest_shows_no_key_among_local_variables(server: Echo, tmp_path: Path) -> None:
    suite = write_suite(tmp_path, SYSTEMS, server.url)
    (suite / "test_gates.py").write_text("""\
import harness


def test_gate(harness_results, harness_gate):
    harness_gate.at_least(harness_results["chat"], "right_rate", 0.99)


def test_of_ones_own():
    harness.compare(__file__.rpartition("/")[0], systems=["chat"], out="own")


def test_retrieval():
    harness.compare(__file__.rpartition("/")[0], systems=["search"], out="own")
""")

    class Refusing(Echo):
        def play(self, call: Call) -> Play:
            return status(401, f"who is {call.header('Authorization')}?")

    command = [*PYTEST, "--log-level=DEBUG", "--harness-systems", "chat", "suite"]
    done = run(tmp_path, [*command, "-k", "gate"])
    assert "1 failed" in done.stdout, done.stdout[-3000:]
    with Refusing() as other:
        text = (suite / "systems.toml").read_text()
        (suite / "systems.toml").write_text(text.replace(server.url, other.url))
        done = run(tmp_path, [*command, "-k", "own or retrieval"])
    assert done.stdout.count("the key is refused; look at the environment variable") >= 2
    assert "failed     = CallError(" in done.stdout, "local variables are shown"
    assert leaks(tmp_path) == []


def test_no_key_is_in_what_a_load_test_leaves(server: Echo, tmp_path: Path) -> None:
    """Its samples keep neither texts nor messages; what ends a test early has them."""
    write_suite(tmp_path, SYSTEMS + HTTP, server.url, QUICK)
    asked = ("--rates", "100", "--requests", "20", "--seconds", "0.1", "--out", "loads")
    for system in ("chat", "api"):
        done = harness(tmp_path, "load", "suite", "--system", system, *asked, "--json", "load.json")
        assert done.returncode == 0, done.stderr[-3000:]
    folders = sorted((tmp_path / "loads").iterdir())
    samples = (folders[0] / "samples.jsonl").read_text().splitlines()
    assert {json.loads(line)["failure"] for line in samples} >= {"", "bad_request"}
    assert harness(tmp_path, "load", "--from", folders[0], "--total", "1").returncode == 0

    class Refusing(Echo):
        def play(self, call: Call) -> Play:
            return status(401, f"who is {call.header('Authorization')}?")

    with Refusing() as other:
        text = (tmp_path / "suite" / "systems.toml").read_text()
        (tmp_path / "suite" / "systems.toml").write_text(text.replace(server.url, other.url))
        done = harness(tmp_path, "load", "suite", "--system", "chat", *asked, "--debug")
    assert done.returncode == 2
    assert "(401 Unauthorized: who is Bearer [key]?)" in done.stderr
    assert leaks(tmp_path) == []


ASSERTIONS = """\
def test_system(harness_system):
    assert harness_system.metrics["right_rate"].value == 2, harness_system


def test_answer(harness_answer):
    assert harness_answer.score.freshness.label == "current", harness_answer
    assert harness_answer.record.answer.failure is None


def test_raw(harness_run):
    assert [record.answer for record in harness_run.loaded.records] == []


def test_gate(harness_gate, harness_results):
    harness_gate.at_least(harness_results["api"], "right_rate", 0.99)
"""


def test_no_key_is_in_the_files_of_the_plugin_nor_in_what_its_assertions_show(
    server: Echo, tmp_path: Path
) -> None:
    suite = write_suite(tmp_path, SYSTEMS + HTTP, server.url, QUICK)
    (suite / "test_shown.py").write_text(ASSERTIONS)
    command = [
        *PYTEST, "-rA", "--log-level=DEBUG", "--junitxml=junit.xml", "--harness-per-question",
        "--harness-systems=chat,api,mine", "--harness-json=figures.json",
        "--harness-html=page.html", "--harness-save=first", "--harness-storage=kept", "suite",
    ]  # fmt: skip
    done = run(tmp_path, command, GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY="summary.md")
    assert "failed" in done.stdout, done.stdout[-3000:]
    assert "[key]" in done.stdout, "answers are shown"
    for name in ("junit.xml", "figures.json", "page.html", "summary.md"):
        assert (tmp_path / name).stat().st_size > 0, name
    assert "[key]" in (tmp_path / "junit.xml").read_text()
    assert list((tmp_path / "kept").rglob("*.parquet"))
    run(tmp_path, [*command[:-1], "-n", "2", "--harness-compare", "suite"])
    assert leaks(tmp_path) == []


def test_no_key_is_in_what_the_history_and_its_comparisons_leave(
    server: Echo, tmp_path: Path
) -> None:
    write_suite(tmp_path, SYSTEMS + HTTP, server.url, QUICK)
    asked = ("suite", "--systems", "chat,api,mine")
    for name in ("first", "second"):
        done = harness(tmp_path, "compare", *asked, "--save", name, "--storage", "kept")
        assert done.returncode == 0, done.stderr[-3000:]
    done = harness(tmp_path, "diff", "first", "second", "--storage", "kept", "--json", "diff.json")
    assert done.returncode == 0, done.stderr[-3000:]
    first, _ = sorted((tmp_path / "runs").iterdir())
    done = harness(
        tmp_path, "report", first, "--html", "p.html", "--markdown", "s.md", "--csv", "tables"
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "[key]" in (tmp_path / "tables" / "answers.csv").read_text()
    harness(tmp_path, "nightly", *asked, "--storage", "kept", "--summary", "night.md", "--out", "n")
    assert (tmp_path / "night.md").stat().st_size > 0
    # Parquet packs its texts: what is in it is seen when it is unpacked.
    query = "SELECT * FROM answers"
    done = harness(tmp_path, "history", "query", query, "--storage", "kept", "--json", "rows.json")
    assert "[key]" in (tmp_path / "rows.json").read_text()
    assert leaks(tmp_path) == []


MISTAKES = {
    "key_env with dashes": ('key_env = "{}"', "key_env: must be the name of an environment var"),
    "key_env in a list": ('key_env = ["{}"]', "key_env must be a text"),
    "unknown key": ('api_key = "{}"', "unknown key 'api_key'"),
    "user": ('url = "http://me:{}@127.0.0.1/v1"', "url: must not hold a user or a password"),
    "user alone": ('url = "http://{}@127.0.0.1/v1"', "url: must not hold a user or a password"),
    "query": ('url = "http://127.0.0.1/v1?key={}"', "url: must end with its path, such as /v1"),
    "fragment": ('url = "http://127.0.0.1/v1#{}"', "url: must end with its path, such as /v1"),
    "port": ('url = "http://127.0.0.1:{}/v1"', "url: is no URL"),
    "no scheme": ('url = "me:{}@127.0.0.1/v1"', "url: must be a URL"),
    "url in a table": ('url = {{ at = "{}" }}', "url must be a text"),
}
OWN = """\
import harness


def test_own():
    harness.compare(__file__.rpartition("/")[0])
"""
PYTEST = (sys.executable, "-m", "pytest", "-l", "-vv", "--full-trace", "-p", "no:cacheprovider")


def test_a_secret_in_the_wrong_place_is_refused_and_not_repeated(tmp_path: Path) -> None:
    dashed = secret("typed")
    values = (dashed, dashed.replace("-", ""))  # the second could be the name of a variable
    systems, said = [], []
    for number, (text, message) in enumerate(MISTAKES.values()):
        for value in values:
            model = f'kind = "openai"\nname = "small-1"\n{text.format(value)}'
            name = f"s{number}-{len(said)}"
            systems.append(
                f'[systems.{name}]\nstrategy = "base"\n[systems.{name}.model]\n{model}\n'
            )
            said.append(message)
    suite = write_suite(tmp_path, "", "")
    (suite / "systems.toml").write_text("".join(systems))
    (suite / "test_own.py").write_text(OWN)
    done = run(tmp_path, [sys.executable, "-m", "harness", "compare", "suite"])
    lines = done.stderr.removeprefix("harness: ").splitlines()
    assert len(lines) == len(said)
    for line, message in zip(lines, said, strict=True):
        assert line.startswith(f"{suite / 'systems.toml'}:")
        assert message in line
    (suite / "test_gates.py").write_text("def test_gate(harness_results):\n    pass\n")
    assert harness(tmp_path, "compare", "suite", "--debug").returncode == 2
    assert "1 failed, 1 error" in run(tmp_path, [*PYTEST, "suite"]).stdout
    unquoted = f'[systems.a]\nstrategy = "base"\nmodel = {{ key_env = {dashed} }}\n'
    (suite / "systems.toml").write_text(unquoted)
    assert "not TOML" in harness(tmp_path, "compare", "suite", "--debug").stderr
    assert leaks(tmp_path, *values, written=["systems.toml"]) == []


@pytest.mark.parametrize(
    "url", ["http://me:{}@127.0.0.1/v1", "http://127.0.0.1/v1?key={}", "http://127.0.0.1:{}/v1"]
)
def test_a_secret_in_the_url_of_the_environment_is_refused_and_not_repeated(
    tmp_path: Path, url: str
) -> None:
    value = secret("typed")
    systems = '[systems.chat]\nstrategy = "base"\nmodel = {{ kind = "openai", name = "small-1" }}\n'
    suite = write_suite(tmp_path, systems, "")
    (suite / "test_own.py").write_text(OWN)
    base = url.format(value)
    done = harness(tmp_path, "compare", "suite", "--debug", OPENAI_BASE_URL=base)
    assert done.returncode == 2
    assert "the environment variable OPENAI_BASE_URL " in done.stderr
    assert "1 failed" in run(tmp_path, [*PYTEST, "suite"], OPENAI_BASE_URL=base).stdout
    assert leaks(tmp_path, value) == []


def test_a_secret_in_the_url_of_a_data_file_is_refused_and_not_repeated(tmp_path: Path) -> None:
    value = secret("typed")
    suite = write_suite(tmp_path, SYSTEMS, "http://127.0.0.1/v1")
    text = SUITE.replace('"facts.csv"', f'"https://me:{value}@host/facts.csv"')
    (suite / "suite.toml").write_text(text)
    done = harness(tmp_path, "compare", "suite")
    assert "suite.toml:6: facts: must be a path, not a URL" in done.stderr
    assert leaks(tmp_path, value, written=["suite.toml"]) == []


def test_a_module_that_fails_with_a_secret_is_told_without_it(tmp_path: Path) -> None:
    suite = write_suite(tmp_path, SYSTEMS, "http://127.0.0.1/v1")
    (suite / "mine.py").write_text("import os\nraise KeyError(os.environ['DATABASE_PASSWORD'])\n")
    for more in ((), ("--debug",)):
        done = harness(tmp_path, "compare", "suite", "--systems", "mine", *more)
        assert done.returncode == 2
        assert "cannot import 'mine': KeyError: '[DATABASE_PASSWORD]'" in done.stderr
    assert leaks(tmp_path) == []
