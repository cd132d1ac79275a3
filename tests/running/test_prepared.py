"""The example suite's systems, asked outside a run."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

import harness
from harness.errors import ConfigError, RunError
from harness.systems.base import Answer, Timing, Usage
from harness.world.questions import Question


def staged(question: Question, _day: object) -> Answer:
    timing = Timing(queue=1.0, retrieve=0.25, first_token=0.5, decode=2.0, total=4.0)
    return Answer(question.text, usage=Usage(10, 5), timing=timing)


def broken(_question: Question, _day: object) -> Answer:
    raise LookupError("planted")


def test_a_system_answers_as_on_its_day(office: Path) -> None:
    for day, room in ((None, "Room 300"), ("2026-03-01", "Room 100")):
        with harness.prepared(office, day=day) as systems:
            assert list(systems) == ["handbook", "remembered"]
            assert len(systems) == 2
            amber = next(q for q in systems.questions if "Amber" in q.text)
            answer = systems["handbook"].answer(amber)
        assert answer.text == room
        assert answer.timing.total > 0


def test_a_system_is_made_when_it_is_first_taken_and_only_once(office: Path) -> None:
    (office / "answers.jsonl").write_text("{", encoding="utf-8")
    with harness.prepared(office) as systems:
        assert "remembered" in systems
        assert "nobody" not in systems
        assert systems["handbook"] is systems["handbook"]
        with pytest.raises(RunError, match=r"'remembered'.*answers\.jsonl"):
            systems["remembered"]
        with pytest.raises(KeyError, match="nobody"):
            systems["nobody"]


def test_an_async_system_keeps_its_loop_from_one_question_to_the_next(office: Path) -> None:
    loops = []

    async def waiting(_question: Question, _day: object) -> str:
        loops.append(asyncio.get_running_loop())
        return "late"

    with harness.prepared(office, systems=[waiting]) as systems:
        for question in systems.sample(3):
            assert systems["waiting"].answer(question).text == "late"
    assert len(set(loops)) == 1
    assert loops[0].is_closed()


def test_it_works_where_a_loop_is_running_already(office: Path) -> None:
    async def notebook() -> str | None:
        with harness.prepared(office) as systems:
            return systems["handbook"].answer(systems.sample(1)[0]).text

    assert asyncio.run(notebook()) is not None


def test_the_sample_is_always_the_same(office: Path) -> None:
    with harness.prepared(office) as first, harness.prepared(office) as second:
        assert first.sample(5) == second.sample(5)
        assert len(set(first.sample(5))) == 5
        assert set(first.sample(99)) == set(first.questions)


def test_a_day_that_the_suite_does_not_run_on_is_refused(office: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"2026-04-01 is no default day .* 2026-03-01, 2026-06-01"
    ):
        harness.prepared(office, day="2026-04-01")


def test_nothing_is_left_behind(
    office: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    before = set(tmp_path.iterdir())
    with harness.prepared(office) as systems:
        systems["handbook"]
    harness.prepared(office).close()  # nor where nothing was taken
    assert set(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    ("stage", "seconds"),
    [("retrieve", 0.25), ("first_token", 0.5), ("decode", 2.0), ("answer", 3.0)],
)
def test_the_clock_goes_by_what_the_stage_took_and_no_more(
    office: Path, stage: harness.running.prepared.Timed, seconds: float
) -> None:
    clock = harness.StageClock()
    with harness.prepared(office, systems=[staged]) as systems:
        for question in systems.sample(3):
            before = clock()
            assert clock() == before
            assert clock.ask(systems["staged"], question, stage).text == question.text
            assert clock() - before == pytest.approx(seconds)


def test_what_cannot_be_timed_is_said(office: Path) -> None:
    clock = harness.StageClock()
    with harness.prepared(office, systems=["handbook", broken, staged]) as systems:
        (question,) = systems.sample(1)
        with pytest.raises(RunError, match="handbook does not tell the time of its stage decode"):
            clock.ask(systems["handbook"], question, "decode")
        with pytest.raises(RunError, match=r"broken failed on .*: error: LookupError: planted"):
            clock.ask(systems["broken"], question, "answer")
        with pytest.raises(ConfigError, match=r"unknown stage 'decod'.*'decode'"):
            clock.ask(systems["staged"], question, "decod")  # type: ignore[arg-type]
    assert clock() == 0
