"""A stub that stands in for a judge: it replies to ragas' prompts by rule, over real HTTP.

It is no language model and measures nothing: a claim is a sentence, and it is supported where its last
word stands in the context. What a text asks it to do wrong (BREAK, TWO, SHORT, SILENT), it does.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

from aiohttp import web
from loopback import Call

PROMPT_TOKENS, COMPLETION_TOKENS = 100, 10


def replies_to(name: str, shown: dict[str, Any]) -> Any:  # noqa: ANN401  (any JSON)
    """What a prompt of ragas asks for, by the name of its schema."""
    match name:
        case "StatementGeneratorOutput":
            return {"statements": claims(shown["answer"])}
        case "NLIStatementOutput":
            verdicts = [
                {
                    "statement": claim,
                    "reason": "by rule",
                    "verdict": 2 if "TWO" in claim else int(value(claim) in shown["context"]),
                }
                for claim in shown["statements"]
            ]
            return {"statements": verdicts[1:] if "SHORT" in str(shown["statements"]) else verdicts}
        case "ClassificationWithReason":
            mine, theirs = shown["answer"], shown["ground_truth"]
            known = {value(claim) for claim in theirs}
            said = {value(claim) for claim in mine}
            return {
                "TP": [reason(claim) for claim in mine if value(claim) in known],
                "FP": [reason(claim) for claim in mine if value(claim) not in known],
                "FN": [reason(claim) for claim in theirs if value(claim) not in said],
            }
        case "ContextPrecisionOutput":
            return {"reason": "by rule", "verdict": int(shown["answer"] in shown["context"])}
        case "ContextRecallOutput":
            found = int(shown["answer"] in shown["context"])
            one = {"statement": shown["answer"], "reason": "by rule", "attributed": found}
            return {"classifications": [one]}
        case "AnswerRelevanceOutput":
            return {
                "question": f"which version is {shown['response']}",
                "noncommittal": int("know" in shown["response"]),
            }
    raise AssertionError(name)


def claims(text: str) -> list[str]:
    return [] if "SILENT" in text else [part.strip(". ") for part in text.split(". ") if part]


def value(claim: str) -> str:
    return claim.rsplit(maxsplit=1)[-1]


def reason(claim: str) -> dict[str, str]:
    return {"statement": claim, "reason": "by rule"}


def shown_in(call: Call) -> dict[str, Any]:
    """The input that stands at the end of a prompt."""
    text = call.prompt.rpartition("input: ")[2].rpartition("Output:")[0]
    found: dict[str, Any] = json.loads(text)
    return found


async def stub_judge(call: Call) -> web.StreamResponse:
    """A play for `SearchServer(talks=...)`."""
    form = call.body["response_format"]["json_schema"]
    assert form["strict"]
    assert form["schema"]["additionalProperties"] is False
    shown = shown_in(call)
    said = json.dumps(replies_to(form["name"], shown))
    if "BREAK" in json.dumps(shown):
        said = "I would rather not."
    return web.json_response(
        {
            "choices": [{"message": {"content": said}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": PROMPT_TOKENS, "completion_tokens": COMPLETION_TOKENS},
        }
    )


async def slow_judge(call: Call) -> web.StreamResponse:
    """The same after a moment, in which it can be interrupted."""
    await asyncio.sleep(0.05)
    return await stub_judge(call)
