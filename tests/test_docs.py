"""Every command, program and file in the documents is run, executed or loaded."""

from __future__ import annotations

import csv
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from configparser import ConfigParser
from pathlib import Path

import pytest

from harness.systems.config import load_systems

sys.path.insert(0, str(Path(__file__).parent))

from loopback import Loopback, stream, whole

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
RUN_BY_CI = ("make ", ".venv/bin/tox ")
"""These make environments of their own: `.ci/run` runs them, a test inside one of them cannot."""


def blocks(language: str) -> Iterator[tuple[str, str]]:
    for document in DOCUMENTS:
        text = document.read_text(encoding="utf-8")
        for number, block in enumerate(re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL), 1):
            yield f"{document.name}-{number}", block


def commands() -> list[str]:
    lines = [line for _, block in blocks("console") for line in block.splitlines()]
    assert all(line.startswith("$ ") for line in lines), "a console block holds commands only"
    return sorted({line.removeprefix("$ ") for line in lines})


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What the documents' paths are relative to, in a place where runs may be written."""
    shutil.copytree(ROOT / "docs" / "examples", tmp_path / "docs" / "examples")
    (tmp_path / "fixtures").symlink_to(ROOT / "fixtures")
    return tmp_path


@pytest.mark.parametrize("command", [c for c in commands() if not c.startswith(RUN_BY_CI)])
def test_the_command_works(command: str, checkout: Path) -> None:
    program, *arguments = shlex.split(command)
    assert program in {"harness", "pytest"}
    done = subprocess.run(  # noqa: S603  (our own documents)
        [sys.executable, "-m", program, *arguments],
        cwd=checkout,
        env={**os.environ, "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", ["Makefile", "tox.ini"])
def test_what_ci_runs_exists(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    for command in commands():
        if name == "Makefile" and command.startswith("make "):
            assert f"\n{command.split()[1]}: " in text
        if name == "tox.ini" and " -e " in command:
            for environment in re.findall(r"-e (\S+)", command)[0].split(","):
                assert environment.startswith("py3.") or f"[testenv:{environment}]" in text


@pytest.mark.parametrize(
    "program", [pytest.param(block, id=name) for name, block in blocks("python")]
)
def test_the_program_runs(program: str, checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(checkout)
    exec(compile(program, "document", "exec"), {"__name__": "document"})  # noqa: S102


@pytest.mark.parametrize("block", [pytest.param(b, id=name) for name, b in blocks("toml")])
def test_the_toml_is_what_the_harness_reads(block: str, tmp_path: Path) -> None:
    if "systems" not in tomllib.loads(block) or "days" in tomllib.loads(block):
        shipped = ROOT / "docs" / "examples" / "your-own" / "suite.toml"
        assert block == shipped.read_text(encoding="utf-8")
        return
    (tmp_path / "adapters" / "mine").mkdir(parents=True)
    (tmp_path / "models" / "my-model").mkdir(parents=True)
    for name in ("answers.jsonl", "answers.parquet", "log.eval"):
        (tmp_path / name).touch()
    path = write_systems(tmp_path, block)
    assert [spec.name for spec in load_systems(path)] == list(tomllib.loads(block)["systems"])


def write_systems(home: Path, block: str) -> Path:
    """A systems.toml with the template that documents name beside it."""
    ((_, template),) = blocks("jinja")
    (home / "ask.json.jinja").write_text(template, encoding="utf-8")
    path = home / "systems.toml"
    path.write_text(block, encoding="utf-8")
    return path


def test_the_service_of_the_documents_is_asked_and_read_as_they_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from harness import api  # noqa: PLC0415  (slow)

    ((_, reply),) = blocks("json")
    (block,) = (block for _, block in blocks("toml") if "https://rag.example" in block)
    monkeypatch.setenv("SERVICE_KEY", "planted-0123456789")
    streamed = stream({"delta": "Room "}, {"delta": "306"})
    with Loopback(whole(reply)) as asked, Loopback(streamed) as streaming:
        for place, server in (("ask", asked), ("stream", streaming)):
            url = f"{server.url}/chat/completions"
            block = block.replace(f"https://rag.example/api/{place}", url)
        write_systems(tmp_path, block)
        (tmp_path / "suite.toml").write_text(
            'title = "Service"\ndays = [2026-06-01]\nsystems = "systems.toml"\n'
            '[questions]\nsource = "questions.csv"\n'
        )
        (tmp_path / "questions.csv").write_text('question,answer\n"Where is ""Grove""?",Room 306\n')
        records = api.compare(tmp_path / "suite.toml", out=tmp_path / "runs").loaded.records
    answers = {record.system: record.answer for record in records}
    assert {name: answer.text for name, answer in answers.items()} == {
        "service": "Room 306",
        "streaming": "Room 306",
    }
    service = answers["service"]
    assert [(p.document_id, p.day.isoformat()) for p in service.passages] == [
        ("7", "2026-05-01"),
        ("3", "2025-01-01"),
    ]
    assert (service.usage.prompt_tokens, service.usage.completion_tokens) == (212, 4)
    assert asked.calls[0].body == {
        "question": 'Where is "Grove"?', "today": "2026-06-01", "format": "", "top": 4,
    }  # fmt: skip
    assert asked.calls[0].header("X-Tenant") == "acme"
    assert asked.calls[0].header("Authorization") == "Bearer planted-0123456789"
    assert streaming.calls[0].header("X-Api-Key") == "planted-0123456789"
    assert streaming.calls[0].body["messages"][0]["content"] == 'Where is "Grove"? '


@pytest.mark.parametrize("block", [pytest.param(b, id=name) for name, b in blocks("csv")])
def test_the_question_set_loads(block: str, tmp_path: Path) -> None:
    from harness.world.loaders import load_questions  # noqa: PLC0415  (slow)

    path = tmp_path / "questions.csv"
    path.write_text(block, encoding="utf-8")
    rows = list(csv.DictReader(io.StringIO(block)))
    assert [question.text for question in load_questions(str(path))] == [
        r["question"] for r in rows
    ]


def test_the_main_job_installs_no_more_than_the_package() -> None:
    tox = ConfigParser(interpolation=None)
    tox.read(ROOT / "tox.ini")
    assert tox["testenv:compare"]["deps"] == ""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert not any(need.startswith("torch") for need in project["dependencies"])
