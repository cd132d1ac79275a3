"""The stub server of the benchmarks does what it says, and its record is the truth."""

from __future__ import annotations

import http.client
import json
import socket
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import api

sys.path.insert(0, str(Path(__file__).parent / "benchmarks"))

from bench_suite import MARKER, prompts, write_suite
from stub_plan import Behaviour, Fate, answer_value, fate, prompt_hash
from stub_server import StubServer
from stub_truth import DROPPED, GONE

FAULTY = Behaviour(
    failing=0.1, limited=0.1, dropped=0.1, broken=0.1, marker="hopeless", refusal=422, seed=5
)
STATUS = {"answered": 200, "failed": 500, "limited": 429, "refused": 422}


class Client:
    """One connection, which stays open as long as the server lets it."""

    def __init__(self, server: StubServer) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)

    def ask(self, prompt: str, **more: object) -> http.client.HTTPResponse:
        body = json.dumps({"messages": [{"role": "user", "content": prompt}], **more})
        self.connection.request("POST", "/v1/chat/completions", body)
        return self.connection.getresponse()

    def answer(self, prompt: str) -> str:
        text: str = json.load(self.ask(prompt))["choices"][0]["message"]["content"]
        return text

    def stream(self, prompt: str, **more: object) -> list[Any]:
        lines = self.ask(prompt, stream=True, **more).read().decode().split("\n\n")
        assert lines.pop() == ""
        data = [line.removeprefix("data: ") for line in lines]
        assert data.pop() == "[DONE]"
        return [json.loads(text) for text in data]

    def close(self) -> None:
        self.connection.close()


@pytest.fixture(scope="module")
def plain() -> Iterator[StubServer]:
    with StubServer(Behaviour(tokens=3)) as server:
        yield server


def test_a_connection_is_kept_and_answers_in_turn(plain: StubServer) -> None:
    with closing(Client(plain)) as client:
        client.answer("first")
        socket_of_the_first = client.connection.sock
        assert json.loads(client.answer("second")) == {"answer": answer_value("second")}
        assert len(client.stream("third")) == 4
        assert client.answer("first") == client.answer("first")
        assert client.connection.sock is socket_of_the_first
    attempts = [row.attempt for row in plain.truth() if row.prompt == prompt_hash("first")]
    assert attempts == [1, 2, 3]


def test_a_stream_has_its_tokens_and_the_usage_where_it_is_asked_for(plain: StubServer) -> None:
    with closing(Client(plain)) as client:
        *pieces, stop, usage = client.stream("a long one", stream_options={"include_usage": True})
    assert len(pieces) == 3
    text = "".join(piece["choices"][0]["delta"]["content"] for piece in pieces)
    assert json.loads(text) == {"answer": answer_value("a long one")}
    assert stop["choices"][0]["finish_reason"] == "stop"
    assert usage["choices"] == []
    assert usage["usage"]["completion_tokens"] == 3


def test_requests_that_come_in_pieces_or_together_are_read(plain: StubServer) -> None:
    def request(prompt: str) -> bytes:
        body = json.dumps({"messages": [{"content": prompt}]}).encode()
        head = f"POST /v1/chat/completions HTTP/1.1\r\ncontent-length: {len(body)}\r\n\r\n"
        return head.encode() + body

    together = request("one") + request("two") + request("three")
    cuts = (0, 20, len(request("one")) - 3, len(request("one")) + 9, len(together))
    with socket.create_connection(("127.0.0.1", plain.port), timeout=60) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for begin, end in pairwise(cuts):
            connection.sendall(together[begin:end])
        received = b""
        while received.count(b"value of") < 3:
            received += connection.recv(65536)
    places = [received.index(answer_value(p).encode()) for p in ("one", "two", "three")]
    assert places == sorted(places)


def test_what_is_no_completion_is_refused_and_not_recorded(plain: StubServer) -> None:
    before = plain.state()
    with closing(Client(plain)) as client:
        for body in (b"{", b"[]", b'{"messages": []}', b'{"messages": [{"content": 1}]}'):
            client.connection.request("POST", "/v1/chat/completions", body)
            response = client.connection.getresponse()
            assert (response.status, list(json.load(response))) == (400, ["error"])
        client.connection.request("GET", "/elsewhere")
        assert client.connection.getresponse().status == 404
    after = plain.state()
    assert (after.arrived, after.in_flight) == (before.arrived, 0)


def test_a_text_of_ones_own_is_told() -> None:
    behaviour = Behaviour(text='Zoë says "no"', tokens=50)
    with StubServer(behaviour) as server, closing(Client(server)) as client:
        assert client.answer("whatever") == 'Zoë says "no"'
        pieces = client.stream("whatever")[:-1]
    assert [p["choices"][0]["delta"]["content"] for p in pieces] == list('Zoë says "no"')


