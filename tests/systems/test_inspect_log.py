"""A log that Inspect itself wrote, with its mock model, is read back as recorded answers."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from harness.errors import DataError, MissingExtraError
from harness.systems.base import Answer
from harness.systems.recording import ReplaySpec
from harness.systems.replay import ReplaySystem
from harness.world.facts import History
from harness.world.questions import Question, QuestionSet

DAY = date(2026, 1, 1)
QUESTIONS = QuestionSet(
    Question(name, "?", History.fixed("x")) for name in ("1", "long", "broken", "twice", "cut")
)


def _inspect() -> Any:  # noqa: ANN401  (a module)
    return pytest.importorskip("inspect_ai", reason="Inspect is not installed: tox -e inspect")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Logs of one task that answers five samples: `one` once each, `two` in two epochs."""
    _inspect()
    folder = tmp_path_factory.mktemp("logs")
    # A process of its own: Inspect sets up logging, event loops and the terminal as it likes.
    done = subprocess.run(  # noqa: S603  (our own program)
        [sys.executable, __file__, str(folder)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def replay(path: Path, epoch: int | None = None) -> ReplaySystem:
    return ReplaySystem("theirs", ReplaySpec(path, epoch=epoch), QUESTIONS)


def ask(system: ReplaySystem, name: str) -> Answer:
    return asyncio.run(system.answer(QUESTIONS[name], DAY))


def test_answers_are_those_of_the_log(home: Path) -> None:
    system = replay(home / "one.eval")
    one, cut = ask(system, "1"), ask(system, "long")

    assert one.text == "answer to 1, epoch 1"
    assert (one.usage.prompt_tokens, one.usage.completion_tokens) == (9, 3)
    assert one.usage.counted
    assert one.timing.total == 0.25
    assert one.finish_reason == "stop"
    assert cut.finish_reason == "length"


def test_of_several_calls_tokens_and_times_are_added_up(home: Path) -> None:
    answer = ask(replay(home / "one.eval"), "twice")

    assert answer.usage.completion_tokens == 6
    assert answer.timing.total > 0


def test_a_sample_that_failed_is_a_failure(home: Path) -> None:
    system = replay(home / "one.eval")

    broken, cut = ask(system, "broken").failure, ask(system, "cut").failure

    assert broken is not None
    assert (broken.kind, "planted" in broken.message) == ("error", True)
    assert cut is not None
    assert cut.kind == "message_limit"


def test_one_epoch_of_several_is_taken_when_it_is_named(home: Path) -> None:
    assert ask(replay(home / "two.eval", 2), "1").text == "answer to 1, epoch 2"
    with pytest.raises(DataError, match=r"has 2 answers to each question.*epoch = 1"):
        replay(home / "two.eval")
    with pytest.raises(DataError, match="has no epoch 3, the last is 2"):
        replay(home / "two.eval", 3)


def test_it_is_read_where_an_event_loop_runs(home: Path) -> None:
    async def made() -> str | None:
        return (await replay(home / "one.eval").answer(QUESTIONS["1"], DAY)).text

    assert asyncio.run(made()) == "answer to 1, epoch 1"


def test_a_sample_that_is_no_question_is_named(home: Path) -> None:
    with pytest.raises(DataError, match=r"one.eval:\d: the suite has no question 'long'"):
        ReplaySystem("theirs", ReplaySpec(home / "one.eval"), QuestionSet([QUESTIONS["1"]]))


def test_a_missing_or_damaged_log_is_one_line(tmp_path: Path) -> None:
    _inspect()
    path = tmp_path / "log.eval"
    with pytest.raises(DataError, match="no such file"):
        replay(path)
    path.write_bytes(b"neither")
    with pytest.raises(DataError, match="is no log that Inspect can read") as caught:
        replay(path)
    assert "\n" not in str(caught.value)


def test_without_inspect_the_error_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    (tmp_path / "log.eval").touch()
    with pytest.raises(MissingExtraError, match=r"pip install 'ragft-harness\[inspect\]'"):
        replay(tmp_path / "log.eval")


def _write_logs(folder: Path) -> None:
    """What the fixture runs: an evaluation by Inspect, without a network."""
    from inspect_ai import Task  # noqa: PLC0415  (optional)
    from inspect_ai import eval as evaluate  # noqa: PLC0415  (as above)
    from inspect_ai.dataset import MemoryDataset, Sample  # noqa: PLC0415  (as above)
    from inspect_ai.log import read_eval_log, write_eval_log  # noqa: PLC0415  (as above)
    from inspect_ai.model import ModelOutput, ModelUsage, get_model  # noqa: PLC0415  (as above)
    from inspect_ai.solver import Generate, Solver, TaskState, solver  # noqa: PLC0415  (as above)

    def outputs() -> Iterator[ModelOutput]:
        # With usage: without, the mock would count tokens with a table that it downloads.
        usage = ModelUsage(
            input_tokens=7, output_tokens=3, total_tokens=12, input_tokens_cache_read=2
        )
        while True:
            output = ModelOutput.from_content("mockllm/model", "to be replaced")
            yield output.model_copy(update={"usage": usage})

    @solver
    def answering() -> Solver:
        async def solve(state: TaskState, generate: Generate) -> TaskState:
            if state.sample_id == "broken":
                raise ValueError("planted")
            if state.sample_id == "cut":
                state.message_limit = 1
            for _ in range(2 if state.sample_id == "twice" else 1):
                state = await generate(state)
            choice = state.output.choices[0]
            text = f"answer to {state.sample_id}, epoch {state.epoch}"
            choice.message.content = state.output.completion = text
            choice.stop_reason = "max_tokens" if state.sample_id == "long" else "stop"
            state.output.time = 0.25
            return state

        return solve

    names: list[int | str] = [1, "long", "broken", "twice"]
    samples = [Sample(input="?", id=name) for name in names]
    tasks = {
        "one": ([*samples, Sample(input="?", id="cut")], 1),
        "two": (samples, 2),
    }
    for name, (dataset, epochs) in tasks.items():
        (log,) = evaluate(
            Task(dataset=MemoryDataset(dataset), solver=answering()),
            model=get_model("mockllm/model", custom_outputs=outputs()),
            epochs=epochs,
            fail_on_error=False,
            display="none",
            log_dir=str(folder / "raw"),
        )
        write_eval_log(read_eval_log(log.location), str(folder / f"{name}.eval"))


if __name__ == "__main__":
    _write_logs(Path(sys.argv[1]))
