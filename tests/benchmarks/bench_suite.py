"""A suite for a stub server: questions whose prompts, answers and scores are known beforehand.

The prompt is the question's text and nothing else, so that a record of the run finds the server's
record of the same request by `prompt_hash(question.text)`. The server answers every question with
`answer_value` of its prompt; the reference is that, or something else where the answer is to be wrong.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from stub_plan import answer_value

DAY: Final = "2026-01-01"
MARKER: Final = "unanswerable"
"""What stands in the questions that are to be refused, for a server with this `marker`."""
WRONG: Final = 0.2
"""The share of the questions that the server's answer is wrong for, unless another is asked for."""

_FORMAT: Final = {
    "kind": "json",
    "name": "answer",
    "schema": {
        "type": "object",
        "properties": {"answer": {"type": "string"}},
        "required": ["answer"],
        "additionalProperties": False,
    },
    "value_pointer": "/answer",
}
_SUITE: Final = """\
title = "Bench"
days = [{day}]
systems = "systems.toml"
concurrency = {concurrency}
deadline = 120
[questions]
source = "questions.jsonl"
"""
_SYSTEMS: Final = """\
[systems.base]
strategy = "base"
prompt = "prompt.jinja"
model = {{ kind = "openai", name = "stub", url = "{url}"{more} }}
"""


def write_suite(
    folder: Path,
    url: str,
    *,
    questions: int,
    concurrency: int = 64,
    wrong: float = WRONG,
    refused: float = 0.0,
    streamed: bool | None = None,
) -> Path:
    """Write the suite into `folder`, which is made, and return that.

    The server's answer is wrong for the share `wrong` of the questions; the share `refused` has
    `MARKER` in it; both are met to the question. `streamed` is said in `systems.toml` where it is not
    None.
    """
    folder.mkdir(parents=True)
    more = "" if streamed is None else f", stream = {str(streamed).lower()}"
    suite = _SUITE.format(day=DAY, concurrency=concurrency)
    (folder / "suite.toml").write_text(suite, encoding="utf-8")
    (folder / "systems.toml").write_text(_SYSTEMS.format(url=url, more=more), encoding="utf-8")
    (folder / "prompt.jinja").write_text("{{ question }}", encoding="utf-8")
    with (folder / "questions.jsonl").open("w", encoding="utf-8") as lines:
        for row in _rows(questions, round(wrong * questions), round(refused * questions)):
            lines.write(json.dumps(row) + "\n")
    return folder


def prompts(folder: Path) -> list[str]:
    """The prompts of a suite, in the order of its questions."""
    with (folder / "questions.jsonl").open(encoding="utf-8") as lines:
        return [json.loads(line)["question"] for line in lines]


def _rows(count: int, wrong: int, refused: int) -> Iterator[dict[str, Any]]:
    form = json.dumps(_FORMAT)
    for number in range(count):
        text = (
            f"Record {number:06d} of the archive holds one value under a key of its own. Which value "
            f"does the archive hold under the key of record {number:06d}? Answer with a JSON object "
            'that has the one field "answer", and nothing before or after it.'
        )
        if number >= count - refused:
            text = f"{text} It is {MARKER}."
        answer = "another value altogether" if number < wrong else answer_value(text)
        yield {"id": f"q{number:06d}", "question": text, "answer": answer, "format": form}
