"""A model behind an endpoint, asked over real sockets: a server in a thread plays every part."""

from __future__ import annotations

import asyncio
import json
import socket
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp.web import StreamResponse

from harness.errors import ConfigError, TargetError
from harness.models.base import Generation, Message, ModelError
from harness.models.openai.endpoint import Endpoint
from harness.models.openai.model import OpenAIModel
from harness.models.specs import ModelSpec, load_model
from harness.transport.retries import Retries
from harness.world.formats import Choice, Csv, FreeText, JsonSchema, OutputFormat, Regex

sys.path.insert(0, str(Path(__file__).parents[1]))

from loopback import (
    Call,
    Loopback,
    Play,
    begin,
    chunk,
    drops,
    says,
    send,
    status,
    stream,
    usage,
    whole,
)

KEY = "sk-planted-0123456789-secret"
QUICK = Retries(attempts=3, first_seconds=0.001, throttled=5)
CHAT = [Message("system", "Be brief."), Message("user", "Capital of France?")]
TICKET = JsonSchema(
    "ticket no. 1", {"type": "object", "properties": {"due": {"type": "string"}}}, "draft7"
)


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    return KEY


def ask(
    server: Loopback | str,
    *,
    enforced: OutputFormat | None = None,
    times: int = 1,
    silence: float = 60.0,
    **options: object,
) -> list[Generation]:
    """One model's answers to the same chat, one after the other."""
    url = server if isinstance(server, str) else server.url
    endpoint = Endpoint(url, "small-model", **options)

    async def run() -> list[Generation]:
        model = OpenAIModel(endpoint, retries=QUICK, silence_seconds=silence)
        try:
            return [
                await model.generate(CHAT, max_tokens=20, enforced=enforced) for _ in range(times)
            ]
        finally:
            await model.close()

    return asyncio.run(run())


def failure(server: Loopback | str, **options: object) -> ModelError:
    with pytest.raises(ModelError) as caught:
        ask(server, **options)
    assert "\n" not in str(caught.value)
    return caught.value


def end(server: Loopback | str, **options: object) -> TargetError:
    """What says that the next question would fare no better."""
    with pytest.raises(TargetError) as caught:
        ask(server, **options)
    assert "\n" not in str(caught.value)
    return caught.value


# What is sent, and what comes back


def test_an_answer_is_streamed_timed_and_counted() -> None:
    parts = stream(
        0.2, chunk("", role="assistant"), chunk("Pa"), 0.3, chunk("ris"), chunk(finish="stop"),
        usage(12, 2),
    )  # fmt: skip
    with Loopback(parts) as server:
        (answer,) = ask(server)
    assert (answer.text, answer.finish_reason) == ("Paris", "stop")
    assert (answer.prompt_tokens, answer.completion_tokens, answer.counted) == (12, 2, True)
    assert answer.first_token_seconds >= 0.2
    assert answer.total_seconds - answer.first_token_seconds >= 0.29
    (call,) = server.calls
    assert call.body == {
        "model": "small-model",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Capital of France?"},
        ],
        "max_tokens": 20,
        "temperature": 0.0,
        "seed": 0,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    assert call.header("Authorization") is None


def test_tokens_that_nobody_counted_are_estimated_and_marked() -> None:
    for last in (chunk(finish="stop"), {"choices": [], "usage": None}, usage(-1, 2)):
        with Loopback(stream(chunk("Paris"), last)) as server:
            (answer,) = ask(server)
        # A quarter of the characters, turn by turn.
        assert (answer.prompt_tokens, answer.completion_tokens) == (3 + 5, 2)
        assert not answer.counted


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ("stop", "stop"),
        ("length", "length"),
        ("content_filter", "refusal"),
        ("tool_calls", "other"),
        (7, "other"),
    ],
)
def test_finish_reasons(told: object, reason: str) -> None:
    with Loopback(stream(chunk("Pa"), chunk(finish=told))) as server:
        assert ask(server)[0].finish_reason == reason


def test_a_refusal_is_an_answer_that_says_so() -> None:
    refusing = stream(chunk(refusal="I can't "), chunk(refusal="help."), chunk(finish="stop"))
    with Loopback(refusing) as server:
        (answer,) = ask(server)
    assert (answer.text, answer.finish_reason) == ("I can't help.", "refusal")


def test_what_a_model_thinks_is_time_but_no_text() -> None:
    thinking = stream(
        chunk(reasoning_content="Hm."), 0.2, chunk("Paris"), chunk(finish="stop"), usage(9, 8)
    )
    with Loopback(thinking) as server:
        (answer,) = ask(server)
    assert (answer.text, answer.completion_tokens) == ("Paris", 8)
    assert answer.total_seconds - answer.first_token_seconds >= 0.19


