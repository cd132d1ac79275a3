"""Ragas, by `@experiment` over a `Dataset` with a local CSV backend, scored by `ExactMatch`.

It leaves the asking to its user: `client.Application`, which bounds the questions in flight, since
`arun` starts all rows at once. A row whose question fails is kept with an empty answer, by our experiment.
"""

from __future__ import annotations

import asyncio
import csv
import os
from collections.abc import Iterator
from typing import Any

from job import Job, Told, main


def run(job: Job) -> None:
    """One experiment."""
    os.environ["RAGAS_DO_NOT_TRACK"] = "true"
    asyncio.run(_experiment(job))


async def _experiment(job: Job) -> None:
    from client import Application  # noqa: PLC0415  (only in the tool's own environment)
    from ragas import Dataset, experiment  # noqa: PLC0415  (as above)
    from ragas.metrics.collections import ExactMatch  # noqa: PLC0415  (as above)

    application, metric = Application(job), ExactMatch()

    @experiment()
    async def bench(row: dict[str, Any]) -> dict[str, Any]:
        answer = await application.answer(row["prompt"])
        score = await metric.ascore(reference=row["wanted"], response=answer)
        return {**row, "answer": answer, "right": score.value}

    dataset = Dataset(name="bench", backend="local/csv", root_dir=job.out)
    for asked in job.asked():
        dataset.append(asked._asdict())
    dataset.save()
    async with application:
        await bench.arun(dataset, name="bench")


def tell(job: Job) -> Iterator[Told]:
    """The rows of the experiment; it gives no times of requests."""
    with job.folder.joinpath("experiments", "bench.csv").open(encoding="utf-8", newline="") as rows:
        for row in csv.DictReader(rows):
            yield Told(row["prompt"], not row["answer"], float(row["right"]) == 1)


if __name__ == "__main__":
    main(run, tell)
