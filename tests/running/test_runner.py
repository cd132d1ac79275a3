from __future__ import annotations

import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import scripted

from harness.errors import RunError
from harness.running.arms import Arm
from harness.running.folder import LoadedRun, RunFolder, load_run
from harness.running.progress import Progress
from harness.running.record import RecordKey
from harness.running.runner import Options
from harness.systems.base import Answer

ASKED = scripted.questions(6)


def run(path: Path, arms: list[Arm], options: Options | None = None) -> LoadedRun:
    scripted.carry_out(scripted.create(path / "run", ASKED, arms), ASKED, arms, options)
    return load_run(path / "run")


def answers(loaded: LoadedRun) -> dict[RecordKey, Answer]:
    """All that a summary is made of, timing apart."""
    return {r.key: replace(r.answer, timing=Answer("").timing) for r in loaded.records}


@pytest.mark.parametrize("workers", [1, 2])
def test_every_task_is_answered_once_by_a_system_prepared_for_its_day(
    tmp_path: Path, workers: int
) -> None:
    arms = [scripted.arm("a"), scripted.arm("b"), scripted.waiting("c")]
    loaded = run(tmp_path, arms, Options(workers=workers))
    plan = scripted.plan(ASKED, arms)
    assert {(r.key, r.position) for r in loaded.records} == {(t.key, t.position) for t in plan}
    for record in loaded.records:
        days = ",".join(str(day) for day in scripted.DAYS if day <= record.day)
        text = f"{record.system} {record.question_id} {record.day} {days}"
        assert record.answer.text == text
    assert loaded.manifest.finished is not None
    assert loaded.notes == ()
    for system in loaded.manifest.systems:
        assert system.fingerprints == {"script": f"{system.name}-1"}
        preparations = loaded.manifest.preparations[system.name]
        assert [preparation.day for preparation in preparations] == list(scripted.DAYS)


def test_preparation_is_measured_where_it_is_really_done(tmp_path: Path) -> None:
    loaded = run(tmp_path, [scripted.arm("a", marker=tmp_path)], Options(workers=2))
    assert [p.reused for p in loaded.manifest.preparations["a"]] == [False] * 3


@pytest.mark.parametrize("make", [scripted.arm, scripted.waiting])
@pytest.mark.parametrize(
    ("fault", "kind", "message"),
    [
        ("raises", "error", "LookupError: planted"),
        ("returns_text", "invalid_answer", "returned str, not Answer"),
        ("returns_nan", "invalid_answer", "cannot be recorded"),
    ],
)
def test_a_fault_of_a_system_is_an_outcome_of_that_question(
    tmp_path: Path,
    make: Callable[..., Arm],
    fault: str,
    kind: str,
    message: str,
) -> None:
    loaded = run(tmp_path, [make("a", fault=fault), make("b")])
    assert len(loaded.records) == 2 * 6 * 3
    for record in loaded.records:
        failure = record.answer.failure
        if (record.system, record.question_id) == ("a", scripted.VICTIM):
            assert failure is not None
            assert failure.kind == kind
            assert message in failure.message
        else:
            assert failure is None


def test_a_worker_that_dies_once_is_replaced_and_its_question_asked_again(tmp_path: Path) -> None:
    loaded = run(tmp_path, [scripted.arm("a", fault="dies_once", marker=tmp_path)])
    assert "survived" in {record.answer.text for record in loaded.records}
    assert all(record.answer.failure is None for record in loaded.records)
    assert loaded.notes == ("1 worker processes died and were replaced",)


def test_a_question_that_kills_every_worker_is_recorded_and_the_run_goes_on(
    tmp_path: Path,
) -> None:
    loaded = run(tmp_path, [scripted.arm("a", fault="dies")])
    lost = [record for record in loaded.records if record.answer.failure is not None]
    assert {record.question_id for record in lost} == {scripted.VICTIM}
    assert len(lost) == 3
    assert {r.answer.failure.kind for r in lost if r.answer.failure} == {"worker_died"}
    assert "SIGKILL" in lost[0].answer.failure.message  # type: ignore[union-attr]
    # who came after the dead knows all days before
    last = max(loaded.records, key=lambda record: record.position)
    if last.answer.text is not None:
        assert last.answer.text.endswith(",".join(map(str, scripted.DAYS)))


