"""A job: a suite with what a run changes of it, checked and ready to be planned."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import get_args

from harness.errors import ConfigError, nearest
from harness.models.openai.endpoint import Endpoint
from harness.running.arms import Arm, Place
from harness.running.environment import machine, package_versions
from harness.running.fingerprints import corpus_fingerprint, facts_fingerprint, file_fingerprint
from harness.running.gate_rows import row_to_dict
from harness.running.manifest import Manifest, SystemManifest
from harness.running.plan import Plan, make_plan, sample_questions
from harness.running.suite import Suite, built_in_suites
from harness.running.targets import make_targets
from harness.systems.build import build_system
from harness.systems.config import load_systems
from harness.systems.function import AnswerFunction, import_function
from harness.systems.spec import Decoding, SystemSpec
from harness.systems.world import SystemWorld
from harness.training.hosted.tuner import Tell
from harness.transport.limits import Limits
from harness.world.corpus import Corpus
from harness.world.facts import Timeline
from harness.world.loaders import load_corpus, load_facts, load_questions
from harness.world.questions import QuestionSet

SystemChoice = str | SystemSpec | AnswerFunction
"""A name from the suite's systems file, a declaration, or a function that answers.

A name with `-constrained` or `-free` behind it is that system with that kind of decoding.
"""


@dataclass(frozen=True, slots=True)
class Job:
    """What is run. `limit` is the number of questions a day, `sample` their share; None is all of them.

    `hygiene` says whether the suite's sweep of the index, if it has one, follows the run. With
    `stop_when_decided` groups of questions are asked one after the other, until all gates are decided.
    """

    suite: Suite
    systems: tuple[SystemSpec, ...]
    days: tuple[date, ...]
    repeats: int
    seed: int
    limit: int | None
    hygiene: bool = False
    sample: float | None = None
    stop_when_decided: bool = False


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a job is run on, loaded: the world, the questions that are asked, the whole plan.

    Systems may learn from all questions of the world that are meant for it, asked or not: a sample
    must not change what is trained. `limit` is the number of questions a day that was drawn for.
    """

    world: SystemWorld
    questions: QuestionSet
    plan: Plan
    fingerprints: Mapping[str, str]
    limit: int | None = None


def make_job(
    suite: Suite,
    *,
    systems: Sequence[SystemChoice] | None = None,
    days: Sequence[date | str] | str | None = None,
    limit: int | None = None,
    repeats: int | None = None,
    seed: int | None = None,
    sample: float | None = None,
    hygiene: bool = True,
    decoding: Sequence[str] | None = None,
    stop_when_decided: bool = False,
) -> Job:
    """The suite with what is given instead of its own; raises `ConfigError` for what does not fit.

    With several kinds of `decoding` every system that has a decoder of ours runs with each. The
    suite's own kinds count where neither systems nor kinds are named.
    """
    if sample is not None and not 0 < sample <= 1:
        raise ConfigError(
            f"sample must be a share of the questions, more than 0 and up to 1, not {sample}"
        )
    if sample is not None and limit is not None:
        raise ConfigError(
            "limit and sample both say how many questions are asked: give one of them"
        )
    chosen = _chosen_systems(suite, systems)
    if systems is None and decoding is None and suite.decoding:
        decoding = suite.decoding
    return Job(
        suite=suite,
        systems=chosen if decoding is None else _crossed(chosen, decoding),
        days=_chosen_days(suite, days),
        repeats=suite.repeats if repeats is None else repeats,
        seed=suite.seed if seed is None else seed,
        limit=limit,
        sample=sample,
        hygiene=hygiene and suite.hygiene is not None,
        stop_when_decided=stop_when_decided,
    )


def load_inputs(job: Job) -> Inputs:
    """Read facts, documents and questions; draw the sample; make the plan."""
    world = load_world(job)
    limit = job.limit
    if job.sample is not None:
        limit = max(1, round(job.sample * len(world.questions)))
    asked = sample_questions(world.questions, limit, job.seed)
    whole = len(asked) == len(world.questions)
    questions = world.questions if whole else QuestionSet(asked)
    names = [system.name for system in job.systems]
    fingerprints = {
        "questions": questions.fingerprint(),
        "facts": facts_fingerprint(world.timeline),
        "corpus": corpus_fingerprint(world.corpus),
    }
    if job.suite.prices is not None:
        fingerprints["prices"] = file_fingerprint(job.suite.prices)
    plan = make_plan(
        questions, job.days, names, job.repeats, job.seed, grouped=job.stop_when_decided
    )
    return Inputs(world, questions, plan, fingerprints, limit)


