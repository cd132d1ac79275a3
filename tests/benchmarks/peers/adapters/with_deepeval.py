"""DeepEval, by `evaluate` over test cases, scored by `ExactMatchMetric`.

It leaves the asking to its user: `client.Application`, which bounds the questions in flight. Scoring has
`AsyncConfig(max_concurrent=...)` of the same number and no throttle, and no cache of scores
(`CacheConfig`), which nothing here would read. What it keeps is the test run in
`DEEPEVAL_RESULTS_FOLDER`; a question that fails is a case with an empty answer, by our application.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator

from job import Job, Told, main


def run(job: Job) -> None:
    """Ask, then evaluate."""
    os.environ |= {"DEEPEVAL_TELEMETRY_OPT_OUT": "YES", "DEEPEVAL_RESULTS_FOLDER": job.out}
    os.chdir(job.folder)  # it keeps files in the working folder
    from deepeval import evaluate  # noqa: PLC0415  (only in the tool's own environment)
    from deepeval.evaluate import AsyncConfig, CacheConfig, DisplayConfig  # noqa: PLC0415  (as above)
    from deepeval.metrics import ExactMatchMetric  # noqa: PLC0415  (as above)
    from deepeval.test_case import LLMTestCase  # noqa: PLC0415  (as above)

    asked = job.asked()
    answers = asyncio.run(_answers(job, [prompt for prompt, _ in asked]))
    cases = [
        LLMTestCase(input=prompt, actual_output=answer, expected_output=wanted)
        for (prompt, wanted), answer in zip(asked, answers, strict=True)
    ]
    evaluate(
        cases,
        metrics=[ExactMatchMetric()],
        async_config=AsyncConfig(max_concurrent=job.concurrency, throttle_value=0),
        cache_config=CacheConfig(write_cache=False),
        display_config=DisplayConfig(print_results=False, show_indicator=False),
    )


async def _answers(job: Job, prompts: list[str]) -> list[str]:
    from client import Application  # noqa: PLC0415  (only in the tool's own environment)

    async with Application(job) as application:
        return await asyncio.gather(*map(application.answer, prompts))


def tell(job: Job) -> Iterator[Told]:
    """The cases of the kept test run; it gives no times of requests."""
    (kept,) = job.folder.glob("test_run_*.json")
    for case in json.loads(kept.read_text(encoding="utf-8"))["testCases"]:
        yield Told(case["input"], not case.get("actualOutput"), case["success"])


if __name__ == "__main__":
    main(run, tell)
