from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import pytest

from harness import api
from harness.errors import ConfigError, DataError, RunError
from harness.running.folder import load_run
from harness.running.progress import Progress
from harness.systems.spec import SystemSpec
from harness.world.questions import Question

SUITE = """\
title = "Capitals"
days = [2026-01-01, 2026-07-01]
systems = "systems.toml"
seed = 3
{more}
[questions]
source = "questions.csv"
"""
SYSTEMS = """\
[systems.plain]
strategy = "external"
function = "answers:plain"

[systems.waits]
strategy = "external"
function = "answers:waits"

[systems.slow]
strategy = "external"
function = "answers:slow"
"""
ANSWERS = """\
import asyncio, time

def plain(question, day):
    return f"{question.text} {day}"

async def waits(question, day):
    await asyncio.sleep(0)
    return f"{question.text} {day}"

def slow(question, day):
    time.sleep(0.15)
    return "late"
"""
CAPITALS = ("France", "Paris"), ("Italy", "Rome"), ("Chile", "Santiago"), ("Kenya", "Nairobi")


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    folder = tmp_path / "capitals"
    folder.mkdir()
    (folder / "suite.toml").write_text(SUITE.format(more=""))
    (folder / "systems.toml").write_text(SYSTEMS)
    (folder / "answers.py").write_text(ANSWERS)
    write_questions(folder, *CAPITALS)
    return folder


def write_questions(folder: Path, *rows: tuple[str, str]) -> None:
    lines = ["id,question,answer", *(f"{c},The capital of {c}?,{a}" for c, a in rows)]
    (folder / "questions.csv").write_text("\n".join(lines) + "\n")


def capital(question: Question, _day: date) -> str:
    return dict(CAPITALS)[question.id]


async def shrug(_question: Question, _day: date) -> str:
    await asyncio.sleep(0)
    return "I don't know."


def texts(run: Path) -> dict[tuple[object, ...], str | None]:
    return {record.key: record.answer.text for record in load_run(run).records}


def test_functions_are_compared_on_the_suite_s_questions(suite: Path, tmp_path: Path) -> None:
    result = api.compare(suite, systems=[capital, shrug], out=tmp_path / "runs")
    assert result.run.parent == tmp_path / "runs"
    assert result.run.name.startswith("capitals-")
    assert result.loaded.manifest.finished is not None
    answers = {(r.system, r.question_id): r.answer.text for r in result.loaded.records}
    assert answers["capital", "Chile"] == "Santiago"
    assert answers["shrug", "Chile"] == "I don't know."
    assert len(result.loaded.records) == 4 * 2 * 2
    assert texts(api.load(result.run).run) == texts(result.run)


def test_functions_of_the_systems_file_answer_in_workers_and_in_the_loop(
    suite: Path, tmp_path: Path
) -> None:
    seen: list[Progress] = []
    result = api.compare(
        suite,
        systems=["plain", "waits"],
        days=["2026-07-01"],
        limit=3,
        repeats=2,
        seed=9,
        out=tmp_path,
        workers=1,
        progress=seen.append,
    )
    manifest = result.loaded.manifest
    assert len(result.loaded.records) == manifest.planned == 3 * 2 * 2
    assert (manifest.seed, manifest.repeats, manifest.days) == (9, 2, (date(2026, 7, 1),))
    assert manifest.settings == {
        "suite": str(suite / "suite.toml"),
        "limit": 3,
        "in_flight": {"waits": 1},
    }
    assert all(text.endswith("? 2026-07-01") for text in texts(result.run).values() if text)
    assert {"questions", "facts", "corpus"} == set(manifest.fingerprints)
    assert manifest.versions["python"]
    assert int(manifest.machine["cores"]) >= 1
    assert seen[-1].done == seen[-1].total == 12