def load_world(job: Job) -> SystemWorld:
    """Read facts, documents and all questions of the job's suite."""
    suite = job.suite
    source = suite.questions
    return SystemWorld(
        timeline=load_facts(suite.facts) if suite.facts else Timeline(()),
        corpus=load_corpus(suite.documents) if suite.documents else Corpus(()),
        questions=load_questions(source.source, columns=source.columns, split=source.split),
        days=job.days,
        suite=suite_reference(suite),
    )


def suite_reference(suite: Suite) -> str:
    """What `load_suite` finds the suite by from anywhere: its name if built in, else its path."""
    built_in = built_in_suites().get(suite.name)
    return suite.name if built_in == suite.path else str(suite.path)


def new_manifest(job: Job, inputs: Inputs, run_id: str) -> Manifest:
    """The manifest of a run that has not begun; the runner adds what only the systems know."""
    swept = {} if job.suite.hygiene is None else {"hygiene": job.hygiene}
    return Manifest(
        run_id=run_id,
        suite=job.suite.name,
        title=job.suite.title,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        seed=job.seed,
        days=job.days,
        repeats=job.repeats,
        planned=len(inputs.plan),
        systems=tuple(
            SystemManifest(spec.name, spec.strategy, spec.settings(), {}) for spec in job.systems
        ),
        fingerprints=dict(inputs.fingerprints),
        versions=package_versions(),
        machine=machine(),
        settings={
            "suite": suite_reference(job.suite),
            "limit": inputs.limit,
            "in_flight": _in_flight(job),
            **swept,
            **({"stop_when_decided": True} if job.stop_when_decided else {}),
            **({"judge": job.suite.judge.settings()} if job.suite.judge is not None else {}),
            **({"gates": [row_to_dict(row) for row in job.suite.gates]} if job.suite.gates else {}),
        },
    )


def _in_flight(job: Job) -> dict[str, int]:
    """How many questions at once are asked of each system that waits for something else."""
    waiting = [s for s in job.systems if s.replay is None and _stays(s) == "loop"]
    targets = make_targets(waiting, Limits(job.suite.concurrency))
    return {name: target.limits.concurrency for name, target in targets.items()}


def make_arms(
    job: Job,
    world: SystemWorld,
    workdir: Path,
    tell: Tell | None = None,
    *,
    limits: Limits | None = None,
) -> tuple[Arm, ...]:
    """The systems, ready for their places; they share artefacts in `workdir`.

    Local models and plain functions named in a file get worker processes. What waits instead of
    computing (endpoints, async functions, recorded answers) stays in the runner's loop, and so do
    functions given as objects: they may live in a notebook, where no other process finds them.
    Plain functions with limits are called there in threads.
    `tell` is told how a fine-tuning at a provider stands, `limits` hold instead of those declared.

    Raises:
        ConfigError: there is no such function, no key for an endpoint, or a server has two limits.
    """
    places = {spec.name: _place(spec) for spec in job.systems}
    waiting = [spec for spec in job.systems if places[spec.name] == "loop"]
    if limits is not None:
        waiting = [replace(spec, limits=None) for spec in waiting]
    targets = make_targets(waiting, limits or Limits(job.suite.concurrency))
    arms = []
    for spec in job.systems:
        place, target = places[spec.name], targets.get(spec.name)
        make = partial(build_system, spec, world, workdir)
        if place == "loop":  # neither target nor telling travels to another process
            make = partial(make, target=target, tell=tell)
        cacheable, batch = spec.strategy != "external", spec.model.batch or 1
        arms.append(Arm(spec.name, make, place, target, cacheable=cacheable, batch=batch))
    return tuple(arms)


def check_training_keys(job: Job) -> None:
    """Raise `ConfigError` where a system that its provider fine-tunes has no key."""
    for spec in job.systems:
        if spec.training is not None and spec.model.is_endpoint:
            _check_model_key(spec)


def _place(spec: SystemSpec) -> Place:
    """Where it takes place; raises `ConfigError` where a key that it needs is missing."""
    if spec.retrieval is not None:
        _check_keys(spec, spec.retrieval.check_keys)
    if spec.model.is_endpoint:
        _check_model_key(spec)
    if spec.http is not None:
        _check_keys(spec, spec.http.key)
    return _stays(spec)


def _stays(spec: SystemSpec) -> Place:
    waits = spec.model.is_endpoint or spec.http is not None
    if waits or spec.replay is not None or callable(spec.function):
        return "loop"
    if spec.function is not None:
        function = import_function(spec.function, spec.folder)
        waits = inspect.iscoroutinefunction(function) or spec.limits is not None
        return "loop" if waits else "worker"
    return "worker"


