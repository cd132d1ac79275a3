"""An endpoint as a system, asked over real sockets: answers, streams, failures, and the key."""

from __future__ import annotations

import asyncio
import json
import sys
import traceback
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import ClassVar

import pytest
from aiohttp import web

from harness.errors import TargetError
from harness.retrieval.base import UNDATED, Passage
from harness.systems.base import Answer, Failure, Usage
from harness.systems.http.spec import HttpSpec
from harness.systems.http.system import HttpSystem
from harness.transport.limits import Limits
from harness.transport.retries import Retries
from harness.transport.target import Target
from harness.world.facts import History
from harness.world.formats import Choice, FreeText
from harness.world.questions import Question

sys.path.insert(0, str(Path(__file__).parents[2]))

from loopback import Call, Loopback, Play, begin, drops, send, status, stream, whole

KEY = "sk-planted/0123+456789-secret"
DAY = date(2026, 3, 1)
QUESTION = Question("q", "Is it open?", History.fixed("yes"), Choice(("yes", "no")))
QUICK = Retries(attempts=3, first_seconds=0.001, throttled=5)


class Service(Loopback):
    """Answers at `/v1/ask`."""

    paths: ClassVar = ("/ask",)


def says(reply: object) -> Play:
    """A reply in one piece; whoever calls decides what JSON it is."""
    return whole(json.dumps(reply))


def spec_of(server: Loopback | str, **declared: object) -> HttpSpec:
    url = server if isinstance(server, str) else f"{server.url}/ask"
    if "event_text" not in declared:
        declared = {"text": "$.answer", **declared}
    spec = HttpSpec(url, **{"body": {"question": "{{ question }}"}, **declared})
    assert not list(spec.problems())
    return spec


def ask_all(spec: HttpSpec, *questions: Question, target: Target | None = None) -> list[Answer]:
    """One system's answers, one after the other."""

    async def run() -> list[Answer]:
        system = HttpSystem("ours", spec, target, retries=QUICK)
        try:
            await system.prepare(DAY)
            return [await system.answer(question, DAY) for question in questions]
        finally:
            await system.close()

    return asyncio.run(run())


def ask(server: Loopback | str, question: Question = QUESTION, **declared: object) -> Answer:
    return ask_all(spec_of(server, **declared), question)[0]


def failure(server: Loopback | str, **declared: object) -> Failure:
    answer = ask(server, **declared)
    assert answer.text is None
    assert answer.failure is not None
    assert "\n" not in answer.failure.message
    assert answer.timing.total > 0
    return answer.failure


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("OURS_KEY", KEY)
    return KEY


# What is sent


def test_a_table_is_sent_as_json_with_headers_and_query() -> None:
    body = {"question": "{{ question }}", "day": "{{ today }}", "as": "{{ instruction }}", "n": 4}
    with Service(says({"answer": "yes"})) as server:
        answer = ask(
            server, body=body, headers={"X-Tenant": "acme"}, query={"q": "{{ question }}&"}
        )
    assert (answer.text, answer.failure, answer.attempts) == ("yes", None, 1)
    (call,) = server.calls
    assert call.request.method == "POST"
    assert call.body == {
        "question": QUESTION.text,
        "day": "2026-03-01",
        "as": QUESTION.format.instruction,
        "n": 4,
    }
    assert (call.header("X-Tenant"), call.header("Authorization")) == ("acme", None)
    assert dict(call.request.query) == {"q": "Is it open?&"}


def test_other_methods_and_other_texts(tmp_path: Path) -> None:
    path = tmp_path / "ask.txt"
    path.write_text("{{ today }}: {{ question }}")
    with Service(says({"answer": "yes"})) as server:
        typed = {"content-type": "text/plain; charset=utf-8"}
        ask(server, method="PUT", body=path, headers=typed)
        ask(server, method="GET", body=None, query={"q": "{{ question }}"})
    put, get = server.calls
    assert (put.request.method, put.raw) == ("PUT", b"2026-03-01: Is it open?")
    assert put.request.headers.getall("Content-Type") == ["text/plain; charset=utf-8"]
    assert (get.request.method, get.raw, get.request.query["q"]) == ("GET", b"", "Is it open?")


