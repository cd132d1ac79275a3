"""Promptfoo, by its command line, with its OpenAI provider and `apiBaseUrl`.

`--max-concurrency` is the questions in flight; each test has an `equals` assertion; `--no-cache`, since an
answer from the cache is no request; `PROMPTFOO_RETRY_5XX` tries a 500 again; `--output` keeps the results as JSON. After a kill: `eval --resume`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any, Final

from job import Job, Told, main

_PROGRAM: Final = "PEER_PROGRAM"
"""The variable that names the installed program, since no Python of its own runs this adapter."""


def run(job: Job) -> None:
    """`promptfoo eval`."""
    provider = {"apiBaseUrl": job.url, "apiKey": "none", "max_tokens": 256}
    config = {
        "prompts": ["{{prompt}}"],
        "providers": [{"id": "openai:chat:stub", "config": provider}],
        "tests": [
            {"vars": {"prompt": prompt}, "assert": [{"type": "equals", "value": wanted}]}
            for prompt, wanted in job.asked()
        ],
    }
    path = job.folder / "promptfooconfig.json"
    path.write_text(json.dumps(config), encoding="utf-8")
    _become(job, "--config", str(path))


def resume(job: Job) -> None:
    """The latest evaluation again."""
    _become(job, "--resume")


def tell(job: Job) -> Iterator[Told]:
    """The results; `latencyMs` is what it says of the request."""
    told: Any = json.loads((job.folder / "results.json").read_text(encoding="utf-8"))
    for row in told["results"]["results"]:
        response = row.get("response") or {}
        failed = not response.get("output")
        yield Told(row["vars"]["prompt"], failed, row["success"], row["latencyMs"] / 1e3)


def _become(job: Job, *arguments: str) -> None:
    """Become Promptfoo's command line, so that nothing is measured but that."""
    command = [os.environ[_PROGRAM], "eval", *arguments, "--max-concurrency", str(job.concurrency)]
    command += ["--no-cache", "--no-table", "--no-progress-bar", "--no-share"]
    command += ["--output", f"{job.out}/results.json"]
    here = {
        "PROMPTFOO_CONFIG_DIR": f"{job.out}/home",
        "PROMPTFOO_DISABLE_TELEMETRY": "1",
        "PROMPTFOO_DISABLE_UPDATE": "1",
        "PROMPTFOO_RETRY_5XX": "true",
        "PROMPTFOO_PASS_RATE_THRESHOLD": "0",  # a wrong answer is no failed command
    }
    os.execve(command[0], command, os.environ | here)  # noqa: S606  (the tool's own)


if __name__ == "__main__":
    main(run, tell, resume)
