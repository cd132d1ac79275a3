"""A run of the harness in this process, which then says what it took; `fresh.run_suite` starts it."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path

from harness import api
from harness.running.environment import collect_seldom
from harness.running.progress import Progress
from harness.scoring.scorer import score


def main(suite: str, out: str) -> None:
    """Carry out, read back and score; print the run and what was spent at each step as JSON."""
    collect_seldom()  # as the command does
    marks: dict[str, tuple[float, int]] = {}

    def asked(progress: Progress) -> None:
        if progress.phase == "end":
            marks["asked"] = _spent()

    result = api.compare(suite, out=out, progress=asked)
    marks["returned"] = _spent()
    questions, prices = result.loaded.questions, result.prices
    scores = [score(questions[r.question_id], r, prices) for r in result.loaded.records]
    marks["scored"] = _spent()
    told = {
        "path": str(result.run),
        "records": len(result.loaded.records),
        "failed": sum(record.answer.failure is not None for record in result.loaded.records),
        "right": sum(found.right for found in scores),
    }
    json.dump(told | marks, sys.stdout)


def _spent() -> tuple[float, int]:
    """Seconds of processor, ended worker processes included, and the most memory there was (bytes)."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    peak = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert peak is not None
    return sum(os.times()[:4]), int(peak[1]) * 1024


if __name__ == "__main__":
    main(*sys.argv[1:])
