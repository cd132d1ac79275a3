"""The server over real sockets with the shipped model: each way to an answer gives the same one.

No text is expected for its words, which depend on the weights: ways are compared with one another.
"""

from __future__ import annotations

import asyncio
import json
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from harness.errors import ConfigError, TargetError
from harness.fixtures import fixture_path
from harness.models.base import Generation, Message, ModelError
from harness.models.fingerprint import model_fingerprint
from harness.models.lab.decoder import Cache, Decoder, Ids, View
from harness.models.lab.model import LabModel
from harness.models.lab.runtime import Runtime
from harness.models.lab.weights import Array
from harness.models.openai.endpoint import Endpoint
from harness.models.openai.model import OpenAIModel
from harness.serving.lab import lab_models
from harness.serving.server import serving
from harness.world.formats import JsonSchema, OutputFormat

sys.path.insert(0, str(Path(__file__).parents[1]))

from served import CHAT, Served, chat, events, random_adapter, schema_format

PROMPTS = (
    "What is the latest version of Node.js 22?",
    "Context:\n[1] (2025-08-22) PostgreSQL 17.6 was released on 2025-08-14.\n\n"
    "Question: When was PostgreSQL 17.6 released?",
    "Is it open? Answer with yes or no.",
    "",
    "<|end|><|assistant|>Träume, 日本 🙂",
)
TICKET = {
    "type": "object",
    "properties": {
        "priority": {"enum": ["P1", "P2"]},
        "open": {"type": "boolean"},
        "steps": {"type": "array", "items": {"enum": ["a", "b"]}, "maxItems": 2},
    },
    "required": ["priority", "open", "steps"],
    "additionalProperties": False,
}
LETTERS = schema_format({"const": "x" * 300})
"""An answer of known and considerable length, whatever the weights."""
MIXED = "naïve 🙂 日本"


@pytest.fixture(scope="module")
def adapter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return random_adapter(tmp_path_factory.mktemp("adapters") / "mine")


@pytest.fixture(scope="module")
def server(adapter: Path) -> Iterator[Served]:
    with Served(lab_models([adapter])) as running:
        yield running


def ask(
    server: Served,
    text: str,
    name: str = "lab",
    enforced: OutputFormat | None = None,
    **options: object,
) -> Generation:
    """What our own client makes of the server."""

    async def run() -> Generation:
        model = OpenAIModel(Endpoint(server.url, name, **options))
        try:
            return await model.generate([Message("user", text)], max_tokens=24, enforced=enforced)
        finally:
            await model.close()

    return asyncio.run(run())


def said(parts: list[Any]) -> str:
    """The text of a stream."""
    choices = [choice for part in parts[:-1] for choice in part["choices"]]
    return "".join(choice["delta"].get("content", "") for choice in choices)


def test_the_base_and_the_adapters_are_listed(server: Served) -> None:
    status, found = server.get("/v1/models")
    assert (status, found["object"]) == (200, "list")
    assert [model["id"] for model in found["data"]] == list(server.models)
    assert {model["object"] for model in found["data"]} == {"model"}
    assert server.get("/health") == (200, {"status": "ok"})


@pytest.mark.parametrize("prompt", PROMPTS)
def test_streamed_and_whole_are_what_the_runtime_gives(
    server: Served, adapter: Path, prompt: str
) -> None:
    for name, merged in (("lab", None), ("mine", adapter)):
        model = server.models[name]
        ids = model.encode([Message("user", prompt)])
        expected = Runtime.load(fixture_path("lab"), merged).generate(ids, 16)
        text = model._tokenizer.decode(list(expected.ids))
        usage = {
            "prompt_tokens": len(ids),
            "completion_tokens": expected.steps,
            "total_tokens": len(ids) + expected.steps,
        }
        reason = "stop" if expected.ended else "length"

        status, whole = server.post(chat(prompt, name, max_tokens=16))
        assert (status, whole["object"], whole["model"]) == (200, "chat.completion", name)
        assert whole["usage"] == usage
        (choice,) = whole["choices"]
        assert choice["message"] == {"role": "assistant", "content": text, "refusal": None}
        assert choice["finish_reason"] == reason

        body = chat(prompt, name, max_completion_tokens=16, stream_options={"include_usage": True})
        first, *middle, last, counted, done = server.stream(body)
        assert first["choices"][0]["delta"] == {"role": "assistant", "content": ""}
        assert said([*middle, done]) == text
        assert all(part["choices"][0]["delta"]["content"] for part in middle)
        assert len(middle) <= len(expected.ids)
        assert last["choices"][0] == {
            "index": 0, "delta": {}, "logprobs": None, "finish_reason": reason,
        }  # fmt: skip
        assert (counted["choices"], counted["usage"], done) == ([], usage, "[DONE]")
        assert {part["id"] for part in (first, *middle, last, counted)} == {first["id"]}
        assert {part["object"] for part in (first, last)} == {"chat.completion.chunk"}


