"""Vectors from a server over real sockets: each text paid for once, and every wrong answer one line."""

from __future__ import annotations

import base64
import socket
import struct
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import RunError
from harness.retrieval.endpoint import EndpointError, RetrievalEndpoint
from harness.retrieval.endpoint_embedder import EndpointEmbedder, _numbers, _unit
from harness.retrieval.spending import spending
from harness.transport.keys import Key
from harness.transport.retries import Retries

sys.path.insert(0, str(Path(__file__).parents[1]))

from loopback import Play, drops, status, whole
from searching import DIMENSIONS, SearchServer, embeddings, tokens, vector

KEY = "sk-planted-0123456789-secret"
QUICK = Retries(attempts=3, first_seconds=0.001)
TEXTS = ["one", "two words", "three words here", "one", "", "six", "seven"]


def embedder(
    server: SearchServer | str, cache: Path, *, silence: float = 60.0, **options: int
) -> EndpointEmbedder:
    base = server if isinstance(server, str) else server.url
    endpoint = RetrievalEndpoint(
        f"{base}/embeddings", "small", Key(KEY), "MY_KEY", retries=QUICK, silence_seconds=silence
    )
    return EndpointEmbedder(endpoint, cache / "vectors.sqlite", **options)


def failure(server: SearchServer | str, cache: Path, **options: object) -> str:
    with pytest.raises(EndpointError) as caught:
        embedder(server, cache, **options).embed(["a", "b"])  # type: ignore[arg-type]
    message = str(caught.value)
    assert "\n" not in message
    assert "/embeddings: " in message
    assert KEY not in message
    return message


def unit(text: str, dimensions: int = DIMENSIONS) -> np.ndarray:
    numbers = np.array(vector(text, dimensions))
    return numbers / (np.linalg.norm(numbers) or 1.0)


def test_vectors_are_the_servers_at_length_one_and_in_the_order_of_the_texts(
    tmp_path: Path,
) -> None:
    with SearchServer() as server:
        made = embedder(server, tmp_path)
        vectors = made.embed(TEXTS)
        query = made.embed_query("two words")
        made.close()
    assert (vectors.shape, vectors.dtype) == ((7, DIMENSIONS), np.float32)
    np.testing.assert_allclose(vectors, [unit(text) for text in TEXTS], atol=1e-6)
    np.testing.assert_array_equal(query, vectors[1])
    assert server.calls[0].body == {
        "model": "small",
        "input": ["one", "two words", "three words here", "", "six", "seven"],
        "encoding_format": "base64",
    }
    assert server.calls[0].header("Authorization") == f"Bearer {KEY}"


def test_dimensions_are_asked_for_and_are_another_embedder(tmp_path: Path) -> None:
    with SearchServer() as server:
        short, long = (embedder(server, tmp_path, dimensions=n) for n in (8, 16))
        assert short.embed(["a b"]).shape == (1, 8)
        assert long.embed(["a b"]).shape == (1, 16)
    assert [call.body["dimensions"] for call in server.calls] == [8, 16]
    assert len({short.fingerprint(), long.fingerprint()}) == 2


def test_batches_go_over_one_socket(tmp_path: Path) -> None:
    with SearchServer() as server:
        vectors = embedder(server, tmp_path, batch=4).embed(TEXTS)
    assert [len(call.body["input"]) for call in server.calls] == [4, 2]
    assert len({call.peer for call in server.calls}) == 1
    np.testing.assert_allclose(vectors, [unit(text) for text in TEXTS], atol=1e-6)


def test_a_text_is_paid_for_once_and_a_query_each_time(tmp_path: Path) -> None:
    with SearchServer() as server:
        with spending() as first:
            one = embedder(server, tmp_path).embed(TEXTS)
        with spending() as again:
            other = embedder(server, tmp_path).embed(["new", *TEXTS])
        with spending() as asked:
            embedder(server, tmp_path).embed_query("one")
        with spending() as elsewhere:
            embedder(server, tmp_path, dimensions=8).embed(["one"])
    assert server.embedded == [*dict.fromkeys(TEXTS), "new", "one", "one"]
    np.testing.assert_array_equal(one, other[1:])
    # What was there counts as if it had been made again: somebody paid for it.
    assert (first.embedded, again.embedded) == (tokens(*TEXTS) - 1, tokens("new", *TEXTS) - 1)
    assert (first.saved_seconds, asked.saved_seconds, elsewhere.saved_seconds) == (0.0, 0.0, 0.0)
    assert again.saved_seconds > 0
    assert (asked.embedded, asked.reranked) == (1, 0)


