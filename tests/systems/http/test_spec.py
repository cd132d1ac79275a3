"""Endpoints as declared in systems.toml: every mistake is named with file, line and key."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harness.errors import ConfigError
from harness.systems.config import load_systems
from harness.systems.http.spec import HttpSpec
from harness.systems.spec import SpecError, SystemSpec
from harness.transport.limits import Limits

GOOD = """\
[systems.ours]
strategy = "external"
limits = { concurrency = 8, requests_per_minute = 300, request_seconds = 30 }
[systems.ours.http]
url = "https://rag.example/api/ask"
method = "PUT"
key_env = "OURS_KEY"
key_header = "X-Api-Key"
headers = { X-Tenant = "acme", Accept = "application/json" }
query = { lang = "en" }
body = { question = "{{ question }}", day = "{{ today }}", options = { top = 4 } }
text = "$.answer.text"
error = "$.error"
passages = "$.sources[?@.used == true]"
passage_text = "$.content"
passage_id = "$['the id']"
passage_day = "$.published"
prompt_tokens = "$.usage.prompt"
completion_tokens = "$.usage.completion"
finish_reason = "$.reason"
"""
SPEC = HttpSpec("http://h/ask", body={"q": "{{ question }}"}, text="$.answer")


def write(folder: Path, text: str) -> Path:
    path = folder / "systems.toml"
    path.write_text(text)
    return path


def test_everything_that_can_be_declared(tmp_path: Path) -> None:
    (spec,) = load_systems(write(tmp_path, GOOD))
    assert spec.limits == Limits(8, 300.0, None, 30.0)
    assert spec.http == HttpSpec(
        url="https://rag.example/api/ask",
        method="PUT",
        key_env="OURS_KEY",
        key_header="X-Api-Key",
        headers={"X-Tenant": "acme", "Accept": "application/json"},
        query={"lang": "en"},
        body={"question": "{{ question }}", "day": "{{ today }}", "options": {"top": 4}},
        text="$.answer.text",
        error="$.error",
        passages="$.sources[?@.used == true]",
        passage_text="$.content",
        passage_id="$['the id']",
        passage_day="$.published",
        prompt_tokens="$.usage.prompt",
        completion_tokens="$.usage.completion",
        finish_reason="$.reason",
    )


def test_the_manifest_has_all_of_it_but_the_key_and_where_files_lie(tmp_path: Path) -> None:
    (spec,) = load_systems(write(tmp_path, GOOD))
    declared = spec.settings()["http"]
    assert declared.keys() == {
        "url", "method", "headers", "query", "body", "text", "error", "passages", "passage_text",
        "passage_id", "passage_day", "prompt_tokens", "completion_tokens", "finish_reason",
    }  # fmt: skip
    (tmp_path / "ask.jinja").write_text("{{ question | tojson }}")
    filed = replace(SPEC, body=tmp_path / "ask.jinja")
    assert SystemSpec("a", "external", http=filed).settings() == {
        "http": {"url": "http://h/ask", "method": "POST", "body": "ask.jinja", "text": "$.answer"}
    }


def test_the_fingerprint_follows_what_is_sent_and_how_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "ask.jinja"
    path.write_text("{{ question | tojson }}")
    filed = replace(SPEC, body=path)
    before = filed.fingerprint()
    others = [
        replace(SPEC, url="http://h/other"),
        replace(SPEC, method="PUT"),
        replace(SPEC, headers={"X-Tenant": "acme"}),
        replace(SPEC, query={"lang": "en"}),
        replace(SPEC, body={"q": "{{ question }}?"}),
        filed,
    ]
    sent = [spec.fingerprint()["request"] for spec in (SPEC, *others)]
    assert len(set(sent)) == 7
    path.write_text("[{{ question | tojson }}]")
    after = filed.fingerprint()
    assert (before["request"] != after["request"], before["reply"] == after["reply"]) == (True,) * 2
    assert replace(SPEC, error="$.e").fingerprint()["reply"] != SPEC.fingerprint()["reply"]
    keyed = replace(SPEC, key_env="OTHER", key_header="X-Api-Key")
    assert keyed.fingerprint() == SPEC.fingerprint()


HTTP = 'url = "http://h/ask"\nbody = { q = "{{ question }}" }\ntext = "$.a"\n'
WRONG = [
    (HTTP + 'txt = "$.b"', 6, "unknown key 'txt': did you mean 'text'?"),
    (HTTP + 'key = "sk-PLANTED"', 6, "unknown key 'key': did you mean 'key_env'?"),
    (HTTP + 'key_env = "sk-PLANTED"', 6, "http.key_env: must be the name of an environment"),
    (HTTP + 'key_header = "X-Key"', 6, "http.key_header: needs key_env"),
    (HTTP + 'key_env = "A"\nkey_header = "X Key"', 7, "http.key_header: must be the name of a"),
    (HTTP + 'key_env = "A"\nkey_header = "Host"', 7, "http.key_header: 'Host' is sent for"),
    (HTTP + 'headers = { X-Api-Key = "PLANTED" }', 6, "http.headers.X-Api-Key: is no place for a"),
    (
        HTTP + 'headers = { authorization = "PLANTED" }',
        6,
        "authorization: is no place for a secret",
    ),
    (HTTP + 'headers = { Host = "h" }', 6, "http.headers.Host: is set by the harness"),
    (HTTP + 'headers = { "X Y" = "h" }', 6, "http.headers.X Y: 'X Y' is no name of a header"),
    (HTTP + 'headers = { X-Y = "a", x-y = "b" }', 6, "http.headers.x-y: is there twice"),
    (HTTP + 'headers = { X-Y = "a\\nb: c" }', 6, "http.headers.X-Y: must be a text in ASCII"),
    (HTTP + "headers = { X-Y = 3 }", 6, "X-Y must be a text, not 3"),
    (HTTP + "headers = 3", 6, "headers must be a table, not 3"),
    (HTTP + 'headers = { Content-Type = "text/plain" }', 4, "http.body: a table is sent as JSON"),
    (HTTP + 'query = { q = "{{ questio }}" }', 6, "http.query.q: template: unknown name 'questio'"),
    (HTTP + "query = { q = 3 }", 6, "q must be a text, not 3"),
    (HTTP + 'query = { access_token = "PLANTED" }', 6, "http.query.access_token: is no place"),
    (HTTP + 'method = "post"', 6, "http.method: unknown word 'post': "),
    (HTTP + 'method = "GET"', 4, "http.body: GET has none; use query, or another method"),
    (HTTP + 'event_text = "$.b"', 5, "http.text: needs exactly one of text and event_text"),
    (
        HTTP + 'passages = "sources"',
        6,
        "http.passages: 'sources' is no JSONPath (RFC 9535): expected",
    ),
    (HTTP + 'passages = "$.s["', 6, "http.passages: '$.s[' is no JSONPath (RFC 9535): "),
    (HTTP + 'error = "$.a[?nope(@)]"', 6, "function 'nope' is not defined"),
    (HTTP + 'passage_day = "$.day"', 6, "http.passage_day: needs passages"),
    (HTTP + "finish_reason = 3", 6, "finish_reason must be a text, not 3"),
    ('body = { q = "{{ question }}" }\ntext = "$.a"', 2, "http: url is missing"),
    ('url = "http://h/ask"\ntext = "$.a"', 2, "http.body: asks nothing: write {{ question }}"),
    ('url = "http://h/ask"\nbody = { q = "today" }\ntext = "$"', 4, "http.body: asks nothing"),
    ('url = "http://h/ask"\nbody = { q = "{{ question }}" }', 2, "http.text: needs exactly one"),
    ('url = "http://h/ask"\nbody = 3\ntext = "$.a"', 4, "body must be a file or a table, not 3"),
    ('url = "http://h/ask"\nbody = "none"\ntext = "$"', 4, "there is no file 'none' beside it"),
    ('url = "http://h/ask"\nbody = "bad.jinja"\ntext = "$"', 4, "bad.jinja:2: template: "),
    (
        'url = "http://h/ask"\nbody = { q = ["{{ question }}", { d = 2026-01-01 }] }\ntext = "$"',
        4,
        "http.body.q.1.d: JSON has no datetime.date(2026, 1, 1); write it as a text",
    ),
    ('url = "rag.example/ask"', 3, "http.url: must be a URL such as"),
    ('url = "http://me:PLANTED@h/ask"', 3, "http.url: must not hold a user or a password"),
    ('url = "http://h/ask?key=PLANTED"', 3, "http.url: must end with its path"),
    ('url = "http://h:x/ask"', 3, "http.url: is no URL"),
]


@pytest.mark.parametrize(("text", "line", "message"), WRONG)
def test_a_mistake_is_named_with_file_and_line_and_without_secrets(
    tmp_path: Path, text: str, line: int, message: str
) -> None:
    (tmp_path / "bad.jinja").write_text("{\n{{ question | nope }}")
    declared = f'systems.a.strategy = "external"\n[systems.a.http]\n{text}\n'
    path = write(tmp_path, declared)
    with pytest.raises(ConfigError) as caught:
        load_systems(path)
    told = str(caught.value)
    assert any(said.startswith(f"{path}:{line}: ") and message in said for said in told.split("\n"))
    assert "PLANTED" not in told


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("http = 3", "http must be a table, not 3"),
        ('function = "m:f"', "exactly one of function, replay and http"),
        ("decoding = 'constrained'", "decoding: an external system looks after this itself"),
        ("model = 'transformers'", "model: an external system looks after this itself"),
    ],
)
def test_what_does_not_go_with_an_endpoint(tmp_path: Path, text: str, message: str) -> None:
    there = "" if text.startswith("http") else f"[systems.a.http]\n{HTTP}"
    path = write(tmp_path, f'[systems.a]\nstrategy = "external"\n{text}\n{there}')
    with pytest.raises(ConfigError, match=r"systems\.toml:") as caught:
        load_systems(path)
    assert message in str(caught.value)


def test_an_endpoint_is_external() -> None:
    with pytest.raises(SpecError, match="http: needs strategy = \"external\", not 'base'"):
        SystemSpec("a", "base", http=SPEC)


def test_the_key_is_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert SPEC.key().header() == {}
    keyed = replace(SPEC, url="http://10.0.0.1/ask", key_env="OURS_KEY")
    monkeypatch.delenv("OURS_KEY", raising=False)
    with pytest.raises(ConfigError, match="set the environment variable OURS_KEY"):
        keyed.key()
    monkeypatch.setenv("OURS_KEY", "planted-0123456789")
    assert keyed.key().header("X-Api-Key") == {"X-Api-Key": "planted-0123456789"}