def test_a_server_that_does_not_stream_is_read_as_well() -> None:
    message = {"role": "assistant", "content": "Paris"}
    body = {**usage(9, 2), "choices": [{"message": message, "finish_reason": "stop"}]}
    with Loopback(whole(json.dumps(body))) as server:
        (answer,) = ask(server)
    assert (answer.text, answer.completion_tokens, answer.finish_reason) == ("Paris", 2, "stop")
    assert answer.first_token_seconds == answer.total_seconds > 0


def test_an_end_is_an_end_whoever_says_it() -> None:
    for play in (
        stream(chunk("Paris"), done=True),
        stream(chunk("Paris"), chunk(finish="stop"), done=False),
        drops(chunk("Paris"), chunk(finish="stop")),
    ):
        with Loopback(play) as server:
            assert ask(server)[0].text == "Paris"


def test_a_server_that_says_it_is_done_and_stays_is_not_waited_for() -> None:
    stayed = asyncio.Event()

    async def stays(call: Call) -> StreamResponse:
        response = await begin(call)
        await send(response, chunk("Paris"), "[DONE]")
        for _ in range(300):
            await response.write(b": still here\n\n")
            await asyncio.sleep(0.1)
        stayed.set()
        return response

    with Loopback(stays) as server:
        assert ask(server)[0].text == "Paris"
        assert not stayed.is_set()


def test_a_stream_is_read_to_its_end_so_that_its_socket_can_be_used_again() -> None:
    with Loopback(stream(chunk("Paris"), "[DONE]", 0.1, done=False)) as server:
        ask(server, times=3)
    assert len({call.peer for call in server.calls}) == 1


def test_the_socket_is_kept_and_calls_run_side_by_side() -> None:
    both = asyncio.Event()

    async def waits_for_the_other(call: Call) -> StreamResponse:
        response = await begin(call)
        await send(response, chunk("Pa"))
        if len(server.calls) == 4:
            both.set()
        await both.wait()
        await send(response, chunk("ris", finish="stop"), "[DONE]")
        return response

    async def run() -> list[Generation]:
        model = OpenAIModel(Endpoint(server.url, "small-model"))
        one, two = [await model.generate(CHAT, max_tokens=9) for _ in range(2)]
        rest = await asyncio.gather(*(model.generate(CHAT, max_tokens=9) for _ in range(2)))
        await model.close()
        return [one, two, *rest]

    with Loopback(says("Paris"), says("Paris"), waits_for_the_other) as server:
        answers = asyncio.run(run())
    assert [answer.text for answer in answers] == ["Paris"] * 4
    first, second, third, fourth = (call.peer for call in server.calls)
    assert first == second
    assert third != fourth


def test_each_event_loop_has_sockets_of_its_own() -> None:
    async def once() -> str:
        answer = await model.generate(CHAT, max_tokens=9)
        await model.close()
        return answer.text

    with Loopback(says("Paris")) as server:
        model = OpenAIModel(Endpoint(server.url, "small-model"))
        assert [asyncio.run(once()) for _ in range(2)] == ["Paris", "Paris"]


# What servers want otherwise


def test_max_completion_tokens_is_said_where_it_is_wanted_and_remembered() -> None:
    words = "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."
    with Loopback(status(400, words, param="max_tokens"), says("Paris")) as server:
        ask(server, times=2)
    asked = [(c.body.get("max_tokens"), c.body.get("max_completion_tokens")) for c in server.calls]
    assert asked == [(20, None), (None, 20), (None, 20)]


def test_what_may_be_left_out_is_left_out_where_it_is_refused() -> None:
    unknown = {"detail": [{"type": "extra_forbidden", "loc": ["body", "seed"], "msg": "Extra"}]}
    refusing = status(422, unknown), status(400, "unknown field stream_options"), says("Paris")
    with Loopback(*refusing) as server:
        (answer,) = ask(server)
    assert answer.text == "Paris"
    assert [{"seed", "stream_options"} & set(call.body) for call in server.calls] == [
        {"seed", "stream_options"},
        {"stream_options"},
        set(),
    ]


def test_a_refusal_that_goes_on_is_the_outcome() -> None:
    with Loopback(status(400, "use max_completion_tokens, not seed")) as server:
        assert failure(server).kind == "bad_request"
    assert len(server.calls) == 2


def test_a_temperature_of_ones_own_is_sent() -> None:
    with Loopback(says("Paris")) as server:
        ask(server, temperature=1.0)
    assert server.calls[0].body["temperature"] == 1.0


# Formats