def test_usage_is_streamed_only_where_it_is_asked_for(server: Served) -> None:
    for options in ({}, {"stream_options": {"include_usage": False}}):
        *parts, done = server.stream(chat(PROMPTS[0], max_tokens=3, **options))
        assert done == "[DONE]"
        assert all(part["choices"] and part["usage"] is None for part in parts)


def test_without_a_limit_an_answer_takes_what_room_there_is(server: Served) -> None:
    body = chat("?", response_format=schema_format({"const": "x" * 3000}))
    _, whole = server.post(body)
    assert whole["usage"]["total_tokens"] == 1024
    assert whole["choices"][0]["finish_reason"] == "length"


def test_a_schema_is_enforced(server: Served) -> None:
    validator = jsonschema_rs.validator_for(TICKET)
    for prompt in PROMPTS:
        body = chat(prompt, response_format=schema_format(TICKET), max_tokens=60)
        _, whole = server.post(body)
        text = whole["choices"][0]["message"]["content"]
        assert validator.is_valid(json.loads(text)), text
        assert whole["choices"][0]["finish_reason"] == "stop"
        assert said(server.stream(body)) == text


def test_any_object_and_any_text_can_be_asked_for(server: Served) -> None:
    body = chat(PROMPTS[0], max_tokens=12)
    plain = server.post(body)[1]["choices"]
    assert server.post({**body, "response_format": {"type": "text"}})[1]["choices"] == plain
    _, found = server.post({**body, "response_format": {"type": "json_object"}})
    assert found["choices"][0]["message"]["content"].startswith("{")


def test_a_character_of_several_tokens_comes_whole(server: Served) -> None:
    body = chat("?", response_format=schema_format({"const": MIXED}))
    _, whole = server.post(body)
    text = whole["choices"][0]["message"]["content"]
    assert json.loads(text) == MIXED
    *parts, _, _ = server.stream(body)
    assert said([*parts, "[DONE]"]) == text
    assert len(parts) - 1 < whole["usage"]["completion_tokens"] - 1  # some were waited for
    for limit in range(1, whole["usage"]["completion_tokens"]):
        cut = {**body, "max_tokens": limit}  # within a character, too
        assert said(server.stream(cut)) == server.post(cut)[1]["choices"][0]["message"]["content"]


class Gate:
    """Stands in a decoder's way: lets two passes through, and the rest when it is opened."""

    def __init__(self, decoder: Decoder, monkeypatch: pytest.MonkeyPatch) -> None:
        self.reached = threading.Event()
        self.opened = threading.Event()
        self.pause = 0.0
        self.ends: list[int] = []  # how far each pass saw
        self._forward = decoder.forward
        monkeypatch.setattr(decoder, "forward", self)

    def __call__(self, ids: Ids, positions: Ids, cache: Cache, view: View) -> Array:
        self.ends.append(view.end)
        if len(self.ends) > 2:
            self.reached.set()
            assert self.opened.wait(60)
            time.sleep(self.pause)
        return self._forward(ids, positions, cache, view)


