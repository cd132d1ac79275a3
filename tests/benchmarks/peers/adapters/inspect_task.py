"""The task that `with_inspect.py` has Inspect AI carry out: one generation, scored by exact match."""

from __future__ import annotations

from inspect_ai import Task, task
from inspect_ai.dataset import Sample
from inspect_ai.scorer import exact
from inspect_ai.solver import generate
from job import Job


@task
def bench(suite: str) -> Task:
    """The questions of a suite folder."""
    asked = Job(suite, url="", out="", concurrency=1).asked()
    samples = [Sample(input=prompt, target=wanted) for prompt, wanted in asked]
    return Task(dataset=samples, solver=generate(), scorer=exact())