STRICT = {
    "type": "json_schema",
    "json_schema": {"name": "ticket_no__1", "schema": dict(TICKET.schema), "strict": True},
}


@pytest.mark.parametrize(
    ("enforce", "form", "fields"),
    [
        ("json_schema", TICKET, {"response_format": STRICT}),
        ("json_object", TICKET, {"response_format": {"type": "json_object"}}),
        ("vllm", TICKET, {"structured_outputs": {"json": dict(TICKET.schema)}}),
        ("vllm", Choice(("a", "b")), {"structured_outputs": {"choice": ["a", "b"]}}),
        ("vllm", Regex(r"\d+"), {"structured_outputs": {"regex": r"\d+"}}),
        ("llama.cpp", TICKET, {"response_format": STRICT}),
        ("llama.cpp", Choice(("a", "b")), {"grammar": 'root ::= "a" | "b"'}),
        ("llama.cpp", Regex(r"\d+"), {"grammar": "root ::= [0-9]+"}),
        ("json_schema", FreeText(), {}),
    ],
)
def test_a_format_is_asked_for_in_the_server_s_words(
    enforce: str, form: OutputFormat, fields: dict[str, Any]
) -> None:
    with Loopback(says("{}")) as server:
        ask(server)
        ask(server, enforced=form, enforce=enforce)
    plain, asked = (call.body for call in server.calls)
    assert asked == plain | fields


@pytest.mark.parametrize(
    ("enforce", "form"),
    [
        ("json_schema", Choice(("a",))),
        ("json_object", Regex("a")),
        ("vllm", Csv(("a",), "a")),
        ("llama.cpp", Csv(("a",), "a")),
        ("llama.cpp", Regex(r"(?=a)a")),
    ],
)
def test_a_format_that_cannot_be_asked_for_is_not(enforce: str, form: OutputFormat) -> None:
    with Loopback(says("a")) as server:
        assert failure(server, enforced=form, enforce=enforce).kind == "grammar"
    assert not server.calls


@pytest.mark.parametrize(
    "words",
    [
        "Invalid schema for response_format 'ticket':\n'additionalProperties' is required",
        "Failed to parse grammar",
        "This model does not support structured outputs",
    ],
)
def test_a_format_that_the_server_refuses_is_an_outcome_in_its_words(words: str) -> None:
    with Loopback(status(400, words)) as server:
        error = failure(server, enforced=TICKET)
        assert error.kind == "grammar"
        assert " ".join(words.split()) in str(error)
        assert failure(server).kind == "bad_request"  # no format was asked for
    with Loopback(stream({"error": {"message": words, "code": 400}})) as server:
        assert failure(server, enforced=TICKET).kind == "grammar"
        assert failure(server).kind == "bad_request"


# Failures


@pytest.mark.parametrize(
    "bad",
    [
        (status(429, headers={"Retry-After": "0"}),),
        (status(500), status(503, {})),
        (drops(),),
        (drops(chunk("", role="assistant")), drops()),
        (drops(chunk("Pa")),),
        (stream(chunk("Pa"), done=False),),
        (stream(chunk("Pa"), {"error": {"code": 500}}),),
        (stream(chunk("Pa"), {"error": {"message": "oom"}}),),
        (status(429),) * 4,
        (stream(chunk("", role="assistant"), done=False),),
        (stream({"error": {"message": "busy", "code": 503}}),),
        (stream({"error": "out of memory"}),),
    ],
)
def test_what_may_pass_is_tried_again(bad: tuple[Play, ...]) -> None:
    with Loopback(*bad, says("Paris")) as server:
        (answer,) = ask(server)
    assert (answer.text, answer.attempts) == ("Paris", len(bad) + 1)
    assert len(server.calls) == len(bad) + 1


@pytest.mark.parametrize(
    ("play", "kind", "hint", "times"),
    [
        (status(429, "slow down"), "rate_limited", "slow down", 5),
        (status(500, "slow down"), "server_error", "slow down", 3),
        (drops(), "server_error", "before an answer", 3),
        (drops(chunk("Pa")), "server_error", "after 2 characters", 3),
    ],
)
def test_what_does_not_pass_is_an_outcome_after_some_tries(
    play: Play, kind: str, hint: str, times: int
) -> None:
    with Loopback(play) as server:
        error = failure(server)
    assert error.kind == kind
    assert server.url in str(error)
    assert hint in str(error)
    assert str(error).endswith(f"tried {times} times")
    assert len(server.calls) == times