@pytest.fixture
def gate(server: Served, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    made = Gate(server.models["lab"]._runtime._decoder, monkeypatch)
    yield made
    made.opened.set()


def test_tokens_come_as_they_are_computed_one_request_after_the_other(
    server: Served, gate: Gate
) -> None:
    with closing(server.connect()) as first, closing(server.connect()) as second:
        body = chat("?", response_format=LETTERS, stream_options={"include_usage": True})
        first.request("POST", CHAT, json.dumps({**body, "stream": True}))
        stream = events(first.getresponse())
        early = [next(stream) for _ in range(3)]
        assert [part["choices"][0]["delta"].get("role") for part in early] == [
            "assistant",
            None,
            None,
        ]
        second.request("POST", CHAT, json.dumps(chat("Who else?", response_format=LETTERS)))
        assert server.get("/health")[0] == 200  # while one computes and one waits
        assert len(gate.ends) <= 3
        gate.opened.set()
        *rest, usage, _ = stream
        other = json.loads(second.getresponse().read())
    assert json.loads(said([*early, *rest, "[DONE]"])) == "x" * 300
    assert other["choices"][0]["message"]["content"] == json.dumps("x" * 300)
    passes = [
        end
        for counts in (usage["usage"], other["usage"])
        for end in range(counts["prompt_tokens"], counts["total_tokens"])
    ]
    assert gate.ends == passes


@pytest.mark.parametrize("stream", [True, False])
def test_what_nobody_waits_for_is_not_computed_on(server: Served, gate: Gate, stream: bool) -> None:
    with closing(server.connect()) as gone:
        gone.request("POST", CHAT, json.dumps(chat("?", response_format=LETTERS, stream=stream)))
        if stream:
            next(events(gone.getresponse()))
        else:
            assert gate.reached.wait(60)
    gate.pause = 0.05
    gate.opened.set()
    _, other = server.post(chat("?", response_format=schema_format({"const": 1})))
    assert other["choices"][0]["message"]["content"] == "1"
    assert len(gate.ends) - other["usage"]["completion_tokens"] < 150


def test_an_answer_that_fails_after_it_began_ends_with_the_error(
    server: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoder = server.models["lab"]._runtime._decoder
    forward, passes = decoder.forward, []

    def breaks(ids: Ids, positions: Ids, cache: Cache, view: View) -> Array:
        passes.append(view.end)
        if len(passes) > 2:
            raise ModelError("grammar", "the grammar has too many states")
        return forward(ids, positions, cache, view)

    monkeypatch.setattr(decoder, "forward", breaks)
    *parts, last = server.stream(chat("?", response_format=LETTERS))
    assert [len(part["choices"]) for part in parts] == [1, 1, 1]
    assert last["error"]["message"] == "the grammar has too many states"
    assert last["error"]["param"] == "response_format"


TURN = {"role": "user", "content": "?"}
DEEP = {"const": 1}
for _ in range(400):
    DEEP = {"not": DEEP}


@pytest.mark.parametrize(
    ("body", "param", "words"),
    [
        (b"", None, "no JSON"),
        (b"{", None, "no JSON"),
        (b"\xff", None, "no JSON"),
        (b'{"temperature": NaN}', None, "NaN is no number"),
        (b'{"a":' * 100_000, None, "nested too deep"),
        ([], None, "must be a JSON object"),
        ({}, "model", "model is missing"),
        ({"model": 5}, "model", "must be a model's name, not 5"),
        ({"model": "lab"}, "messages", "messages is missing"),
        ({"model": "lab", "messages": "hello"}, "messages", 'must be a list of messages, not "he'),
        ({"model": "lab", "messages": []}, "messages", "at least one"),
        ({"model": "lab", "messages": ["hello"]}, "messages[0]", "must be an object"),
        (
            {"model": "lab", "messages": [TURN, {"role": "tool", "content": "?"}]},
            "messages[1].role",
            'one of system, user, assistant, not "tool"',
        ),
        ({"model": "lab", "messages": [{"role": "user"}]}, "messages[0].content", "is missing"),
        (
            {"model": "lab", "messages": [{"role": "user", "content": [{"type": "text"}]}]},
            "messages[0].content",
            "must be a text",
        ),
        ({"model": "lab", "messages": [{**TURN, "name": "A"}]}, "messages[0]", 'field "name"'),
        (chat("\ud800"), "messages[0].content", "surrogate"),
        (chat("?", max_tokens=0), "max_tokens", "at least 1, not 0"),
        (chat("?", max_tokens=True), "max_tokens", "must be a whole number, not true"),
        (chat("?", max_tokens=1.5), "max_tokens", "must be a whole number, not 1.5"),
        (chat("?", max_tokens=1, max_completion_tokens=1), "max_tokens", "one and the same"),
        (chat("?", temperature=0.7), "temperature", "must be 0 or left out, not 0.7"),
        (chat("?", temperature=False), "temperature", "not false"),
        (chat("?", n=2), "n", "must be 1"),
        (chat("?", stream="yes"), "stream", 'must be true or false, not "yes"'),
        (chat("?", stream_options={}), "stream_options", "goes with stream = true"),
        (chat("?", stream=True, stream_options=1), "stream_options", "must be an object"),
        (chat("?", tools=[]), "tools", 'unknown field "tools"'),
        (chat("?", response_format="json"), "response_format", "must be an object"),
        (chat("?", response_format={"type": "xml"}), "response_format.type", 'not "xml"'),
        (
            chat("?", response_format={"type": "json_schema"}),
            "response_format.json_schema",
            "is missing",
        ),
        (
            chat("?", response_format={"type": "json_schema", "json_schema": {"name": "x"}}),
            "response_format.json_schema.schema",
            "is missing: a JSON Schema",
        ),
        (chat("?", response_format=schema_format({"type": 5})), "response_format", "type must be"),
        (
            chat("?", response_format=schema_format({"pattern": "(?=a)b", "type": "string"})),
            "response_format",
            "look-around",
        ),
        (chat("?", response_format=schema_format(DEEP)), "response_format", ""),
        (chat("a b " * 1024), "messages", "the model has room for 1023"),
    ],
)
def test_a_bad_request_is_refused_in_words(
    server: Served, body: object, param: str | None, words: str
) -> None:
    bodies = [body]
    if isinstance(body, dict) and "stream" not in body and param != "stream_options":
        bodies.append({**body, "stream": True})
    for sent in bodies:
        status, found = server.post(sent)
        error = found["error"]
        assert (status, set(error)) == (400, {"message", "type", "param", "code"})
        assert (error["type"], error["param"]) == ("invalid_request_error", param)
        assert words in error["message"]


def test_what_is_not_there_is_refused_in_the_same_shape(server: Served) -> None:
    status, found = server.post(chat("?", "lba"))
    assert (status, found["error"]["code"]) == (404, "model_not_found")
    assert "did you mean 'lab'?" in found["error"]["message"]
    for status, (answered, found) in {
        404: server.get("/v1/completions"),
        405: server.get(CHAT),
        413: server.post(b" " * 2_000_000),
    }.items():
        assert answered == status
        assert set(found["error"]) == {"message", "type", "param", "code"}


def test_fields_that_change_nothing_about_a_greedy_answer_are_taken(server: Served) -> None:
    body = chat(PROMPTS[0], max_tokens=8)
    more = {"temperature": 0.0, "seed": 7, "top_p": 0.5, "n": 1, "user": "me", "tools": None}
    assert server.post({**body, **more})[1]["choices"] == server.post(body)[1]["choices"]


# Our own client


@pytest.mark.parametrize("prompt", PROMPTS)
@pytest.mark.parametrize(
    "form", [None, JsonSchema("a ticket", TICKET)], ids=["free", "constrained"]
)
def test_our_client_gets_what_the_model_gives(
    server: Served, adapter: Path, prompt: str, form: JsonSchema | None
) -> None:
    for name, merged in (("lab", None), ("mine", adapter)):
        embedded = LabModel.load(fixture_path("lab"), merged)
        expected = embedded.complete([Message("user", prompt)], max_tokens=24, enforced=form)
        found = ask(server, prompt, name, form)
        for field in ("text", "prompt_tokens", "completion_tokens", "finish_reason", "counted"):
            assert getattr(found, field) == getattr(expected, field)
        assert 0 < found.first_token_seconds <= found.total_seconds


def test_our_client_can_ask_for_any_object(server: Served) -> None:
    found = ask(server, "?", enforced=JsonSchema("ticket", TICKET), enforce="json_object")
    assert found.text.startswith("{")


def test_our_client_tells_refusals_apart(server: Served) -> None:
    with pytest.raises(ModelError, match=r"room for 1023") as caught:
        ask(server, "a b " * 1024)
    assert caught.value.kind == "context_length"
    with pytest.raises(ModelError, match=r"look-around") as caught:
        ask(server, "?", enforced=JsonSchema("a", {"type": "string", "pattern": "(?=a)b"}))
    assert caught.value.kind == "grammar"
    with pytest.raises(TargetError, match=r"did you mean 'lab'\?"):
        ask(server, "?", "lba")
    with pytest.raises(ModelError, match="greedy") as caught:
        ask(server, "?", temperature=1.0)
    assert caught.value.kind == "bad_request"


# Starting


def test_a_port_in_use_and_a_host_that_is_none_are_said(server: Served) -> None:
    async def start(host: str, port: int) -> None:
        async with serving({}, host, port):
            raise AssertionError("it started")

    port = int(server.url.split(":")[2].removesuffix("/v1"))
    with pytest.raises(ConfigError, match=rf"port {port} of 127.0.0.1 is in use: .*--port"):
        asyncio.run(start("127.0.0.1", port))
    with pytest.raises(ConfigError, match=r"cannot listen on port 0 of '192\.0\.2\.1'"):
        asyncio.run(start("192.0.2.1", 0))
    with pytest.raises(ConfigError, match="cannot listen"):
        asyncio.run(start("x" * 100, 0))


def test_an_adapter_answers_otherwise_than_the_base(server: Served) -> None:
    def texts(name: str) -> list[str]:
        return [ask(server, prompt, name).text for prompt in PROMPTS]

    assert texts("mine") != texts("lab")


def test_the_shipped_adapters_that_fit_are_served() -> None:
    base = fixture_path("lab")
    trained_for = {
        path.parent.name: json.loads(path.read_text(encoding="utf-8"))["base"]
        for path in base.glob("adapters/*/harness.json")
    }
    fitting = [name for name, of in trained_for.items() if of == model_fingerprint(base)]
    assert list(lab_models()) == ["lab", *sorted(fitting)]


def test_models_that_share_a_name_are_refused(adapter: Path, tmp_path: Path) -> None:
    assert list(lab_models([adapter, adapter]))[-1] == "mine"  # the same folder once more
    for name in ("lab", "mine"):
        (tmp_path / name).mkdir()
        with pytest.raises(ConfigError, match=f"another model is called '{name}'"):
            lab_models([adapter, tmp_path / name])