def test_a_hostile_question_arrives_as_it_is() -> None:
    hostile = '", "admin": true, "x": "{{ 7 * 7 }}\n\\ \ud83d {% raw %}'
    with Service(says({"answer": "no"})) as server:
        ask(server, replace(QUESTION, text=hostile), body={"q": "{{ question }}", "n": 1})
    assert server.calls[0].body == {"q": hostile, "n": 1}


def test_what_cannot_be_rendered_is_an_outcome_without_a_call(tmp_path: Path) -> None:
    path = tmp_path / "ask.json.jinja"
    path.write_text('{"q": {{ question | tojson }}, "n": {{ 1 / (question | length - 4) }}}')
    with Service(says({"answer": "yes"})) as server:
        bad, good = ask_all(spec_of(server, body=path), replace(QUESTION, text="four"), QUESTION)
    assert (bad.failure, bad.attempts) == (Failure("template", "template: division by zero"), 0)
    assert good.text == "yes"
    assert len(server.calls) == 1


# What is read


def test_an_answer_in_one_piece_has_no_first_token() -> None:
    with Service(says({"answer": "yes"})) as server:
        answer = ask(server)
    timing = answer.timing
    assert (timing.first_token, timing.decode, timing.retrieve) == (None, None, None)
    assert timing.connect is not None
    assert 0 < timing.connect < timing.total
    assert (answer.passages, answer.finish_reason) == ((), "stop")


def test_passages_tokens_and_reason_are_found_by_path() -> None:
    reply = {
        "content": [{"text": "ye"}, {"other": 1}, {"text": None}, {"text": "s"}],
        "hits": [
            {"doc": {"id": 7, "body": ["one", " two"]}, "at": "2026-01-02"},
            {"doc": {"id": "b", "body": ["x"]}, "at": "2025-06-01T09:00:00Z"},
            {"doc": {"body": ["undated"]}, "at": None},
        ],
        "usage": {"in": 12, "out": 3},
        "stop": "length",
    }
    with Service(says(reply)) as server:
        answer = ask(
            server,
            text="$.content[*].text",
            passages="$.hits[*]",
            passage_text="$.doc.body[*]",
            passage_id="$.doc.id",
            passage_day="$.at",
            prompt_tokens="$.usage.in",
            completion_tokens="$.usage.out",
            finish_reason="$.stop",
        )
    assert (answer.text, answer.finish_reason) == ("yes", "length")
    assert answer.usage == Usage(12, 3, counted=True)
    assert answer.passages == (
        Passage("7", date(2026, 1, 2), "one two", 3),
        Passage("b", date(2025, 6, 1), "x", 2),
        Passage("", UNDATED, "undated", 1),
    )


def test_passages_may_be_texts_and_may_be_none() -> None:
    with Service(says({"answer": "", "hits": ["a", "b"]}), says({"answer": ""})) as server:
        some, none = ask_all(spec_of(server, passages="$.hits[*]"), QUESTION, QUESTION)
    assert [passage.text for passage in some.passages] == ["a", "b"]
    assert (none.text, none.failure, none.passages) == ("", None, ())


@pytest.mark.parametrize(
    ("counts", "declared", "usage"),
    [
        ({"in": 12, "out": 3}, {}, Usage(5, 1, counted=False)),
        ({"in": 12}, {"prompt_tokens": "$.in"}, Usage(12, 1, counted=False)),
        ({"out": 3}, {"prompt_tokens": "$.in", "completion_tokens": "$.out"}, Usage(5, 3, False)),
        *(
            (
                {"in": wrong, "out": 3},
                {"prompt_tokens": "$.in", "completion_tokens": "$.out"},
                Usage(5, 3, counted=False),
            )
            for wrong in (None, -1, 1.5, "12", True, [12])
        ),
    ],
)
def test_tokens_that_are_not_told_are_estimated_and_marked(
    counts: dict[str, object], declared: dict[str, str], usage: Usage
) -> None:
    with Service(says({"answer": "yes", **counts})) as server:
        answer = ask(server, replace(QUESTION, text="x" * 19, format=FreeText()), **declared)
    assert answer.usage == usage


