"""Inspect AI, by its command line, with its provider for OpenAI-compatible servers (`openai-api`).

`--max-connections` is the questions in flight, as its page on parallelism says; `--no-fail-on-error` has
it go on where a sample fails; logs are in its own format, with its defaults. After a kill:
`inspect log recover`, then `inspect eval-retry`, as its page on errors says.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from job import Job, Told, main

_TASK: Final = "inspect_task.py"


def run(job: Job) -> None:
    """`inspect eval`."""
    more = ["--model", "openai-api/stub/stub", "-T", f"suite={job.suite}"]
    more += ["--max-connections", str(job.concurrency), "--no-fail-on-error"]
    _become(job, "eval", _TASK, *more, "--log-dir", _logs(job))


def resume(job: Job) -> None:
    """Recover the log of the killed run, and do what is missing of it."""
    (broken,) = job.folder.joinpath("logs").glob("*.eval")
    recover = [_inspect(), "log", "recover", str(broken), "--output", _recovered(job)]
    subprocess.run(recover, check=True, env=_environment(job))  # noqa: S603  (the tool's own)
    more = ["--max-connections", str(job.concurrency), "--no-fail-on-error"]
    _become(job, "eval-retry", _recovered(job), *more, "--log-dir", _logs(job))


def tell(job: Job) -> Iterator[Told]:
    """The samples of the newest log; `time` of a sample's output is what it says of the request."""
    from inspect_ai.log import read_eval_log  # noqa: PLC0415  (only in the tool's own environment)

    newest = max(job.folder.joinpath("logs").glob("*.eval"), key=lambda log: log.stat().st_mtime)
    for sample in read_eval_log(str(newest)).samples or []:
        right = any(score.value in {"C", 1} for score in (sample.scores or {}).values())
        failed = sample.error is not None or not sample.output.choices
        yield Told(str(sample.input), failed, right, sample.output.time)


def _become(job: Job, *arguments: str) -> None:
    """Become Inspect's command line, so that nothing is measured but that."""
    command = [_inspect(), *arguments, "--display", "none"]
    os.chdir(Path(__file__).parent)  # tasks are looked for below the working folder
    os.execve(command[0], command, _environment(job))  # noqa: S606  (the tool's own)


def _environment(job: Job) -> dict[str, str]:
    here = {name: str(job.folder / "home") for name in ("XDG_DATA_HOME", "XDG_CACHE_HOME")}
    return os.environ | here | {"STUB_BASE_URL": job.url, "STUB_API_KEY": "none"}


def _inspect() -> str:
    return str(Path(sys.executable).with_name("inspect"))


def _logs(job: Job) -> str:
    return str(job.folder / "logs")


def _recovered(job: Job) -> str:
    return str(job.folder / "recovered.eval")


if __name__ == "__main__":
    main(run, tell, resume)
