"""How long each stage of each system takes here, under pytest-benchmark.

    pytest suites/releases/test_latency.py --benchmark-only --benchmark-save=before
    pytest suites/releases/test_latency.py --benchmark-only --benchmark-compare --benchmark-compare-fail=median:10%

Every round is a whole answer to another question, the same ones for all systems; what is timed of it is the
stage that the test names, as a run records it.
"""

from itertools import cycle

import pytest

from harness import StageClock

pytest.importorskip("pytest_benchmark", reason="needs pytest-benchmark")

CLOCK = StageClock()
ROUNDS = 20
WARM_UP = 3
RETRIEVING = ("rag", "hybrid", "stacked")
STAGES = [
    (system, stage)
    for system in ("base", "rag", "fine-tuned", "hybrid", "stacked")
    for stage in ("retrieve", "first_token", "decode", "answer")
    if stage != "retrieve" or system in RETRIEVING
]


@pytest.fixture
def ready(harness_prepared, system):
    if system not in harness_prepared:
        pytest.skip(f"{system} is not among the systems asked for")
    return harness_prepared[system]


@pytest.mark.benchmark(timer=CLOCK)
@pytest.mark.parametrize(("system", "stage"), STAGES)
def test_stage(ready, harness_prepared, benchmark, system, stage) -> None:
    questions = cycle(harness_prepared.sample(ROUNDS + WARM_UP))
    answers = []

    def answer() -> None:
        answers.append(CLOCK.ask(ready, next(questions), stage))

    benchmark.group = stage
    benchmark.pedantic(answer, rounds=ROUNDS, warmup_rounds=WARM_UP)
    timed = answers[-ROUNDS:]
    benchmark.extra_info.update(
        system=system,
        strategy=ready.strategy,
        stage=stage,
        day=str(harness_prepared.day),
        answers=len(timed),
        prompt_tokens=sum(answer.usage.prompt_tokens for answer in timed),
        completion_tokens=sum(answer.usage.completion_tokens for answer in timed),
    )
