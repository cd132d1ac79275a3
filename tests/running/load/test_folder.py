from __future__ import annotations

import json
import resource
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from queueing import OneServer, carry_out, load_folder

from harness.errors import RunError
from harness.running.folder import load_run
from harness.running.load.folder import read_load_test
from harness.running.load.lag import Lag
from harness.running.load.sample import Sample, Step

times = st.floats(0, allow_nan=False, allow_infinity=False)
samples = st.builds(
    Sample,
    step=st.just(0),
    position=st.just(0),
    question_id=st.text(),
    intended=times,
    late=times,
    total=times,
    queue=times,
    retrieve=st.none() | times,
    first_token=st.none() | times,
    decode=st.none() | times,
    completion_tokens=st.integers(0, 10_000),
    counted=st.booleans(),
    in_flight=st.integers(0, 10_000),
    failure=st.text(),
    message=st.text(st.characters(codec=None), max_size=40),  # lone surrogates included
)


@given(sample=samples)
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_step_survives_its_folder(
    tmp_path_factory: pytest.TempPathFactory, sample: Sample
) -> None:
    path = tmp_path_factory.mktemp("load") / "t"
    step = Step(0, "open", 2.5, "poisson", 4.0, "now", Lag(3, 0.0, 0.1, 0.2), (sample,))
    with load_folder(path) as folder:
        folder.append(sample)
        folder.finish(step)
    loaded = read_load_test(path)
    assert loaded.steps == (step,)
    assert loaded.steps[0].samples == (sample,)
    assert loaded.notes == ()


@pytest.fixture
def finished(tmp_path: Path) -> Path:
    carry_out(tmp_path / "t", OneServer(lambda: 0.01), [5], requests=20)
    return tmp_path / "t"


def cut(path: Path, file: str, characters: int) -> None:
    raw = (path / file).read_bytes()
    (path / file).write_bytes(raw[:-characters])


def test_a_last_line_that_was_cut_short_costs_its_step(finished: Path) -> None:
    cut(finished, "steps.jsonl", 10)
    loaded = read_load_test(finished)
    assert [step.loop for step in loaded.steps] == ["closed"]
    assert "its 20 requests are not counted" in loaded.notes[0]


def damage_line(text: str) -> Callable[[Path], None]:
    def damage(path: Path) -> None:
        lines = (path / "samples.jsonl").read_text().splitlines()
        lines[2] = text
        (path / "samples.jsonl").write_text("\n".join(lines) + "\n")

    return damage


def drop_systems(path: Path) -> None:
    data = json.loads((path / "load.json").read_text())
    del data["systems"]
    (path / "load.json").write_text(json.dumps(data))


def drop_limits(path: Path) -> None:
    data = json.loads((path / "load.json").read_text())
    del data["settings"]["limits"]
    (path / "load.json").write_text(json.dumps(data))


@pytest.mark.parametrize(
    ("damage", "complaint"),
    [
        (damage_line("{"), r"samples.jsonl:3: damaged"),
        (damage_line('{"step": 0}'), r"samples.jsonl:3: damaged: .*position"),
        (drop_systems, r"load.json: key 'systems' is missing"),
        (drop_limits, r"load.json: the setting 'limits' is missing"),
        (lambda path: (path / "steps.jsonl").unlink(), r"steps.jsonl: No such file"),
        (lambda path: (path / "load.json").unlink(), r"is not a load test: it has no load.json"),
        (
            lambda path: (path / "steps.jsonl").write_text('{"number": 0}\n'),
            r"steps.jsonl: not a st",
        ),
    ],
)
def test_what_is_damaged_is_named(
    finished: Path, damage: Callable[[Path], None], complaint: str
) -> None:
    damage(finished)
    with pytest.raises(RunError, match=complaint):
        read_load_test(finished)


def test_a_load_test_is_no_run(finished: Path) -> None:
    with pytest.raises(RunError, match=r"is not a run: it has no manifest.json"):
        load_run(finished)


def test_a_folder_that_exists_is_not_written_to(finished: Path) -> None:
    with pytest.raises(RunError, match="File exists"):
        load_folder(finished)


def test_a_full_disk_ends_the_test_with_its_reason(tmp_path: Path) -> None:
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (6000, limits[1]))
    try:
        with pytest.raises(RunError, match=r"samples.jsonl: .* make room .* harness load scripted"):
            carry_out(tmp_path / "t", OneServer(lambda: 0.01), [5], requests=200)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)
    loaded = read_load_test(tmp_path / "t")
    assert [step.loop for step in loaded.steps] == ["closed"]


def test_the_manifest_has_the_system_as_it_was_prepared(finished: Path) -> None:
    manifest = read_load_test(finished).manifest
    (system,) = manifest.systems
    assert system.fingerprints == {"script": "1"}
    assert [p.day for p in manifest.preparations["simulated"]] == list(manifest.days)
    assert manifest.finished is not None
    assert replace(manifest, finished=None).planned == 0