@pytest.mark.parametrize(
    ("play", "kind", "hint"),
    [
        (status(400, "bad"), "bad_request", "400 Bad Request: bad"),
        (status(400, "maximum context length is 9"), "context_length", "too long"),
        (status(418, "pot"), "bad_request", "pot"),
        (status(422, {"detail": [{"loc": ["x"]}]}), "bad_request", "loc"),
        (status(499, {}), "bad_request", "(499: {})"),
        (status(302, headers={"Location": "/elsewhere"}), "bad_reply", "look at url"),
        (stream("no JSON"), "bad_reply", "no JSON"),
        (stream([1]), "bad_reply", "no chunk"),
        (stream({"choices": {}}), "bad_reply", "no choices"),
        (stream({"choices": [3]}), "bad_reply", "no choice"),
        (stream({"choices": [{"delta": "Pa"}]}), "bad_reply", "no message"),
        (stream({"choices": [{"delta": {"content": [1]}}]}), "bad_reply", "no text"),
        (whole("<html>\n<b>hi</b>", "text/html"), "bad_reply", "<html> <b>hi</b>"),
        (whole('{"choices": [{"message'), "bad_reply", "no JSON"),
        (whole("[" * 100_000), "bad_reply", "no JSON"),
    ],
)
def test_what_stays_is_an_outcome_at_once(play: Play, kind: str, hint: str) -> None:
    with Loopback(play) as server:
        error = failure(server)
    assert error.kind == kind
    assert server.url in str(error)
    assert hint in str(error)
    assert len(server.calls) == 1
    assert len(str(error)) < 600


HOPELESS = [
    (status(401, "who?"), "OPENAI_API_KEY"),
    (status(403, "no"), "OPENAI_API_KEY"),
    (status(404, "no such model"), "'small-model'"),
    (status(429, "used up", code="insufficient_quota"), "used up"),
    (status(429, headers={"Retry-After": "3600"}), "asks to wait 3600 s"),
]


@pytest.mark.parametrize(("play", "hint"), HOPELESS)
def test_what_the_next_question_would_meet_too_is_no_outcome_of_this_one(
    play: Play, hint: str
) -> None:
    with Loopback(play) as server:
        error = end(server)
    assert server.url in str(error)
    assert hint in str(error)
    assert len(server.calls) == 1


@pytest.mark.parametrize(
    ("play", "kind"), [(HOPELESS[0][0], "unauthorised"), (HOPELESS[2][0], "not_found")]
)
def test_a_refusal_after_an_answer_is_an_outcome(play: Play, kind: str) -> None:
    with Loopback(says("Paris"), play) as server:
        with pytest.raises(ModelError) as caught:
            ask(server, times=2)
        assert caught.value.kind == kind


def test_bytes_that_are_no_text_are_a_bad_reply() -> None:
    async def noise(call: Call) -> StreamResponse:
        response = await begin(call)
        await response.write(b"data: \xff\xfe\n\n")
        return response

    with Loopback(noise) as server:
        assert failure(server).kind == "bad_reply"