@pytest.mark.parametrize(("told", "reason"), [("length", "length"), (None, "stop"), (7, "other")])
def test_finish_reasons(told: object, reason: str) -> None:
    with Service(says({"answer": "yes", "why": told})) as server:
        assert ask(server, finish_reason="$.why").finish_reason == reason


# Streams

STREAM = {"event_text": "$.delta", "passages": "$.hits[*]", "completion_tokens": "$.out"}


@pytest.mark.parametrize("done", [True, False])
def test_a_stream_is_read_piece_by_piece_and_timed(done: bool) -> None:
    parts = stream(
        0.2, {"hits": ["a"]}, {"delta": None}, "", {"delta": "ye"}, 0.3, {"delta": "s"},
        {"hits": ["b", "c"], "out": 1}, {"hits": []}, done=done,
    )  # fmt: skip
    with Service(parts) as server:
        answer = ask(server, **STREAM, prompt_tokens="$.in")
    assert (answer.text, answer.usage.completion_tokens) == ("yes", 1)
    assert [passage.text for passage in answer.passages] == ["b", "c"]
    timing = answer.timing
    assert timing.first_token is not None
    assert timing.decode is not None
    assert timing.first_token >= 0.2
    assert timing.decode >= 0.29
    assert timing.total == pytest.approx(
        timing.queue + (timing.connect or 0.0) + timing.first_token + timing.decode
    )


def test_a_stream_without_a_text_is_a_bad_reply() -> None:
    with Service(stream({"hits": ["a"]}, {"out": 0})) as server:
        told = failure(server, **STREAM)
    assert told.kind == "bad_reply"
    assert 'no text at event_text = "$.delta" (the server sent {"out":0})' in told.message


def test_a_stream_that_breaks_off_is_asked_for_again() -> None:
    async def halfway(call: Call) -> web.StreamResponse:
        response = await begin(call)
        await send(response, {"delta": "no"})
        await response.write(b'data: {"delta": "')
        return response

    broken = (drops({"delta": "no"}), halfway, drops())
    with Service(*broken[:2], stream({"delta": "yes"})) as server:
        answer = ask(server, **STREAM)
    assert (answer.text, answer.attempts) == ("yes", 3)
    with Service(halfway) as server:
        told = failure(server, **STREAM)
    assert told.kind == "server_error"
    assert "after 2 characters of an answer" in told.message
    assert told.message.endswith("tried 3 times")


def test_a_failure_in_the_middle_of_a_stream_is_no_answer() -> None:
    failing = stream({"delta": "I thi"}, {"error": {"message": "out of\nmemory"}})
    with Service(failing, stream({"delta": "yes", "error": None})) as server:
        assert ask(server, **STREAM, error="$.error").text == "yes"
    with Service(failing) as server:
        told = failure(server, **STREAM, error="$.error")
    assert told.kind == "server_error"
    assert "the server says that it failed; its log may say why (out of memory)" in told.message


def test_an_error_in_a_whole_reply_is_tried_again_and_an_empty_one_is_none() -> None:
    with Service(says({"error": "busy"}), says({"answer": "yes", "error": ""})) as server:
        answer = ask(server, error="$.error")
    assert (answer.text, answer.attempts) == ("yes", 2)


# Replies that are not as declared


