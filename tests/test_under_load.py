"""Load tests as a user meets them: from Python and as a command, of real workers and a real endpoint."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from aiohttp.web import StreamResponse

import harness
from harness.errors import ConfigError, RunError
from harness.running.progress import Progress
from harness.scoring.limits import LatencyLimits
from harness.under_load import load_test

sys.path.insert(0, str(Path(__file__).parent))

from loopback import Call, Loopback, begin, chunk, send, usage

ENDPOINT = """\
[systems.small]
strategy = "base"
model = {{ kind = "openai", name = "small-1", url = "{url}" }}
"""
HARNESS = (sys.executable, "-m", "harness")


def run(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "COLUMNS": "80", "NO_COLOR": "1", "TERM": "dumb"}
    return subprocess.run(  # noqa: S603  (our own program)
        [*HARNESS, *map(str, arguments)],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_function_in_workers_is_put_under_load(office: Path, tmp_path: Path) -> None:
    seen: list[Progress] = []
    result = load_test(
        office,
        system="handbook",
        rates=[50, 100],
        requests=120,
        seconds=0.5,
        total=30.0,
        workers=1,
        out=tmp_path / "runs",
        progress=seen.append,
    )
    assert result.path.parent == tmp_path / "runs"
    assert [step.rate for step in result.steps] == [None, 50, 100]
    for step in result.steps[1:]:
        assert step.requests + step.cut >= 120
        assert step.failed == 0
        assert step.within.value == 1.0
    manifest = result.loaded.manifest
    assert manifest.settings["place"] == "worker"
    assert manifest.settings["workers"] == 1
    assert manifest.days == (date(2026, 6, 1),)
    assert manifest.fingerprints.keys() >= {"questions", "facts", "corpus"}
    assert manifest.systems[0].fingerprints.keys() == {"function"}
    assert manifest.finished is not None
    assert {event.message for event in seen if event.phase == "answer"} == {
        "asking one at a time",
        "asking 50 a second",
        "asking 100 a second",
    }
    left = sorted(path.name for path in result.path.iterdir())
    assert left == ["load.json", "samples.jsonl", "steps.jsonl"]


def test_the_same_samples_give_the_same_figures_and_other_limits_others(
    office: Path, tmp_path: Path
) -> None:
    result = load_test(
        office, system="handbook", rates=[100], requests=60, seconds=0.0, total=30, out=tmp_path
    )
    again = harness.LoadResult(result.path)
    assert again.to_dict() == result.to_dict()
    assert again.limits == LatencyLimits(total=30.0)
    strict = harness.LoadResult(result.path, limits=LatencyLimits(total=1e-9))
    assert strict.steps[1].within.value == 0.0
    assert strict.saturation.held is None
    json.dumps(strict.to_dict(), allow_nan=False)


async def echo(question: harness.Question, day: date) -> str:
    await asyncio.sleep(0)
    return f"{question.text} {day}"


def test_a_sweep_begins_with_half_of_what_one_at_a_time_comes_to(
    office: Path, tmp_path: Path
) -> None:
    """The loop answers at once, so that it is the client that comes to its limit."""
    result = load_test(office, system=echo, sweep=True, requests=100, seconds=0.0, out=tmp_path)
    alone, first, *_ = result.loaded.steps
    assert first.rate == pytest.approx(len(alone.samples) / alone.seconds / 2, rel=0.06)
    assert result.loaded.manifest.settings["place"] == "loop"
    assert result.saturation.high is not None


async def model(call: Call) -> StreamResponse:
    response = await begin(call)
    await send(
        response, chunk("Room "), chunk("101"), chunk(finish="stop"), usage(100, 5), "[DONE]"
    )
    return response


def test_an_endpoint_tells_its_first_token(office: Path, tmp_path: Path) -> None:
    with Loopback(model) as server:
        (office / "systems.toml").write_text(ENDPOINT.format(url=server.url))
        result = load_test(
            office,
            system="small",
            rates=[40],
            requests=60,
            seconds=0.0,
            ttft=20.0,
            tpot=20.0,
            total=30.0,
            out=tmp_path / "runs",
        )
    step = result.steps[1]
    assert step.failed == 0
    assert step.within.value == 1.0
    for sample in result.loaded.steps[1].samples:
        assert sample.to_first_token is not None
        assert sample.per_token is not None
        assert 0 < sample.to_first_token <= sample.total
        assert sample.completion_tokens == 5
        assert sample.counted
    assert len(server.calls) == 20 + 60


def test_a_dead_endpoint_ends_the_test_and_leaves_nothing(office: Path, tmp_path: Path) -> None:
    (office / "systems.toml").write_text(ENDPOINT.format(url="http://127.0.0.1:9/v1"))
    with pytest.raises(RunError, match=r"http://127\.0\.0\.1:9/v1 has not answered once"):
        load_test(office, system="small", rates=[5], out=tmp_path / "runs")
    assert not list((tmp_path / "runs").iterdir())


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({}, "name rates"),
        ({"rates": []}, "name rates"),
        ({"rates": [1, 0]}, "rates must be more than 0, and 0 is not"),
        ({"rates": [1, float("nan")]}, "rates must be more than 0, and nan is not"),
        ({"rates": [1, 1]}, "rates has a rate twice"),
        ({"rates": [1, 2], "sweep": True}, "a sweep begins with one rate, not with 2"),
        ({"rates": [1], "requests": 5}, "requests must be at least 20, not 5"),
        ({"rates": [1], "seconds": -1.0}, "seconds must be 0 or more"),
        ({"rates": [1], "in_flight": 0}, "in_flight must be at least 1"),
        ({"rates": [1], "ttft": 0.0}, "ttft must be more than 0"),
        ({"rates": [1], "arrivals": "bursts"}, "unknown arrivals 'bursts'"),
        ({"rates": [1], "day": "2026-06-02"}, "2026-06-02 is no day of the suite"),
        ({"rates": [1], "system": "handbok"}, "did you mean 'handbook'"),
        ({"rates": [1], "system": "remembered"}, "replays recorded answers"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_asked(
    office: Path, tmp_path: Path, arguments: dict[str, object], complaint: str
) -> None:
    given = {"system": "handbook", "out": tmp_path / "runs", **arguments}
    with pytest.raises(ConfigError, match=complaint):
        load_test(office, **given)  # type: ignore[arg-type]
    assert not (tmp_path / "runs").exists()


def test_the_command_prints_80_columns_and_the_folder_prints_them_again(office: Path) -> None:
    done = run(
        "load", ".", "--system", "handbook", "--rates", "50,100", "--requests", "60",
        "--seconds", "0.5", "--total", "30s", "--out", "kept", "--json", "out.json",
        cwd=office,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    *table, where, report = done.stdout.splitlines()
    assert max(map(len, table)) <= 80
    assert "one at" in done.stdout
    assert "No rate up to 100 saturates it." in " ".join(done.stdout.split())
    kept = Path(where.removeprefix("test:").strip())
    assert report == f"report: harness report RUN --load {kept}"
    again = run("load", "--from", kept, cwd=office)
    assert again.returncode == 0, again.stderr
    assert again.stdout == done.stdout
    figures = json.loads((office / "out.json").read_text(encoding="utf-8"))
    assert [step["rate"] for step in figures["steps"]] == [None, 50.0, 100.0]
    assert figures["limits"] == {"ttft": None, "tpot": None, "total": 30.0}
    pure = run("load", "--from", kept, "--total", "250ms", "--json", "-", cwd=office)
    assert json.loads(pure.stdout)["limits"]["total"] == 0.25


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["."], "name a suite and its --system"),
        (["--system", "handbook"], "name a suite and its --system"),
        ([".", "--system", "handbook"], "name rates"),
        ([".", "--system", "handbook", "--rates", "1,two"], "'1,two' are no rates"),
        ([".", "--system", "handbook", "--rates", "1", "--total", "soon"], "'soon' is no time"),
        ([".", "--system", "handbook", "--rates", "1", "--day", "May"], "'May' is no day"),
        (["--from", "."], "is not a load test"),
    ],
)
def test_a_wrong_word_is_one_line(office: Path, arguments: list[str], complaint: str) -> None:
    done = run("load", *arguments, cwd=office)
    assert done.returncode == 2
    assert complaint in done.stderr
    assert done.stderr.startswith("harness: ")
    assert len(done.stderr.splitlines()) == 1


def test_ctrl_c_keeps_the_steps_that_were_finished(office: Path) -> None:
    command = [
        *HARNESS, "load", ".", "--system", "handbook", "--rates", "200,1", "--requests", "50",
        "--seconds", "0", "--out", "kept",
    ]  # fmt: skip
    environment = {**os.environ, "NO_COLOR": "1", "TERM": "dumb"}
    with subprocess.Popen(  # noqa: S603  (our own program)
        command, cwd=office, env=environment, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "asking 1 a second" in line:
                process.send_signal(signal.SIGINT)
                break
        rest = process.stderr.read()
        assert process.wait() == 130
    assert "interrupted: 2 steps were finished" in rest
    (kept,) = (office / "kept").iterdir()
    assert len(harness.LoadResult(kept).steps) == 2
