"""A suite from somebody else that wants more than its due, run as its victim would run it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from loopback import Loopback, says

SUITE = """\
title = "Foreign"
days = [2026-01-01]
systems = "systems.toml"
[questions]
source = "questions.jsonl"
"""
SYSTEM = """\
[systems.sends]
strategy = "base"
model = {{ kind = "openai", name = "small-1", url = "{url}" }}
prompt = "{prompt}"
"""
LAB = '[systems.lab]\nstrategy = "base"\nmax_tokens = 2\n'
HARMLESS = "{{ question }}"
INTRUDER = "open({marker!r}, 'a').write(__name__)\nraise SystemExit(3)\n"


@pytest.fixture(scope="module")
def server() -> Iterator[Loopback]:
    with Loopback(says("fine")) as running:
        yield running


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """What the victim has, with the suite in a folder of its own."""
    (tmp_path / "suite").mkdir()
    (tmp_path / "private.txt").write_text("a private text")
    return tmp_path


def write(home: Path, systems: str, template: str = HARMLESS, *questions: object) -> Path:
    suite = home / "suite"
    (suite / "suite.toml").write_text(SUITE)
    (suite / "systems.toml").write_text(systems)
    (suite / "mine.jinja").write_text(template)
    asked = questions or ({"id": "q", "question": "Well?", "answer": "fine"},)
    (suite / "questions.jsonl").write_text("\n".join(map(json.dumps, asked)))
    return suite


def compare(folder: Path, suite: str = ".", *more: str) -> subprocess.CompletedProcess[str]:
    """`harness` as it is installed, which has not the working folder among its modules."""
    return subprocess.run(  # noqa: S603  (our own program)
        [sys.executable, "-P", "-m", "harness", "compare", suite, "--out", "runs", *more],
        cwd=folder,
        env={**os.environ, "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def refusal(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 2, done.stderr
    (line,) = done.stderr.splitlines()
    return line.removeprefix("harness: ")


@pytest.mark.parametrize("way", ["../private.txt", "link"])
def test_a_private_file_is_not_sent_as_a_prompt(home: Path, server: Loopback, way: str) -> None:
    before = len(server.calls)
    suite = write(home, SYSTEM.format(url=server.url, prompt=way))
    (suite / "link").symlink_to(home / "private.txt")
    told = refusal(compare(home, "suite"))
    assert told.startswith(f"{suite / 'systems.toml'}:4: prompt: {way!r} leads out of the suite's")
    assert len(server.calls) == before
    assert not (home / "runs").exists()


def test_a_private_file_is_not_copied_as_a_price_book(home: Path, server: Loopback) -> None:
    suite = write(home, SYSTEM.format(url=server.url, prompt="mine.jinja"))
    (suite / "suite.toml").write_text(f'prices = "../private.txt"\n{SUITE}')
    assert "suite.toml:1: prices: '../private.txt' leads out" in refusal(compare(home, "suite"))


def test_no_module_in_the_working_folder_is_run_that_no_system_names(home: Path) -> None:
    suite = write(home, LAB)
    marker = home / "ran"
    for name in ("harness", "numpy", "json", "asyncio", "sitecustomize", "usercustomize", "mine"):
        (suite / f"{name}.py").write_text(INTRUDER.format(marker=str(marker)))
    done = compare(suite)
    assert done.returncode == 0, done.stderr
    assert not marker.exists()


def test_a_function_is_code_that_is_run_and_the_manifest_names_it(home: Path) -> None:
    suite = write(home, '[systems.own]\nstrategy = "external"\nfunction = "mine:answer"\n')
    (suite / "mine.py").write_text("def answer(question, day):\n    return 'fine'\n")
    assert compare(home, "suite").returncode == 0
    (manifest,) = (home / "runs").glob("*/manifest.json")
    (system,) = json.loads(manifest.read_text())["systems"]
    assert system["settings"] == {"function": "mine:answer"}


@pytest.mark.parametrize(
    "reference",
    ["http://{server}/schema.json", "file://{home}/private.txt", "../private.txt", "private.txt"],
)
@pytest.mark.parametrize("keyword", ["$ref", "$dynamicRef"])
def test_a_schema_that_refers_elsewhere_is_refused_before_anything_is_asked(
    home: Path, server: Loopback, reference: str, keyword: str
) -> None:
    before = len(server.calls)
    target = reference.format(server=server.url.removeprefix("http://"), home=home)
    form = {"kind": "json", "name": "ticket", "schema": {"properties": {"a": {keyword: target}}}}
    asked = {"id": "q", "question": "Well?", "answer": "fine", "format": json.dumps(form)}
    write(home, SYSTEM.format(url=server.url, prompt="mine.jinja"), HARMLESS, asked)
    told = refusal(compare(home, "suite"))
    assert told.startswith("question 'q': output format 'ticket': schema is invalid at ")
    assert "is not present in a registry and retrieving it failed" in told
    assert len(server.calls) == before
    assert not (home / "runs").exists()


def test_a_template_that_never_ends_for_one_question_costs_that_question(
    home: Path, server: Loopback
) -> None:
    nested = "".join(f"{{% for {name} in range(9999) %}}" for name in "abcd") + "{% endfor %}" * 4
    template = f"{{% if 'slow' in question %}}{nested}{{% endif %}}{{{{ question }}}}"
    asked = [{"id": text, "question": text, "answer": "fine"} for text in ("slow", "quick")]
    write(home, SYSTEM.format(url=server.url, prompt="mine.jinja"), template, *asked)
    done = compare(home, "suite")
    assert done.returncode == 0, done.stderr
    (records,) = (home / "runs").glob("*/records.jsonl")
    lines = records.read_text().splitlines()
    answers = {r["question_id"]: r["answer"] for r in map(json.loads, lines)}
    assert answers["quick"]["text"] == "fine"
    assert answers["slow"]["failure"] == {
        "kind": "error",
        "message": "TemplateProblem: template: it takes more than 100,000 rounds and calls",
    }


def test_a_dry_run_tells_each_server_with_the_variable_that_it_would_be_sent(
    home: Path, server: Loopback
) -> None:
    before = len(server.calls)
    systems = """\
[systems.plain]
strategy = "base"
model = {{ kind = "openai", name = "small-1", url = "{url}" }}

[systems.reading]
strategy = "external"
[systems.reading.http]
url = "{url}/ask"
key_env = "GITHUB_TOKEN"
body = {{ q = "{{{{ question }}}}" }}
text = "$.answer"

[systems.open]
strategy = "external"
[systems.open.http]
url = "{url}/open"
body = {{ q = "{{{{ question }}}}" }}
text = "$.answer"

[systems.own]
strategy = "external"
function = "mine:answer"
"""
    suite = write(home, systems.format(url=server.url))
    (suite / "mine.py").write_text("def answer(question, day):\n    return 'fine'\n")
    done = compare(home, "suite", "--dry-run")
    assert done.returncode == 0, done.stderr
    said = " ".join(done.stdout.split())
    for line in (
        f"note: {server.url} is asked, with the key in OPENAI_API_KEY, by plain",
        f"note: {server.url}/ask is asked, with the key in GITHUB_TOKEN, by reading",
        f"note: {server.url}/open is asked, without a key, by open",
        "note: mine:answer is code of the suite that is run, by own",
    ):
        assert line in said
    assert len(server.calls) == before