def test_it_works_inside_a_running_event_loop(suite: Path, tmp_path: Path) -> None:
    async def notebook() -> api.Result:
        return api.compare(suite, systems=[shrug], out=tmp_path)

    assert len(asyncio.run(notebook()).loaded.records) == 8


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"systems": ["plian"]}, "unknown system 'plian': did you mean 'plain'"),
        ({"systems": ["plain", "plain"]}, "'plain' is named twice"),
        ({"systems": []}, "must be a list"),
        ({"systems": "plain"}, "must be a list"),
        ({"systems": [3]}, "a system is a name, a SystemSpec or a function"),
        ({"days": ["2026-02-30"]}, "'2026-02-30' is no day"),
        ({"days": ["2026-02-01"]}, "2026-02-01 is no day of the suite.*valid: 2026-01-01"),
        ({"days": []}, "days is empty"),
        ({"limit": 0}, "limit must be at least 1"),
        ({"repeats": 0}, "repeats must be at least 1"),
    ],
)
def test_wrong_arguments_fail_before_anything_runs(
    suite: Path, tmp_path: Path, arguments: dict[str, object], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        api.compare(suite, out=tmp_path / "runs", **arguments)  # type: ignore[arg-type]
    assert not (tmp_path / "runs").exists()


def test_a_system_that_cannot_be_made_leaves_no_run_behind(suite: Path, tmp_path: Path) -> None:
    missing = SystemSpec(name="m", strategy="external", function="answers:none", folder=suite)
    with pytest.raises(ConfigError, match="has no function 'none'"):
        api.compare(suite, systems=[missing], out=tmp_path / "runs")
    assert not list(tmp_path.glob("runs/*"))


def test_bad_questions_are_named_by_file_and_line(suite: Path, tmp_path: Path) -> None:
    (suite / "questions.csv").write_text("id,question,answer\na,,Rome\n")
    with pytest.raises(DataError, match=r"questions.csv:2"):
        api.compare(suite, systems=["plain"], out=tmp_path)


def broken_run(suite: Path, tmp_path: Path) -> Path:
    """A run in which only the first of 8 answers is left."""
    run = api.compare(suite, systems=["waits"], out=tmp_path / "runs").run
    journal = run / "records.jsonl"
    journal.write_bytes(journal.read_bytes().splitlines(keepends=True)[0])
    return run


def test_a_resumed_run_is_completed_and_keeps_what_it_had(suite: Path, tmp_path: Path) -> None:
    run = broken_run(suite, tmp_path)
    kept = load_run(run).records[0]
    resumed = api.resume(run)
    assert len(resumed.loaded.records) == 8
    assert kept in resumed.loaded.records
    assert [p.day for p in resumed.loaded.manifest.preparations["waits"]] == [
        date(2026, 1, 1),
        date(2026, 7, 1),
    ]
    before = (run / "records.jsonl").read_bytes()
    api.resume(run)
    assert (run / "records.jsonl").read_bytes() == before


def test_a_run_resumed_elsewhere_says_so(
    suite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = broken_run(suite, tmp_path)
    monkeypatch.setattr("platform.system", lambda: "Plan9")
    notes = api.resume(run).loaded.notes
    assert any("resumed in another environment: os (was" in note for note in notes)


def test_a_run_on_other_questions_or_systems_is_not_resumed(suite: Path, tmp_path: Path) -> None:
    run = broken_run(suite, tmp_path)
    with pytest.raises(RunError, match=r"system 'waits' \(is absent\), system 'shrug' \(is new\)"):
        api.resume(run, systems=[shrug])
    (suite / "systems.toml").write_text(SYSTEMS.replace("answers:waits", "answers:plain"))
    with pytest.raises(RunError, match="the settings of system 'waits'"):
        api.resume(run)
    (suite / "systems.toml").write_text(SYSTEMS)
    write_questions(suite, *CAPITALS[:3], ("Kenya", "Mombasa"))
    with pytest.raises(RunError, match=r"not what they were: questions \(was \w{16}, is \w{16}\)"):
        api.resume(run)
    write_questions(suite, *CAPITALS)
    (suite / "answers.py").write_text(ANSWERS.replace("await asyncio.sleep(0)", "pass"))
    sys.modules.pop("answers", None)
    with pytest.raises(RunError, match=r"system 'waits' is not what it was: function"):
        api.resume(run)
    (suite / "suite.toml").unlink()
    with pytest.raises(RunError, match="cannot be resumed: no suite"):
        api.resume(run)


PROGRAM = """
import signal
# A job in the background inherits a SIGINT that is ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
import sys
from harness import api, errors
try:
    api.compare({suite!r}, systems=["slow"], out={out!r})
except errors.RunInterruptedError as error:
    sys.exit(f"stopped: {{error}}")
"""


@pytest.mark.parametrize("times", [1, 2])
def test_ctrl_c_keeps_what_was_answered(suite: Path, tmp_path: Path, times: int) -> None:
    text = PROGRAM.format(suite=str(suite), out=str(tmp_path / "runs"))
    with subprocess.Popen([sys.executable, "-c", text], stderr=subprocess.PIPE) as process:  # noqa: S603
        run = wait_for_records(tmp_path / "runs", 2, process)
        for _ in range(times):
            process.send_signal(signal.SIGINT)
            time.sleep(0.05)
        _, errors = process.communicate()
    assert process.returncode == 1
    kept = load_run(run)
    assert kept.notes == ()
    assert kept.manifest.finished is None
    assert 2 <= len(kept.records) < 8
    message = f"stopped: interrupted: {len(kept.records)} of 8 answers are kept"
    assert message in errors.decode()
    assert set(kept.records) <= set(api.resume(run).loaded.records)


def wait_for_records(runs: Path, count: int, process: subprocess.Popen[bytes]) -> Path:
    while process.poll() is None:
        for journal in runs.glob("*/records.jsonl"):
            if journal.read_bytes().count(b"\n") >= count:
                return journal.parent
        time.sleep(0.01)
    raise AssertionError(process.communicate())


ORDERS = """\
title = "Orders"
days = [2026-01-01]
systems = "systems.toml"

[questions]
source = "questions.jsonl"
"""
LAB_SYSTEMS = """\
[systems.base]
strategy = "base"

[systems.mine]
strategy = "external"
function = "answers:plain"
"""
ORDER = {
    "kind": "json",
    "name": "order",
    "schema": {
        "type": "object",
        "properties": {"value": {"enum": ["tea", "milk"]}, "n": {"type": "integer", "maximum": 9}},
        "required": ["value", "n"],
        "additionalProperties": False,
    },
    "instruction": "Tell it as JSON.",
}


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    folder = tmp_path / "orders"
    folder.mkdir()
    (folder / "suite.toml").write_text(ORDERS)
    (folder / "systems.toml").write_text(LAB_SYSTEMS)
    (folder / "answers.py").write_text(ANSWERS)
    rows = [
        {"id": f"q{n}", "question": f"Order {n}?", "answer": "tea", "format": json.dumps(ORDER)}
        for n in range(8)
    ]
    (folder / "questions.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\n")
    return folder


def test_decoding_is_crossed_with_the_systems_that_have_a_decoder(
    orders: Path, tmp_path: Path
) -> None:
    result = api.compare(orders, decoding=["free", "constrained"], out=tmp_path / "runs")
    assert [s.name for s in result.results.systems] == ["base", "base-constrained", "mine"]
    (effect,) = result.results.decoding.enforced
    assert effect.valid_constrained.value == 1.0
    assert effect.valid_free.value == 0.0
    assert effect.tokens.n == effect.seconds.n == 8
    page = tmp_path / "page.html"
    result.report(page)
    assert "Enforced formats" in page.read_text(encoding="utf-8")
    again = api.resume(result.run)  # the names alone say which decoding
    assert len(again.loaded.records) == 24
    one = api.compare(orders, systems=["base-constrained"], out=tmp_path / "runs")
    assert one.results["base-constrained"].metrics["valid_rate"].value == 1.0


def test_a_suite_may_cross_decoding_itself_unless_something_is_named(
    orders: Path, tmp_path: Path
) -> None:
    file = orders / "suite.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(f'decoding = ["free", "constrained"]\n{text}', encoding="utf-8")
    result = api.compare(orders, out=tmp_path / "runs")
    assert [s.name for s in result.results.systems] == ["base", "base-constrained", "mine"]
    assert len(api.resume(result.run).loaded.records) == 24
    alone = api.compare(orders, systems=["base"], out=tmp_path / "runs")
    assert [s.name for s in alone.results.systems] == ["base"]
    free = api.compare(orders, decoding=["free"], out=tmp_path / "runs")
    assert [s.name for s in free.results.systems] == ["base", "mine"]


def test_a_derived_system_never_takes_the_name_of_a_declared_one(orders: Path) -> None:
    with (orders / "systems.toml").open("a") as file:
        file.write('[systems.base-constrained]\nstrategy = "base"\nmax_tokens = 9\n')
    with pytest.raises(ConfigError, match="has a system 'base-constrained' already"):
        api.compare(orders, decoding=["free", "constrained"])


@pytest.mark.parametrize(
    ("decoding", "message"),
    [
        (["constraint"], "unknown decoding 'constraint': did you mean 'constrained'"),
        ([], "free, constrained or both"),
        (["free", "free"], "each once"),
    ],
)
def test_a_wrong_decoding_is_refused(orders: Path, decoding: list[str], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        api.compare(orders, decoding=decoding)
