"""What an adapter is asked to do, and how it says what its tool has written.

An adapter is a script that a tool's own interpreter runs, as `adapter.py VERB JOB.json`:

- `run` has the tool ask and score the questions and keep what it keeps, as its documentation says; only
  this is measured.
- `resume` has it finish a run that was killed, where the tool can.
- `tell` reads what the tool has kept, and writes it as one form for all tools.

Only the standard library is used here, so that it runs beside any tool.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple


class Asked(NamedTuple):
    """A prompt, and the whole text of the answer that is right."""

    prompt: str
    wanted: str


class Told(NamedTuple):
    """What a tool says of one prompt; None where it says nothing. Times in seconds."""

    prompt: str
    failed: bool
    right: bool | None = None
    seconds: float | None = None
    first_token: float | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """A suite folder of `bench_suite`, the server, and an empty folder for what the tool writes."""

    suite: str
    url: str
    out: str
    concurrency: int
    resumable: bool = False
    """Whether the run will be killed, for tools that must be told beforehand to keep what they have."""

    def asked(self) -> list[Asked]:
        """The questions, in their order."""
        with (Path(self.suite) / "questions.jsonl").open(encoding="utf-8") as lines:
            rows = [json.loads(line) for line in lines]
        return [Asked(row["question"], json.dumps({"answer": row["answer"]})) for row in rows]

    @property
    def folder(self) -> Path:
        """`out`, as a path."""
        return Path(self.out)


def told_of(job: Job) -> list[Told]:
    """What `tell` has written."""
    rows = json.loads((job.folder / "told.json").read_text(encoding="utf-8"))
    return [Told(*row) for row in rows]


def main(
    run: Callable[[Job], None],
    tell: Callable[[Job], Iterable[Told]],
    resume: Callable[[Job], None] | None = None,
) -> None:
    """Do what the command line asks of an adapter."""
    verb, path = sys.argv[1:]
    fields: dict[str, Any] = json.loads(Path(path).read_text(encoding="utf-8"))
    job = Job(**fields)
    if verb == "run":
        run(job)
    elif verb == "resume" and resume is not None:
        resume(job)
    elif verb == "tell":
        rows = [list(row) for row in tell(job)]
        (job.folder / "told.json").write_text(json.dumps(rows), encoding="utf-8")
    else:
        sys.exit(f"this adapter cannot {verb}")