@pytest.mark.parametrize(
    "arm", [scripted.arm("a", fault="hangs"), scripted.waiting("a", fault="waits")]
)
def test_a_system_that_hangs_fails_at_the_deadline(tmp_path: Path, arm: Arm) -> None:
    loaded = run(tmp_path, [arm], Options(deadline=0.6))
    assert len(loaded.records) == 18
    for record in loaded.records:
        if record.question_id == scripted.VICTIM:
            assert record.answer.failure is not None
            assert record.answer.failure.kind == "timeout"
            assert record.answer.timing.total == 0.6


def test_what_a_system_prints_does_not_disturb_the_run(tmp_path: Path) -> None:
    loaded = run(tmp_path, [scripted.arm("a", fault="prints")])
    assert len(loaded.records) == 18
    log = (tmp_path / "run" / "workers.log").read_text()
    assert "a library says hello" in log
    assert "its C part" in log


@pytest.mark.parametrize("make", [scripted.arm, scripted.waiting])
def test_a_system_that_cannot_be_prepared_ends_the_run_with_its_reason(
    tmp_path: Path, make: Callable[..., Arm]
) -> None:
    with pytest.raises(RunError, match=r"'a' cannot be prepared for 2025-08-22: .*no such index"):
        run(tmp_path, [make("a", fault="prepare")])


@pytest.mark.parametrize("make", [scripted.arm, scripted.waiting])
def test_a_system_that_cannot_be_made_is_named(tmp_path: Path, make: Callable[..., Arm]) -> None:
    with pytest.raises(RunError, match="system 'a': ValueError: no such model"):
        run(tmp_path, [make("b"), make("a", fault="make")])


def test_a_resumed_run_refuses_other_systems_and_other_artefacts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arms = [scripted.arm("a"), scripted.waiting("b")]
    run(tmp_path, arms)
    path = tmp_path / "run"
    lines = (path / "records.jsonl").read_bytes().splitlines(keepends=True)
    (path / "records.jsonl").write_bytes(b"".join(lines[:-2]))
    monkeypatch.setenv("SCRIPTED_INDEX", "2")
    with pytest.raises(RunError, match=r"2025-08-22 is not what it was: index \(was 1, is 2\)"):
        scripted.carry_out(RunFolder.open(path), ASKED, arms)
    monkeypatch.delenv("SCRIPTED_INDEX")
    manifest = json.loads((path / "manifest.json").read_text())
    manifest["systems"][0]["fingerprints"]["script"] = "other"
    (path / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(RunError, match=r"'a' is not what it was: script \(was other, is a-1\)"):
        scripted.carry_out(RunFolder.open(path), ASKED, arms)


def test_a_full_disk_stops_the_run_and_room_lets_it_go_on(tmp_path: Path) -> None:
    arms = [scripted.waiting("a")]
    folder = scripted.create(tmp_path / "run", ASKED, arms)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4000, limits[1]))
    try:
        with pytest.raises(RunError, match=r"records\.jsonl: .* harness resume"):
            scripted.carry_out(folder, ASKED, arms)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)
    stopped = load_run(tmp_path / "run")
    assert 0 < len(stopped.records) < 18
    assert stopped.manifest.finished is None
    scripted.carry_out(RunFolder.open(tmp_path / "run"), ASKED, arms)
    assert len(load_run(tmp_path / "run").records) == 18


def test_progress_counts_up_to_the_plan(tmp_path: Path) -> None:
    arms = [scripted.arm("a", fault="raises")]
    seen: list[Progress] = []
    folder = scripted.create(tmp_path / "run", ASKED, arms)
    scripted.carry_out(folder, ASKED, arms, progress=seen.append)
    assert [event.phase for event in seen if event.phase != "answer"] == [
        "start",
        *["prepare"] * 3,
        "end",
    ]
    assert [event.done for event in seen if event.phase == "answer"] == list(range(1, 19))
    assert {event.total for event in seen} == {18}
    assert seen[-1].failed == 3
    assert seen[0].remaining is None
    assert seen[-1].remaining == 0


# A run as a program of its own, to be interrupted and killed.

PROGRAM = """
import sys
from pathlib import Path
sys.path.insert(0, {tests!r})
import scripted
from harness.running.folder import RunFolder
asked = scripted.questions(12)
arms = [scripted.arm("a", pause=0.01), scripted.arm("b", fault="raises"), scripted.waiting("c")]
path = Path({run!r})
fresh = not (path / "manifest.json").exists()
folder = scripted.create(path, asked, arms) if fresh else RunFolder.open(path)
scripted.carry_out(folder, asked, arms)
"""