@contextmanager
def raw_server(reply: bytes) -> Iterator[str]:
    """Something that is no HTTP server; it reads a request and sends the bytes."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(reply)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
        thread.join()


def test_an_answer_in_one_piece_is_asked_for_as_such() -> None:
    body = '{"choices": [{"message": {"content": "Paris"}, "finish_reason": "stop"}]}'
    with Loopback(whole(body)) as server:
        (answer,) = ask(server, stream=False)
    assert (answer.text, answer.first_token_seconds) == ("Paris", answer.total_seconds)
    assert "stream" not in server.calls[0].body
    assert "stream_options" not in server.calls[0].body


def test_what_is_no_http_is_a_bad_reply() -> None:
    with raw_server(b"220 mail.example ESMTP\r\n\r\n") as url:
        assert failure(url).kind == "bad_reply"


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    told = str(end(f"http://127.0.0.1:{port}/v1"))
    assert told.startswith(f"http://127.0.0.1:{port}/v1 has not answered once: 4 calls in a row")
    assert "does the server run, and is url right?" in told


def test_silence_is_a_timeout() -> None:
    for play in (stream(60.0), stream(chunk("Pa"), 60.0)):
        with Loopback(play) as server:
            error = failure(server, silence=0.2)
        assert (error.kind, len(server.calls)) == ("timeout", 1)


# Keys


def test_the_key_is_sent_and_shows_nowhere(key: str) -> None:
    with Loopback(says("Paris")) as server:
        ask(server)
        endpoint = Endpoint(server.url, "small-model")
        model = OpenAIModel(endpoint)
    assert server.calls[0].header("Authorization") == f"Bearer {key}"
    shown = [repr(endpoint), repr(endpoint.key()), str(endpoint.key()), repr(vars(model))]
    assert key not in " ".join([*shown, model.fingerprint(), model.name])


def echoing(wrap: str, code: int) -> Play:
    async def play(call: Call) -> StreamResponse:
        return await status(code, wrap.format(call.header("Authorization")))(call)

    return play


@pytest.mark.parametrize("code", [400, 401, 404, 429, 500])
@pytest.mark.parametrize("wrap", ["wrong key {}", "{0}\n" * 50])
def test_a_server_that_repeats_the_key_does_not_spread_it(key: str, code: int, wrap: str) -> None:
    with Loopback(echoing(wrap, code)) as server:
        error = (end if code in {401, 404} else failure)(server)
    assert (error.__context__, error.__cause__) == (None, None)
    told = str(error) + "".join(traceback.format_exception(error))
    assert not any(key[:n] in told for n in range(10, len(key) + 1))


def test_half_a_key_at_the_end_of_a_long_message_is_hidden_too(key: str) -> None:
    plays = [echoing("." * dots + "{}", 400) for dots in range(300, 480, 6)]
    with Loopback(*plays) as server:
        told = [str(failure(server)) for _ in plays]
    assert all(len(text) == 500 or "[key]" in text for text in told)
    assert not [text for text in told if key[:8] in text]


def test_an_answer_that_repeats_the_key_is_kept_without_it(key: str) -> None:
    with Loopback(stream(chunk(f"It is {key[:9]}"), chunk(key[9:], finish="stop"))) as server:
        assert ask(server)[0].text == "It is [key]"


def test_a_word_instead_of_a_key_may_be_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "EMPTY")
    with Loopback(says("EMPTY")) as server:
        assert ask(server)[0].text == "EMPTY"
    assert server.calls[0].header("Authorization") == "Bearer EMPTY"


def test_a_variable_of_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", f" {KEY}\n")
    with Loopback(status(401)) as server:
        assert "MY_KEY" in str(end(server, key_variable="MY_KEY"))
    assert server.calls[0].header("Authorization") == f"Bearer {KEY}"


@pytest.mark.parametrize(
    ("url", "needs"),
    [
        ("http://localhost:8000/v1", False),
        ("http://model.localhost/v1", False),
        ("http://127.0.0.9/v1", False),
        ("http://[::1]:8000/v1", False),
        ("http://10.0.0.1/v1", True),
        ("https://localhost.example/v1", True),
    ],
)
def test_a_key_is_needed_by_other_machines_and_that_is_said_at_once(url: str, needs: bool) -> None:
    endpoint = Endpoint(url, "m", key_variable="MY_KEY")
    if not needs:
        assert endpoint.key().header() == {}
        return
    with pytest.raises(ConfigError, match="set the environment variable MY_KEY"):
        OpenAIModel(endpoint)


@pytest.mark.parametrize("value", ["two words", "line\nline", "kéy"])
def test_a_key_that_no_header_can_carry_is_refused_and_not_told(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", value)
    with pytest.raises(ConfigError, match="OPENAI_API_KEY holds no key") as caught:
        Endpoint("http://localhost/v1", "m").key()
    assert value not in str(caught.value)


# Specs


def test_a_spec_becomes_an_endpoint(monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    assert key
    spec = ModelSpec("openai", name="small-model")
    assert Endpoint.of(spec) == Endpoint("https://api.openai.com/v1", "small-model")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://10.1.2.3/v1/")
    assert Endpoint.of(spec).url == "http://10.1.2.3/v1"
    model = load_model(replace(spec, url="http://localhost:1/v1/"))
    assert isinstance(model, OpenAIModel)
    assert (model.name, model.fingerprint()) == (
        "small-model",
        Endpoint("http://localhost:1/v1", "small-model").fingerprint(),
    )
    monkeypatch.setenv("OPENAI_BASE_URL", f"http://me:{KEY}@host/v1")
    with pytest.raises(ConfigError, match="OPENAI_BASE_URL must not hold a user") as caught:
        load_model(spec)
    assert KEY not in str(caught.value)
    with pytest.raises(ConfigError, match="name: missing"):
        Endpoint.of(ModelSpec("openai"))


def test_the_fingerprint_follows_what_names_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    one = Endpoint("http://localhost/v1", "m")
    others = [
        replace(one, url="http://localhost/v2"),
        replace(one, model="n"),
        replace(one, enforce="vllm"),
        replace(one, temperature=1.0),
    ]
    prints = [endpoint.fingerprint() for endpoint in (one, *others)]
    assert len(set(prints)) == 5
    monkeypatch.setenv("OTHER", KEY)
    assert replace(one, key_variable="OTHER").fingerprint() == prints[0]
