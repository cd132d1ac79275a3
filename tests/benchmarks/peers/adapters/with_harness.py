"""The harness itself, by its command line: `harness compare SUITE`, and `harness resume RUN`.

Its suite says how many questions are in flight. Beside the exact match, it checks each answer against a
JSON Schema and works out the figures that `compare` prints.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from job import Job, Told, main


def run(job: Job) -> None:
    """One run, in a folder of its own under `runs`."""
    _harness("compare", job.suite, "--out", str(job.folder / "runs"))


def resume(job: Job) -> None:
    """What is missing of it."""
    _harness("resume", str(_run(job)))


def tell(job: Job) -> Iterator[Told]:
    """Its records, scored again."""
    from harness import api  # noqa: PLC0415  (a run needs none of it in this process)
    from harness.scoring.scorer import score  # noqa: PLC0415  (as above)

    result = api.load(_run(job))
    for record in result.loaded.records:
        question = result.loaded.questions[record.question_id]
        right, timing = score(question, record, result.prices).right, record.answer.timing
        failed = record.answer.failure is not None
        yield Told(question.text, failed, right, timing.service, timing.first_token)


def _harness(*arguments: str) -> None:
    """Become the harness, so that nothing is measured but that."""
    os.execv(sys.executable, [sys.executable, "-m", "harness", *arguments])  # noqa: S606  (our own)


def _run(job: Job) -> Path:
    (found,) = (job.folder / "runs").iterdir()
    return found


if __name__ == "__main__":
    main(run, tell, resume)