def test_what_came_before_a_failure_is_kept(tmp_path: Path) -> None:
    with SearchServer(embeddings, *[status(500)] * 3) as server:
        with pytest.raises(EndpointError, match=r"the server failed; .*; tried 3 times"):
            embedder(server, tmp_path, batch=2).embed(["a", "b", "c"])
        assert len(server.calls) == 4
        assert embedder(server, tmp_path, batch=2).embed(["a", "b", "c"]).shape == (3, DIMENSIONS)
        assert server.calls[-1].body["input"] == ["c"]


def test_tokens_that_nobody_told_are_not_known(tmp_path: Path) -> None:
    body = '{"data": [{"index": 0, "embedding": [1, 0]}], "usage": {"prompt_tokens": -1}}'
    with SearchServer(whole(body)) as server, spending() as spent:
        embedder(server, tmp_path).embed(["a"])
    assert spent.embedded is None


def test_a_file_of_vectors_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "vectors.sqlite").write_text("no database, and long enough to be read as one" * 99)
    with (
        SearchServer() as server,
        pytest.raises(RunError, match=r"vectors.sqlite: cannot be read or written .*delete it"),
    ):
        embedder(server, tmp_path).embed(["a"])
    assert not server.calls


# Another way of writing numbers


def test_a_server_that_refuses_bytes_is_asked_for_numbers_from_then_on(tmp_path: Path) -> None:
    with SearchServer(status(400, "this gateway knows no such thing")) as server:
        made = embedder(server, tmp_path, batch=1)
        vectors = made.embed(["a", "b c"])
    np.testing.assert_allclose(vectors, [unit("a"), unit("b c")], atol=1e-6)
    formats = [call.body["encoding_format"] for call in server.calls]
    assert formats == ["base64", "float", "float"]


def test_a_server_that_took_bytes_is_believed_when_it_refuses(tmp_path: Path) -> None:
    with SearchServer() as server:
        made = embedder(server, tmp_path)
        made.embed(["a"])
        server.plays = (embeddings, status(422, "maximum allowed batch size 32"))
        with pytest.raises(EndpointError, match=r"the request is refused \(422 .*batch size 32"):
            made.embed(["b"])
    assert len(server.calls) == 2


def test_numbers_are_read_when_bytes_were_asked_for(tmp_path: Path) -> None:
    with SearchServer(whole('{"data": [{"index": 0, "embedding": [3, 4.0]}]}')) as server:
        vectors = embedder(server, tmp_path).embed(["a"])
    np.testing.assert_allclose(vectors, [[0.6, 0.8]], atol=1e-7)


@given(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=1))
def test_bytes_and_numbers_are_the_same_vector_of_length_one(numbers: list[float]) -> None:
    packed = base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()
    as_bytes, as_numbers = (_unit(_numbers(value)[None]) for value in (packed, numbers))
    np.testing.assert_array_equal(as_bytes, as_numbers)
    length = np.linalg.norm(as_bytes)
    assert length == pytest.approx(1.0 if any(numbers) else 0.0, abs=1e-5)


# What goes wrong


@pytest.mark.parametrize(
    "trouble", [status(429, headers={"Retry-After": "0"}), status(503), drops()]
)
def test_what_may_pass_is_tried_again(tmp_path: Path, trouble: Play) -> None:
    with SearchServer(trouble, trouble) as server:
        assert embedder(server, tmp_path).embed(["a"]).shape == (1, DIMENSIONS)
        assert len(server.calls) == 3
    with SearchServer(*[trouble] * 3) as server:
        assert "tried 3 times" in failure(server, tmp_path / "other")
        assert len(server.calls) == 3