def test_times_are_in_order_and_no_shorter_than_planned() -> None:
    behaviour = Behaviour(mode="lognormal", seconds=0.02, sigma=0.3, tokens=4, gap=0.01, seed=3)
    with StubServer(behaviour) as server:
        with closing(Client(server)) as client:
            client.stream("streamed")
            client.answer("whole")
        streamed, whole = server.truth()
    for row, prompt in ((streamed, "streamed"), (whole, "whole")):
        planned = fate(behaviour, prompt, row.prompt, 1).seconds
        assert row.first_token is not None
        assert row.arrival <= row.first_token <= row.last_byte
        # timers may be early by the resolution of their loop's clock, which is a millisecond or two
        assert row.service_seconds >= planned + 3 * behaviour.gap - 0.005
    assert streamed.first_token is not None
    assert streamed.first_token < streamed.last_byte


def test_faults_are_those_that_seed_prompt_and_attempt_decide() -> None:
    asked = [f"question {number}" for number in range(60)] + ["a hopeless one"]
    planned = {p: fate(FAULTY, p, prompt_hash(p), 1).outcome for p in asked}
    assert set(planned.values()) == {*STATUS, "dropped", "broken"}
    with StubServer(FAULTY) as server:
        for prompt, outcome in planned.items():
            assert _ask(server, prompt) == outcome
        for prompt in asked:
            assert _ask(server, prompt) == ("answered" if "hopeless" not in prompt else "refused")
        truth = server.truth()
    met = Counter((row.prompt, row.attempt, row.status) for row in truth)
    assert met == Counter(
        [(prompt_hash(p), 1, STATUS.get(outcome, DROPPED)) for p, outcome in planned.items()]
        + [(prompt_hash(p), 2, 422 if "hopeless" in p else 200) for p in asked]
    )
    broken = {prompt_hash(p) for p, outcome in planned.items() if outcome == "broken"}
    for row in truth:
        talked = row.status == 200 or (row.attempt == 1 and row.prompt in broken)
        assert (row.first_token is not None) == talked


def _ask(server: StubServer, prompt: str) -> str:
    """What becomes of a request, as its client sees it."""
    with closing(Client(server)) as client:
        try:
            response = client.ask(prompt, stream=True)
        except http.client.RemoteDisconnected:
            return "dropped"
        try:
            response.read()
        except http.client.IncompleteRead:
            return "broken"
        assert (response.headers["Retry-After"] == "1") == (response.status == 429)
        return {status: outcome for outcome, status in STATUS.items()}[response.status]


@given(st.integers(0, 2**32), st.text(max_size=20), st.integers(1, 5))
def test_a_fate_depends_on_nothing_else(seed: int, prompt: str, attempt: int) -> None:
    behaviour = Behaviour(mode="lognormal", seconds=1.0, failing=0.5, faulty=3, seed=seed)
    found = fate(behaviour, prompt, prompt_hash(prompt), attempt)
    assert found == fate(behaviour, prompt, prompt_hash(prompt), attempt)
    assert found.seconds > 0
    if attempt > 3:
        assert found.outcome == "answered"


def test_shares_and_times_are_those_that_were_asked_for() -> None:
    behaviour = Behaviour(mode="lognormal", seconds=0.2, failing=0.05, limited=0.1)
    fates: list[Fate] = [
        fate(behaviour, "", prompt_hash(str(number)), 1) for number in range(10_000)
    ]
    counts = Counter(found.outcome for found in fates)
    assert counts["failed"] == pytest.approx(500, abs=100)
    assert counts["limited"] == pytest.approx(1_000, abs=150)
    below = sum(found.seconds < 0.2 for found in fates)
    assert below == pytest.approx(5_000, abs=250)
    one_sigma = sum(found.seconds < 0.2 * 2.718281828**0.5 for found in fates)
    assert one_sigma == pytest.approx(8_413, abs=200)


def test_what_is_held_is_answered_when_it_is_let_go() -> None:
    with StubServer(Behaviour(hold=True)) as server:
        clients = [Client(server) for _ in range(3)]
        for client in clients:
            client.connection.request(
                "POST", "/v1/chat/completions", json.dumps({"messages": [{"content": "x"}]})
            )
        while server.state().arrived < 3:
            pass
        assert server.state().in_flight == 3
        clients.pop().close()
        while server.state().in_flight > 2:
            pass
        server.release()
        for client in clients:
            assert client.connection.getresponse().status == 200
            client.close()
        assert [row.status for row in server.truth()] == [GONE, 200, 200]
        assert server.state().cpu_seconds > 0


def test_the_suite_for_it_is_right_and_fails_where_that_is_planted(tmp_path: Path) -> None:
    with StubServer(Behaviour(marker=MARKER)) as server:
        suite = write_suite(
            tmp_path / "suite", server.url, questions=60, concurrency=8, wrong=0.3, refused=0.1
        )
        result = api.compare(suite, out=tmp_path / "runs")
        truth = server.truth()
    metrics = result.results["base"].metrics
    assert metrics["right_rate"].value == pytest.approx(36 / 60)
    assert metrics["wrong_rate"].value == pytest.approx(18 / 60)
    assert metrics["failed_rate"].value == pytest.approx(6 / 60)
    assert {row.prompt for row in truth} == {prompt_hash(prompt) for prompt in prompts(suite)}
    assert Counter(row.status for row in truth) == {200: 54, 400: 6}