@pytest.mark.parametrize(
    ("reply", "declared", "message"),
    [
        ({"anser": "x"}, {}, 'no text at text = "$.answer" (the server sent {"anser":"x"})'),
        ({"answer": None}, {}, 'no text at text = "$.answer"'),
        ({"answer": 3}, {}, 'something else than a text at text = "$.answer"'),
        ({"answer": ["a"]}, {}, 'something else than a text at text = "$.answer"'),
        ("yes", {}, 'no text at text = "$.answer" (the server sent "yes")'),
        (
            {"answer": "x", "hits": [{"t": "a"}]},
            {"passages": "$.hits[*]"},
            'a passage without a text at passages = "$.hits[*]"; say with passage_text where',
        ),
        (
            {"answer": "x", "hits": ["a"]},
            {"passages": "$.hits"},
            'a passage without a text at passages = "$.hits"',
        ),
        (
            {"answer": "x", "hits": [{"t": "a"}, {"u": "b"}]},
            {"passages": "$.hits[*]", "passage_text": "$.t"},
            'a passage without a text at passage_text = "$.t" (the server sent {"u":"b"})',
        ),
        (
            {"answer": "x", "hits": [{"t": "a", "d": "Monday"}]},
            {"passages": "$.hits[*]", "passage_text": "$.t", "passage_day": "$.d"},
            'no day such as 2026-08-22 at passage_day = "$.d"',
        ),
        (
            {"answer": "x", "hits": [{"t": "a", "i": [1]}]},
            {"passages": "$.hits[*]", "passage_text": "$.t", "passage_id": "$.i"},
            'no id at passage_id = "$.i"',
        ),
    ],
)
def test_what_is_not_where_it_should_be_is_named_with_what_came(
    reply: object, declared: dict[str, str], message: str
) -> None:
    with Service(says(reply)) as server:
        told = failure(server, **declared)
        assert told.kind == "bad_reply"
        assert told.message.startswith(f"{server.url}/ask: ")
    assert message in told.message
    assert len(server.calls) == 1


@pytest.mark.parametrize(
    ("play", "declared", "message"),
    [
        (
            whole('{"a": ' * 950 + "1" + "}" * 950),
            {},
            'no text at text = "$.answer" (the server sent ',
        ),
        (
            whole("<html>\n<b>hi</b>", "text/html"),
            {},
            "no JSON; look at url (the server sent <html>",
        ),
        (whole("[" * 100_000), {}, "no JSON; look at url"),
        (whole(""), {}, "no JSON; look at url (the server sent )"),
        (
            whole('{"a": ' * 200 + "1" + "}" * 200),
            {"text": "$..b"},
            'JSON too deep for text = "$..b"',
        ),
        (stream({"answer": "yes"}), {}, "say with event_text where in each the text stands"),
        (says({"delta": "yes"}), STREAM, "say with text, not event_text, where the text stands"),
        (stream("no JSON"), STREAM, "no JSON; look at url (the server sent no JSON)"),
        (
            stream({"delta": ["yes"]}),
            STREAM,
            'something else than a text at event_text = "$.delta"',
        ),
    ],
)
def test_what_is_no_reply_is_said_to_be_none(
    play: Play, declared: dict[str, str], message: str
) -> None:
    with Service(play) as server:
        told = failure(server, **declared)
    assert told.kind == "bad_reply"
    assert message in told.message
    assert len(told.message) <= 500
    assert len(server.calls) == 1


# Failures


@pytest.mark.parametrize(
    ("bad", "kind", "hint", "times"),
    [
        (
            status(400, "bad question"),
            "bad_request",
            "the request is refused (400 Bad Request: bad",
            1,
        ),
        (status(418, {"detail": "pot"}), "bad_request", "pot", 1),
        (status(302, headers={"Location": "/x"}), "bad_reply", "no answer; look at url (302", 1),
        (status(429, "slow down"), "rate_limited", "slow down", 5),
        (status(500, "oom"), "server_error", "the server failed; its log may say why", 3),
        (drops(), "server_error", "the connection broke before an answer", 3),
    ],
)
def test_failures_are_those_of_other_endpoints(bad: Play, kind: str, hint: str, times: int) -> None:
    with Service(bad) as server:
        told = failure(server)
    assert told.kind == kind
    assert hint in told.message
    assert told.message.endswith(f"tried {times} times" if times > 1 else ")")
    assert len(server.calls) == times


@pytest.mark.parametrize("bad", [status(429, headers={"Retry-After": "0"}), status(503), drops()])
def test_what_may_pass_is_tried_again(bad: Play) -> None:
    with Service(bad, says({"answer": "yes"})) as server:
        answer = ask(server)
    assert (answer.text, answer.attempts) == ("yes", 2)


@pytest.mark.parametrize(
    ("play", "declared", "hint"),
    [
        (status(401), {}, "a key is wanted; name its environment variable with key_env"),
        (status(403), {"key_env": "OURS_KEY"}, "the key is refused; look at the environment"),
        (status(404), {}, "nothing is there; look at url"),
        (status(429, "used up", code="insufficient_quota"), {}, "used up"),
    ],
)
def test_what_the_next_question_would_meet_too_ends_the_run(
    play: Play, declared: dict[str, str], hint: str
) -> None:
    with Service(play) as server, pytest.raises(TargetError, match="/v1/ask: ") as caught:
        ask(server, **declared)
    assert hint in str(caught.value)
    assert len(server.calls) == 1


