"""The index hygiene sweep: a run of its own, in a folder of the run that it follows.

The swept system answers again on one day, with more and more of the superseded documents left in its
index and with and without the publication days of passages in its prompt. Only facts that had changed
by that day are asked about; yes-or-no questions are left out, since they leave no room to abstain.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from itertools import product

from harness.running.job import Inputs, Job, new_manifest
from harness.running.manifest import Manifest
from harness.running.plan import make_plan, sample_questions
from harness.systems.refresh import ON_CHANGE
from harness.systems.spec import SystemSpec
from harness.world.questions import Question, QuestionSet

__all__ = ["FOLDER", "Sweep", "make_sweep"]

FOLDER = "hygiene"


@dataclass(frozen=True, slots=True)
class Sweep:
    """A job with its inputs, ready to be carried out, and the manifest it begins with."""

    job: Job
    inputs: Inputs
    manifest: Manifest


def make_sweep(job: Job, inputs: Inputs, run_id: str) -> Sweep | None:
    """The sweep that follows a run of `job`.

    None where the job has none, its system is not in the run, or no question of the run asks about a
    fact that had changed.
    """
    plan = job.suite.hygiene
    swept = next((s for s in job.systems if plan is not None and s.name == plan.system), None)
    if plan is None or swept is None or not job.hygiene:
        return None
    day = plan.day or max(job.days)
    changed = [question for question in inputs.questions if _changed(question, day)]
    if not changed:
        return None
    asked = QuestionSet(sample_questions(changed, plan.limit, job.seed))
    own = replace(
        job, systems=tuple(_variants(swept, plan.shares)), days=(day,), repeats=1, hygiene=False
    )
    tasks = make_plan(asked, own.days, [spec.name for spec in own.systems], 1, job.seed)
    fingerprints = {**inputs.fingerprints, "questions": asked.fingerprint()}
    own_inputs = Inputs(inputs.world, asked, tasks, fingerprints)
    manifest = new_manifest(own, own_inputs, run_id=f"{run_id}/{FOLDER}")
    settings = {"part_of": run_id, "system": swept.name}
    return Sweep(own, own_inputs, replace(manifest, settings=settings))


def _variants(spec: SystemSpec, shares: tuple[float, ...]) -> Iterator[SystemSpec]:
    assert spec.retrieval is not None  # noqa: S101  (checked with the suite)
    for share, show_days in product(shares, (True, False)):
        retrieval = replace(
            spec.retrieval, superseded=share, show_days=show_days, refresh=ON_CHANGE
        )
        shown = "with" if show_days else "without"
        name = f"{spec.name}, {share:.4g} left, {shown} days"
        yield replace(spec, name=name, retrieval=retrieval)


def _changed(question: Question, day: date) -> bool:
    history = question.history
    return (
        history is not None
        and history.value_type != "boolean"
        and bool(history.current(day))
        and bool(history.outdated(day))
    )
