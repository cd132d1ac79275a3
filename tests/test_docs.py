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
from pathlib import Path

import pytest

from harness.systems.config import load_systems

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
    path = tmp_path / "systems.toml"
    path.write_text(block, encoding="utf-8")
    assert [spec.name for spec in load_systems(path)] == list(tomllib.loads(block)["systems"])


@pytest.mark.parametrize("block", [pytest.param(b, id=name) for name, b in blocks("csv")])
def test_the_question_set_loads(block: str, tmp_path: Path) -> None:
    from harness.world.loaders import load_questions  # noqa: PLC0415  (slow)

    path = tmp_path / "questions.csv"
    path.write_text(block, encoding="utf-8")
    rows = list(csv.DictReader(io.StringIO(block)))
    assert [question.text for question in load_questions(str(path))] == [
        r["question"] for r in rows
    ]