def test_nothing_at_the_url_is_an_outcome_once_something_was_answered() -> None:
    with Service(says({"answer": "yes"}), status(404)) as server:
        _, answer = ask_all(spec_of(server), QUESTION, QUESTION)
    assert answer.failure is not None
    assert answer.failure.kind == "not_found"


def test_nobody_there() -> None:
    with Service(says({})) as server:
        url = f"{server.url}/ask"
    with pytest.raises(TargetError, match="has not answered once: 4 calls in a row failed"):
        ask(url)


def test_a_call_that_takes_too_long_is_made_again() -> None:
    async def slow(call: Call) -> web.StreamResponse:
        await asyncio.sleep(60)
        return await says({"answer": "late"})(call)

    async def run() -> Answer:
        target = Target(spec.url, Limits(request_seconds=0.3))
        system = HttpSystem("ours", spec, target, retries=QUICK)
        try:
            return await system.answer(QUESTION, DAY)
        finally:
            await system.close()

    with Service(slow, says({"answer": "yes"})) as server:
        spec = spec_of(server)
        answer = asyncio.run(run())
    assert (answer.text, answer.attempts) == ("yes", 2)
    assert answer.timing.total >= 0.3


# The key


def echo(call: Call) -> str:
    return f"{call.header('Authorization')} {call.header('X-Api-Key')}"


def echoing(*places: str) -> Play:
    """Repeats the key as the answer, in passages, or in a refusal; `slashed` as PHP writes JSON."""

    async def play(call: Call) -> web.StreamResponse:
        said = echo(call)
        if "refusal" in places:
            return await status(int(places[1]), said)(call)
        reply = {"answer" if "answer" in places else "other": said, "hits": [[said, said]]}
        text = json.dumps({**reply, "why": said})
        return await whole(text.replace("/", "\\/") if "slashed" in places else text)(call)

    return play


@pytest.mark.parametrize("header", [None, "X-Api-Key"])
@pytest.mark.parametrize(
    "places",
    [("answer",), ("answer", "slashed"), ("other",), ("other", "slashed"), ("refusal", "400"),
     ("refusal", "500")],
)  # fmt: skip
def test_a_key_is_sent_and_what_repeats_it_is_kept_without_it(
    key: str, header: str | None, places: tuple[str, ...]
) -> None:
    with Service(echoing(*places)) as server:
        answer = ask(
            server,
            key_env="OURS_KEY",
            key_header=header,
            passages="$.hits[*]",
            passage_text="$[0]",
            passage_id="$[1]",
            finish_reason="$.why",
        )
    sent = server.calls[0]
    assert sent.header(header or "Authorization") == (key if header else f"Bearer {key}")
    text = repr(answer)
    assert "[key]" in text
    assert not [n for n in range(10, len(key) + 1) if key[:n] in text]
    assert key.replace("/", "\\/") not in text


def test_a_key_that_a_refusal_repeats_is_not_in_the_error_that_ends_the_run(key: str) -> None:
    with Service(echoing("refusal", "401")) as server, pytest.raises(TargetError) as caught:
        ask(server, key_env="OURS_KEY")
    told = "".join(traceback.format_exception(caught.value))
    assert "[key]" in told
    assert key[:10] not in told


def test_a_system_shows_no_key(key: str) -> None:
    spec = spec_of("http://127.0.0.1:9/ask", key_env="OURS_KEY")
    system = HttpSystem("ours", spec)
    assert key not in repr([spec, system, system.fingerprint(), spec.settings(), spec.key()])


def test_the_socket_is_kept() -> None:
    with Service(says({"answer": "yes"})) as server:
        answers = ask_all(spec_of(server), *[QUESTION] * 3)
    assert len({call.peer for call in server.calls}) == 1
    assert [answer.timing.connect == 0.0 for answer in answers] == [False, True, True]
