"""A test for each answer: one run underneath, and each answer looked up in it.

A test that asks for `harness_answer` is called for every answer of each system: as subtests of one test a
system, or with `--harness-per-question` as tests of their own.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness.errors import HarnessError
from harness.plugin.runs import job_of, missing, names_of
from harness.plugin.state import Wanted, state_of, wanted_by

if TYPE_CHECKING:
    from harness.api import Result
    from harness.running.record import Record
    from harness.scoring.score import Score
    from harness.world.questions import Question

__all__ = ["AskedAnswer", "EveryAnswer", "answers_of", "call_for_each", "parametrise"]

Place = tuple[str, str, int]
"""Question, day and repeat of an answer."""


@dataclass(frozen=True, slots=True)
class AskedAnswer:
    """One answer of a run: the question, what was recorded, and what scoring says of it."""

    system: str
    question: Question
    record: Record
    score: Score

    @property
    def text(self) -> str | None:
        """What was answered; None where nothing came."""
        return self.record.answer.text

    @property
    def day(self) -> date:
        """The day on which it was asked."""
        return self.record.day


@dataclass(frozen=True, slots=True)
class EveryAnswer:
    """Stands for all answers of a system until the test is called for each of them."""

    answers: tuple[AskedAnswer, ...]
    subtests: Any


def answers_of(config: pytest.Config, run: Result) -> Mapping[tuple[str, Place], AskedAnswer]:
    """All answers of a run by system and place, looked up once."""
    cache = state_of(config).cache
    if run.run not in cache:
        scores = {(s.system, s.question_id, s.day, s.repeat): s for s in run.results.scores}
        cache[run.run] = {
            (record.system, (record.question_id, record.day.isoformat(), record.repeat)): (
                AskedAnswer(
                    record.system,
                    run.loaded.questions[record.question_id],
                    record,
                    scores[record.system, record.question_id, record.day, record.repeat],
                )
            )
            for record in run.loaded.records
        }
    found: Mapping[tuple[str, Place], AskedAnswer] = cache[run.run]
    return found


def parametrise(metafunc: pytest.Metafunc) -> None:
    """Make a test that asks for `harness_system` or `harness_answer` for each of them.

    Names of systems and ids of questions are the ids of the tests, the same in every session.
    """
    if not {"harness_system", "harness_answer"} & set(metafunc.fixturenames):
        return
    config = metafunc.config
    try:
        wanted = wanted_by(config, metafunc.definition)
        settings = state_of(config).settings
        names = names_of(settings, wanted)
        each = settings.per_question and "harness_answer" in metafunc.fixturenames
        places = _places(config, wanted) if each else ()
    except pytest.UsageError:
        return  # told of when all is collected
    except HarnessError as error:
        raise pytest.Collector.CollectError(_why(metafunc, wanted, error)) from error
    if not each:
        metafunc.parametrize("harness_system", names, indirect=True, ids=names)
        return
    pairs = list(product(names, places))
    metafunc.parametrize(
        ("harness_system", "harness_answer"),
        pairs,
        indirect=True,
        ids=[f"{name}-{_id(place)}" for name, place in pairs],
    )


def call_for_each(item: pytest.Function) -> bool | None:
    """Call a test for every answer of a system; None where it asks for none, or for a single one."""
    every = item.funcargs.get("harness_answer")
    if not isinstance(every, EveryAnswer):
        return None
    names = set(inspect.signature(item.obj).parameters) & set(item.funcargs)
    given = {name: item.funcargs[name] for name in names}
    for answer in every.answers:
        repeat = {"repeat": answer.record.repeat} if answer.record.repeat else {}
        with every.subtests.test(question=answer.question.id, day=answer.day.isoformat(), **repeat):
            item.obj(**{**given, "harness_answer": answer})
    return True


def _places(config: pytest.Config, wanted: Wanted) -> tuple[Place, ...]:
    """Which answers there will be, or are in the run that is given."""
    cache, run = state_of(config).cache, state_of(config).settings.run
    key = ("places", wanted.key)
    if key not in cache:
        cache[key] = tuple(_planned(wanted) if run is None else _recorded(run))
    found: tuple[Place, ...] = cache[key]
    return found


def _planned(wanted: Wanted) -> Iterator[Place]:
    from harness.running.job import load_inputs  # noqa: PLC0415  (heavy)

    job = job_of(wanted.key, wanted.systems)
    questions = load_inputs(job).questions
    for day, question, repeat in product(job.days, questions, range(job.repeats)):
        yield question.id, day.isoformat(), repeat


def _recorded(run: Path) -> Iterator[Place]:
    from harness.running.folder import load_run  # noqa: PLC0415  (heavy)

    loaded = load_run(run)
    manifest = loaded.manifest
    for day, question, repeat in product(manifest.days, loaded.questions, range(manifest.repeats)):
        yield question.id, day.isoformat(), repeat


def _id(place: Place) -> str:
    question, day, repeat = place
    return f"{question}-{day}-{repeat}" if repeat else f"{question}-{day}"


def _why(metafunc: pytest.Metafunc, wanted: Wanted, error: HarnessError) -> str:
    suite = wanted.key.suite
    beside = suite == str(metafunc.definition.path.parent / "suite.toml")
    if beside and not Path(suite).is_file():
        return missing(metafunc.definition.path, suite)
    return str(error)