@pytest.mark.parametrize(
    ("play", "calls", "said"),
    [
        (status(401, f"wrong key {KEY}"), 1, "the environment variable MY_KEY (401 Unauthorized"),
        (status(403), 1, "the key is refused"),
        (status(404), 1, "nothing is there; look at url and the model's name 'small'"),
        (status(429, "You exceeded it", code="insufficient_quota"), 1, "too many requests"),
        (status(429, headers={"Retry-After": "9999"}), 1, "it asks to wait 9999 s"),
        (status(400, "too long"), 2, "the request is refused (400 Bad Request: too long)"),
        (status(302, headers={"Location": "http://127.0.0.1:1/"}), 1, "this is no such endpoint"),
        (whole("<html>"), 1, "no JSON; look at url (<html>)"),
    ],
)
def test_what_will_not_pass_is_not_tried_again(
    tmp_path: Path, play: Play, calls: int, said: str
) -> None:
    with SearchServer(*[play] * 3) as server:
        assert said in failure(server, tmp_path)
        assert len(server.calls) == calls


GOOD = '{"index": 0, "embedding": [1, 2]}'


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ("null", "it sent no list of results"),
        ("[1, 2]", "it sent no list of results"),
        (f"[{GOOD}]", "it sent 1 results for 2 texts"),
        (f"[{GOOD}, {GOOD}]", "index is missing, doubled or of no text"),
        (f'[{GOOD}, {{"embedding": [1, 2]}}]', "index is missing, doubled or of no text"),
        (f'[{GOOD}, {{"index": true, "embedding": [1, 2]}}]', "index is missing"),
        (f'[{GOOD}, {{"index": 1, "embedding": [1, NaN]}}]', "not finite"),
        (f'[{GOOD}, {{"index": 1, "embedding": [1, 1e999]}}]', "not finite"),
        (f'[{GOOD}, {{"index": 1, "embedding": []}}]', "no list of numbers"),
        (f'[{GOOD}, {{"index": 1, "embedding": null}}]', "no list of numbers"),
        (f'[{GOOD}, {{"index": 1, "embedding": ["1", "2"]}}]', "no list of numbers"),
        (f'[{GOOD}, {{"index": 1, "embedding": [[1, 2]]}}]', "no list of numbers"),
        (f'[{GOOD}, {{"index": 1, "embedding": [[1], 2]}}]', "no embeddings"),
        (f'[{GOOD}, {{"index": 1, "embedding": "???"}}]', "no embeddings"),
        (f'[{GOOD}, {{"index": 1, "embedding": "AAAA"}}]', "no embeddings"),
        (f'[{GOOD}, {{"index": 1, "embedding": [1, 2, 3]}}]', "vectors of 2 and 3 numbers"),
    ],
)
def test_vectors_that_are_none_are_refused(tmp_path: Path, data: str, said: str) -> None:
    with SearchServer(whole(f'{{"data": {data}}}')) as server:
        assert said in failure(server, tmp_path)
        assert len(server.calls) == 1
    assert not (tmp_path / "vectors.sqlite").exists()


def test_a_server_that_ignores_the_dimensions_is_found_out(tmp_path: Path) -> None:
    body = f'{{"data": [{GOOD}, {{"index": 1, "embedding": [1, 2]}}]}}'
    with SearchServer(whole(body)) as server:
        assert "vectors of 2 and 8 numbers; does the model take these dimensions?" in failure(
            server, tmp_path, dimensions=8
        )


def test_nothing_waits_to_be_tried_again_once_it_is_closed(tmp_path: Path) -> None:
    with SearchServer(status(503, headers={"Retry-After": "100"})) as server:
        made = embedder(server, tmp_path)
        made.close()
        with pytest.raises(EndpointError, match="it asks to wait 100 s"):
            made.embed_query("a")
    assert len(server.calls) == 1


def test_silence_and_nobody_there_are_said(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        assert "nothing came in time" in failure(url, tmp_path, silence=0.2)
    said = failure(url, tmp_path)
    assert "cannot be reached; does the server run, and is url right?" in said
    assert "tried 3 times" in said