def _check_model_key(spec: SystemSpec) -> None:
    _check_keys(spec, lambda: Endpoint.of(spec.model).key())


def _check_keys(spec: SystemSpec, check: Callable[[], object]) -> None:
    try:
        check()
    except ConfigError as error:
        raise ConfigError(f"system {spec.name!r}: {error}") from error


def _chosen_systems(suite: Suite, choices: Sequence[SystemChoice] | None) -> tuple[SystemSpec, ...]:
    declared = {spec.name: spec for spec in load_systems(suite.systems, suite.path.parent)}
    _check_hygiene(suite, declared)
    if choices is None:
        return tuple(declared.values())
    if isinstance(choices, str) or not choices:
        raise ConfigError(f"systems must be a list of systems, not {choices!r}")
    chosen: dict[str, SystemSpec] = {}
    for choice in choices:
        spec = _spec(choice, declared)
        if spec.name in chosen:
            raise ConfigError(f"system {spec.name!r} is named twice")
        chosen[spec.name] = spec
    return tuple(chosen.values())


def _crossed(specs: Sequence[SystemSpec], decoding: Sequence[str]) -> tuple[SystemSpec, ...]:
    """Every system with every kind of decoding; one that decodes elsewhere stays as it is."""
    known: tuple[Decoding, ...] = get_args(Decoding)
    for word in decoding:
        if word not in known:
            raise ConfigError(f"unknown decoding {word!r}: {nearest(word, known)}")
    if not decoding or len(set(decoding)) < len(decoding):
        raise ConfigError("decoding must name free, constrained or both, each once")
    kinds = [kind for word in decoding for kind in known if kind == word]
    there = {spec.name for spec in specs}
    crossed: list[SystemSpec] = []
    for spec in specs:
        if spec.strategy == "external":
            crossed.append(spec)
            continue
        for kind in kinds:
            own = spec if kind == spec.decoding else _decoded(spec, kind)
            if own is not spec and own.name in there:
                raise ConfigError(
                    f"decoding: the suite has a system {own.name!r} already, which would be the "
                    f"name of {spec.name!r} with {kind} decoding; choose systems to cross"
                )
            crossed.append(own)
    return tuple(crossed)


def _decoded(spec: SystemSpec, decoding: Decoding) -> SystemSpec:
    return replace(spec, name=f"{spec.name}-{decoding}", decoding=decoding)


def _check_hygiene(suite: Suite, declared: Mapping[str, SystemSpec]) -> None:
    if suite.hygiene is None:
        return
    name = suite.hygiene.system
    if name not in declared:
        raise ConfigError(f"{suite.path}: hygiene: no system {name!r}: {nearest(name, declared)}")
    if declared[name].retrieval is None:
        raise ConfigError(f"{suite.path}: hygiene: system {name!r} has no index to sweep")


def _spec(choice: SystemChoice, declared: Mapping[str, SystemSpec]) -> SystemSpec:
    if isinstance(choice, SystemSpec):
        return choice
    if isinstance(choice, str):
        stem, _, kind = choice.rpartition("-")
        decoding = next((word for word in get_args(Decoding) if word == kind), None)
        if choice not in declared and decoding is not None and stem in declared:
            return _decoded(declared[stem], decoding)
        if choice not in declared:
            raise ConfigError(f"unknown system {choice!r}: {nearest(choice, declared)}")
        return declared[choice]
    if callable(choice):
        name = getattr(choice, "__name__", type(choice).__name__)
        return SystemSpec(name=name, strategy="external", function=choice)
    raise ConfigError(
        f"a system is a name, a SystemSpec or a function (question, day) -> text, not {choice!r}"
    )


def _chosen_days(suite: Suite, days: Sequence[date | str] | str | None) -> tuple[date, ...]:
    if days is None:
        return suite.default_days
    if days == "all":
        return suite.days
    chosen = [_day(day) for day in ((days,) if isinstance(days, str | date) else days)]
    if not chosen:
        raise ConfigError("days is empty")
    if len(set(chosen)) != len(chosen):
        raise ConfigError("days has a day twice")
    for day in chosen:
        if day not in suite.days:
            valid = ", ".join(map(str, suite.days))
            raise ConfigError(f"{day} is no day of the suite {suite.name!r}; valid: {valid}")
    return tuple(sorted(chosen))


def _day(day: date | str) -> date:
    if isinstance(day, date):
        return day
    try:
        return date.fromisoformat(day)
    except ValueError:
        raise ConfigError(f"{day!r} is no day; write it as 2026-08-22") from None
