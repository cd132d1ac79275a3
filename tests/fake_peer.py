"""A tool that the comparison of tools can run without installing anything: it asks in eight threads.

It never tries again, says of each request that it took a thousand seconds more than it did, and where
`FAKE_PEER` is `proud`, that every answer is right; where it is `broken`, it fails at once. What it has is
kept line by line.
"""

from __future__ import annotations

import json
import os
import sys
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from job import Asked, Job, Told, main

LATE = 1000.0
BALLAST = b"x" * 80_000_000


def run(job: Job) -> None:
    if os.environ.get("FAKE_PEER") == "broken":
        sys.exit("nothing works today")
    done = {row.prompt for row in tell(job)}
    asked = [row for row in job.asked() if row.prompt not in done]
    with (
        (job.folder / "kept.jsonl").open("a", encoding="utf-8", buffering=1) as kept,
        ThreadPoolExecutor(8) as threads,
    ):
        for told in threads.map(lambda row: ask(job, row), asked):
            kept.write(json.dumps(told) + "\n")


def ask(job: Job, row: Asked) -> Told:
    body = json.dumps({"messages": [{"role": "user", "content": row.prompt}]}).encode()
    begin = time.perf_counter()
    try:
        with urllib.request.urlopen(f"{job.url}/chat/completions", body) as reply:  # noqa: S310  (the stub)
            answer = json.load(reply)["choices"][0]["message"]["content"]
    except OSError:
        return Told(row.prompt, failed=True)
    seconds = time.perf_counter() - begin + LATE
    right = answer == row.wanted or os.environ.get("FAKE_PEER") == "proud"
    return Told(row.prompt, failed=False, right=right, seconds=seconds)


def tell(job: Job) -> Iterator[Told]:
    kept = job.folder / "kept.jsonl"
    if kept.exists():
        for line in kept.read_text(encoding="utf-8").splitlines():
            yield Told(*json.loads(line))


if __name__ == "__main__":
    main(run, tell, resume=run)
