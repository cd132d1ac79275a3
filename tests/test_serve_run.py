"""`harness serve lab` as a user starts it, and runs against it beside runs without it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from harness import api

sys.path.insert(0, str(Path(__file__).parent))

from served import CHAT, chat, events, random_adapter, schema_format

COMMAND = (sys.executable, "-m", "harness", "serve", "lab")
ENVIRONMENT = {**os.environ, "NO_COLOR": "1", "TERM": "dumb"}
THINGS = ("Twig", "Rust", "Perl", "Lua")
SUITE = """\
title = "One model, two ways to it"
days = [2026-01-01, 2026-07-01]
systems = "systems.toml"
[world]
facts = "facts.csv"
documents = "documents.jsonl"
[questions]
source = "questions.jsonl"
"""
SYSTEMS = """\
[systems.near]
strategy = "base"

[systems.far]
strategy = "base"
model = {{ kind = "openai", name = "lab", url = "{url}" }}

[systems.near-rag]
strategy = "rag"
retrieval = {{ mode = "bm25" }}

[systems.far-rag]
strategy = "rag"
model = {{ kind = "openai", name = "lab", url = "{url}" }}
retrieval = {{ mode = "bm25" }}

[systems.near-tuned]
strategy = "fine-tuned"
model = {{ adapter = "mine" }}

[systems.far-tuned]
strategy = "fine-tuned"
model = {{ kind = "openai", name = "mine", url = "{url}" }}
"""
FORM = {
    "kind": "json",
    "name": "version",
    "schema": {
        "type": "object",
        "properties": {"value": {"type": "string", "maxLength": 12}},
        "required": ["value"],
        "additionalProperties": False,
    },
    "instruction": "Tell it as JSON.",
}


@contextmanager
def started(*arguments: str | Path) -> Iterator[tuple[subprocess.Popen[str], str, list[str]]]:
    """The command, where it listens, and its models."""
    with subprocess.Popen(  # noqa: S603  (our own program)
        [*COMMAND, "--port", "0", *map(str, arguments)],
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            models = process.stdout.readline().removeprefix("models: ").strip().split(", ")
            url = process.stdout.readline().removeprefix("url:").strip()
            assert process.stdout.readline() == "ready; Ctrl-C stops it\n"
            yield process, url, models
        finally:
            process.kill()


@pytest.fixture
def adapter(tmp_path: Path) -> Path:
    return random_adapter(tmp_path / "suite" / "mine")


def write_suite(home: Path, url: str) -> Path:
    """Four things with two releases each, asked freely and as JSON."""
    facts = ["subject,attribute,value,value_type,valid_from,valid_to"]
    documents, questions = [], []
    for thing in THINGS:
        releases = (("1.0", "2025-01-01", "2026-03-01"), ("2.0", "2026-03-01", None))
        for value, since, until in releases:
            facts.append(f"{thing},v,{value},version,{since},{until or ''}")
            text = f"{thing} {value} was released on {since}."
            documents.append({"id": f"{thing}-{value}", "day": since, "text": text})
        history = {"subject": thing, "attribute": "v", "value_type": "version", "facts": releases}
        question = {
            "question": f"What is the latest version of {thing}?",
            "history": json.dumps(history),
        }
        questions.append({"id": thing, **question})
        questions.append({"id": f"{thing}-json", **question, "format": json.dumps(FORM)})
    (home / "suite.toml").write_text(SUITE)
    (home / "systems.toml").write_text(SYSTEMS.format(url=url))
    (home / "facts.csv").write_text("\n".join(facts) + "\n")
    (home / "documents.jsonl").write_text("\n".join(map(json.dumps, documents)))
    (home / "questions.jsonl").write_text("\n".join(map(json.dumps, questions)))
    return home


def test_over_http_a_model_gives_what_it_gives_embedded(adapter: Path, tmp_path: Path) -> None:
    with started("--adapter", adapter) as (_, url, _):
        suite = write_suite(adapter.parent, url)
        result = api.compare(suite, decoding=["free", "constrained"], out=tmp_path / "runs")
    answers = {(r.system, r.question_id, r.day): r.answer for r in result.loaded.records}
    assert len(answers) == 2 * 6 * 8 * 2
    for (system, question, day), far in answers.items():
        if system.startswith("far"):
            near = answers[system.replace("far", "near"), question, day]
            assert far.failure is None
            assert far.text == near.text
            assert far.usage == near.usage
            assert far.finish_reason == near.finish_reason
            assert far.passages == near.passages
    for way in ("", "-rag", "-tuned"):
        valid = result.results[f"far{way}-constrained"].metrics["valid_rate"]
        assert valid.value == result.results[f"near{way}-constrained"].metrics["valid_rate"].value


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_says_where_it_listens_and_a_signal_stops_it(
    adapter: Path, number: signal.Signals
) -> None:
    with started("--adapter", adapter) as (process, url, models):
        assert models[0] == "lab"
        assert models[-1] == "mine"
        with closing(HTTPConnection(urlsplit(url).netloc, timeout=60)) as connection:
            form = schema_format({"const": "x" * 900})
            body = chat("?", "mine", response_format=form, stream=True)
            connection.request("POST", CHAT, json.dumps(body))
            next(events(connection.getresponse()))
            process.send_signal(number)
            told, complained = process.communicate(timeout=60)
    assert (process.returncode, told, complained) == (0, "", "")


def test_what_stops_it_from_starting_is_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        for arguments, complaint in (
            (["--port", port], f"port {port} of 127.0.0.1 is in use"),
            (["--adapter", "nowhere"], "nowhere: no such adapter folder"),
        ):
            done = subprocess.run(  # noqa: S603  (our own program)
                [*COMMAND, *arguments],
                cwd=tmp_path,
                env=ENVIRONMENT,
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 2
            assert done.stdout == ""
            assert done.stderr.startswith(f"harness: {complaint}") or complaint in done.stderr
            assert len(done.stderr.splitlines()) == 1