@pytest.fixture
def program(tmp_path: Path) -> list[str]:
    text = PROGRAM.format(tests=str(Path(__file__).parent), run=str(tmp_path / "run"))
    return [sys.executable, "-c", text]


def start(program: list[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(program, stderr=subprocess.PIPE, text=True)  # noqa: S603


def journalled(path: Path, count: int, process: subprocess.Popen[str]) -> None:
    """Wait until that many records are there, or the process has ended."""
    journal = path / "run" / "records.jsonl"
    while process.poll() is None:
        if journal.exists() and journal.read_bytes().count(b"\n") >= count:
            return
        time.sleep(0.002)


def test_a_run_killed_at_random_moments_ends_as_an_unbroken_one(
    tmp_path: Path, program: list[str]
) -> None:
    rng = random.Random(5)
    total = 12 * 3 * 3
    kills = 0
    for moment in sorted(rng.sample(range(1, total - 8), 4)):
        with start(program) as process:
            journalled(tmp_path, moment, process)
            if process.poll() is None:
                os.kill(process.pid, signal.SIGKILL)
                kills += 1
    assert kills >= 3
    subprocess.run(program, check=True)  # noqa: S603
    broken = load_run(tmp_path / "run")
    (tmp_path / "unbroken").mkdir()
    asked = scripted.questions(12)
    arms = [scripted.arm("a"), scripted.arm("b", fault="raises"), scripted.waiting("c")]
    scripted.carry_out(scripted.create(tmp_path / "unbroken" / "run", asked, arms), asked, arms)
    unbroken = load_run(tmp_path / "unbroken" / "run")
    assert answers(broken) == answers(unbroken)
    assert broken.manifest.preparations == unbroken.manifest.preparations
    assert [r.key for r in broken.records] == [r.key for r in unbroken.records]
    assert broken.manifest.finished is not None


def test_workers_end_with_a_runner_that_is_killed(tmp_path: Path, program: list[str]) -> None:
    with start(program) as process:
        journalled(tmp_path, 5, process)
        children = children_of(process.pid)
        assert children
        process.kill()
    deadline = time.monotonic() + 10
    while any(alive(child) for child in children) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not any(alive(child) for child in children)


def children_of(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task")
    if not tasks.exists():
        pytest.skip("needs /proc")
    return [
        int(child) for task in tasks.iterdir() for child in (task / "children").read_text().split()
    ]


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


@pytest.mark.parametrize("workers", [1, 2])
def test_a_worker_is_asked_as_many_at_once_as_a_system_takes(tmp_path: Path, workers: int) -> None:
    arms = [scripted.together("a", 4), scripted.arm("b"), scripted.together("c", 2)]
    loaded = run(tmp_path / "together", arms, Options(workers=workers))
    alone = [scripted.arm(name) for name in "abc"]
    plain = run(tmp_path / "alone", alone, Options(workers=workers))
    assert {key: replace(answer, batch=1) for key, answer in answers(loaded).items()} == answers(
        plain
    )
    sizes = {name: {r.answer.batch for r in loaded.records if r.system == name} for name in "abc"}
    assert max(sizes["a"]) == 4
    assert sizes["b"] == {1}
    assert sizes["c"] == {2} or workers == 2


@pytest.mark.parametrize(
    ("fault", "kind"),
    [("raises", "error"), ("dies", "worker_died"), ("returns_nan", "invalid_answer")],
)
def test_a_fault_in_a_batch_is_its_own_questions_alone(
    tmp_path: Path, fault: str, kind: str
) -> None:
    loaded = run(tmp_path, [scripted.together("a", 3, fault=fault)], Options(workers=1))
    failures = {r.question_id: r.answer.failure.kind for r in loaded.records if r.answer.failure}
    assert failures == {scripted.VICTIM: kind}
    assert len(loaded.records) == 18


def test_a_batch_that_is_late_is_late_as_a_whole(tmp_path: Path) -> None:
    arm = scripted.together("a", 3, fault="hangs")
    loaded = run(tmp_path, [arm], Options(workers=1, deadline=0.6))
    late = [r for r in loaded.records if r.answer.failure is not None]
    assert len(loaded.records) == 18
    assert len(late) == 9
    assert {r.answer.failure.kind for r in late if r.answer.failure} == {"timeout"}
