"""How long the handbook assistant takes, under pytest-benchmark."""

import pytest

import harness

pytest.importorskip("pytest_benchmark", reason="needs pytest-benchmark")
CLOCK = harness.StageClock()


@pytest.mark.benchmark(timer=CLOCK)
def test_the_handbook_assistant_answers(harness_prepared, benchmark) -> None:
    questions = iter(harness_prepared.sample(10))
    benchmark.pedantic(
        lambda: CLOCK.ask(harness_prepared["handbook"], next(questions), "answer"), rounds=10
    )
